//! `srp cache ls` and `verify`: what they print and set aside; `cache_gc` has what `gc` deletes.

use crate::fake::{Fake, Notes, reporting, toy};
use srp::cache::{Cache, Entry};
use srp::cli::{Failure, execute};
use srp::exec::Watcher;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// A folder with experiments and a cache.
pub(crate) struct Place {
    folder: TempDir,
    pub(crate) notes: Notes,
}

/// Runs srp with these words, its stages done by what `make` makes.
fn srp(words: Vec<OsString>, notes: &dyn Watcher, make: fn() -> Fake) -> Result<String, Failure> {
    let mut out = Vec::new();
    execute(words, &make(), &mut out, notes).map(|()| String::from_utf8(out).unwrap())
}

impl Place {
    /// Where `toy.toml` was run.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::default();
        let place = Self { folder, notes };
        place.experiment("toy.toml", "");
        place.run("toy.toml");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn cache(&self) -> Cache {
        Cache::at(self.path("cache"))
    }

    /// Writes the toy experiment with another seed of its model.
    pub(crate) fn experiment(&self, name: &str, seed: &str) {
        let text = toy().replace("seed = 1\n", &format!("seed = 1{seed}\n"));
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn run(&self, file: &str) {
        let words = ["srp", "run"].map(OsString::from).into_iter();
        let paths = [
            self.path(file).into(),
            "--cache".into(),
            self.path("cache").into(),
            "--results".into(),
            self.path("results").into(),
        ];
        srp(words.chain(paths).collect(), &self.notes, reporting).unwrap();
    }

    /// What `srp cache …` prints; words that end in `.toml` are files of this place.
    pub(crate) fn srp(&self, words: &[&str]) -> Result<String, Failure> {
        let place = |word: &&str| match word.ends_with(".toml") {
            true => self.path(word).into(),
            false => OsString::from(word),
        };
        let start = ["srp", "cache"].map(OsString::from).into_iter();
        let words = start.chain(words.iter().map(place));
        let cache = ["--cache".into(), self.path("cache").into()];
        srp(words.chain(cache).collect(), &self.notes, reporting)
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.cache().entries().unwrap()
    }

    /// The stages that have artifacts, sorted.
    pub(crate) fn stages(&self) -> Vec<String> {
        let mut stages: Vec<String> = self.entries().iter().map(stage).collect();
        stages.sort();
        stages
    }

    pub(crate) fn of(&self, label: &str) -> Entry {
        let mut entries = self.entries().into_iter();
        entries.find(|entry| stage(entry) == label).unwrap()
    }

    /// Lets the artifact of a stage look as if it was made and last used so long ago; in the future if negative.
    pub(crate) fn age(&self, label: &str, days: i32) {
        let entry = self.of(label);
        let path = entry.folder.join("manifest.json");
        let now = SystemTime::now();
        let time = match u32::try_from(days) {
            Ok(days) => now - days * DAY,
            Err(_) => now + days.unsigned_abs() * DAY,
        };
        let finished = jiff::Timestamp::try_from(time).unwrap();
        let mut manifest = entry.manifest.unwrap();
        manifest.provenance.finished = finished;
        fs::write(&path, serde_json::to_string(&manifest).unwrap()).unwrap();
        File::open(&path).unwrap().set_modified(time).unwrap();
    }
}

fn stage(entry: &Entry) -> String {
    match &entry.manifest {
        Ok(manifest) => manifest.provenance.stage.clone(),
        Err(_) => "damaged".to_owned(),
    }
}

fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn ls_says_what_there_is_and_who_uses_it() {
    let place = Place::new();
    place.experiment("other.toml", "0");
    let said = place
        .srp(&["ls", "toy.toml", "other.toml", "--sort", "stage"])
        .unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 5, "{said}");
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(lines[0])[..4], ["key", "kind", "stage", "experiment"]);
    let key = place.of("corpus").key.short();
    assert_eq!(
        words(lines[1])[..5],
        [&key, "preprocess", "corpus", "toy", "97"]
    );
    assert!(lines[1].ends_with("other, toy"), "{said}");
    assert!(
        lines[2].ends_with("toy") && !lines[2].contains("other"),
        "{said}"
    );
    assert!(lines[4].starts_with("3 artifacts, "), "{said}");

    let said = place.srp(&["ls"]).unwrap();
    let sizes: Vec<_> = place.entries().iter().map(|entry| entry.bytes).collect();
    let largest = place.of("final");
    assert_eq!(Some(&largest.bytes), sizes.iter().max());
    assert!(
        said.lines()
            .nth(1)
            .unwrap()
            .starts_with(&largest.key.short()),
        "{said}"
    );
    assert!(said.contains("; 3 used by no experiment here, "), "{said}");
}

#[test]
fn ls_of_an_experiment_or_a_part_of_it_lists_what_that_uses_and_nothing_else() {
    let place = Place::new();
    place.experiment("other.toml", "0");
    let said = place.srp(&["ls", "other.toml"]).unwrap();
    assert!(said.contains(&place.of("corpus").key.short()), "{said}");
    assert!(said.contains("\n1 artifact, 97 B\n"), "{said}");
    let part = format!("{}:dense", place.path("toy.toml").display());
    let said = place.srp(&["ls", &part]).unwrap();
    assert!(said.contains("\n2 artifacts, "), "{said}");
    assert!(!said.contains(&place.of("final").key.short()), "{said}");
    let wrong = format!("{}:dens", place.path("toy.toml").display());
    let failure = place.srp(&["ls", &wrong]).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(failure.to_string().contains("no stage `dens`"), "{failure}");
    let failure = place.srp(&["ls", "missing.toml"]).unwrap_err();
    assert_eq!(failure.code(), 2);
    let said = failure.to_string();
    assert!(said.ends_with("missing.toml is not there"), "{said}");
}

#[test]
fn ls_passes_over_an_experiment_that_is_wrong_and_says_so() {
    let place = Place::new();
    fs::create_dir(place.path("experiments")).unwrap();
    fs::rename(place.path("toy.toml"), place.path("experiments/toy.toml")).unwrap();
    fs::write(place.path("experiments/wrong.toml"), "[experiment]\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_srp"));
    let command = command.current_dir(place.path("")).args(["cache", "ls"]);
    let output = command.args(["--cache", "cache"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("3 artifacts"), "{said}");
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("wrong.toml` is passed over: "), "{notes}");
}

#[test]
fn ls_does_not_pass_over_a_wrong_experiment_that_is_named() {
    let place = Place::new();
    fs::write(place.path("wrong.toml"), "[experiment]\n").unwrap();
    let failure = place.srp(&["ls", "toy.toml", "wrong.toml"]).unwrap_err();
    assert_eq!(failure.code(), 2);
}

#[test]
fn a_key_that_is_cut_too_short_is_told_with_those_that_it_may_be() {
    let place = Place::new();
    let dense = place.of("dense");
    let key = dense.key.to_string();
    let other = match key.strip_suffix('0') {
        Some(start) => format!("{start}1"),
        None => format!("{}0", &key[..key.len() - 1]),
    };
    fs::create_dir(dense.folder.with_file_name(other)).unwrap();
    let (cache, prefix) = (place.path("cache"), &key[..3]);
    let words = [
        "srp",
        "translate",
        prefix,
        "--cache",
        cache.to_str().unwrap(),
    ];
    let words = words.map(OsString::from).to_vec();
    let failure = srp(words, &place.notes, reporting).unwrap_err();
    assert_eq!(failure.code(), 2);
    let said = format!("{failure:?}");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains(&format!("`{prefix}` is the beginning of 2 keys")),
        "{said}"
    );
    let short = dense.key.short();
    for named in [
        format!("{short} (pretrain `dense` of toy)"),
        format!("{short} (damaged)"),
    ] {
        assert!(said.contains(&named), "{named}\n{said}");
    }
}

#[test]
fn one_damaged_artifact_is_one_and_not_many() {
    let place = Place::new();
    let dense = place.of("dense");
    let key = dense.key.to_string();
    damage(&dense.folder.join("made.txt"));
    let failure = place.srp(&["verify", &key]).unwrap_err();
    assert_eq!(failure.to_string(), "1 of 1 artifact is damaged");
}

#[test]
fn ls_prints_json_with_whole_keys_and_bytes() {
    let place = Place::new();
    let corpus = place.of("corpus");
    fs::write(place.of("dense").folder.join("manifest.json"), "{").unwrap();
    let said = place
        .srp(&["ls", "toy.toml", "--json", "--sort", "stage"])
        .unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&said).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(
        rows[0]["damage"].as_str().unwrap().contains("manifest"),
        "{said}"
    );
    assert_eq!(rows[1]["key"], corpus.key.to_string());
    assert_eq!(rows[1]["kind"], "preprocess");
    assert_eq!(rows[1]["bytes"], corpus.bytes);
    assert_eq!(rows[1]["used-by"][0], "toy");
    assert_eq!(rows[1]["under"], false);
}

#[test]
fn an_empty_cache_is_listed_read_and_cleared_without_fuss() {
    let place = Place::new();
    fs::remove_dir_all(place.path("cache")).unwrap();
    assert_eq!(
        place.srp(&["ls", "toy.toml"]).unwrap(),
        "0 artifacts, 0 B\n"
    );
    assert_eq!(
        place.srp(&["verify"]).unwrap(),
        "0 artifacts read, 0 damaged\n"
    );
    let said = place.srp(&["gc", "--older-than", "1d"]).unwrap();
    assert!(said.starts_with("0 artifacts and 0 leftovers"), "{said}");
    assert!(!place.path("cache").exists());
}

#[test]
fn verification_says_how_an_artifact_is_damaged_and_sets_it_aside() {
    type Damage = fn(&Path);
    let damages: [(Damage, &str); 4] = [
        (
            |folder| damage(&folder.join("made.txt")),
            "`made.txt` has other bytes than it was made with",
        ),
        (
            |folder| fs::remove_file(folder.join("made.txt")).unwrap(),
            "`made.txt` is missing",
        ),
        (
            |folder| fs::write(folder.join("more"), "").unwrap(),
            "`more` was not made with it",
        ),
        (
            |folder| {
                let path = folder.join("manifest.json");
                let text = fs::read(&path).unwrap();
                fs::write(&path, &text[..99]).unwrap();
            },
            "its manifest cannot be understood",
        ),
    ];
    for (damage, expected) in damages {
        let place = Place::new();
        assert_eq!(
            place.srp(&["verify"]).unwrap(),
            "3 artifacts read, 0 damaged\n"
        );
        let dense = place.of("dense");
        damage(&dense.folder);
        let failure = place.srp(&["verify"]).unwrap_err();
        assert_eq!(failure.code(), 1);
        assert_eq!(failure.to_string(), "1 of 3 artifacts is damaged");
        let kept = fs::read_dir(place.path("cache/quarantine")).unwrap();
        let kept: Vec<PathBuf> = kept.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(kept.len(), 1, "{expected}");
        let name = kept[0].file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with(&dense.key.to_string()), "{name}");
        assert!(kept[0].join("manifest.json").exists(), "nothing is lost");
        assert_eq!(place.stages(), ["corpus", "final"]);
        place.run("toy.toml");
        assert_eq!(
            place.srp(&["verify"]).unwrap(),
            "3 artifacts read, 0 damaged\n"
        );
    }
}

#[test]
fn verification_prints_each_fault_of_the_artifacts_that_are_named() {
    let place = Place::new();
    let key = |stage: &str| place.of(stage).key.short();
    let (dense, corpus) = (key("dense"), key("corpus"));
    let folder = place.of("dense").folder;
    damage(&folder.join("made.txt"));
    fs::write(folder.join("more"), "").unwrap();
    assert_eq!(
        place.srp(&["verify", &corpus]).unwrap(),
        "1 artifact read, 0 damaged\n"
    );

    let mut out = Vec::new();
    let words = ["srp", "cache", "verify", &dense, "--cache"].map(OsString::from);
    let words = words.into_iter().chain([place.path("cache").into()]);
    execute(words, &reporting(), &mut out, &place.notes).unwrap_err();
    let said = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let name = format!("{dense}  pretrain dense: ");
    assert_eq!(
        lines[0],
        format!("{name}`made.txt` has other bytes than it was made with")
    );
    assert_eq!(lines[1], format!("{name}`more` was not made with it"));
    assert!(lines[2].starts_with(&format!("{name}moved to `")), "{said}");
    assert_eq!(lines[3], "1 artifact read, 1 damaged");

    let failure = place.srp(&["verify", "nonsense"]).unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(
        failure
            .to_string()
            .starts_with("`nonsense` is not the beginning of a key")
    );
}

#[test]
fn verification_leaves_alone_what_a_running_srp_is_making() {
    let place = Place::new();
    let dense = place.of("dense");
    damage(&dense.folder.join("made.txt"));
    let guard = place
        .cache()
        .guard(dense.key, || panic!("nobody has it"), || false)
        .unwrap();
    place.notes.take();
    assert_eq!(
        place.srp(&["verify"]).unwrap(),
        "3 artifacts read, 0 damaged\n"
    );
    let notes = place.notes.take();
    assert!(
        notes[0].ends_with("passed over, since a running srp is making it"),
        "{notes:?}"
    );
    drop(guard);
    assert_eq!(place.srp(&["verify"]).unwrap_err().code(), 1);
}

#[test]
fn ls_marks_what_lies_in_a_cache_under_this_one() {
    let place = Place::new();
    let under = place.path("under");
    fs::rename(place.path("cache"), &under).unwrap();
    let folder = under.to_str().unwrap();
    let said = place
        .srp(&["ls", "toy.toml", "--cache-under", folder])
        .unwrap();
    assert_eq!(
        said.matches(&format!("toy (in {folder})\n")).count(),
        3,
        "{said}"
    );
    assert!(said.contains("; 3 in caches under this one, "), "{said}");
    let said = place
        .srp(&["gc", "--keep-size", "0", "--cache-under", folder, "--yes"])
        .unwrap();
    assert!(said.contains("0 artifacts, 0 B, left"), "{said}");
    assert_eq!(fs::read_dir(under.join("artifacts")).unwrap().count(), 3);
    let failure = place.srp(&["ls", "--cache-under", place.path("toy").to_str().unwrap()]);
    let failure = failure.unwrap_err();
    assert_eq!(failure.code(), 2);
    assert!(
        failure.to_string().contains("there is no such folder"),
        "{failure}"
    );
}
