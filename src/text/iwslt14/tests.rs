//! A small corpus in the layout of IWSLT'14, whole and broken.

use super::*;
use std::fs;

const DE_EN: Languages<'static> = Languages {
    source: "de",
    target: "en",
};

/// Content of every file of a small corpus, by name.
fn small_corpus() -> BTreeMap<String, String> {
    file_names(DE_EN)
        .map(|name| {
            let content = if name.ends_with(".xml") {
                format!("<doc>\n<seg id=\"1\"> {name} </seg>\n</doc>\n")
            } else {
                format!("<url>x</url>\n<title>{name}</title>\n Two \n")
            };
            (name, content)
        })
        .collect()
}

fn packed(files: &BTreeMap<String, String>) -> Vec<u8> {
    let gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut tar = tar::Builder::new(gz);
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("de-en/{name}"), content.as_bytes())
            .unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn spec(archive: &Path) -> config::Iwslt14 {
    config::Iwslt14 {
        archive: archive.to_owned(),
        origin: Some("https://example.org/de-en.tgz".to_owned()),
        sha256: None,
    }
}

fn opened(archive: &[u8]) -> Result<RawCorpus, CorpusError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("de-en.tgz");
    fs::write(&path, archive).unwrap();
    open(&spec(&path), DE_EN)
}

#[test]
fn archive_and_folder_hold_the_same_corpus() {
    let files = small_corpus();
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in &files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let from_folder = open(&spec(folder.path()), DE_EN).unwrap();
    assert_eq!(from_folder, opened(&packed(&files)).unwrap());
    assert_eq!(from_folder.train.source, ["train.tags.de-en.de", " Two "]);
    assert_eq!(from_folder.tests["test"].len(), TEST_PARTS.len());
    assert_eq!(
        from_folder.tests["test"].target[1],
        "IWSLT14.TEDX.dev2012.de-en.en.xml"
    );
    assert_eq!(
        outside_files(&spec(folder.path()), DE_EN).unwrap().len(),
        12
    );
}

#[test]
fn an_archive_that_ends_early_is_damaged_wherever_it_ends() {
    let whole = packed(&small_corpus());
    for length in [0, 5, whole.len() / 2, whole.len() - 1] {
        let error = opened(&whole[..length]).unwrap_err();
        assert!(
            matches!(error, CorpusError::Damaged { .. }),
            "{length}: {error}"
        );
        assert!(
            error
                .to_string()
                .contains("de-en.tgz is damaged or not complete")
        );
    }
}

#[test]
fn a_file_that_the_archive_lacks_is_named() {
    let mut files = small_corpus();
    files.remove("IWSLT14.TED.tst2011.de-en.en.xml");
    let error = opened(&packed(&files)).unwrap_err().to_string();
    assert!(
        error.ends_with("de-en.tgz holds no file `IWSLT14.TED.tst2011.de-en.en.xml`"),
        "{error}"
    );
}

#[test]
fn a_file_that_the_folder_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = outside_files(&spec(folder.path()), DE_EN)
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("train.tags.de-en.de does not exist"),
        "{error}"
    );
}

#[test]
fn a_missing_archive_comes_with_its_origin_and_checksum() {
    let mut spec = spec(Path::new("no/such.tgz"));
    spec.sha256 = Some("00ff".to_owned());
    let error = outside_files(&spec, DE_EN).unwrap_err().to_string();
    assert_eq!(
        error,
        "no/such.tgz does not exist; it can be had from https://example.org/de-en.tgz; its SHA-256 should be 00ff"
    );
}

#[test]
fn an_archive_with_another_checksum_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("de-en.tgz");
    let archive = packed(&small_corpus());
    fs::write(&path, &archive).unwrap();
    let mut spec = spec(&path);
    spec.sha256 = Some("00ff".to_owned());
    let error = open(&spec, DE_EN).unwrap_err();
    let CorpusError::Checksum { ref found, .. } = error else {
        panic!("{error}")
    };
    assert!(error.to_string().contains(&format!(
        "its SHA-256 is {found}, expected 00ff; it can be had from"
    )));
    spec.sha256 = Some(found.to_uppercase());
    assert!(open(&spec, DE_EN).is_ok());
}

#[test]
fn sides_that_differ_in_sentences_are_named_with_the_archive() {
    let mut files = small_corpus();
    files.insert("train.tags.de-en.en".to_owned(), "one\n".to_owned());
    let error = opened(&packed(&files)).unwrap_err().to_string();
    assert!(
        error.contains("de-en.tgz/train.tags.de-en.de has 2 lines and "),
        "{error}"
    );
    assert!(
        error.contains("de-en.tgz/train.tags.de-en.en has 1:"),
        "{error}"
    );
}

#[test]
fn a_segment_tag_without_a_number_stays() {
    let lines = [
        "<seg id=\"x\"> a </seg> b",
        "<SEG>",
        "<seg id=\"\">  c</seg></seg>",
    ];
    let lines = lines.map(str::to_owned).to_vec();
    assert_eq!(segments(lines), ["<seg id=\"x\"> ab", "c"]);
}
