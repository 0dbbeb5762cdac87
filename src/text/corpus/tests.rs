//! Corpora of plain files: what is read, and what is said of broken ones.

use super::*;
use std::io::Write;
use tempfile::TempDir;

const DE_EN: Languages<'static> = Languages {
    source: "de",
    target: "en",
};

/// A folder with the files, and the config that reads train, valid and one test set from it.
fn folder_of(files: &[(&str, &[u8])]) -> (TempDir, config::Corpus) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let corpus = config::Corpus::Files(config::Files {
        folder: folder.path().to_owned(),
        train: "train".to_owned(),
        valid: "val".to_owned(),
        test: BTreeMap::from([("flickr".to_owned(), "flickr".to_owned())]),
    });
    (folder, corpus)
}

const FILES: [(&str, &[u8]); 6] = [
    ("train.de", b"eins\nzwei"),
    ("train.en", b"one\ntwo\n"),
    ("val.de", "drei \u{2028} drei\n".as_bytes()),
    ("val.en", b"three\n"),
    ("flickr.de", b"vier\n"),
    ("flickr.en", b"four\n"),
];

/// The files with the content of one replaced.
fn with(name: &'static str, content: &'static [u8]) -> Vec<(&'static str, &'static [u8])> {
    let mut files = FILES.to_vec();
    files.retain(|(other, _)| *other != name);
    files.push((name, content));
    files
}

fn error_of(files: &[(&str, &[u8])]) -> String {
    let (_folder, corpus) = folder_of(files);
    open(&corpus, DE_EN).unwrap_err().to_string()
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(content).unwrap();
    gz.finish().unwrap()
}

#[test]
fn lines_end_at_newlines_only_and_the_last_one_needs_none() {
    let (_folder, corpus) = folder_of(&FILES);
    let raw = open(&corpus, DE_EN).unwrap();
    assert_eq!(raw.train.source, ["eins", "zwei"]);
    let Validation::Given(valid) = raw.valid else {
        panic!("valid was given")
    };
    assert_eq!(valid.source, ["drei \u{2028} drei"]);
    assert_eq!(raw.tests["flickr"].target, ["four"]);
}

#[test]
fn compressed_and_plain_files_may_be_mixed() {
    let compressed = gz(b"eins\nzwei\n");
    let mut files = FILES.to_vec();
    files[0] = ("train.de.gz", &compressed);
    let (folder, corpus) = folder_of(&files);
    assert_eq!(open(&corpus, DE_EN).unwrap().train.source, ["eins", "zwei"]);
    let read = outside_files(&corpus, DE_EN).unwrap();
    assert_eq!(read.len(), 6);
    assert_eq!(read[0], folder.path().join("train.de.gz"));
}

#[test]
fn a_missing_file_is_named() {
    let (_folder, corpus) = folder_of(&FILES[..5]);
    for error in [
        open(&corpus, DE_EN).unwrap_err(),
        outside_files(&corpus, DE_EN).unwrap_err(),
    ] {
        let CorpusError::MissingText { path } = error else {
            panic!("{error}")
        };
        assert!(path.ends_with("flickr.en"));
    }
}

#[test]
fn sides_of_unequal_length_are_named_with_their_lengths() {
    let error = error_of(&with("val.en", b"three\nfour\n"));
    assert!(error.contains("val.de has 1 line and "), "{error}");
    assert!(error.contains("val.en has 2:"), "{error}");
}

#[test]
fn a_file_without_text_is_empty() {
    for content in [&b""[..], b"\n \n"] {
        assert!(error_of(&with("train.en", content)).ends_with("train.en has no text"));
    }
}

#[test]
fn the_line_that_is_not_utf8_is_named() {
    let error = error_of(&with("train.en", b"one\ntw\xff\n"));
    assert!(
        error.ends_with("train.en, line 2: not valid UTF-8"),
        "{error}"
    );
}

#[test]
fn a_compressed_file_that_ends_early_is_damaged() {
    let whole = gz(b"eins\nzwei\n");
    for length in [0, 4, whole.len() / 2, whole.len() - 1] {
        let mut files = FILES.to_vec();
        files[0] = ("train.de.gz", &whole[..length]);
        let error = error_of(&files);
        assert!(
            error.contains("train.de.gz is damaged or not complete"),
            "{length}: {error}"
        );
    }
}
