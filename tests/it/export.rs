//! A model leaves srp as a folder that needs nothing of it, and comes back the same.

use crate::fairseq::{fixture, separate, tied};
use crate::golden::tensors::{Cpu, DEVICE, values};
use crate::handmade;
use crate::tiny::{Answer, Place};
use srp::cache::Cache;
use srp::config::{Checkpoint, LayerNorm, OutputProjection};
use srp::groups::GroupName;
use srp::model::state::{self, State};
use srp::model::{Pass, Source, Target, Transformer, fairseq};
use srp::stages::export::export;
use srp::stages::model_artifact::read;
use std::fs;
use std::path::{Path, PathBuf};

/// A run of the tiny experiment, and the folder of the model that a stage of it made.
fn model(stage: &str) -> (Place, PathBuf) {
    let place = Place::new();
    let answer = place.run(&[]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    let folder = place.artifacts()[stage].folder.clone();
    (place, folder)
}

/// What a model computes for a batch, bit for bit.
fn logits(folder: &Path, checkpoint: Checkpoint) -> Vec<u32> {
    let (blueprint, state) = read(folder, checkpoint).unwrap();
    let model = Transformer::<Cpu>::from_state(&blueprint, &state, &DEVICE).unwrap();
    let source = Source::new(&[4, 9, 7, 5, 2, 1, 1, 8, 6, 2], 5, &DEVICE);
    let target = Target::new(&[2, 5, 6, 10, 2, 7, 1, 1], 4, &DEVICE);
    let logits = values(model.forward(&source, &target, Pass::plain()));
    logits.into_iter().map(f32::to_bits).collect()
}

const IMPORT: &str = r#"
[experiment]
title = "A model that comes back"
seed = 1

[stages.back.import.exported]
folder = "out"
"#;

fn import(place: &Place) -> Answer {
    place.write("back.toml", IMPORT);
    place.srp(&["run", "back.toml"])
}

#[test]
fn a_model_that_is_exported_and_imported_computes_the_same_bits() {
    for (stage, which, checkpoint) in [
        ("dense", "best", Checkpoint::Best),
        ("dense", "last", Checkpoint::Last),
        ("final@rate=0.3", "best", Checkpoint::Best),
    ] {
        let (place, folder) = model(stage);
        let answer = place.srp(&[
            "export",
            folder.to_str().unwrap(),
            "--checkpoint",
            which,
            "--to",
            "out",
        ]);
        assert_eq!(
            (answer.code, answer.out.as_str()),
            (Some(0), "out\n"),
            "{}",
            answer.err
        );
        let answer = import(&place);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        let back = place.artifacts()["back"].folder.clone();
        let expected = logits(&folder, checkpoint);
        assert_eq!(
            logits(&back, Checkpoint::Best),
            expected,
            "{stage}, {which}"
        );
        assert_eq!(
            logits(&back, Checkpoint::Last),
            expected,
            "{stage}, {which}"
        );
        let text = |folder: &Path, name: &str| fs::read(folder.join("text").join(name)).unwrap();
        for name in ["codes.bpe", "dict.de.txt", "dict.en.txt", "dataset.json"] {
            assert_eq!(text(&back, name), text(&folder, name), "{name}");
        }
    }
}

#[test]
fn models_of_every_kind_come_back_with_the_same_bits() {
    use LayerNorm::{Unweighted, Weighted};
    use OutputProjection::{Separate, Tied};
    let architecture = |norm, kind| handmade::architecture(9, 3, norm, kind);
    let heavily = |name| !matches!(name, GroupName::Embedding(_));
    let imported = |name, architecture| {
        let taken = fairseq::read(&fixture(name), &architecture, 20, 24).unwrap();
        (taken.blueprint, taken.state)
    };
    for (what, (blueprint, state)) in [
        (
            "separate",
            handmade::whole(&architecture(Weighted, Separate)),
        ),
        (
            "unweighted",
            handmade::pruned(&architecture(Unweighted, Tied), 1, |_| false),
        ),
        (
            "nothing but embeddings",
            handmade::pruned(&architecture(Unweighted, Separate), 2, heavily),
        ),
        ("imported", imported("srp_pruned.pt", tied(Unweighted))),
        ("imported, separate", imported("tied.pt", separate())),
    ] {
        let place = Place::new();
        let folder = place.path("artifact");
        handmade::write(&folder, &blueprint, &state);
        export(&folder, Checkpoint::Best, &place.path("out")).unwrap();
        let answer = import(&place);
        assert_eq!(answer.code, Some(0), "{what}: {}", answer.err);
        let back = place.artifacts()["back"].folder.clone();
        let best = read(&back, Checkpoint::Best).unwrap();
        assert_eq!(best, (blueprint, state), "{what}");
        assert_eq!(
            logits(&back, Checkpoint::Best),
            logits(&folder, Checkpoint::Best),
            "{what}"
        );
    }
}

#[test]
fn an_exported_folder_says_how_to_read_it() {
    let (place, folder) = model("final@rate=0.5");
    export(&folder, Checkpoint::Best, &place.path("out")).unwrap();
    let readme = fs::read_to_string(place.path("out/README.md")).unwrap();
    let (blueprint, _) = read(&folder, Checkpoint::Best).unwrap();
    let parameters = format!("{} parameters", blueprint.shape.parameters());
    assert!(readme.contains(&parameters), "{readme}");
    for entry in fs::read_dir(place.path("out")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let told = name
            .replace("de.txt", "LANGUAGE.txt")
            .replace("en.txt", "LANGUAGE.txt");
        assert!(
            name == "README.md" || readme.contains(&told),
            "{name} is not told of"
        );
    }
}

#[test]
fn an_export_never_overwrites_and_never_stops_half_way() {
    let (place, folder) = model("dense");
    let named = folder.to_str().unwrap();
    place.write("out/mine.txt", "mine");
    let answer = place.srp(&["export", named, "--to", "out"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.err.contains("`out` is there already"),
        "{}",
        answer.err
    );
    assert_eq!(
        fs::read_to_string(place.path("out/mine.txt")).unwrap(),
        "mine"
    );

    fs::write(folder.join("best/model.safetensors"), "broken").unwrap();
    let answer = place.srp(&["export", named, "--to", "deep/out"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.err.contains("not a whole safetensors file"),
        "{}",
        answer.err
    );
    let left: Vec<_> = fs::read_dir(place.path("deep")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Exports a model made by hand, spoils the folder, and imports it.
fn spoiled(spoil: impl Fn(&Place)) -> String {
    let place = Place::new();
    let architecture = handmade::architecture(8, 2, LayerNorm::Weighted, OutputProjection::Tied);
    let (blueprint, state) = handmade::whole(&architecture);
    handmade::write(&place.path("artifact"), &blueprint, &state);
    export(
        &place.path("artifact"),
        Checkpoint::Best,
        &place.path("out"),
    )
    .unwrap();
    spoil(&place);
    let answer = import(&place);
    assert_eq!(answer.code, Some(1), "{}", answer.err);
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    assert!(
        Cache::at(place.path(".srp")).with_prefix("").is_empty(),
        "nothing half made is kept"
    );
    answer.complaint()
}

/// What an import says of tensors that were changed.
fn spoiled_tensors(change: impl Fn(&mut State)) -> String {
    spoiled(|place| {
        let path = place.path("out/model.safetensors");
        let mut tensors = state::read(&path).unwrap();
        change(&mut tensors);
        state::write(&path, &tensors).unwrap();
    })
}

fn edited(place: &Place, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(place.path(name)).unwrap();
    assert!(text.contains(from), "{text}");
    place.write(name, text.replace(from, to));
}

#[test]
fn an_exported_folder_that_was_spoiled_is_told_by_file() {
    let complaint = spoiled(|place| {
        let path = place.path("out/model.safetensors");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(
        complaint.contains("`out/model.safetensors` is not a whole safetensors file"),
        "{complaint}"
    );

    let complaint = spoiled(|place| {
        let dictionary = fs::read_to_string(place.path("out/dict.de.txt")).unwrap();
        place.write("out/dict.de.txt", dictionary + "zusatz 1\n");
    });
    assert!(
        complaint.contains("the source dictionary of `out` has"),
        "{complaint}"
    );

    let complaint = spoiled(|place| edited(place, "out/config.json", "srp-model/1", "srp-model/9"));
    assert!(
        complaint.contains("has the format `srp-model/9`, expected `srp-model/1`"),
        "{complaint}"
    );

    let complaint = spoiled(|place| edited(place, "out/config.json", "\"relu\"", "\"gelu\""));
    assert!(
        complaint.contains("other conventions than srp's"),
        "{complaint}"
    );

    let complaint = spoiled(|place| edited(place, "out/config.json", "\"d-ff\": 6", "\"d-ff\": 5"));
    assert!(
        complaint.contains("tensor `")
            && complaint.contains("has shape")
            && complaint.contains("expected"),
        "{complaint}"
    );

    let complaint = spoiled(|place| fs::remove_file(place.path("out/config.json")).unwrap());
    assert!(
        complaint.contains("`exported.folder`: out/config.json does not exist"),
        "{complaint}"
    );
}

#[test]
fn tensors_of_an_exported_folder_are_told_by_name() {
    const BIAS: &str = "decoder.layers.1.fc2.bias";
    let complaint = spoiled_tensors(|tensors| {
        tensors.remove(BIAS);
    });
    assert!(
        complaint.contains(&format!(
            "tensor `{BIAS}` is missing, expected with shape [8]"
        )),
        "{complaint}"
    );

    let complaint = spoiled_tensors(|tensors| {
        let array = tensors[BIAS].clone();
        tensors.insert("decoder.layers.1.gate".to_owned(), array);
    });
    assert!(
        complaint.contains("tensor `decoder.layers.1.gate` does not belong to this model"),
        "{complaint}"
    );

    for number in [f32::NAN, f32::NEG_INFINITY] {
        let complaint = spoiled_tensors(|tensors| {
            tensors.get_mut(BIAS).unwrap().data[3] = number;
        });
        assert!(
            complaint.contains(&format!("tensor `{BIAS}` of")) && complaint.contains("not finite"),
            "{complaint}"
        );
    }
}

#[test]
fn merges_of_an_exported_folder_are_read_and_counted() {
    let complaint = spoiled(|place| place.write("out/codes.bpe", "#version: 0.1\na b\n"));
    assert!(
        complaint.contains("expected the first line to be `#version: 0.2`"),
        "{complaint}"
    );
    let complaint = spoiled(|place| place.write("out/codes.bpe", "#version: 0.2\na b\nabc\n"));
    assert!(
        complaint.contains("line 3: expected two symbols separated by a blank, found `abc`"),
        "{complaint}"
    );
    let complaint = spoiled(|place| place.write("out/codes.bpe", "#version: 0.2\na b\n"));
    assert!(
        complaint.contains("it has 1 merge, `dataset.json` says 2"),
        "{complaint}"
    );
}

#[test]
fn a_description_of_no_possible_model_is_refused() {
    for (from, to, words) in [
        ("\"heads\": 2", "\"heads\": 0", "no multiple of the heads"),
        (
            "\"max-positions\": 16",
            "\"max-positions\": 18446744073709551615",
            "a size is above a million",
        ),
        (
            "\"d-ff\": 6",
            "\"d-ff\": 18446744073709551615",
            "a size is above a million",
        ),
        (
            "\"source-vocab\": 11",
            "\"source-vocab\": 9223372036854775808",
            "a size is above a million",
        ),
    ] {
        let complaint = spoiled(|place| edited(place, "out/config.json", from, to));
        assert!(
            complaint.contains("describes no possible model") && complaint.contains(words),
            "{complaint}"
        );
    }
}
