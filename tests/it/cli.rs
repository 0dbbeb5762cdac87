//! What the verbs print, write and answer.

use crate::fake::{Fake, Notes, reporting, toy};
use srp::cli::{Failure, execute};
use srp::exec::StageFailure;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A folder with an experiment, its cache and its results.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) notes: Notes,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("toy.toml"), toy()).unwrap();
        Self {
            folder,
            notes: Notes::default(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `srp VERB toy.toml …` prints on stdout, when stages are done by runners like `make()`.
    pub(crate) fn srp_with(
        &self,
        make: fn() -> Fake,
        verb: &str,
        more: &[&str],
    ) -> Result<String, Failure> {
        let mut words: Vec<OsString> = vec!["srp".into(), verb.into()];
        words.push(self.path("toy.toml").into());
        words.extend(["--cache".into(), self.path("cache").into()]);
        if verb == "run" || verb == "results" {
            words.extend(["--results".into(), self.path("results").into()]);
        }
        words.extend(more.iter().map(Into::into));
        self.execute(make, words)
    }

    /// What the program prints on stdout when it is given these words.
    pub(crate) fn execute(
        &self,
        make: fn() -> Fake,
        words: Vec<OsString>,
    ) -> Result<String, Failure> {
        let mut out = Vec::new();
        execute(words, &make(), &mut out, &self.notes)?;
        Ok(String::from_utf8(out).unwrap())
    }

    pub(crate) fn srp(&self, verb: &str, more: &[&str]) -> Result<String, Failure> {
        self.srp_with(reporting, verb, more)
    }

    /// What `srp plot KIND SOURCE …` prints, where `source` is the experiment.
    pub(crate) fn plot(
        &self,
        make: fn() -> Fake,
        kind: &str,
        more: &[&str],
    ) -> Result<String, Failure> {
        let source = self.path("toy.toml");
        let mut words = ["srp", "plot", kind, source.to_str().unwrap()].to_vec();
        words.extend(more);
        let cache = self.path("cache");
        words.extend(["--cache", cache.to_str().unwrap()]);
        self.execute(make, words.into_iter().map(Into::into).collect())
    }

    /// What `srp compare …` prints.
    #[cfg(feature = "tables")]
    pub(crate) fn compare(&self, more: &[&str]) -> Result<String, Failure> {
        let mut words: Vec<OsString> = vec!["srp".into(), "compare".into()];
        words.extend(["--cache".into(), self.path("cache").into()]);
        words.extend(more.iter().map(Into::into));
        self.execute(reporting, words)
    }

    /// What `srp why PATH` prints.
    pub(crate) fn why(&self, path: &Path) -> Result<String, Failure> {
        let mut words: Vec<OsString> = vec!["srp".into(), "why".into(), path.into()];
        words.extend(["--cache".into(), self.path("cache").into()]);
        self.execute(reporting, words)
    }

    /// Replaces text of the experiment.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("toy.toml")).unwrap();
        assert!(text.contains(from), "no {from}");
        fs::write(self.path("toy.toml"), text.replace(from, to)).unwrap();
    }

    /// Makes the dropout of the model a parameter `rate` that is swept over `values`.
    pub(crate) fn sweep(&self, values: &str) {
        let head = format!("seed = 7\n[params]\nrate = 0.3\n[sweep]\nrate = {values}\n");
        self.edit("seed = 7\n", &head);
        self.edit("dropout = 0.3", "dropout = \"${rate}\"");
    }
}

/// The first two columns of what `plan` prints.
fn foretold(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let words: Vec<_> = line.split("  ").map(str::trim).collect();
        let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words[..words.len().min(2)].join(": ")
    });
    lines.collect()
}

#[test]
fn a_run_prints_the_table_and_a_second_one_says_that_there_is_nothing_to_run() {
    let place = Place::new();
    let first = place.srp("run", &[]).unwrap();
    assert!(first.starts_with("| stage |"), "{first}");
    assert!(first.contains("BLEU: case:lc|tok:13a"), "{first}");
    let notes = place.notes.take();
    assert!(!notes.iter().any(|note| note.contains("nothing to run")));
    let second = place.srp("run", &[]).unwrap();
    assert_eq!(first, second);
    let notes = place.notes.take();
    let last = notes.last().unwrap();
    assert!(
        last.starts_with("nothing to run: 3 stages are cached"),
        "{last}"
    );
}

#[test]
fn a_plan_names_status_and_reason_of_every_stage() {
    let place = Place::new();
    let text = place.srp("plan", &[]).unwrap();
    assert_eq!(
        text,
        "run      corpus  no estimate  never made\n\
         may run  dense   no estimate  after corpus\n\
         may run  final   no estimate  after corpus, dense\n\
         3 stages: 1 run, 2 may run\n\
         expected: no estimate; nothing like it has run\n"
    );
    place.srp("run", &[]).unwrap();
    let text = place
        .srp("plan", &["--set", "stages.dense.pretrain.seed=2"])
        .unwrap();
    assert_eq!(
        foretold(&text),
        [
            "cached: corpus",
            "run: dense",
            "may run: final",
            "3 stages: 1 cached, 1 run, 1 may run",
            &*text.lines().last().unwrap().replace("  ", " "),
        ]
    );
    assert!(
        text.contains("  stages.dense.pretrain.seed: 1 -> 2\n"),
        "{text}"
    );
    let forced = place.srp("plan", &["--force", "final"]).unwrap();
    assert!(forced.contains("(1 run)  forced\n"), "{forced}");
}

#[test]
fn a_dry_run_prints_the_plan_and_runs_nothing() {
    let place = Place::new();
    let plan = place.srp("plan", &[]).unwrap();
    assert_eq!(place.srp("run", &["--dry-run"]).unwrap(), plan);
    assert!(!place.path("cache").exists());
}

#[test]
fn results_come_from_artifacts_alone() {
    let place = Place::new();
    let table = place.srp("run", &[]).unwrap();
    let read = |name: &str| fs::read(place.path("results").join(name)).ok();
    let before = ["toy.csv", "toy.parquet"].map(read);
    assert_eq!(before[0].is_some(), cfg!(feature = "tables"));
    fs::remove_dir_all(place.path("results")).ok();
    place.notes.take();
    assert_eq!(place.srp("results", &[]).unwrap(), table);
    assert_eq!(["toy.csv", "toy.parquet"].map(read), before);
    assert!(
        !place
            .notes
            .take()
            .iter()
            .any(|note| note.contains("are there"))
    );
}

#[test]
fn without_a_result_it_is_said_what_is_missing() {
    let place = Place::new();
    let failure = place.srp("results", &[]).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert_eq!(
        failure.to_string(),
        "there is no row: none of the 1 results of `toy` is in the cache"
    );
    assert!(format!("{failure:?}").contains("srp run"), "{failure:?}");
    assert!(!place.path("results").exists());
}

#[test]
fn a_file_of_another_kind_is_told_as_what_it_is() {
    let place = Place::new();
    for (name, words) in [
        ("toy.csv", "is a table of results, and no experiment"),
        ("toy.parquet", "is a table of results, and no experiment"),
        ("toy.svg", "is a picture, and no experiment"),
        ("toy.html", "is a page, and no experiment"),
        ("bytes", "is no text, and no experiment"),
    ] {
        let path = place.path(name);
        fs::write(&path, b"\xff\xfe").unwrap();
        for verb in ["run", "plan", "results", "report"] {
            let words_of = ["srp", verb, path.to_str().unwrap()]
                .map(Into::into)
                .to_vec();
            let failure = place.execute(reporting, words_of).unwrap_err();
            assert_eq!(failure.code(), 2);
            assert!(
                failure.to_string().contains(words),
                "{verb} {name}: {failure}"
            );
        }
    }
}

#[test]
fn a_drawing_shows_what_is_cached() {
    let place = Place::new();
    place.srp("run", &[]).unwrap();
    for (format, start) in [
        ("text", "corpus"),
        ("dot", "digraph"),
        ("mermaid", "flowchart"),
    ] {
        let drawn = place.srp("dag", &["--format", format]).unwrap();
        assert!(drawn.starts_with(start), "{drawn}");
        assert_eq!(drawn.matches("cached").count(), 3, "{drawn}");
    }
}

#[test]
fn exit_codes_tell_a_failed_stage_from_a_wrong_request() {
    let failing = || Fake::working(|_, _, _| Err(StageFailure::new("no")));
    let place = Place::new();
    let failure = place.srp_with(failing, "run", &[]).unwrap_err();
    assert_eq!(failure.code(), 1);
    assert!(failure.to_string().contains("stage `corpus` failed"));

    let wrong: [&[&str]; 5] = [
        &["--force", "dens"],
        &["--device", "tpu"],
        &["--set", "stages.dense.pretrain.sead=2"],
        &["--set", "nonsense"],
        &["--no-such-flag"],
    ];
    for more in wrong {
        let failure = place.srp("run", more).unwrap_err();
        assert_eq!(failure.code(), 2, "{more:?}: {failure}");
    }
    let failure = place.srp("plan", &["--help"]).unwrap_err();
    assert_eq!(failure.code(), 0);
}

#[test]
fn the_program_explains_a_wrong_experiment_on_stderr() {
    let srp = |arguments: &[&str]| {
        let program = Path::new(env!("CARGO_BIN_EXE_srp"));
        Command::new(program).args(arguments).output().unwrap()
    };
    let missing = srp(&["plan", "no/such/experiment.toml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(missing.stdout.is_empty());
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(said.contains("no/such/experiment.toml"), "{said}");

    let help = srp(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let said = String::from_utf8(help.stdout).unwrap();
    assert!(said.contains("Exit codes:"), "{said}");
}
