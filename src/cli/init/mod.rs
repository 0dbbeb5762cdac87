//! `srp init`: the first experiment on text of one's own.

mod experiment;
mod found;
mod scale;

use super::{Context, Failure};
use crate::config::{BadLanguage, Language};
use crate::plan::quoted;
use crate::plan::schema::{self, Form};
use crate::text::dataset::DatasetError;
use experiment::Text;
use found::Found;
use scale::{LEAST, Scale};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to work in; the experiment is written to `experiments` in it
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// What the experiment is called, and its file and table: `experiments/NAME.toml`, `results/NAME.csv`
    #[arg(long, default_value = "first", value_parser = name)]
    name: String,

    /// Text to translate from, a sentence a line, plain or `.gz`; without it, srp draws sentences from a grammar
    #[arg(long, value_name = "FILE", requires = "target")]
    source: Option<PathBuf>,

    /// Its translation: line n of it is that of line n of the source
    #[arg(long, value_name = "FILE", requires = "source")]
    target: Option<PathBuf>,

    /// Two-letter code of the source language; by default what the source file's name ends with
    #[arg(long, value_name = "CODE", requires = "source", value_parser = code)]
    source_language: Option<Language>,

    /// Two-letter code of the target language; by default what the target file's name ends with
    #[arg(long, value_name = "CODE", requires = "target", value_parser = code)]
    target_language: Option<Language>,

    /// Overwrite what is there
    #[arg(long)]
    force: bool,
}

/// Reads a language, as `de`.
fn code(text: &str) -> Result<Language, BadLanguage> {
    Language::try_from(text.to_owned())
}

/// Reads a name that a file can have anywhere; who names the file itself means that file.
fn name(text: &str) -> Result<String, &'static str> {
    let text = text.strip_suffix(".toml").unwrap_or(text);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    match starts && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected letters, digits, `-`, `_` and `.`, the first a letter or a digit"),
    }
}

/// Where its schema goes, beside it.
const SCHEMA: &str = "experiments/schema.json";

/// What keeps an experiment from being written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum InitError {
    /// A text that cannot be read, or two that do not belong together.
    #[error(transparent)]
    #[diagnostic(code(init::text))]
    Text(#[from] DatasetError),

    /// A file whose name does not say its language.
    #[error("the name of {} does not end with a language, such as `.de`", path.display())]
    #[diagnostic(
        code(init::language),
        help("say it: `{flag} CODE`, with two lowercase letters")
    )]
    NoLanguage {
        /// The file.
        path: PathBuf,
        /// The flag that says it.
        flag: &'static str,
    },

    /// One file, named twice.
    #[error("{} is named as the source and as the target", path.display())]
    #[diagnostic(
        code(init::one_file),
        help(
            "there are two files: line n of the target is the translation of line n of the source"
        )
    )]
    OneFile {
        /// The file.
        path: PathBuf,
    },

    /// Two files of one language.
    #[error("both files are in the language `{language}`")]
    #[diagnostic(
        code(init::one_language),
        help("`--source-language` and `--target-language` say what the files' names do not")
    )]
    OneLanguage {
        /// The language.
        language: Language,
    },

    /// Text that is not enough for any training.
    #[error(
        "{} has {}; srp sets some aside and needs {LEAST} pairs at least",
        path.display(),
        found.words()
    )]
    #[diagnostic(code(init::too_few))]
    TooFew {
        /// The source file.
        path: PathBuf,
        /// What is there.
        found: Found,
    },

    /// There is a file already.
    #[error("{} is there already", path.display())]
    #[diagnostic(
        code(init::exists),
        help("`--name NAME` writes another experiment, `--force` overwrites this one")
    )]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// Where the schema goes lies something else.
    #[error("{} is there already, and is no schema of experiments", path.display())]
    #[diagnostic(
        code(init::no_schema),
        help(
            "give it another name, or let `srp init FOLDER` work elsewhere; `--force` overwrites it"
        )
    )]
    NoSchema {
        /// The file.
        path: PathBuf,
    },

    /// What srp carries is broken, which a test rules out.
    #[error(transparent)]
    Defaults(#[from] toml::de::Error),

    /// The file system refused.
    #[error("cannot write {}", path.display())]
    #[diagnostic(code(init::unwritable))]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Unwritable { .. } | InitError::Defaults(_) => Self::of_work(error),
            _ => Self::of_input(error.into()),
        }
    }
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let text = args.text()?;
    let scale = Scale::of(text.pairs());
    let experiment = format!("experiments/{}.toml", args.name);
    let written = inside(&args.folder, &experiment);
    let schema = inside(&args.folder, SCHEMA);
    let is_mine = |path: &Path| !path.exists() || args.force;
    if !is_mine(&written) {
        return Err(InitError::Exists { path: written }.into());
    }
    if !is_mine(&schema) && !is_schema(&schema) {
        return Err(InitError::NoSchema { path: schema }.into());
    }
    write(&written, &experiment::written(&text, &scale))?;
    write(&schema, &schema::text(&schema::of(Form::Experiment)))?;
    writeln!(context.out, "wrote {}: {}", written.display(), text.words())?;
    if let Text::TwoFiles { found, .. } = &text
        && !found.is_all()
    {
        writeln!(context.out, "in the files: {}", found.words())?;
    }
    writeln!(context.out, "{}", scale.words())?;
    write!(context.out, "{}", next(&args.folder, &experiment))?;
    Ok(())
}

/// Whether a file is what an earlier `srp init`, perhaps of another version, has written beside an experiment.
fn is_schema(path: &Path) -> bool {
    let text = fs::read(path).unwrap_or_default();
    let found: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
    found.is_some_and(|found| found.get("title") == schema::of(Form::Experiment).get("title"))
}

impl Args {
    fn text(&self) -> Result<Text, InitError> {
        let (Some(source), Some(target)) = (&self.source, &self.target) else {
            return Ok(Text::Drawn);
        };
        if is_one_file(source, target) {
            let path = source.clone();
            return Err(InitError::OneFile { path });
        }
        let languages = [
            language(source, self.source_language.as_ref(), "--source-language")?,
            language(target, self.target_language.as_ref(), "--target-language")?,
        ];
        if languages[0] == languages[1] {
            let [language, _] = languages;
            return Err(InitError::OneLanguage { language });
        }
        let found = Found::of([source, target], &languages)?;
        if found.pairs() < LEAST {
            let path = source.clone();
            return Err(InitError::TooFew { path, found });
        }
        Ok(Text::TwoFiles {
            found,
            files: [source, target].map(|path| seen_from(&self.folder, path)),
            languages,
        })
    }
}

fn is_one_file(one: &Path, other: &Path) -> bool {
    let known = |path: &Path| fs::canonicalize(path).ok();
    known(one).is_some_and(|file| known(other) == Some(file))
}

/// The language of a file: what is said of it, or else the end of its name.
fn language(
    path: &Path,
    said: Option<&Language>,
    flag: &'static str,
) -> Result<Language, InitError> {
    if let Some(said) = said {
        return Ok(said.clone());
    }
    let plain = match path.extension() {
        Some(extension) if extension == "gz" => path.with_extension(""),
        _ => path.to_owned(),
    };
    let ending = plain.extension().and_then(|extension| extension.to_str());
    code(ending.unwrap_or_default()).map_err(|_| InitError::NoLanguage {
        path: path.to_owned(),
        flag,
    })
}

/// A path that was given in the working directory, as the experiment must name it when it is run in `folder`.
fn seen_from(folder: &Path, path: &Path) -> PathBuf {
    if folder == Path::new(".") {
        return path.to_owned();
    }
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = absolute(path);
    let inside = path.strip_prefix(absolute(folder)).map(Path::to_owned);
    inside.unwrap_or(path)
}

/// A file of the folder, as it is named in the working directory.
fn inside(folder: &Path, name: &str) -> PathBuf {
    match folder == Path::new(".") {
        true => name.into(),
        false => folder.join(name),
    }
}

fn write(path: &Path, content: &str) -> Result<(), InitError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, content))
        .map_err(|source| InitError::Unwritable {
            path: path.to_owned(),
            source,
        })
}

/// The commands that come next.
fn next(folder: &Path, experiment: &str) -> String {
    let mut text = "next:\n".to_owned();
    if folder != Path::new(".") {
        let folder = folder.to_string_lossy();
        // What begins like a flag would be read as one.
        let here = if folder.starts_with('-') { "./" } else { "" };
        text += &format!("  cd {}\n", quoted(&format!("{here}{folder}")));
    }
    for (command, what) in [
        (format!("srp plan {experiment}"), "what would run"),
        (
            format!("srp run {experiment}"),
            "runs it, and prints the table",
        ),
        (
            format!("srp run {experiment} --set rate=0.3"),
            "another rate, with what is there already",
        ),
    ] {
        text += &format!("  {command:<46} # {what}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_what_a_name_ends_with_unless_it_is_said() {
        let of = |path: &str, said: Option<&str>| {
            let said = said.map(|text| code(text).unwrap());
            language(Path::new(path), said.as_ref(), "--source-language")
        };
        assert_eq!(of("a/text.de", None).unwrap().as_str(), "de");
        assert_eq!(of("text.de.gz", None).unwrap().as_str(), "de");
        assert_eq!(of("text.txt", Some("de")).unwrap().as_str(), "de");
        assert_eq!(of("text.en", Some("de")).unwrap().as_str(), "de");
        for path in ["text.txt", "text", "text.DE"] {
            let error = of(path, None).unwrap_err().to_string();
            assert!(error.contains(path), "{error}");
        }
    }

    #[test]
    fn a_name_is_that_of_a_file_and_of_no_folder() {
        for fits in ["first", "de-en_2", "v1.5"] {
            assert_eq!(name(fits).as_deref(), Ok(fits));
        }
        for wrong in ["", "a/b", "..", "-f", "a b", ".toml"] {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_with_the_ending_of_its_file_is_the_name_before_it() {
        assert_eq!(name("x.toml").as_deref(), Ok("x"));
        assert_eq!(name("v1.5.toml").as_deref(), Ok("v1.5"));
        assert_eq!(name("tomlx").as_deref(), Ok("tomlx"));
    }

    #[test]
    fn a_path_is_named_as_it_is_seen_from_where_the_experiment_runs() {
        let file = Path::new("data/text.de");
        assert_eq!(seen_from(Path::new("."), file), file);
        assert_eq!(seen_from(Path::new("data"), file), Path::new("text.de"));
        let outside = seen_from(Path::new("elsewhere"), file);
        assert!(outside.is_absolute() && outside.ends_with(file));
    }
}
