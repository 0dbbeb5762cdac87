//! `srp cache gc`: what it says, keeps and deletes.

use crate::cache_verbs::{DAY, Place};
use srp::cache::{Entry, Partial};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};

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
    // A run that was killed before its first checkpoint leaves no more than this.
    let beside = place.path(&format!("cache/partial/ab/{}.lock", "ab".repeat(32)));
    fs::create_dir_all(beside.parent().unwrap()).unwrap();
    File::create(&beside).unwrap();
    place.srp(&["gc"]).unwrap();
    assert_eq!(locks(), 3, "nothing is deleted without `--yes`");
    place.srp(&["gc", "--yes"]).unwrap();
    assert!(!beside.exists());
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
fn gc_says_what_it_has_deleted_even_if_a_lock_cannot_go() {
    let place = Place::new();
    fs::create_dir(place.path("cache/locks/mine")).unwrap();
    place.age("final", 40);
    place.notes.take();
    let said = place.srp(&["gc", "--older-than", "30d", "--yes"]).unwrap();
    assert!(
        said.ends_with("deleted 1 artifact and 0 leftovers\n"),
        "{said}"
    );
    let notes = place.notes.take();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].starts_with("1 lock could not be deleted: ") && notes[0].contains("locks/mine"),
        "{notes:?}"
    );
    assert_eq!(fs::read_dir(place.path("cache/locks")).unwrap().count(), 1);
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
    // The process that worked for a killed run goes on for a while.
    let worker = Partial::at(&partial).occupy(|| true).unwrap().unwrap();
    place.srp(&["gc", "--yes"]).unwrap();
    assert!(partial.exists() && partial.with_extension("lock").exists());
    drop(worker);
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
