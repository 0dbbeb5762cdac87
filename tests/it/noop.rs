//! Stages that do nothing, in the program itself: ways to end.

use crate::tiny::{Answer, Place};
use std::fs;

const EXPERIMENT: &str = r#"
    [experiment]
    title = "nothing"
    seed = 1

    [stages.before.noop]
    value = 1

    [stages.ends.noop]
    after = "before"
    value = 2
"#;

fn place() -> Place {
    let place = Place::empty();
    place.write("nothing.toml", EXPERIMENT);
    place
}

fn ending(place: &Place, ending: &str) -> Answer {
    let set = format!("stages.ends.noop.ending={ending}");
    place.srp(&["run", "nothing.toml", "--set", &set])
}

#[test]
fn a_noop_stage_leaves_a_file_and_is_no_row_of_a_table() {
    let place = place();
    let answer = ending(&place, "done");
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert_eq!(answer.out, "");
    assert_eq!(answer.stages("done in"), ["before", "ends"]);
    let made = &place.artifacts()["ends"];
    assert!(made.manifest.files.keys().eq(["noop"]));
    assert_eq!(fs::read(made.folder.join("noop")).unwrap().len(), 64);
}

#[test]
fn what_a_noop_stage_makes_depends_on_its_value_and_on_what_it_comes_after() {
    let content = |set: &str| {
        let place = place();
        assert_eq!(
            place.srp(&["run", "nothing.toml", "--set", set]).code,
            Some(0)
        );
        place.artifacts()["ends"].manifest.content
    };
    let first = content("stages.ends.noop.seconds=0");
    assert_eq!(content("stages.ends.noop.seconds=0.001"), first);
    assert_ne!(content("stages.ends.noop.value=3"), first);
    assert_ne!(content("stages.before.noop.value=3"), first);
}

#[test]
fn a_noop_stage_that_ends_badly_leaves_nothing_and_the_next_run_goes_on_before_it() {
    let place = place();
    for bad in ["fail", "abort", "kill"] {
        let answer = ending(&place, bad);
        assert_ne!(answer.code, Some(0), "{bad}");
        let made: Vec<String> = place.artifacts().into_keys().collect();
        assert_eq!(made, ["before"], "{bad}: {}", answer.err);
    }
    assert_eq!(ending(&place, "done").stages("cached"), ["before"]);
}
