//! The IWSLT'14 evaluation campaign's files: an archive, or the folder that it unpacks to (SPEC §19, steps 1, 4, 5).

use super::corpus::{
    CorpusError, Languages, Lines, ParallelText, RawCorpus, Validation, read_file,
};
use crate::config;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// The test set is these, one after the other.
const TEST_PARTS: [&str; 5] = [
    "TED.dev2010",
    "TEDX.dev2012",
    "TED.tst2010",
    "TED.tst2011",
    "TED.tst2012",
];

/// What plans call the test set.
const TEST: &str = "test";

/// Every pair of the cleaned text with a number divisible by this is for validation.
const VALID_EVERY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(22);

/// Lines of the training files that are no sentences.
const DROPPED_LINES: [&str; 3] = ["<url>", "<talkid>", "<keywords>"];

/// Tags around sentences of the training files.
const DELETED_TAGS: [&str; 4] = ["<title>", "</title>", "<description>", "</description>"];

const SEGMENT_BEGINS: &str = "<seg id";
const SEGMENT_NUMBER_BEGINS: &str = "<seg id=\"";
const SEGMENT_ENDS: &str = "</seg>";

pub(super) fn open(
    spec: &config::Iwslt14,
    languages: Languages<'_>,
) -> Result<RawCorpus, CorpusError> {
    let mut members = Members::read(spec, languages)?;
    let train = members.pair(languages, train_file, training_sentences)?;
    let mut test = ParallelText::default();
    for part in TEST_PARTS {
        let text = members.pair(
            languages,
            |pair, language| test_file(part, pair, language),
            segments,
        )?;
        test.source.extend(text.source);
        test.target.extend(text.target);
    }
    Ok(RawCorpus {
        train,
        valid: Validation::EveryNth(VALID_EVERY),
        tests: BTreeMap::from([(TEST.to_owned(), test)]),
    })
}

pub(super) fn outside_files(
    spec: &config::Iwslt14,
    languages: Languages<'_>,
) -> Result<Vec<PathBuf>, CorpusError> {
    let files = if spec.archive.is_dir() {
        file_names(languages)
            .map(|name| spec.archive.join(name))
            .collect()
    } else {
        vec![spec.archive.clone()]
    };
    files.iter().try_for_each(|file| require(spec, file))?;
    Ok(files)
}

fn require(spec: &config::Iwslt14, file: &Path) -> Result<(), CorpusError> {
    let path = file.to_owned();
    if file.is_file() {
        Ok(())
    } else if *file == spec.archive {
        Err(CorpusError::MissingArchive {
            path,
            origin: spec.origin.clone(),
            sha256: spec.sha256.clone(),
        })
    } else {
        Err(CorpusError::Missing { path })
    }
}

fn train_file(pair: &str, language: &str) -> String {
    format!("train.tags.{pair}.{language}")
}

fn test_file(part: &str, pair: &str, language: &str) -> String {
    format!("IWSLT14.{part}.{pair}.{language}.xml")
}

fn file_names(languages: Languages<'_>) -> impl Iterator<Item = String> {
    let pair = languages.pair();
    languages.both().into_iter().flat_map(move |language| {
        let tests = TEST_PARTS.map(|part| test_file(part, &pair, language));
        [train_file(&pair, language)].into_iter().chain(tests)
    })
}

/// The files that are needed, by name.
struct Members {
    /// The archive or folder.
    from: PathBuf,
    contents: HashMap<String, Vec<u8>>,
}

impl Members {
    fn read(spec: &config::Iwslt14, languages: Languages<'_>) -> Result<Self, CorpusError> {
        let files = outside_files(spec, languages)?;
        let contents = if spec.archive.is_dir() {
            let contents = file_names(languages)
                .zip(&files)
                .map(|(name, path)| Ok((name, read_file(path)?)));
            contents.collect::<Result<_, CorpusError>>()?
        } else {
            let archive = read_file(&spec.archive)?;
            check_sum(spec, &archive)?;
            let wanted: Vec<String> = file_names(languages).collect();
            unpack(&archive, &wanted).map_err(|source| CorpusError::Damaged {
                path: spec.archive.clone(),
                source,
            })?
        };
        Ok(Self {
            from: spec.archive.clone(),
            contents,
        })
    }

    /// Both sides of the files that `name` names, as the sentences that `extract` finds in them.
    fn pair(
        &mut self,
        languages: Languages<'_>,
        name: impl Fn(&str, &str) -> String,
        extract: fn(Vec<String>) -> Vec<String>,
    ) -> Result<ParallelText, CorpusError> {
        let pair = languages.pair();
        let [source, target] = languages.both().map(|language| {
            let mut lines = self.lines(&name(&pair, language))?;
            lines.lines = extract(lines.lines);
            Ok(lines)
        });
        Lines::pair(source?, target?)
    }

    fn lines(&mut self, name: &str) -> Result<Lines, CorpusError> {
        let Some(content) = self.contents.remove(name) else {
            return Err(CorpusError::MissingMember {
                archive: self.from.clone(),
                member: name.to_owned(),
            });
        };
        Lines::parse(self.from.join(name).display().to_string(), content)
    }
}

fn check_sum(spec: &config::Iwslt14, archive: &[u8]) -> Result<(), CorpusError> {
    let Some(expected) = &spec.sha256 else {
        return Ok(());
    };
    let digest = Sha256::digest(archive);
    let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(CorpusError::Checksum {
        path: spec.archive.clone(),
        expected: expected.clone(),
        found,
        origin: spec.origin.clone(),
    })
}

/// The wanted files of a `.tgz`, whatever folder they are in.
fn unpack(archive: &[u8], wanted: &[String]) -> io::Result<HashMap<String, Vec<u8>>> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let mut contents = HashMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if content.len() as u64 != entry.size() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        contents.insert(name.to_owned(), content);
    }
    // The checksum of the compressed data stands at its end.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(contents)
}

/// Step 1: the sentences of a training file. Other tags stay: they are tokenised as text.
fn training_sentences(lines: Vec<String>) -> Vec<String> {
    let sentences = lines
        .into_iter()
        .filter(|line| !DROPPED_LINES.iter().any(|tag| line.contains(tag)));
    sentences
        .map(|line| {
            DELETED_TAGS
                .iter()
                .fold(line, |line, tag| line.replace(tag, ""))
        })
        .collect()
}

/// Step 5: the sentences of a test file. Entities such as `&amp;` stay as they are.
fn segments(lines: Vec<String>) -> Vec<String> {
    lines
        .iter()
        .filter(|line| line.contains(SEGMENT_BEGINS))
        .map(|line| without_segment_ends(&without_segment_beginnings(line)).replace('’', "'"))
        .collect()
}

/// Deletes `<seg id="digits">` and the white space that follows.
fn without_segment_beginnings(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(SEGMENT_NUMBER_BEGINS) {
        out.push_str(before);
        let after_number = after.trim_start_matches(|c: char| c.is_ascii_digit());
        rest = match after_number.strip_prefix("\">") {
            Some(text) => text.trim_start(),
            None => {
                out.push_str(SEGMENT_NUMBER_BEGINS);
                after
            }
        };
    }
    out + rest
}

/// Deletes `</seg>` with the white space around it.
fn without_segment_ends(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(SEGMENT_ENDS) {
        out.push_str(before.trim_end());
        rest = after.trim_start();
    }
    out + rest
}

#[cfg(test)]
mod tests;
