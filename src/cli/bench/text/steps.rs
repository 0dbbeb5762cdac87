//! The steps from parallel text to a data set, each from files to files in one folder, so that other programs can take
//! its place.

use super::BenchError;
use crate::config::{Preprocess, StageSpec};
use crate::plan::{self, Overrides};
use crate::text::bpe::{Bpe, Segmenter, count_words};
use crate::text::clean::{Kept, clean};
use crate::text::dataset::DatasetError;
use crate::text::indexed::{self, TokenType};
use crate::text::lowercase::lowercase;
use crate::text::moses::Moses;
use crate::text::parallel;
use crate::text::vocabulary::Dictionary;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The languages of the text, the source language first.
pub(super) const LANGUAGES: [&str; 2] = ["de", "en"];

const EXPERIMENT: &str = "bench.toml";
const STAGE: &str = "corpus";
const CODES: &str = "codes";

/// One step of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Step {
    /// Lines to tokens.
    Tokenize,
    /// Bad pairs dropped, the others lowercased.
    Clean,
    /// Tokens to merges.
    Learn,
    /// Tokens and merges to subwords.
    Apply,
    /// Subwords to dictionaries and numbers.
    Index,
    /// All of it in one preprocess stage, as a run does it.
    Whole,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokenize => "tokenise",
            Self::Clean => "clean",
            Self::Learn => "learn",
            Self::Apply => "apply",
            Self::Index => "index",
            Self::Whole => "whole",
        })
    }
}

/// Writes the experiment whose one stage is the whole of the work.
pub(super) fn describe(folder: &Path, merges: usize) -> Result<(), BenchError> {
    let [source, target] = LANGUAGES;
    let text = format!(
        "[experiment]\ntitle = \"text\"\nseed = 1\n\n[stages.{STAGE}.preprocess]\n\
         source-language = \"{source}\"\ntarget-language = \"{target}\"\nbpe.merges = {merges}\n\n\
         [stages.{STAGE}.preprocess.corpus.files]\nfolder = \".\"\ntrain = \"raw\"\nvalid = \"valid\"\ntest = {{}}\n"
    );
    write(&folder.join(EXPERIMENT), text)
}

impl Step {
    /// All of them, in the order of the work.
    pub(super) const ALL: [Self; 6] = [
        Self::Tokenize,
        Self::Clean,
        Self::Learn,
        Self::Apply,
        Self::Index,
        Self::Whole,
    ];

    /// What the command line calls it.
    pub(super) fn argument(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// The command that does it in its working directory, on so many threads.
    pub(super) fn command(self, program: &Path, threads: usize) -> Command {
        let mut command = Command::new(program);
        let threads = threads.to_string();
        match self {
            Self::Whole => command
                .args(["run", EXPERIMENT, "--force", STAGE])
                .env("RAYON_NUM_THREADS", threads),
            _ => command
                .args(["bench", "text", "--threads", &threads, "--step"])
                .arg(self.argument()),
        };
        command
    }

    /// The files that it makes, where another program could have made them.
    pub(super) fn made(self) -> Vec<String> {
        let of_both = |prefix: &str| {
            LANGUAGES
                .map(|language| format!("{prefix}.{language}"))
                .to_vec()
        };
        match self {
            Self::Tokenize => of_both("tokens"),
            Self::Learn => vec![CODES.to_owned()],
            Self::Apply => of_both("bpe"),
            Self::Clean | Self::Index | Self::Whole => Vec::new(),
        }
    }

    /// Does the step in `folder`, where the steps before it were done; the whole is done by a run.
    pub(super) fn run(self, folder: &Path, threads: usize) -> Result<(), BenchError> {
        match self {
            Self::Tokenize => each(folder, "raw", "tokens", |language, lines| {
                let start = || Moses::new(language);
                parallel::map(threads, lines, start, |moses, line| moses.tokenize(line))
            }),
            Self::Clean => cleaned(folder, threads),
            Self::Learn => {
                let lines = both(folder, "clean")?;
                let counts = lines.each_ref().map(|lines| count_words(lines, threads));
                let bpe = Bpe::learn(counts.into_iter().flatten(), spec(folder)?.bpe.merges);
                Ok(bpe.write(&folder.join(CODES)).map_err(DatasetError::from)?)
            }
            Self::Apply => {
                let bpe = Bpe::read(&folder.join(CODES)).map_err(DatasetError::from)?;
                each(folder, "clean", "bpe", |_, lines| {
                    let start = || Segmenter::new(&bpe);
                    parallel::map(threads, lines, start, |bpe, line| bpe.segment(line))
                })
            }
            Self::Index => LANGUAGES
                .iter()
                .try_for_each(|language| index(folder, language, threads)),
            Self::Whole => Ok(()),
        }
    }
}

fn cleaned(folder: &Path, threads: usize) -> Result<(), BenchError> {
    let [source, target] = both(folder, "tokens")?;
    let limits = spec(folder)?.clean;
    let kept = clean(&limits, &source, &target).map_err(DatasetError::from)?;
    let lowercased = |text: fn(&Kept) -> &str| {
        parallel::map(threads, &kept, || (), |(), kept| lowercase(text(kept)))
    };
    let [to_source, to_target] = LANGUAGES.map(|language| path(folder, "clean", language));
    write_lines(&to_source, lowercased(|kept| &kept.source))?;
    write_lines(&to_target, lowercased(|kept| &kept.target))
}

fn index(folder: &Path, language: &str, threads: usize) -> Result<(), BenchError> {
    let lines = read_lines(&path(folder, "bpe", language))?;
    let multiple_of = spec(folder)?.dictionaries.multiple_of;
    let dictionary = Dictionary::build(lines.iter().map(String::as_str), multiple_of);
    let write = || -> Result<(), DatasetError> {
        dictionary.write(&path(folder, "dict", language))?;
        let encode = |(): &mut (), line: &String| dictionary.encode(line);
        let sentences = parallel::map(threads, &lines, || (), encode);
        let sentences = sentences.iter().map(Vec::as_slice);
        let token_type = TokenType::for_dictionary(dictionary.len());
        Ok(indexed::write(
            &path(folder, "numbers", language),
            token_type,
            sentences,
        )?)
    };
    Ok(write()?)
}

/// What the experiment says of its stage.
fn spec(folder: &Path) -> Result<Preprocess, BenchError> {
    let plan = plan::load(&folder.join(EXPERIMENT), &Overrides::default())?;
    let specs = plan.nodes.into_iter().map(|node| node.spec);
    let found = specs.into_iter().find_map(|spec| match spec {
        StageSpec::Preprocess(spec) => Some(spec),
        _ => None,
    });
    found.ok_or_else(|| BenchError::io(EXPERIMENT)(std::io::ErrorKind::InvalidData.into()))
}

/// Makes of the lines of each language those of another file.
fn each(
    folder: &Path,
    from: &str,
    to: &str,
    work: impl Fn(&str, &[String]) -> Vec<String>,
) -> Result<(), BenchError> {
    for language in LANGUAGES {
        let lines = read_lines(&path(folder, from, language))?;
        write_lines(&path(folder, to, language), work(language, &lines))?;
    }
    Ok(())
}

fn path(folder: &Path, prefix: &str, language: &str) -> PathBuf {
    folder.join(format!("{prefix}.{language}"))
}

fn both(folder: &Path, prefix: &str) -> Result<[Vec<String>; 2], BenchError> {
    let [source, target] = LANGUAGES.map(|language| read_lines(&path(folder, prefix, language)));
    Ok([source?, target?])
}

/// The lines of a file.
pub(super) fn read_lines(path: &Path) -> Result<Vec<String>, BenchError> {
    let text = fs::read_to_string(path).map_err(BenchError::io(path.display()))?;
    Ok(text.split_terminator('\n').map(str::to_owned).collect())
}

/// Writes a file of lines.
pub(super) fn write_lines<Line: AsRef<str>>(
    path: &Path,
    lines: impl IntoIterator<Item = Line>,
) -> Result<(), BenchError> {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    write(path, text)
}

fn write(path: &Path, text: String) -> Result<(), BenchError> {
    fs::write(path, text).map_err(BenchError::io(path.display()))
}
