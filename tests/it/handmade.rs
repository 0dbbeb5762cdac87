//! Models of any shape that no stage trained, in the folder that a training stage leaves.

use crate::bring_your_own::dictionary;
use crate::pruning_laws::{SOURCE_VOCAB, TARGET_VOCAB, selection, trained};
use srp::config::{Architecture, LayerNorm, OutputProjection};
use srp::groups::GroupName;
use srp::model::state::{self, State};
use srp::model::{Blueprint, parameters};
use srp::prune::{complement, slice_blueprint, slice_state};
use srp::random::Stream;
use std::fs;
use std::path::Path;

/// A small architecture of two layers on each side.
pub(crate) fn architecture(
    d_model: usize,
    heads: usize,
    layer_norm: LayerNorm,
    output_projection: OutputProjection,
) -> Architecture {
    let size = |n: usize| n.try_into().unwrap();
    Architecture {
        d_model: size(d_model),
        d_ff: size(6),
        heads: size(heads),
        encoder_layers: size(2),
        decoder_layers: size(2),
        layer_norm,
        max_positions: size(16),
        output_projection,
    }
}

/// A fresh model that nothing was cut from.
pub(crate) fn whole(architecture: &Architecture) -> (Blueprint, State) {
    let blueprint = Blueprint::unpruned(architecture, SOURCE_VOCAB, TARGET_VOCAB);
    let state = parameters::initial_state(&blueprint.shape, 1);
    (blueprint, state)
}

/// A model that was cut at random, and whose groups in `gone` have nothing left.
pub(crate) fn pruned(
    architecture: &Architecture,
    seed: u64,
    gone: impl Fn(GroupName) -> bool,
) -> (Blueprint, State) {
    let mut stream = Stream::new(seed, "models made by hand");
    let whole = Blueprint::unpruned(architecture, SOURCE_VOCAB, TARGET_VOCAB);
    let weights = trained(&whole, &mut stream);
    let sizes = whole.shape.groups();
    let cut = selection(&sizes, whole.shape.heads, &mut stream);
    let cut = cut.map(|name, chosen| {
        if gone(name) {
            (0..*sizes.get(name)).collect()
        } else {
            chosen.clone()
        }
    });
    let kept = complement(&cut, &sizes);
    (slice_blueprint(&whole, &kept), slice_state(&weights, &kept))
}

/// Writes a model as a training stage does; its dictionaries have the letters as words.
pub(crate) fn write(folder: &Path, blueprint: &Blueprint, state: &State) {
    for checkpoint in ["best", "last"] {
        let checkpoint = folder.join(checkpoint);
        fs::create_dir_all(&checkpoint).unwrap();
        blueprint.write(&checkpoint.join("blueprint.json")).unwrap();
        state::write(&checkpoint.join("model.safetensors"), state).unwrap();
    }
    let text = folder.join("text");
    fs::create_dir_all(&text).unwrap();
    let shape = &blueprint.shape;
    for (language, symbols) in [("de", shape.source_vocab), ("en", shape.target_vocab)] {
        let file = text.join(format!("dict.{language}.txt"));
        dictionary(symbols).write(&file).unwrap();
    }
    fs::write(text.join("codes.bpe"), "#version: 0.2\na b\nab c\n").unwrap();
    let summary = serde_json::json!({
        "source-language": "de",
        "target-language": "en",
        "tokenizer": "moses",
        "case": "lower",
        "merges": 2,
        "dropped-pairs": 0,
        "source-symbols": shape.source_vocab,
        "target-symbols": shape.target_vocab,
        "splits": {},
    });
    fs::write(text.join("dataset.json"), summary.to_string()).unwrap();
}
