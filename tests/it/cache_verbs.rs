//! `srp cache ls`, `verify` and `gc`: what they print, keep and delete.

use crate::fake::{Fake, Notes, reporting, toy};
use srp::cache::{Cache, Entry};
use srp::cli::{Failure, execute};
use srp::exec::Watcher;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(86_400);

/// A folder with experiments and a cache.
struct Place {
    folder: TempDir,
    notes: Notes,
}

/// Runs srp with these words, its stages done by what `make` makes.
fn srp(words: Vec<OsString>, notes: &dyn Watcher, make: fn() -> Fake) -> Result<String, Failure> {
    let mut out = Vec::new();
    execute(words, &make(), &mut out, notes).map(|()| String::from_utf8(out).unwrap())
}

impl Place {
    /// Where `toy.toml` was run.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::default();
        let place = Self { folder, notes };
        place.experiment("toy.toml", "");
        place.run("toy.toml");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn cache(&self) -> Cache {
        Cache::at(self.path("cache"))
    }

    /// Writes the toy experiment with another seed of its model.
    fn experiment(&self, name: &str, seed: &str) {
        let text = toy().replace("seed = 1\n", &format!("seed = 1{seed}\n"));
        fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, file: &str) {
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
    fn srp(&self, words: &[&str]) -> Result<String, Failure> {
        let place = |word: &&str| match word.ends_with(".toml") {
            true => self.path(word).into(),
            false => OsString::from(word),
        };
        let start = ["srp", "cache"].map(OsString::from).into_iter();
        let words = start.chain(words.iter().map(place));
        let cache = ["--cache".into(), self.path("cache").into()];
        srp(words.chain(cache).collect(), &self.notes, reporting)
    }

    fn entries(&self) -> Vec<Entry> {
        self.cache().entries().unwrap()
    }

    /// The stages that have artifacts, sorted.
    fn stages(&self) -> Vec<String> {
        let mut stages: Vec<String> = self.entries().iter().map(stage).collect();
        stages.sort();
        stages
    }

    fn of(&self, label: &str) -> Entry {
        let mut entries = self.entries().into_iter();
        entries.find(|entry| stage(entry) == label).unwrap()
    }

    /// Lets the artifact of a stage look as if it was made and last used so long ago; in the future if negative.
    fn age(&self, label: &str, days: i32) {
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

    let said = place.srp(&["ls", "other.toml"]).unwrap();
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
    assert!(said.contains("; 2 used by no experiment here, "), "{said}");
}

#[test]
fn ls_passes_over_an_experiment_that_is_wrong_and_says_so() {
    let place = Place::new();
    fs::write(place.path("wrong.toml"), "[experiment]\n").unwrap();
    place.notes.take();
    let said = place.srp(&["ls", "wrong.toml", "toy.toml"]).unwrap();
    assert!(said.contains("3 artifacts"), "{said}");
    let notes = place.notes.take();
    assert!(
        notes[0].contains("wrong.toml` is passed over: "),
        "{notes:?}"
    );
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
        assert_eq!(failure.to_string(), "1 of 3 artifacts are damaged");
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
fn gc_without_yes_only_says_what_would_go() {
    let place = Place::new();
    place.age("final", 40);
    let said = place.srp(&["gc", "--older-than", "30d"]).unwrap();
    let key = place.of("final").key.short();
    assert!(
        said.starts_with(&format!("{key}  test  final (toy)  ")),
        "{said}"
    );
    assert!(said.contains("used 40 d ago"), "{said}");
    assert!(
        said.contains(" to make again\n1 artifact and 0 leftovers: "),
        "{said}"
    );
    assert!(
        said.ends_with("nothing was deleted; add `--yes` to do it\n"),
        "{said}"
    );
    assert_eq!(place.stages(), ["corpus", "dense", "final"]);
    let said = place.srp(&["gc", "--older-than", "30d", "--yes"]).unwrap();
    assert!(
        said.ends_with("deleted 1 artifact and 0 leftovers\n"),
        "{said}"
    );
    assert_eq!(place.stages(), ["corpus", "dense"]);
    assert!(
        fs::read_dir(place.path("cache/tmp"))
            .unwrap()
            .next()
            .is_none()
    );
}

#[test]
fn gc_deletes_the_locks_that_nobody_holds() {
    let place = Place::new();
    let locks = || fs::read_dir(place.path("cache/locks")).unwrap().count();
    let key = place.of("dense").key;
    let guard = place
        .cache()
        .guard(key, || panic!("nobody has it"), || false)
        .unwrap();
    assert_eq!(locks(), 3);
    place.srp(&["gc"]).unwrap();
    assert_eq!(locks(), 3, "nothing is deleted without `--yes`");
    place.srp(&["gc", "--yes"]).unwrap();
    assert_eq!(locks(), 1);
    assert!(
        place.cache().try_guard(key).unwrap().is_none(),
        "it still holds"
    );
    drop(guard);
    place.srp(&["gc", "--yes"]).unwrap();
    assert_eq!(locks(), 0);
}

#[test]
fn gc_without_a_wish_deletes_no_artifact() {
    let place = Place::new();
    for stage in ["corpus", "dense", "final"] {
        place.age(stage, 1000);
    }
    place.srp(&["gc", "--yes"]).unwrap();
    assert_eq!(place.stages().len(), 3);
}

#[test]
fn gc_keeps_what_a_kept_artifact_was_made_of() {
    let place = Place::new();
    place.age("corpus", 40);
    place.age("dense", 40);
    place.notes.take();
    place.srp(&["gc", "--older-than", "30d", "--yes"]).unwrap();
    assert_eq!(place.stages().len(), 3);
    let notes = place.notes.take();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].ends_with("stays, since an artifact that stays was made of it"));
    place.age("final", 31);
    place.srp(&["gc", "--older-than", "30d", "--yes"]).unwrap();
    assert_eq!(place.stages(), [""; 0], "readers go before what they read");
}

#[test]
fn gc_by_size_deletes_what_was_not_used_for_longest_and_no_more_than_needed() {
    let place = Place::new();
    place.experiment("other.toml", "0");
    place.run("other.toml");
    let entries = place.entries();
    let of = |experiment: &str| {
        let is_test = |entry: &&Entry| {
            let provenance = &entry.manifest.as_ref().unwrap().provenance;
            provenance.stage == "final" && provenance.experiment == experiment
        };
        entries.iter().find(is_test).unwrap().clone()
    };
    let (toy, other) = (of("toy"), of("other"));
    // Of the two that nothing was made of, this one was used before the other.
    let path = other.folder.join("manifest.json");
    let mut manifest = other.manifest.clone().unwrap();
    let day_ago = SystemTime::now() - DAY;
    manifest.provenance.finished = jiff::Timestamp::try_from(day_ago).unwrap();
    fs::write(&path, serde_json::to_string(&manifest).unwrap()).unwrap();
    File::open(&path).unwrap().set_modified(day_ago).unwrap();

    let all: u64 = entries.iter().map(|entry| entry.bytes).sum();
    let limit = format!("{}B", all - 1);
    place
        .srp(&["gc", "--keep-size", &format!("{all}B"), "--yes"])
        .unwrap();
    assert_eq!(place.entries().len(), entries.len(), "it fits");
    place.srp(&["gc", "--keep-size", &limit, "--yes"]).unwrap();
    let left: Vec<_> = place.entries().iter().map(|entry| entry.key).collect();
    assert_eq!(left.len(), entries.len() - 1);
    assert!(left.contains(&toy.key) && !left.contains(&other.key));
    place.srp(&["gc", "--keep-size", "0", "--yes"]).unwrap();
    assert!(place.entries().is_empty());
}

#[test]
fn gc_by_reachability_keeps_what_the_experiments_use() {
    let place = Place::new();
    place.experiment("other.toml", "0");
    place.run("other.toml");
    assert_eq!(place.entries().len(), 5, "they share a corpus");
    place
        .srp(&["gc", "--yes", "--unreachable", "toy.toml", "other.toml"])
        .unwrap();
    assert_eq!(place.entries().len(), 5);
    place
        .srp(&["gc", "--yes", "--unreachable", "other.toml"])
        .unwrap();
    assert_eq!(place.stages(), ["corpus", "dense", "final"]);
    place.run("other.toml");
    assert!(
        place
            .notes
            .take()
            .last()
            .unwrap()
            .starts_with("nothing to run")
    );
}

#[test]
fn gc_by_reachability_refuses_to_guess() {
    let place = Place::new();
    fs::write(place.path("wrong.toml"), "[experiment]\n").unwrap();
    let failure = place.srp(&["gc", "--yes", "--unreachable", "toy.toml", "wrong.toml"]);
    assert_eq!(failure.unwrap_err().code(), 2);
    assert_eq!(place.stages().len(), 3);
}

#[test]
fn gc_by_reachability_keeps_what_lies_behind_a_missing_artifact() {
    let place = Place::new();
    fs::remove_dir_all(place.of("corpus").folder).unwrap();
    place
        .srp(&["gc", "--yes", "--unreachable", "toy.toml"])
        .unwrap();
    assert_eq!(place.stages(), ["dense", "final"]);
}

#[test]
fn gc_does_not_trust_a_clock_that_went_back() {
    let place = Place::new();
    for stage in ["corpus", "dense", "final"] {
        place.age(stage, -400);
    }
    let said = place.srp(&["gc", "--older-than", "0s", "--yes"]).unwrap();
    assert!(said.starts_with("0 artifacts"), "{said}");
    assert_eq!(place.stages().len(), 3);
    let said = place.srp(&["ls", "toy.toml"]).unwrap();
    assert!(said.contains(" 0 s") && !said.contains('-'), "{said}");

    // Used while the clock stood at 1970, which is before it was made.
    let made = Place::new();
    let path = made.of("final").folder.join("manifest.json");
    File::open(path)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    made.srp(&["gc", "--older-than", "1d", "--yes"]).unwrap();
    assert_eq!(made.stages().len(), 3);
}

#[test]
fn gc_clears_what_runs_have_left() {
    let place = Place::new();
    let key = place.of("dense").key.to_string();
    let unfinished = "f".repeat(64);
    for file in [
        "tmp/dead/lock",
        "attempts/dense-1/log.txt",
        &format!("partial/{key}/last"),
        &format!("partial/ff/{unfinished}/last"),
        "quarantine/dense/made.txt",
    ] {
        let path = place.path("cache").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let there = |name: &str| place.path("cache").join(name).exists();
    let said = place.srp(&["gc"]).unwrap();
    assert!(
        said.contains("  what a killed run was making  0 B\n"),
        "{said}"
    );
    assert!(
        said.contains("  checkpoints of a finished stage  0 B\n"),
        "{said}"
    );
    assert!(
        said.contains("0 artifacts and 2 leftovers: 0 B freed, 0 ms to make again"),
        "{said}"
    );
    assert!(there("tmp/dead"));
    place.srp(&["gc", "--yes"]).unwrap();
    assert!(!there("tmp/dead") && !there(&format!("partial/{key}")));
    assert!(there("attempts/dense-1") && there(&format!("partial/ff/{unfinished}")));

    std::thread::sleep(Duration::from_millis(2100));
    place
        .srp(&[
            "gc",
            "--yes",
            "--older-than",
            "0s",
            "--unreachable",
            "toy.toml",
        ])
        .unwrap();
    assert!(!there("attempts/dense-1") && !there(&format!("partial/ff/{unfinished}")));
    assert!(there("quarantine/dense"));
    place.srp(&["gc", "--yes", "--quarantine"]).unwrap();
    assert!(!there("quarantine/dense"));
    assert_eq!(place.stages().len(), 3);
}

#[test]
fn checkpoints_of_a_stage_that_is_running_stay() {
    let place = Place::new();
    let dense = place.of("dense").key;
    let partial = place.path("cache/partial").join(dense.to_string());
    fs::create_dir_all(&partial).unwrap();
    let guard = place.cache().guard(dense, || (), || false).unwrap();
    place.srp(&["gc", "--yes"]).unwrap();
    assert!(partial.exists());
    drop(guard);
    // A process that another test starts has the lock until it is another program.
    for _ in 0..100 {
        place.srp(&["gc", "--yes"]).unwrap();
        if !partial.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} is still there", partial.display());
}

#[test]
fn gc_keeps_what_a_running_srp_has_found_and_what_it_makes() {
    let place = Place::new();
    let (corpus, dense) = (place.of("corpus").key, place.of("dense").key);
    let mut hold = place.cache().hold().unwrap();
    hold.add([corpus]).unwrap();
    let guard = place.cache().guard(dense, || (), || false).unwrap();
    place.notes.take();
    place.srp(&["gc", "--keep-size", "0", "--yes"]).unwrap();
    assert_eq!(place.stages(), ["corpus", "dense"]);
    let notes = place.notes.take();
    assert!(
        notes
            .iter()
            .all(|note| note.ends_with("stays, since a running srp holds it"))
    );
    assert_eq!(notes.len(), 2, "{notes:?}");
    drop((hold, guard));
    place.srp(&["gc", "--keep-size", "0", "--yes"]).unwrap();
    assert_eq!(place.stages(), [""; 0]);
}

#[test]
fn sizes_and_ages_that_cannot_be_read_are_refused() {
    let place = Place::new();
    for words in [["--older-than", "a while"], ["--keep-size", "20"]] {
        let failure = place.srp(&["gc", words[0], words[1], "--yes"]).unwrap_err();
        assert_eq!(failure.code(), 2);
        assert!(
            failure.to_string().contains("expected a number and"),
            "{failure}"
        );
    }
    assert_eq!(place.stages().len(), 3);
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
