//! A real experiment that takes a second: a few sentences, some thousand parameters, every kind of stage; and the
//! program that runs it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A corpus that srp draws itself.
pub(crate) const SYNTHETIC: &str =
    "corpus.synthetic = { seed = 1, train = 64, valid = 8, test = 8 }";

/// A corpus of files in `data/`.
pub(crate) const FILES: &str = r#"corpus.files = { folder = "data", train = "train", valid = "valid", test = { test = "test" } }"#;

/// Stage by stage what the original's recipe does, at two compression rates.
const EXPERIMENT: &str = r#"
[experiment]
title = "The whole pipeline on very little"
seed = 5

[params]
rate = 0.5

[sweep]
rate = [0.5, 0.3]

[stages.corpus.preprocess]
source-language = "de"
target-language = "en"
bpe.merges = 40
CORPUS

[stages.dense.pretrain]
corpus = "corpus"
model = { d-model = 16, d-ff = 32, heads = 2, encoder-layers = 1, decoder-layers = 1, max-positions = 64 }
[stages.dense.pretrain.training]
epochs = 2
TRAINING

[stages.narrow.prune]
corpus = "corpus"
model = "dense"
stage = 1
compression-rate = "${rate}"
shrink = "step-arithmetic"
epochs-per-iteration = 1
distillation = { weight = 0.7, temperature = 10.0 }
[stages.narrow.prune.training]
epochs = 2
TRAINING

[stages.slim.prune]
corpus = "corpus"
model = "narrow"
stage = 2
compression-rate = "${rate}"
shrink = "epoch-geometric"
epochs-per-iteration = 1
[stages.slim.prune.training]
epochs = 1
TRAINING

[stages.final.finetune]
corpus = "corpus"
model = "slim"
[stages.final.finetune.training]
epochs = 1
TRAINING

[stages.dense-test.test]
corpus = "corpus"
model = "dense"
split = "test"
search = { beam = 2, max-length-b = 20 }

[stages.final-test.test]
corpus = "corpus"
model = "final"
split = "test"
search = { beam = 2, max-length-b = 20 }
"#;

/// How every stage of it trains, but for its epochs.
pub(crate) const TRAINING: &str = r#"dropout = 0.1
batching.max-tokens = 400
learning-rate.fixed.rate = 5e-3
validation.search = { beam = 2, max-length-a = 0.0, max-length-b = 20 }"#;

/// The stages of the experiment, as a run names them.
#[cfg(feature = "nn")]
pub(crate) const STAGES: [&str; 14] = [
    "corpus",
    "dense",
    "narrow.scores",
    "narrow@rate=0.5",
    "slim.scores@rate=0.5",
    "slim@rate=0.5",
    "final@rate=0.5",
    "dense-test",
    "final-test@rate=0.5",
    "narrow@rate=0.3",
    "slim.scores@rate=0.3",
    "slim@rate=0.3",
    "final@rate=0.3",
    "final-test@rate=0.3",
];

/// A folder with the experiment `tiny.toml`, in which the program is run: all paths that it says are relative.
pub(crate) struct Place(TempDir);

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// With the text of the corpus' table.
    pub(crate) fn with(corpus: &str) -> Self {
        let place = Self::empty();
        let text = EXPERIMENT
            .replace("CORPUS", corpus)
            .replace("TRAINING", TRAINING);
        place.write("tiny.toml", text);
        place
    }

    /// Without any experiment.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With the corpus that srp draws itself.
    pub(crate) fn new() -> Self {
        Self::with(SYNTHETIC)
    }

    /// With a corpus of eight pairs in files.
    pub(crate) fn with_files() -> Self {
        let place = Self::with(FILES);
        for split in ["train", "valid", "test"] {
            let lines = |word: &'static str| (1..=8).map(move |i| format!("{word} {i} {i} .\n"));
            place.write(
                format!("data/{split}.de"),
                lines("haus").collect::<String>(),
            );
            place.write(
                format!("data/{split}.en"),
                lines("house").collect::<String>(),
            );
        }
        place
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The program, untouched by the variables of whoever tests.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SRP_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .env("LANG", "C.UTF-8")
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs `srp` with these arguments.
    pub(crate) fn srp<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap())
    }

    /// Runs `srp run tiny.toml` with more arguments.
    pub(crate) fn run(&self, more: &[&str]) -> Answer {
        self.srp(&[&["run", "tiny.toml"], more].concat())
    }

    /// The manifest of every artifact in the cache, by the stage that made it.
    pub(crate) fn artifacts(&self) -> std::collections::BTreeMap<String, Made> {
        let entries = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        let shelves = entries(self.path(".srp/artifacts"));
        let made = shelves.flat_map(entries).map(|folder| {
            let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
            let manifest: srp::cache::Manifest = serde_json::from_str(&text).unwrap();
            let stage = manifest.provenance.stage.clone();
            (stage, Made { folder, manifest })
        });
        made.collect()
    }
}

/// An artifact in a cache.
pub(crate) struct Made {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: srp::cache::Manifest,
}

impl Answer {
    pub(crate) fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The stages that stderr says are `what`, such as `started` or `done in`.
    pub(crate) fn stages(&self, what: &str) -> Vec<String> {
        stages_in(&self.err, what)
    }

    /// The complaint at the end of stderr, without what the run said before it; the names of folders that carry a
    /// time are shortened.
    pub(crate) fn complaint(&self) -> String {
        let mut text = String::new();
        let is_code = |line: &str| line.contains("::") && !line.contains(' ');
        let is_before = |line: &&str| !is_code(line) && !line.starts_with("  ×");
        for line in self.err.lines().skip_while(is_before) {
            let shown = match line.split_once(".srp/attempts/") {
                Some((before, name)) => {
                    let stage = name.rsplit_once('-').unwrap().0;
                    format!("{before}.srp/attempts/{stage}-TIME`")
                }
                None => line.to_owned(),
            };
            text += shown.trim_end();
            text += "\n";
        }
        text.trim().to_owned()
    }
}

/// The stages of the lines `[n/m] STAGE: WHAT …`.
pub(crate) fn stages_in(log: &str, what: &str) -> Vec<String> {
    let said = |line: &str| {
        let (stage, said) = line.split_once("] ")?.1.split_once(": ")?;
        said.starts_with(what).then(|| stage.to_owned())
    };
    log.lines().filter_map(said).collect()
}
