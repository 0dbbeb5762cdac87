//! The commands of README and guides do what they are shown for.
//!
//! Every line of every `sh` block is looked at. Lines of srp must parse, and are executed in a folder of their own that
//! holds the experiments and tables of the repository, `srp run` with stages that write a few bytes, `srp translate` and
//! `srp export` where a small model was trained. What is only parsed, and what is not srp, stands below with the reason.

use crate::fake::Notes;
use crate::report::telling;
#[cfg(feature = "nn")]
use crate::tiny;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Verbs that are executed.
const EXECUTED: &[&str] = &[
    "run",
    "plan",
    "explain",
    "why",
    "dag",
    "results",
    "cache",
    "init",
    "schema",
    "completions",
    "man",
    "doctor",
    "status",
    "logs",
    "compare",
    "plot",
    "report",
];

/// Verbs that are executed where a model was trained, which takes tensors.
const WITH_A_MODEL: &[&str] = &["translate", "export"];

/// Verbs whose lines are only parsed, and why.
const PARSED: &[(&str, &str)] = &[(
    "bench",
    "measures for minutes, beside programs that are not here",
)];

/// Verbs that a build without tables does not have.
const OF_TABLES: &[&str] = &["compare", "plot"];

/// Whether this build can do what a line asks for.
fn is_possible(line: &Line) -> bool {
    let is_png = |word: &String| word.ends_with(".png");
    (cfg!(feature = "tables") || !OF_TABLES.contains(&line.verb()))
        && (cfg!(feature = "png") || !line.words.iter().any(is_png))
}

/// What lines begin with that are not srp, and why they are not executed.
const OTHERS: &[(&str, &str)] = &[
    (
        "cargo",
        "builds or tests this repository: what runs this test has done so",
    ),
    (".ci/run", "runs this test"),
    ("git", "fetches the repository or sets up hooks"),
    ("cd", "goes where the lines below it are executed"),
];

/// Words of the documents, and what stands for them here.
const STANDS_FOR: &[(&str, &str)] = &[
    // There may be no GPU, and each verb refuses one that is not there.
    ("cuda:0,cuda:1", "cpu"),
    ("cuda:1", "cpu"),
    ("cuda", "cpu"),
    ("FOLDER", "folder"),
    // Wherever completions and pages go at home.
    ("~/.local/share/man/man1", "pages"),
    // Caches of others.
    ("/shared/srp", "shared"),
    ("/shared/srp:/archive/srp", "shared"),
];

/// What stands for the beginning of a key in the documents.
const KEYS: &[&str] = &["KEY", "3f2a", "77"];

/// A line of a document that begins with `srp`.
#[derive(Debug)]
struct Line {
    document: PathBuf,
    text: String,
    /// `NAME=VALUE` before the program.
    variables: Vec<(String, String)>,
    /// What follows the program's name.
    words: Vec<String>,
}

impl Line {
    fn verb(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn shown(&self) -> String {
        format!("{}: {}", self.document.display(), self.text)
    }
}

fn documents() -> Vec<PathBuf> {
    let guides = fs::read_dir("docs/guide").unwrap();
    let mut documents: Vec<PathBuf> = guides.map(|guide| guide.unwrap().path()).collect();
    documents.retain(|document| {
        document
            .extension()
            .is_some_and(|extension| extension == "md")
    });
    documents.sort();
    documents.insert(0, "README.md".into());
    documents
}

/// The texts of the blocks of a document that are in one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(named)) => {
                block = (named.trim() == language)
                    .then(String::new)
                    .or(Some("\0".into()))
            }
            (Some(_), Some(_)) => {
                blocks.extend(block.take().filter(|block| !block.starts_with('\0')))
            }
            (Some(block), None) => *block += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

fn is_experiment(word: &str) -> bool {
    word.starts_with("experiments/")
}

/// The words of a line as a shell sees them, up to a comment; `|`, `>` and `&&` are words.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for char in line.chars() {
        match (quote, char) {
            (None, '\'' | '"') => quote = Some(char),
            (Some(open), _) if char == open => quote = None,
            (None, ' ') => words.push(String::new()),
            (None, '#') if words.last().is_some_and(String::is_empty) => break,
            _ => words.last_mut().unwrap().push(char),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The lines of srp in a document. All others must be known.
fn lines(document: &Path, text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let blocks = blocks(text, "sh").concat().replace("\\\n", " ");
    for text in blocks.lines().filter(|line| !words(line).is_empty()) {
        let all = words(text);
        for part in all.split(|word| word == "|" || word == "&&") {
            let end = part
                .iter()
                .position(|word| word == ">")
                .unwrap_or(part.len());
            let is_variable = |word: &&String| word.starts_with("SRP_") && word.contains('=');
            let variables = part[..end].iter().take_while(is_variable);
            let variables: Vec<_> = variables
                .map(|word| word.split_once('=').unwrap())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let command = &part[variables.len()..end];
            let built_first = ["cargo", "run", "--release", "--"];
            let words = match command.strip_prefix(&built_first.map(str::to_owned)) {
                Some(words) => words.to_vec(),
                None if command[0] == "srp" => command[1..].to_vec(),
                None => {
                    let known = OTHERS.iter().any(|(name, _)| command[0] == *name);
                    let feeds = command[0] == "echo" && part.len() < all.len();
                    assert!(
                        known || feeds,
                        "{}: `{text}` is in no list",
                        document.display()
                    );
                    continue;
                }
            };
            lines.push(Line {
                document: document.to_owned(),
                text: text.to_owned(),
                variables,
                words,
            });
        }
    }
    lines
}

/// A folder in which the lines of one document are executed, one after the other.
struct Sandbox(TempDir);

impl Sandbox {
    /// The experiments of the repository and those of the document, two text files, and what a run of the demonstration
    /// leaves.
    fn new(document: &str) -> Self {
        let sandbox = Self(tempfile::tempdir().unwrap());
        for folder in ["folder", "shared/artifacts"] {
            fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        for folder in ["experiments", "results"] {
            fs::create_dir(sandbox.path(folder)).unwrap();
            for file in fs::read_dir(folder).unwrap() {
                let file = file.unwrap().path();
                fs::copy(&file, sandbox.path(&file)).unwrap();
            }
        }
        // What `srp init` has written for somebody here.
        for name in ["experiments/first.toml", "experiments/schema.json"] {
            fs::remove_file(sandbox.path(name)).ok();
        }
        // Experiments that documents name and leave to their readers.
        for name in ["experiments/mine.toml", "a.toml", "b.toml"] {
            fs::copy("experiments/demo.toml", sandbox.path(name)).unwrap();
        }
        for block in blocks(document, "toml") {
            let name = block
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("# "));
            if let Some(name) = name.filter(|name| name.starts_with("experiments/")) {
                fs::write(sandbox.path(name), &block).unwrap();
            }
        }
        for (name, word) in [("text.de", "Satz"), ("text.en", "sentence")] {
            let text: String = (0..2_000)
                .map(|line| format!("{word} {line} .\n"))
                .collect();
            fs::write(sandbox.path(name), text).unwrap();
        }
        sandbox.run(
            &["run".to_owned(), "experiments/demo.toml".to_owned()],
            "the demonstration",
        );
        #[cfg(feature = "tables")]
        sandbox.commit_twice();
        sandbox
    }

    /// Makes the tables part of two revisions.
    #[cfg(feature = "tables")]
    fn commit_twice(&self) {
        let commit = ["commit", "--quiet", "--allow-empty", "-m", "tables"].as_slice();
        for words in [&["init", "--quiet"], &["add", "results"], commit, commit] {
            crate::compare::git(self.0.path(), words);
        }
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// The folder of an artifact.
    fn artifact(&self) -> PathBuf {
        let only = |folder: PathBuf| {
            fs::read_dir(folder)
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path()
        };
        only(only(self.path(".srp/artifacts")))
    }

    /// What a word of a document is here.
    fn real(&self, word: &str) -> String {
        let artifact = self.artifact();
        if word.starts_with(".srp/artifacts/") {
            return artifact.join("made.txt").display().to_string();
        }
        if KEYS.contains(&word) {
            return artifact.file_name().unwrap().to_string_lossy()[..word.len()].to_owned();
        }
        let known = STANDS_FOR.iter().find(|(name, _)| *name == word);
        known.map_or(word, |(_, real)| real).to_owned()
    }

    /// Executes a line, and fails unless it does what it is shown for.
    fn execute(&self, line: &Line) {
        let words: Vec<String> = line.words.iter().map(|word| self.real(word)).collect();
        match line.verb() {
            "results" => self.run(&words, &line.shown()),
            // The program does not take the stages of this process for its own.
            "plot" | "report" if words.iter().any(|word| is_experiment(word)) => {
                self.picture(&words, &line.shown())
            }
            "run" if line.variables.is_empty() => self.run(&words, &line.shown()),
            "run" => self.program(line, &[&words[..], &["--dry-run".to_owned()]].concat()),
            // The table is written by a build with tables only.
            "why" if !self.path(&words[1]).exists() && !cfg!(feature = "tables") => {}
            // The ten seconds and a slow build are tried by a test of their own.
            "doctor" => self.program(line, &[&words[..], &["--quick".to_owned()]].concat()),
            _ => self.program(line, &words),
        }
    }

    /// Executes `srp run` or `srp results`.
    fn run(&self, words: &[String], shown: &str) {
        let results = ["--results".into(), self.path("results").into()];
        let out = self.here(words, &results, shown);
        assert!(words[0] == "run" || !out.is_empty(), "{shown}: no table");
    }

    /// Executes a line that writes one file about what a run has left.
    fn picture(&self, words: &[String], shown: &str) {
        let until = words.iter().position(|word| word == "--out");
        let until = until.unwrap_or(words.len());
        let name = words.get(until + 1).map_or("page.html", String::as_str);
        let file = self.path(name);
        self.here(&words[..until], &["--out".into(), (&file).into()], shown);
        assert!(file.exists(), "{shown}: no file");
    }

    /// Executes a line in this process, with stages that write a few bytes, and returns what it prints.
    fn here(&self, words: &[String], more: &[OsString], shown: &str) -> Vec<u8> {
        let inside = |word: &String| match is_experiment(word) || word == "shared" {
            true => self.path(word).into_os_string(),
            false => word.into(),
        };
        let mut all: Vec<OsString> = vec!["srp".into()];
        all.extend(words.iter().map(inside));
        all.extend(["--cache".into(), self.path(".srp").into()]);
        all.extend_from_slice(more);
        let mut out = Vec::new();
        let done = srp::cli::execute(all, &telling(), &mut out, &Notes::default());
        done.unwrap_or_else(|failure| panic!("{shown}\n{failure}"));
        out
    }

    /// Executes the program itself.
    fn program(&self, line: &Line, words: &[String]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
        command
            .current_dir(self.0.path())
            .args(words)
            .stdin(Stdio::null());
        for (name, value) in &line.variables {
            command.env(name, self.real(value));
        }
        let answer = command.output().unwrap();
        let code = answer.status.code();
        let errors = String::from_utf8_lossy(&answer.stderr);
        // The tables of the repository are here, and the translations behind them are not.
        if words.iter().any(|word| word.contains("bleu_p")) {
            let said = errors.contains("the cache does not have the translations");
            assert!(code == Some(2) && said, "{}\n{errors}", line.shown());
            return;
        }
        let expected: &[i32] = match line.verb() {
            // Something would run.
            "plan" if words.iter().any(|word| word == "--check") => &[0, 3],
            // The machine of the test may be ill.
            "doctor" => &[0, 1],
            _ => &[0],
        };
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{}\n{errors}",
            line.shown()
        );
        let written = errors
            .lines()
            .filter_map(|line| line.strip_prefix("wrote "));
        let written: Vec<_> = written.map(|file| self.path(file)).collect();
        assert!(
            written.iter().all(|file| file.exists())
                && (!written.is_empty() || !answer.stdout.is_empty()),
            "{}: prints nothing and writes nothing\n{errors}",
            line.shown()
        );
    }
}

#[test]
fn every_command_of_the_documents_that_is_not_executed_parses() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for line in lines(&document, &text) {
            let parsed = PARSED.iter().any(|(verb, _)| *verb == line.verb());
            let lists = [
                parsed,
                EXECUTED.contains(&line.verb()),
                WITH_A_MODEL.contains(&line.verb()),
            ];
            assert!(
                lists.iter().filter(|&&listed| listed).count() == 1,
                "{}: `{}` belongs into one of the lists EXECUTED, WITH_A_MODEL and PARSED",
                line.shown(),
                line.verb()
            );
            let words = std::iter::once("srp").chain(line.words.iter().map(String::as_str));
            let taken = srp::cli::command().try_get_matches_from(words);
            if let (true, Err(error)) = (parsed, taken) {
                panic!("{}\n{error}", line.shown());
            }
        }
    }
}

#[test]
fn every_command_of_the_documents_does_what_it_is_shown_for() {
    let mut executed = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let lines = lines(&document, &text);
        let mut lines = lines
            .iter()
            .filter(|line| EXECUTED.contains(&line.verb()) && is_possible(line))
            .peekable();
        if lines.peek().is_some() {
            let sandbox = Sandbox::new(&text);
            lines.clone().for_each(|line| sandbox.execute(line));
            executed += lines.count();
        }
    }
    assert!(executed > 40, "{executed}");
}

#[cfg(feature = "nn")]
#[test]
fn every_command_on_a_model_does_what_it_is_shown_for() {
    let place = tiny::Place::new();
    let answer = place.run(&["final@rate=0.5"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let key = place.artifacts()["final@rate=0.5"].manifest.key.to_string();
    let mut executed = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        let lines = lines(&document, &text).into_iter();
        for line in lines.filter(|line| WITH_A_MODEL.contains(&line.verb())) {
            let folder = format!("folder-{executed}");
            let real = |word: &String| match word.as_str() {
                "KEY" => key[..12].to_owned(),
                "FOLDER" => folder.clone(),
                _ => word.clone(),
            };
            let words: Vec<String> = line.words.iter().map(real).collect();
            let mut command = place.command(&words);
            let sentence = place.path("sentence.txt");
            fs::write(&sentence, "Der alte Mann liest ein Buch.\n").unwrap();
            command.stdin(fs::File::open(sentence).unwrap());
            let answer = tiny::Answer::of(command.output().unwrap());
            assert_eq!(answer.code, Some(0), "{}: {answer:?}", line.shown());
            match line.verb() {
                "export" => assert!(place.path(&folder).is_dir(), "{}", line.shown()),
                _ => assert_eq!(answer.out.lines().count(), 1, "{}", line.shown()),
            }
            executed += 1;
        }
    }
    assert!(executed > 3, "{executed}");
}

#[test]
fn blocks_and_words_are_taken_apart_as_a_shell_would() {
    let text = "```sh\nA=1 srp run 'a b' # c\n```\n```toml\nx\n```\n```sh\nsrp plan\n```\n";
    assert_eq!(
        blocks(text, "sh"),
        ["A=1 srp run 'a b' # c\n", "srp plan\n"]
    );
    assert_eq!(blocks(text, "toml"), ["x\n"]);
    assert_eq!(words("A=1 srp run 'a b' # c"), ["A=1", "srp", "run", "a b"]);
    assert_eq!(
        words("echo \"a b\" | srp translate KEY"),
        ["echo", "a b", "|", "srp", "translate", "KEY"]
    );
}
