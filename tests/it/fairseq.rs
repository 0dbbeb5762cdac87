//! Checkpoints of fairseq, written by PyTorch: `tests/fixtures/fairseq/make.py` says what is in them.

use crate::golden::tensors::{Cpu, DEVICE, values};
use serde::Deserialize;
use srp::config::{Architecture, LayerNorm, OutputProjection};
use srp::groups::{GroupName, Side};
use srp::model::fairseq::{Note, Taken};
use srp::model::{Blueprint, Pass, Source, Target, Transformer, fairseq};
use std::error::Error;
use std::path::{Path, PathBuf};

/// Of the largest logit: what 32-bit floats cost, 2.5e-7 at most. Small enough to tell the two layer norms apart.
const ROUNDING: f32 = 1e-6;

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new("tests/fixtures/fairseq").join(name)
}

fn architecture(heads: usize, layer_norm: LayerNorm, kind: OutputProjection) -> Architecture {
    let size = |n: usize| n.try_into().unwrap();
    Architecture {
        d_model: size(16),
        d_ff: size(32),
        heads: size(heads),
        encoder_layers: size(2),
        decoder_layers: size(1),
        layer_norm,
        max_positions: size(16),
        output_projection: kind,
    }
}

pub(crate) fn tied(layer_norm: LayerNorm) -> Architecture {
    architecture(2, layer_norm, OutputProjection::Tied)
}

pub(crate) fn separate() -> Architecture {
    architecture(2, LayerNorm::Weighted, OutputProjection::Separate)
}

fn read(path: &Path, architecture: &Architecture) -> Taken {
    fairseq::read(path, architecture, 20, 24).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

/// Why a file is not taken: the message and all its causes.
fn refused(path: &Path, architecture: &Architecture) -> String {
    chain(&fairseq::read(path, architecture, 20, 24).unwrap_err())
}

fn chain(error: &(dyn Error + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// A batch, and what PyTorch computed for it with each layer norm.
#[derive(Deserialize)]
struct Case {
    source: Vec<Vec<i32>>,
    target: Vec<Vec<i32>>,
    torch_norm: Option<Vec<f32>>,
    srp_norm: Option<Vec<f32>>,
    weighted: Option<Vec<f32>>,
    unweighted: Option<Vec<f32>>,
}

impl Case {
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(fixture(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn logits(&self, taken: &Taken) -> Vec<f32> {
        let model =
            Transformer::<Cpu>::from_state(&taken.blueprint, &taken.state, &DEVICE).unwrap();
        let source = Source::new(&self.source.concat(), self.source[0].len(), &DEVICE);
        let target = Target::new(&self.target.concat(), self.target[0].len(), &DEVICE);
        values(model.forward(&source, &target, Pass::plain()))
    }
}

/// The largest difference, relative to the largest logit.
fn difference(logits: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(logits.len(), expected.len());
    let pairs = logits.iter().zip(expected);
    let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    apart / expected.iter().fold(0.0_f32, |a, b| a.max(b.abs()))
}

fn assert_close(logits: &[f32], expected: &Option<Vec<f32>>) {
    let apart = difference(logits, expected.as_ref().unwrap());
    assert!(apart <= ROUNDING, "{apart}");
}

#[test]
fn a_plain_transformer_with_its_own_projection_computes_what_it_did() {
    let case = Case::read("plain.json");
    let taken = read(&fixture("plain.pt"), &separate());
    assert_eq!(taken.blueprint, Blueprint::unpruned(&separate(), 20, 24));
    let logits = case.logits(&taken);
    assert_close(&logits, &case.srp_norm);
    // fairseq's layer norm adds its epsilon inside the root. That moves the logits, computed exactly, by so much.
    let norms = [&case.srp_norm, &case.torch_norm].map(|norm| norm.as_ref().unwrap());
    let moved = difference(norms[0], norms[1]);
    assert!(moved > 4e-6 && moved < 5e-6, "{moved}");
    let apart = difference(&logits, norms[1]);
    assert!(apart <= moved + ROUNDING, "{apart}");
}

#[test]
fn a_tied_transformer_in_the_old_format_computes_what_it_did() {
    let case = Case::read("tied.json");
    let taken = read(&fixture("tied.pt"), &tied(LayerNorm::Weighted));
    assert!(!taken.state.contains_key("decoder.output_projection.weight"));
    assert_close(&case.logits(&taken), &case.srp_norm);
}

#[test]
fn a_tied_transformer_may_be_taken_as_one_with_its_own_projection() {
    let case = Case::read("tied.json");
    let taken = read(&fixture("tied.pt"), &separate());
    assert_close(&case.logits(&taken), &case.srp_norm);
}

#[test]
fn a_pruned_model_computes_what_it_did_with_both_layer_norms() {
    let case = Case::read("srp_pruned.json");
    for (layer_norm, expected) in [
        (LayerNorm::Weighted, &case.weighted),
        (LayerNorm::Unweighted, &case.unweighted),
    ] {
        let taken = read(&fixture("srp_pruned.pt"), &tied(layer_norm));
        let shape = &taken.blueprint.shape;
        assert_eq!((shape.encoder.d_model, shape.decoder.d_model), (12, 11));
        assert_eq!(shape.encoder.layers[1].d_ff, 0);
        assert_eq!(shape.decoder.layers[0].cross_attention.qk, 8);
        assert_close(&case.logits(&taken), expected);
    }
}

#[test]
fn a_state_dictionary_in_half_precision_is_the_same_model() {
    let architecture = tied(LayerNorm::Weighted);
    let whole = read(&fixture("srp_pruned.pt"), &architecture);
    let half = read(&fixture("srp_pruned_half.pt"), &architecture);
    assert_eq!(half, whole);
}

#[test]
fn a_configuration_in_plain_values_is_read_and_another_is_noted() {
    let notes = |name, architecture: &Architecture| read(&fixture(name), architecture).notes;
    let gone = Note::Emptied(GroupName::FeedForward(Side::Encoder, 1));
    let tied = tied(LayerNorm::Weighted);
    assert_eq!(notes("tied.pt", &tied), []);
    assert_eq!(notes("tied.pt", &separate()), [Note::ProjectionIsTable]);
    assert_eq!(notes("plain.pt", &separate()), [Note::NoSettings]);
    assert_eq!(notes("srp_pruned.pt", &tied), [Note::NoSettings, gone]);
    assert_eq!(notes("srp_pruned_half.pt", &tied), [Note::NoSettings, gone]);
}

#[test]
fn a_configuration_in_the_file_is_compared_with_the_architecture() {
    let four = architecture(4, LayerNorm::Weighted, OutputProjection::Tied);
    let message = refused(&fixture("tied.pt"), &four);
    assert!(
        message.contains("`encoder_attention_heads` = 2, expected 4: `heads` says so"),
        "{message}"
    );
}

#[test]
fn a_separate_projection_is_not_taken_for_a_tied_one() {
    let message = refused(&fixture("plain.pt"), &tied(LayerNorm::Weighted));
    assert!(
        message.contains("set `output-projection = \"separate\"`"),
        "{message}"
    );
}

#[test]
fn other_dictionaries_are_refused_by_name_of_the_file() {
    let path = fixture("plain.pt");
    let error = fairseq::read(&path, &separate(), 21, 24).unwrap_err();
    let message = chain(&error);
    assert!(
        message.contains("tests/fixtures/fairseq/plain.pt"),
        "{message}"
    );
    assert!(
        message.contains("the source dictionary has 21 symbols"),
        "{message}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = refused(&fixture("absent.pt"), &separate());
    assert!(message.contains("absent.pt"), "{message}");
    assert!(
        message.contains("not a whole PyTorch checkpoint"),
        "{message}"
    );
}

#[test]
fn text_is_no_checkpoint() {
    let message = refused(&fixture("make.py"), &separate());
    assert!(
        message.contains("not a whole PyTorch checkpoint"),
        "{message}"
    );
}

#[test]
fn a_checkpoint_that_is_cut_short_is_refused() {
    for name in ["plain.pt", "tied.pt"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        for length in [0, 1, 1000, whole.len() / 2, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let message = refused(&path, &separate());
            assert!(
                message.contains("not a whole PyTorch checkpoint"),
                "{length}: {message}"
            );
        }
    }
}

#[test]
fn a_checkpoint_with_a_flipped_bit_is_refused() {
    let mut bytes = std::fs::read(fixture("plain.pt")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plain.pt");
    std::fs::write(&path, &bytes).unwrap();
    let message = refused(&path, &separate());
    assert!(message.contains("checksum"), "{message}");
}

#[test]
fn a_list_is_no_checkpoint() {
    let message = refused(&fixture("list.pt"), &separate());
    assert!(
        message.contains("it holds a list, expected a dictionary with `model`"),
        "{message}"
    );
}

#[test]
fn code_in_a_checkpoint_is_named_and_not_run() {
    let message = refused(&fixture("code.pt"), &separate());
    assert!(
        message.contains("whose `model` is a `posix.system`"),
        "{message}"
    );
    assert!(!Path::new("code-was-run").exists());
}

#[test]
fn a_tensor_larger_than_its_file_is_not_unfolded() {
    let message = refused(&fixture("expanded.pt"), &separate());
    assert!(
        message.contains("`encoder.zeros` would take 1073741824 bytes, more than the whole file"),
        "{message}"
    );
}
