//! The layers of the house: which module may import which, read from the source itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Words that every module may use. They stand below all others and know nothing of them.
const VOCABULARY: &[&str] = &[
    "config",
    "counted",
    "groups",
    "random",
    "shape",
    "white_space",
];

/// Each module, and what it may import beside the vocabulary. Rows of the vocabulary list all that they may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("config", &[]),
    ("counted", &[]),
    ("groups", &[]),
    ("random", &[]),
    // A shape is made from the config of an unpruned model.
    ("shape", &["config", "groups"]),
    ("white_space", &[]),
    ("text", &[]),
    ("figure", &[]),
    ("metrics", &[]),
    ("graph", &[]),
    ("kernels", &[]),
    ("device", &["kernels"]),
    ("plan", &["graph"]),
    ("model", &["device", "kernels"]),
    ("cache", &["plan"]),
    ("train", &["model", "text", "device", "kernels"]),
    ("decode", &["model", "text", "device", "kernels"]),
    ("prune", &["train", "model", "text", "device", "kernels"]),
    ("exec", &["cache", "plan", "graph"]),
    // A stage is handed the folders of artifacts, which the cache defines.
    (
        "stages",
        &[
            "cache", "exec", "prune", "train", "decode", "model", "text", "metrics", "device",
            "kernels",
        ],
    ),
    // A row of the results names the plan's node that it comes from.
    ("results", &["cache", "metrics", "plan"]),
    // What fades when is known of the schedule, without any tensor.
    (
        "report",
        &[
            "cache", "figure", "metrics", "plan", "prune", "results", "text",
        ],
    ),
    (
        "cli",
        &[
            "cache", "decode", "device", "exec", "figure", "graph", "metrics", "model", "plan",
            "prune", "report", "results", "stages", "text", "train",
        ],
    ),
    ("main", &["cli"]),
];

/// Crates that are slow to build, and the modules that may use them.
const HEAVY: &[(&str, &[&str])] = &[
    (
        "burn",
        &[
            "kernels", "device", "model", "train", "decode", "prune", "stages",
        ],
    ),
    ("polars", &["results"]),
];

/// A file of `src`: the module at the top that it belongs to, and its text without tests and comments.
struct Source {
    path: PathBuf,
    module: String,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(source(path));
            }
        }
    }
    sources
}

fn source(path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).unwrap();
    let inside = path.strip_prefix("src").unwrap();
    let module = inside
        .iter()
        .next()
        .map(Path::new)
        .unwrap()
        .with_extension("");
    let is_test = path.file_name().is_some_and(|name| name == "tests.rs")
        || inside.iter().any(|part| part == "tests");
    let code = if is_test {
        String::new()
    } else {
        without_tests_and_comments(&text)
    };
    Source {
        module: module.to_str().unwrap().to_owned(),
        path,
        text,
        code,
    }
}

/// The text up to its test module, line comments left out. A test module stands last in its file.
fn without_tests_and_comments(text: &str) -> String {
    let lines = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"));
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.map(|line| format!("{line}\n")).collect()
}

/// The modules at the top of this crate that `code` names.
fn imports(code: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (start, found) in code.match_indices("crate::") {
        let rest = &code[start + found.len()..];
        match rest.strip_prefix('{') {
            Some(group) => modules.extend(first_words(group)),
            None => modules.extend(word(rest)),
        }
    }
    modules
}

/// The first word of each entry of a group `a, b::{c, d}}…`, up to its closing brace.
fn first_words(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut words = Vec::new();
    let mut entry = String::new();
    for char in group.chars() {
        match char {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => words.extend(word(std::mem::take(&mut entry).trim())),
            _ => entry.push(char),
        }
    }
    words.extend(word(entry.trim()));
    words
}

/// The identifier that `text` starts with; a macro is none.
fn word(text: &str) -> Option<String> {
    let end = text
        .find(|char: char| !(char.is_alphanumeric() || char == '_'))
        .unwrap_or(text.len());
    (end > 0 && !text[end..].starts_with('!')).then(|| text[..end].to_owned())
}

#[test]
fn modules_import_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for source in sources() {
        if source.module == "lib" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(module, _)| *module == source.module) else {
            wrong.push(format!(
                "{}: module `{}` has no row in LAYERS",
                source.path.display(),
                source.module
            ));
            continue;
        };
        let is_word = VOCABULARY.contains(&source.module.as_str());
        for import in imports(&source.code) {
            let fine = import == source.module
                || allowed.contains(&import.as_str())
                || (!is_word && VOCABULARY.contains(&import.as_str()));
            if !fine {
                wrong.push(format!(
                    "{}: `{}` may not import `{import}`",
                    source.path.display(),
                    source.module
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_layers_have_no_loop() {
    let reaches = |from: &str| -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut next = vec![from.to_owned()];
        while let Some(module) = next.pop() {
            let row = LAYERS.iter().find(|(name, _)| *name == module);
            for below in row.into_iter().flat_map(|(_, allowed)| *allowed) {
                if reached.insert(*below) {
                    next.push((*below).to_owned());
                }
            }
        }
        reached
    };
    for (module, _) in LAYERS {
        assert!(
            !reaches(module).contains(module),
            "`{module}` may import itself through others"
        );
    }
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    for source in sources() {
        assert!(
            source.text.starts_with("//! "),
            "{} does not open with `//! `",
            source.path.display()
        );
    }
}

#[test]
fn heavy_crates_stay_where_they_are_allowed() {
    for source in sources() {
        for (heavy, allowed) in HEAVY {
            let names = [
                format!("{heavy}::"),
                format!("{heavy}_"),
                format!("use {heavy};"),
            ];
            let used = names.iter().any(|name| source.code.contains(name));
            assert!(
                !used || allowed.contains(&source.module.as_str()),
                "{} names {heavy}, which only {allowed:?} may",
                source.path.display()
            );
        }
    }
}

#[test]
fn imports_are_found_in_every_form() {
    let code = "use crate::a::b;\nuse crate::{c::{d, e}, f};\ncrate::g(crate::macros!());\n";
    let expected = ["a", "c", "f", "g"].map(str::to_owned);
    assert_eq!(imports(code), BTreeSet::from(expected));
    assert_eq!(
        imports(&without_tests_and_comments(
            "// crate::a\n#[cfg(test)]\nuse crate::b;\n"
        )),
        BTreeSet::new()
    );
}
