//! `srp init`: the first experiment on text of one's own.

mod experiment;
mod scale;

use super::{Context, Failure};
use crate::config::Language;
use crate::plan::schema::{self, Form};
use crate::text::corpus::{CorpusError, count_pairs};
use experiment::Text;
use scale::{LEAST, Scale};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to work in; the experiment is written to `experiments/first.toml` in it
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// Text to translate from, a sentence a line, plain or `.gz`; without it, srp draws sentences from a grammar
    #[arg(long, value_name = "FILE", requires = "target")]
    source: Option<PathBuf>,

    /// Its translation: line n of it is that of line n of the source
    #[arg(long, value_name = "FILE", requires = "source")]
    target: Option<PathBuf>,

    /// Two-letter code of the source language; by default what the source file's name ends with
    #[arg(long, value_name = "CODE", requires = "source")]
    source_language: Option<String>,

    /// Two-letter code of the target language; by default what the target file's name ends with
    #[arg(long, value_name = "CODE", requires = "target")]
    target_language: Option<String>,

    /// Overwrite what is there
    #[arg(long)]
    force: bool,
}

/// Where the experiment goes, inside of the folder.
const EXPERIMENT: &str = "experiments/first.toml";

/// Where its schema goes, beside it.
const SCHEMA: &str = "experiments/schema.json";

/// What keeps an experiment from being written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum InitError {
    /// A text that cannot be read, or two that do not belong together.
    #[error(transparent)]
    #[diagnostic(code(init::text))]
    Text(#[from] CorpusError),

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
    #[error("{} has {found} lines; srp sets some aside and needs {LEAST} at least", path.display())]
    #[diagnostic(code(init::too_few))]
    TooFew {
        /// The source file.
        path: PathBuf,
        /// Its lines.
        found: usize,
    },

    /// There is a file already.
    #[error("{} is there already", path.display())]
    #[diagnostic(code(init::exists), help("`--force` overwrites it"))]
    Exists {
        /// The file.
        path: PathBuf,
    },

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
            InitError::Unwritable { .. } => Self::of_work(error),
            _ => Self::of_input(error.into()),
        }
    }
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let text = args.text()?;
    let scale = Scale::of(text.pairs());
    let schema = schema::text(&schema::of(Form::Experiment));
    let files = [
        (EXPERIMENT, experiment::written(&text, &scale)),
        (SCHEMA, schema),
    ];
    for (name, _) in &files {
        let path = inside(&args.folder, name);
        if path.exists() && !args.force {
            return Err(InitError::Exists { path }.into());
        }
    }
    for (name, content) in &files {
        write(&inside(&args.folder, name), content)?;
    }
    let written = inside(&args.folder, EXPERIMENT);
    writeln!(context.out, "wrote {}: {}", written.display(), text.words())?;
    writeln!(context.out, "{}", scale.words())?;
    write!(context.out, "{}", next(&args.folder))?;
    Ok(())
}

impl Args {
    fn text(&self) -> Result<Text, InitError> {
        let (Some(source), Some(target)) = (&self.source, &self.target) else {
            return Ok(Text::Drawn);
        };
        let pairs = count_pairs(source, target)?;
        if pairs < LEAST {
            return Err(InitError::TooFew {
                path: source.clone(),
                found: pairs,
            });
        }
        let languages = [
            language(source, self.source_language.as_deref(), "--source-language")?,
            language(target, self.target_language.as_deref(), "--target-language")?,
        ];
        if languages[0] == languages[1] {
            let [language, _] = languages;
            return Err(InitError::OneLanguage { language });
        }
        Ok(Text::TwoFiles {
            pairs,
            files: [source, target].map(|path| seen_from(&self.folder, path)),
            languages,
        })
    }
}

/// The language of a file: what is said of it, or else the end of its name.
fn language(path: &Path, said: Option<&str>, flag: &'static str) -> Result<Language, InitError> {
    let plain = match path.extension() {
        Some(extension) if extension == "gz" => path.with_extension(""),
        _ => path.to_owned(),
    };
    let ending = plain.extension().and_then(|extension| extension.to_str());
    let code = said.or(ending).unwrap_or_default().to_owned();
    Language::try_from(code).map_err(|_| InitError::NoLanguage {
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
fn next(folder: &Path) -> String {
    let mut text = "next:\n".to_owned();
    if folder != Path::new(".") {
        text += &format!("  cd {}\n", folder.display());
    }
    for (command, what) in [
        (format!("srp plan {EXPERIMENT}"), "what would run"),
        (
            format!("srp run {EXPERIMENT}"),
            "runs it, and prints the table",
        ),
        (
            format!("srp run {EXPERIMENT} --set rate=0.3"),
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
        let of = |path: &str, said| language(Path::new(path), said, "--source-language");
        assert_eq!(of("a/text.de", None).unwrap().as_str(), "de");
        assert_eq!(of("text.de.gz", None).unwrap().as_str(), "de");
        assert_eq!(of("text.txt", Some("de")).unwrap().as_str(), "de");
        for (path, said) in [
            ("text.txt", None),
            ("text", None),
            ("text.de", Some("German")),
        ] {
            let error = of(path, said).unwrap_err().to_string();
            assert!(error.contains(path), "{error}");
        }
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
