//! Small data sets, built and read again.

use super::*;
use crate::config::{self, Case, Clean, Corpus, Files, Iwslt14, Preprocess, Tokenizer};
use crate::text::vocabulary::join_subwords;
use std::num::NonZeroUsize;
use tempfile::TempDir;

fn spec(corpus: Corpus) -> Preprocess {
    Preprocess {
        source_language: "de".to_owned().try_into().unwrap(),
        target_language: "en".to_owned().try_into().unwrap(),
        corpus,
        tokenizer: Tokenizer::Moses,
        case: Case::Lower,
        clean: Clean {
            min_tokens: 1,
            max_tokens: 175,
            max_ratio: 1.5.try_into().unwrap(),
        },
        bpe: config::Bpe { merges: 20 },
        dictionaries: config::Dictionaries {
            multiple_of: NonZeroUsize::new(8).unwrap(),
        },
    }
}

/// Three training pairs of which cleaning drops one, a validation pair, a test pair.
fn small_corpus() -> (TempDir, Preprocess) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "train.de",
            "Ein Haus.\nEins zwei drei vier\nDas Boot, das Haus!\n",
        ),
        ("train.en", "A house.\nOne\nThe boat, the house!\n"),
        ("val.de", " Das Hausboot. \n"),
        ("val.en", "The \"houseboat\".\n"),
        ("flickr.de", "Zwölf\n"),
        ("flickr.en", "Twelve\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let spec = spec(Corpus::Files(Files {
        folder: folder.path().to_owned(),
        train: "train".to_owned(),
        valid: "val".to_owned(),
        test: BTreeMap::from([("flickr".to_owned(), "flickr".to_owned())]),
    }));
    (folder, spec)
}

fn built(spec: &Preprocess) -> Result<TempDir, DatasetError> {
    built_on(2, spec)
}

fn built_on(threads: usize, spec: &Preprocess) -> Result<TempDir, DatasetError> {
    let out = tempfile::tempdir().unwrap();
    build(spec, out.path(), threads, &mut |_| ())?;
    Ok(out)
}

/// The files of a folder and what they hold.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect()
}

fn small_dataset() -> (TempDir, Dataset) {
    let (_corpus, spec) = small_corpus();
    let folder = built(&spec).unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    (folder, dataset)
}

fn texts(dictionary: &Dictionary, sentences: impl Iterator<Item = Vec<u32>>) -> Vec<String> {
    sentences
        .map(|sentence| join_subwords(&dictionary.decode(&sentence, "?")))
        .collect()
}

#[test]
fn any_number_of_threads_makes_the_same_bytes() {
    let count = |n| NonZeroUsize::new(n).unwrap();
    let drawn = spec(Corpus::Synthetic(config::Synthetic {
        seed: 3,
        train: count(301),
        valid: count(20),
        test: count(7),
    }));
    let alone = contents(built_on(1, &drawn).unwrap().path());
    assert_eq!(alone.len(), 4 + 3 * 4 + 2 * 2, "{:?}", alone.keys());
    for threads in [2, 3, 16, 1000] {
        let together = contents(built_on(threads, &drawn).unwrap().path());
        assert!(together == alone, "{threads} threads");
    }
}

#[test]
fn the_first_broken_factor_is_named_on_any_number_of_threads() {
    let (folder, spec) = small_corpus();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let spec = Preprocess {
        tokenizer: Tokenizer::None,
        ..spec
    };
    write("train.de", "a|N\na|N\na ||\na ||\n");
    write("train.en", "b|N\nb|N\nb b\nb b\n");
    for threads in [1, 2, 4] {
        let error = built_on(threads, &spec).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.starts_with("line 3 of the source side"), "{cause}");
    }
}

#[test]
fn a_split_holds_the_tokens_of_the_pairs_that_cleaning_kept() {
    let (_folder, dataset) = small_dataset();
    let train = dataset.split(TRAIN).unwrap().pairs.into_iter();
    let (source, target): (Vec<_>, Vec<_>) = train.map(|pair| (pair.source, pair.target)).unzip();
    assert!(
        source
            .iter()
            .chain(&target)
            .all(|sentence| sentence.ends_with(&[EOS]))
    );
    assert_eq!(
        texts(dataset.source_dictionary(), source.into_iter()),
        ["ein haus .", "das boot , das haus !"]
    );
    assert_eq!(
        texts(dataset.target_dictionary(), target.into_iter()),
        ["a house .", "the boat , the house !"]
    );
}

#[test]
fn the_summary_says_what_was_done() {
    let (_folder, dataset) = small_dataset();
    let summary = dataset.summary();
    assert_eq!(summary.dropped_pairs, 1);
    let splits = [("flickr", 1), ("train", 2), ("valid", 1)];
    assert_eq!(
        summary.splits,
        splits.map(|(name, n)| (name.to_owned(), n)).into()
    );
    assert_eq!(summary.source_symbols, dataset.source_dictionary().len());
    assert!(summary.source_symbols.is_multiple_of(8));
    assert_eq!(
        dataset.languages(),
        Languages {
            source: "de",
            target: "en"
        }
    );
}

#[test]
fn texts_are_kept_as_they_were_but_for_case_and_white_space_at_the_ends() {
    let (_folder, dataset) = small_dataset();
    assert_eq!(dataset.source_text(VALID).unwrap(), ["das hausboot."]);
    assert_eq!(
        dataset.reference_text(VALID).unwrap(),
        ["the \"houseboat\"."]
    );
    assert_eq!(dataset.reference_text("flickr").unwrap(), ["twelve"]);
    assert!(matches!(
        dataset.reference_text(TRAIN),
        Err(DatasetError::NoText)
    ));
}

#[test]
fn tokenised_text_and_capitals_can_be_left_alone() {
    let (_corpus, mut spec) = small_corpus();
    (spec.tokenizer, spec.case, spec.bpe.merges) = (Tokenizer::None, Case::Keep, 0);
    let folder = built(&spec).unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    let first = &dataset.split(TRAIN).unwrap().pairs[0];
    assert_eq!(
        dataset.target_dictionary().decode(&first.target, "?"),
        "A h@@ o@@ u@@ s@@ e@@ ."
    );
    assert_eq!(dataset.summary().merges, 0);
}

#[test]
fn new_text_goes_the_same_way_as_the_corpus() {
    let (folder, dataset) = small_dataset();
    let pipeline = TextPipeline::open(folder.path()).unwrap();
    let valid = &dataset.split(VALID).unwrap().pairs[0];
    assert_eq!(pipeline.encode_source("Das Hausboot."), valid.source);
}

#[test]
fn building_twice_gives_the_same_bytes() {
    let (_corpus, spec) = small_corpus();
    let files = |folder: &TempDir| -> BTreeMap<_, _> {
        let entries = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.file_name(), std::fs::read(entry.path()).unwrap()))
            .collect()
    };
    let [first, second] = [built(&spec).unwrap(), built(&spec).unwrap()];
    assert_eq!(files(&first).len(), 4 + 3 * 4 + 2 * 2);
    assert_eq!(files(&first), files(&second));
}

#[test]
fn an_unknown_split_is_told_with_those_that_exist() {
    let (_folder, dataset) = small_dataset();
    let error = dataset.split("flikr").unwrap_err().to_string();
    assert_eq!(
        error,
        "the data set has no split `flikr`; did you mean `flickr`?; it has flickr, train, valid"
    );
    let error = dataset.reference_text("zzz").unwrap_err().to_string();
    assert_eq!(
        error,
        "the data set has no split `zzz`; it has flickr, train, valid"
    );
}

#[test]
fn cleaning_that_drops_every_pair_is_told_with_its_limits() {
    let (_corpus, mut spec) = small_corpus();
    spec.clean.min_tokens = 50;
    let error = built(&spec).unwrap_err().to_string();
    assert_eq!(
        error,
        "cleaning dropped all 3 training pairs; it keeps those with 50 to 175 tokens a side and a length ratio of \
         at most 1.5"
    );
}

#[test]
fn files_of_a_data_set_cannot_collide() {
    let (_corpus, mut spec) = small_corpus();
    for name in ["train", "valid", "dict", "a/b", ""] {
        let Corpus::Files(files) = &mut spec.corpus else {
            panic!("the corpus is files")
        };
        files.test = BTreeMap::from([(name.to_owned(), "flickr".to_owned())]);
        let error = built(&spec).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("a test set cannot be called `{name}`")),
            "{error}"
        );
    }
    spec.target_language = "de".to_owned().try_into().unwrap();
    assert!(matches!(
        built(&spec),
        Err(DatasetError::OneLanguage { .. })
    ));
}

/// The layout of IWSLT'14, with `pairs` training pairs.
fn campaign(pairs: usize) -> (TempDir, Preprocess) {
    let folder = tempfile::tempdir().unwrap();
    for language in ["de", "en"] {
        let train: String = (1..=pairs).map(|n| format!("Satz{n}  x.\n")).collect();
        std::fs::write(
            folder.path().join(format!("train.tags.de-en.{language}")),
            train,
        )
        .unwrap();
        for part in [
            "TED.dev2010",
            "TEDX.dev2012",
            "TED.tst2010",
            "TED.tst2011",
            "TED.tst2012",
        ] {
            let path = folder
                .path()
                .join(format!("IWSLT14.{part}.de-en.{language}.xml"));
            std::fs::write(path, "<seg id=\"1\"> Ein &amp; Aus </seg>\n").unwrap();
        }
    }
    let spec = spec(Corpus::Iwslt14(Iwslt14 {
        archive: folder.path().to_owned(),
        origin: None,
        sha256: None,
    }));
    (folder, spec)
}

#[test]
fn every_23rd_pair_of_the_campaign_is_for_validation() {
    let (_corpus, mut spec) = campaign(50);
    spec.bpe.merges = 0;
    let folder = built(&spec).unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    assert_eq!(
        dataset.reference_text(VALID).unwrap(),
        ["satz23  x.", "satz46  x."]
    );
    let valid = dataset
        .split(VALID)
        .unwrap()
        .pairs
        .into_iter()
        .map(|pair| pair.source);
    assert_eq!(
        texts(dataset.source_dictionary(), valid),
        ["satz23 x .", "satz46 x ."]
    );
    assert_eq!(dataset.split(TRAIN).unwrap().pairs.len(), 48);
    assert_eq!(
        dataset.source_text("test").unwrap(),
        vec!["ein &amp; aus"; 5]
    );
}

#[test]
fn too_little_text_for_a_validation_split_is_told() {
    let (_corpus, spec) = campaign(22);
    let error = built(&spec).unwrap_err().to_string();
    assert!(
        error.starts_with("cleaning left 22 training pairs, too few to take one in 23"),
        "{error}"
    );
}

#[test]
fn a_folder_that_is_no_data_set_is_told_by_the_file_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let error = Dataset::open(folder.path()).unwrap_err().to_string();
    assert!(error.ends_with("dataset.json"), "{error}");
    std::fs::write(folder.path().join("dataset.json"), "{}").unwrap();
    assert!(matches!(
        TextPipeline::open(folder.path()),
        Err(DatasetError::Summary { .. })
    ));
}

#[test]
fn files_that_do_not_belong_together_are_told() {
    let (folder, dataset) = small_dataset();
    for end in ["idx", "bin"] {
        let name = |split| folder.path().join(format!("{split}.de-en.de.{end}"));
        std::fs::copy(name(TRAIN), name(VALID)).unwrap();
    }
    let error = dataset.split(VALID).unwrap_err().to_string();
    assert!(
        error.ends_with("valid.de-en.de is not of this data set: it has 2 sentences, expected 1"),
        "{error}"
    );

    std::fs::write(folder.path().join("dict.en.txt"), "a 1\n").unwrap();
    let dataset = Dataset::open(folder.path()).unwrap();
    assert!(matches!(
        dataset.split(TRAIN),
        Err(DatasetError::Inconsistent { .. })
    ));
}

#[cfg(unix)]
fn inode(folder: &Path, name: &str) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(folder.join(name)).unwrap();
    (found.dev(), found.ino())
}

#[cfg(unix)]
#[test]
fn a_linked_pipeline_takes_no_space_and_outlives_what_it_was_linked_from() {
    let (_corpus, spec) = small_corpus();
    let dataset = built(&spec).unwrap();
    let out = tempfile::tempdir().unwrap();
    let (linked, copied) = (out.path().join("linked"), out.path().join("copied"));
    copy_pipeline(dataset.path(), &linked, Transfer::Link).unwrap();
    copy_pipeline(dataset.path(), &copied, Transfer::Copy).unwrap();
    let original = inode(dataset.path(), "dict.de.txt");
    assert_eq!(inode(&linked, "dict.de.txt"), original);
    assert_ne!(inode(&copied, "dict.de.txt"), original);

    let bytes = std::fs::read(dataset.path().join("dict.de.txt")).unwrap();
    let again = copy_pipeline(dataset.path(), &linked, Transfer::Link);
    assert!(again.is_err(), "nothing is written over");
    assert_eq!(std::fs::read(linked.join("dict.de.txt")).unwrap(), bytes);
    drop(dataset);
    assert_eq!(std::fs::read(linked.join("dict.de.txt")).unwrap(), bytes);
    TextPipeline::open(&linked).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipeline_is_copied_where_it_cannot_be_linked() {
    let (_corpus, spec) = small_corpus();
    let dataset = built(&spec).unwrap();
    // Memory is another file system than the folder for temporary files; where it is not there, nothing is tested.
    let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
        return;
    };
    copy_pipeline(dataset.path(), memory.path(), Transfer::Link).unwrap();
    let (from, to) = (dataset.path(), memory.path());
    assert_ne!(inode(from, "dict.de.txt").0, inode(to, "dict.de.txt").0);
    TextPipeline::open(memory.path()).unwrap();
}
