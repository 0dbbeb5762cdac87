//! Tests of the words for what changed.

use super::*;
use crate::config::Attempts;
use serde_json::json;

fn ingredients() -> Ingredients {
    Ingredients {
        config: json!({"seed": 1, "training": {"epochs": 2, "rate": 5e-4}}),
        files: vec![Digest::of(b"f"), Digest::of(b"g")],
        format: 1,
        inputs: BTreeMap::from([("corpus".to_owned(), Digest::of(b"c"))]),
        kind: "export".to_owned(),
        revision: 1,
    }
}

fn node() -> Node {
    let spec = json!({"export": {"model": "dense", "checkpoint": "best"}});
    Node {
        label: "out@rate=0.5".to_owned(),
        names: BTreeSet::from(["out".into()]),
        spec: serde_json::from_value(spec).unwrap(),
        attempts: Attempts::default(),
        parents: Vec::new(),
    }
}

fn said(change: impl FnOnce(&mut Ingredients)) -> Vec<String> {
    let (old, mut new) = (ingredients(), ingredients());
    change(&mut new);
    let (node, paths) = (node(), ["data/f".into(), "data/g".into()]);
    let subject = Subject {
        node: &node,
        key: Some(Identity::key_of("new")),
        told: Told::Hashed(""),
        now: OnceCell::from(Some(new)),
        paths: &paths,
    };
    let changes = subject.changes(Some(&old));
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn every_ingredient_is_named_when_it_changes() {
    let (c, g, h) = (Digest::of(b"c"), Digest::of(b"g"), Digest::of(b"h"));
    assert_eq!(said(|_| {}), [""; 0]);
    assert_eq!(
        said(|i| i.config["seed"] = json!(2)),
        ["stages.out.export.seed: 1 -> 2"]
    );
    assert_eq!(
        said(|i| i.config["training"]["rate"] = json!(3e-4)),
        ["stages.out.export.training.rate: 5e-4 -> 3e-4"]
    );
    assert_eq!(
        said(|i| i.inputs.clear()),
        [format!(
            "stages.out.export.corpus: content {} -> (none)",
            c.short()
        )]
    );
    assert_eq!(
        said(|i| i.files[1] = h),
        [format!("file `data/g`: {} -> {}", g.short(), h.short())]
    );
    assert_eq!(said(|i| i.files.truncate(1)), ["outside files: 2 -> 1"]);
    assert_eq!(said(|i| i.revision = 2), ["revision: 1 -> 2"]);
    assert_eq!(
        said(|i| i.kind = "prune".to_owned()),
        ["kind: export -> prune"]
    );
    assert_eq!(said(|i| i.format = 2), ["keys are computed in a new way"]);
}

#[test]
fn values_that_come_and_go_are_named_one_by_one() {
    assert_eq!(
        said(|i| i.config["training"] = json!({"rate": 5e-4, "stop": {"steps": 9, "early": {}}})),
        [
            "stages.out.export.training.epochs: 2 -> (none)",
            "stages.out.export.training.stop.early: (none) -> {}",
            "stages.out.export.training.stop.steps: (none) -> 9",
        ]
    );
    assert_eq!(
        said(|i| i.config["training"] = json!("none")),
        ["stages.out.export.training: {\"epochs\":2,\"rate\":0.0005} -> \"none\""]
    );
}

#[test]
fn the_first_change_stands_for_all() {
    let change = |new| Change::Revision { old: 1, new };
    assert_eq!(first_of(&[change(2)]), "revision: 1 -> 2");
    let three = [change(2), change(3), change(4)];
    assert_eq!(first_of(&three), "revision: 1 -> 2 and 2 more");
}
