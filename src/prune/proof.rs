//! The proof that a cut changes nothing.

use super::{Counts, PruneError};
use crate::device::rounding;
use crate::kernels::Kernels;
use crate::model::{Connectivity, Pass, Transformer};
use crate::text::batching::Batch;
use crate::train::DeviceBatch;
use burn::tensor::backend::Backend;
use burn::tensor::{ElementConversion, Tensor};
use serde::{Deserialize, Serialize};

/// The proof that a cut changed nothing: the model with the selected groups at zero, against the cut model, on
/// validation sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Safety {
    /// The epoch after which it was cut.
    pub epoch: usize,
    /// What was removed.
    pub removed: Counts,
    /// Sentences compared.
    pub sentences: usize,
    /// The largest difference of two logits.
    pub largest_difference: f64,
    /// The largest absolute logit.
    pub largest_logit: f64,
}

/// Compares a model whose selected groups are at zero, which is `whole` with the connectivity `staying`, to the one that
/// was cut out of it, on the sentences of `batches`.
///
/// # Errors
/// If they differ by more than rounding, or there is no sentence.
pub(super) fn prove<B: Kernels>(
    whole: &Transformer<B>,
    staying: &Connectivity<B>,
    cut: &Transformer<B>,
    batches: &[Batch],
    device: &B::Device,
) -> Result<Proof, PruneError> {
    let mut proof = Proof::default();
    for batch in batches {
        proof.sentences += batch.ids.len();
        let batch = DeviceBatch::<B>::new(batch, device);
        let pass = Pass {
            connectivity: Some(staying),
            ..Pass::plain()
        };
        let expected =
            whole.forward(&batch.source, &batch.decoder_input, pass) * batch.valid.clone();
        let actual = cut.forward(&batch.source, &batch.decoder_input, Pass::plain()) * batch.valid;
        proof.largest_logit = proof.largest_logit.max(largest(expected.clone()));
        proof.largest_difference = proof.largest_difference.max(largest(expected - actual));
    }
    let tolerance = rounding::<B>(device) * proof.largest_logit.max(1.0);
    let difference = proof.largest_difference;
    if proof.sentences == 0 {
        Err(PruneError::NothingToProveOn)
    } else if difference.is_infinite() || difference > tolerance {
        Err(PruneError::Unsafe {
            difference,
            tolerance,
        })
    } else {
        Ok(proof)
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Proof {
    sentences: usize,
    largest_difference: f64,
    largest_logit: f64,
}

impl Proof {
    /// The proof of the cut that came after an epoch and removed so much.
    pub(super) fn of(self, epoch: usize, removed: Counts) -> Safety {
        Safety {
            epoch,
            removed,
            sentences: self.sentences,
            largest_difference: self.largest_difference,
            largest_logit: self.largest_logit,
        }
    }
}

/// The largest absolute entry; infinite if one is not a number.
fn largest<B: Backend>(x: Tensor<B, 2>) -> f64 {
    let sum: f64 = x.clone().sum().into_scalar().elem();
    match sum.is_nan() {
        true => f64::INFINITY,
        false => x.abs().max().into_scalar().elem(),
    }
}
