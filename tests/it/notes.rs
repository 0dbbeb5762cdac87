//! Lookups that go by notes find the same as those that read manifests.

use crate::tiny::Place;
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

const EXPERIMENT: &str = r#"
    [experiment]
    title = "nothing"
    seed = 1

    [stages.first.noop]
    [stages.second.noop]
    after = "first"
"#;

/// A place where all was made, and noted.
fn noted() -> Place {
    let place = Place::empty();
    place.write("nothing.toml", EXPERIMENT);
    assert_eq!(place.srp(&["run", "nothing.toml"]).code, Some(0));
    assert!(place.path(".srp/notes").exists());
    place
}

/// What would become of the stages, in the order of the plan.
fn foretold(place: &Place) -> Vec<String> {
    let answer = place.srp(&["plan", "nothing.toml"]);
    let words = answer
        .out
        .lines()
        .filter_map(|line| line.split("  ").next());
    words.take(2).map(|word| word.trim().to_owned()).collect()
}

/// The same number of bytes, none of them the same.
fn damage(path: &Path) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, vec![b'#'; bytes.len()]).unwrap();
}

#[test]
fn damage_is_seen_in_spite_of_a_note() {
    let damages: [fn(&Path); 6] = [
        |artifact| fs::remove_file(artifact.join("noop")).unwrap(),
        |artifact| fs::write(artifact.join("noop"), "short").unwrap(),
        |artifact| fs::remove_file(artifact.join("records/log.txt")).unwrap(),
        |artifact| damage(&artifact.join("manifest.json")),
        |artifact| fs::remove_file(artifact.join("manifest.json")).unwrap(),
        |artifact| fs::remove_dir_all(artifact).unwrap(),
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let place = noted();
        assert_eq!(foretold(&place), ["cached", "cached"]);
        damage(&place.artifacts()["first"].folder);
        assert_eq!(foretold(&place), ["run", "may run"], "damage {number}");
    }
}

#[test]
fn a_note_is_believed_while_the_manifest_keeps_its_size_and_time() {
    let place = noted();
    let manifest = place.artifacts()["first"].folder.join("manifest.json");
    let made = fs::metadata(&manifest).unwrap().modified().unwrap();
    let set = |time: SystemTime| File::open(&manifest).unwrap().set_modified(time).unwrap();
    damage(&manifest);
    set(made);
    assert_eq!(foretold(&place), ["cached", "cached"]);
    set(SystemTime::now());
    assert_eq!(foretold(&place), ["run", "may run"]);
}

#[test]
fn without_notes_or_with_damaged_ones_manifests_are_read() {
    let place = noted();
    damage(&place.path(".srp/notes"));
    assert_eq!(foretold(&place), ["cached", "cached"]);
    fs::remove_file(place.path(".srp/notes")).unwrap();
    assert_eq!(foretold(&place), ["cached", "cached"]);
    assert!(!place.path(".srp/notes").exists(), "a plan writes nothing");
}
