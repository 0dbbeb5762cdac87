//! Keys that stay, artifacts that are whole or absent.

use crate::fake::{STAGES, stages};
use jiff::Timestamp;
use srp::cache::{
    Artifact, Cache, CacheError, Digest, Draft, Fault, Identity, Lookup, Machine, Provenance,
};
use srp::config::StageSpec;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

fn stage(name: &str, from: &str, to: &str) -> StageSpec {
    assert!(STAGES.contains(from), "no {from}");
    stages(&STAGES.replace(from, to)).remove(name).unwrap()
}

fn identity(spec: &StageSpec) -> Identity {
    let inputs = spec.inputs().into_iter();
    let inputs = inputs.map(|input| (input.key.to_owned(), Digest::of(input.key.as_bytes())));
    let files = vec![Digest::of(b"file")];
    Identity::new(spec, 1, inputs.collect(), files).unwrap()
}

fn provenance() -> Provenance {
    Provenance {
        experiment: "toy".to_owned(),
        stage: "dense".to_owned(),
        request: None,
        inputs: BTreeMap::new(),
        outside_files: Vec::new(),
        machine: Machine::here("none".to_owned(), 1),
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::UNIX_EPOCH,
        seconds: 0.5,
        cpu_seconds: None,
        peak_memory_bytes: None,
    }
}

fn some_identity() -> Identity {
    identity(&stage("corpus", "merges = 100", "merges = 100"))
}

fn draft(cache: &Cache, text: &str) -> Draft {
    let claim = Arc::new(cache.claim().unwrap());
    let mut draft = cache.begin(&claim).unwrap();
    fs::create_dir(draft.dir().content("inner")).unwrap();
    fs::write(draft.dir().content("inner/a.txt"), text).unwrap();
    fs::write(draft.dir().record("times.json"), "{}").unwrap();
    draft
}

fn commit(draft: Draft, cache: &Cache, identity: Identity) -> Result<Artifact, CacheError> {
    let lock = cache.lock(identity, || {}, || false).unwrap().unwrap();
    draft.commit(&lock, provenance())
}

fn new_cache() -> (TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("cache"));
    (folder, cache)
}

fn entries(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A changed key makes every artifact that anyone has stale: if this fails without intent, that is the defect;
/// with intent, say so in the changelog.
#[test]
fn keys_are_what_they_were() {
    let spec = stage("dense", "seed = 1", "seed = 1");
    let identity = identity(&spec);
    let hashed = concat!(
        r#"{"config":{"#,
        r#""model":{"d-ff":32,"d-model":16,"decoder-layers":1,"encoder-layers":1,"heads":2,"layer-norm":"weighted","max-positions":64},"seed":1,"#,
        r#""training":{"batching":{"max-tokens":128,"multiple-of":8},"dropout":0.3,"epochs":2,"label-smoothing":0.1,"learning-rate":{"inverse-sqrt":{"peak":0.0005,"warmup-steps":10}},"#,
        r#""optimizer":{"betas":[0.9,0.98],"epsilon":1e-8,"weight-decay":0.0001},"#,
        r#""validation":{"every-epochs":1,"search":{"batch-sentences":16,"beam":5,"length-penalty":1.0,"max-length-a":1.2,"max-length-b":10,"min-length":1,"unknown-penalty":0.0}}}},"#,
        r#""files":["39aac93919e644bc384a2c14a24d6c8c4b57159cc1b54d2c469d79be97d1bf51"],"format":1,"inputs":{"corpus":"4d12346eabd5890dcffcfaf2a36a9a7e5883e2f89f0de02ad2b86a75c7bfef40"},"#,
        r#""kind":"pretrain","revision":1}"#,
    );
    assert_eq!(identity.text, hashed);
    assert_eq!(
        identity.key.to_string(),
        "2cf9ddd0278c526f40df4031efb28d142e899556d1c0eedaa3f6fb042f9ca8be"
    );
}

#[test]
fn a_key_depends_on_every_ingredient() {
    let spec = stage("dense", "seed = 1", "seed = 1");
    let inputs = |content: &[u8]| BTreeMap::from([("corpus".to_owned(), Digest::of(content))]);
    let key = |revision, inputs, files| Identity::new(&spec, revision, inputs, files).unwrap().key;
    let base = key(1, inputs(b"a"), vec![]);
    assert_eq!(base, key(1, inputs(b"a"), vec![]));
    assert_ne!(base, key(2, inputs(b"a"), vec![]));
    assert_ne!(base, key(1, inputs(b"b"), vec![]));
    assert_ne!(base, key(1, inputs(b"a"), vec![Digest::of(b"f")]));
    let (f, g) = (Digest::of(b"f"), Digest::of(b"g"));
    assert_ne!(
        key(1, inputs(b"a"), vec![f, g]),
        key(1, inputs(b"a"), vec![g, f])
    );
    let other = stage("dense", "seed = 1", "seed = 2");
    assert_ne!(identity(&spec).key, identity(&other).key);
}

#[test]
fn spelling_names_and_places_do_not_enter_a_key() {
    let key = |name: &str, from, to| identity(&stage(name, from, to)).key;
    let dense = key("dense", "seed = 1", "seed = 1");
    assert_eq!(
        dense,
        key("dense", "epsilon = 1e-8", "epsilon = 0.00000001")
    );
    assert_eq!(
        dense,
        key("dense", r#"corpus = "corpus""#, r#"corpus = "text""#)
    );
    let corpus = some_identity().key;
    let moved = key("corpus", r#"folder = "data""#, r#"folder = "/mnt/data""#);
    assert_eq!(corpus, moved);
    assert_ne!(corpus, key("corpus", "merges = 100", "merges = 101"));
}

#[test]
fn an_artifact_is_found_by_its_key_with_all_that_was_put_into_it() {
    let (_folder, cache) = new_cache();
    let key = some_identity().key;
    assert_eq!(cache.lookup(key), Lookup::Absent);
    let made = commit(draft(&cache, "one"), &cache, some_identity()).unwrap();
    let Lookup::Whole(found) = cache.lookup(key) else {
        panic!("not found");
    };
    assert_eq!(*found, made);
    assert_eq!(
        fs::read_to_string(found.path().join("inner/a.txt")).unwrap(),
        "one"
    );
    let files: Vec<_> = found.manifest().unwrap().files.keys().collect();
    assert_eq!(files, ["inner/a.txt"]);
    let records: Vec<_> = found.manifest().unwrap().records.keys().collect();
    assert_eq!(records, ["records/times.json"]);
    assert_eq!(found.manifest().unwrap().hashed, some_identity().text);
    assert_eq!(found.faults().unwrap(), []);
    assert!(entries(cache.root().join("tmp")).is_empty());
}

#[test]
fn content_digests_ignore_records_and_nothing_else() {
    let (_folder, cache) = new_cache();
    let content = |text: &str, record: &str| {
        let mut draft = draft(&cache, text);
        fs::write(draft.dir().record("times.json"), record).unwrap();
        commit(draft, &cache, some_identity()).unwrap().content()
    };
    assert_eq!(content("one", "1 s"), content("one", "2 s"));
    assert_ne!(content("one", "1 s"), content("two", "1 s"));
}

#[test]
fn an_artifact_is_invisible_until_it_is_whole() {
    let (_folder, cache) = new_cache();
    let unfinished = draft(&cache, "one");
    assert_eq!(cache.lookup(some_identity().key), Lookup::Absent);
    drop(unfinished);
    assert_eq!(cache.lookup(some_identity().key), Lookup::Absent);
    assert!(entries(cache.root().join("tmp")).is_empty());
}

#[test]
fn what_a_killed_process_left_is_removed_and_what_a_living_one_makes_is_not() {
    let (_folder, cache) = new_cache();
    let living = draft(&cache, "alive");
    let dead = cache.root().join("tmp/dead");
    fs::create_dir_all(dead.join("artifact")).unwrap();
    fs::write(dead.join("lock"), "").unwrap();
    fs::write(dead.join("artifact/a.txt"), "half a fi").unwrap();

    let next = draft(&cache, "next");
    assert!(!dead.exists());
    assert_eq!(entries(cache.root().join("tmp")).len(), 2);
    drop(next);
    commit(living, &cache, some_identity()).unwrap();
}

#[test]
fn damage_is_told_apart_from_absence_and_repaired_by_making_the_artifact_again() {
    let (_folder, cache) = new_cache();
    let made = commit(draft(&cache, "one"), &cache, some_identity()).unwrap();
    let manifest = made.path().join("manifest.json");
    let inner = made.path().join("inner/a.txt");
    let good = fs::read_to_string(&manifest).unwrap();
    let damages: [(&Path, String, &str); 4] = [
        (&manifest, good[..50].to_owned(), "cannot be understood"),
        (
            &manifest,
            good.replace("preprocess", "process"),
            "another key",
        ),
        (
            &manifest,
            good.replace("inner/a.txt", "inner/b.txt"),
            "contradicts itself",
        ),
        (&inner, "other".to_owned(), "another size"),
    ];
    for (path, text, expected) in damages {
        let before = fs::read(path).unwrap();
        fs::write(path, text).unwrap();
        match cache.lookup(made.key()) {
            Lookup::Damaged(fault) => assert!(fault.contains(expected), "{fault}"),
            other => panic!("{expected}: {other:?}"),
        }
        fs::write(path, before).unwrap();
        assert!(matches!(cache.lookup(made.key()), Lookup::Whole(_)));
    }
    fs::remove_file(&manifest).unwrap();
    assert!(matches!(cache.lookup(made.key()), Lookup::Damaged(_)));
    commit(draft(&cache, "two"), &cache, some_identity()).unwrap();
    assert!(matches!(cache.lookup(made.key()), Lookup::Whole(_)));
    assert_eq!(fs::read_to_string(inner).unwrap(), "two");
}

#[test]
fn a_flipped_byte_is_seen_by_verification() {
    let (_folder, cache) = new_cache();
    let made = commit(draft(&cache, "one"), &cache, some_identity()).unwrap();
    fs::write(made.path().join("inner/a.txt"), "onf").unwrap();
    let changed = Fault::Changed("inner/a.txt".to_owned());
    assert_eq!(made.faults().unwrap(), [changed]);
}

#[test]
fn an_artifact_holds_plain_files_under_free_names_only() {
    let (_folder, cache) = new_cache();
    let mut reserved = draft(&cache, "one");
    fs::write(reserved.dir().content("manifest.json"), "{}").unwrap();
    let error = commit(reserved, &cache, some_identity()).unwrap_err();
    assert!(error.to_string().contains("manifest.json"), "{error}");
    assert_eq!(cache.lookup(some_identity().key), Lookup::Absent);
}

#[cfg(unix)]
#[test]
fn a_link_does_not_get_into_an_artifact() {
    let (_folder, cache) = new_cache();
    let mut linked = draft(&cache, "one");
    std::os::unix::fs::symlink("/etc/hosts", linked.dir().content("hosts")).unwrap();
    let error = commit(linked, &cache, some_identity()).unwrap_err();
    assert!(error.to_string().contains("hosts"), "{error}");
}

#[test]
fn an_unwritable_cache_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let error = Cache::at(&file).claim().unwrap_err();
    assert!(matches!(&error, CacheError::Unwritable { path, .. } if path.starts_with(&file)));
    assert!(
        error.to_string().contains(file.to_str().unwrap()),
        "{error}"
    );
    assert_eq!(Cache::at(&file).lookup(some_identity().key), Lookup::Absent);
}

#[test]
fn what_was_repaired_meanwhile_is_not_set_aside() {
    let (_folder, cache) = new_cache();
    let made = commit(draft(&cache, "one"), &cache, some_identity()).unwrap();
    let file = made.path().join("inner/a.txt");
    fs::write(&file, "onf").unwrap();
    assert_eq!(made.faults().unwrap().len(), 1);
    fs::write(&file, "one").unwrap();
    let guard = cache.guard(made.key(), || {}, || false).unwrap().unwrap();
    assert_eq!(cache.quarantine_damaged(&guard).unwrap(), None);
    assert!(
        cache.try_guard(made.key()).unwrap().is_none(),
        "it is taken"
    );

    fs::write(&file, "onf").unwrap();
    let quarantined = cache.quarantine_damaged(&guard).unwrap().unwrap();
    assert_eq!(
        fs::read_to_string(quarantined.to.join("inner/a.txt")).unwrap(),
        "onf"
    );
    assert_eq!(cache.lookup(made.key()), Lookup::Absent);
    drop(guard);
    assert!(!cache.is_guarded(made.key()));
}
