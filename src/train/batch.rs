//! A batch on the device.

use crate::device::Feed;
use crate::model::{Source, Target};
use crate::text::batching::Batch;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor, TensorData};

/// A batch of sentence pairs on the device.
#[derive(Debug, Clone)]
pub struct DeviceBatch<B: Backend> {
    /// The sources.
    pub source: Source<B>,
    /// The targets, shifted right.
    pub decoder_input: Target<B>,
    /// The targets; `[batch * tgt_len]`.
    pub targets: Tensor<B, 1, Int>,
    /// 1 where the target is a token, 0 where it is padding; `[batch * tgt_len, 1]`.
    pub valid: Tensor<B, 2>,
    /// Target tokens with their end-of-sentence, without padding.
    pub target_tokens: usize,
}

/// Token id of padding.
const PAD: i32 = crate::text::vocabulary::PAD as i32;

impl<B: Backend> DeviceBatch<B> {
    /// Takes a batch to the device, padded as that one wants it.
    pub fn new(batch: &Batch, device: &B::Device) -> Self {
        match Feed::of::<B>(device).multiple_of {
            1 => Self::as_it_is(batch, device),
            multiple => Self::as_it_is(&batch.padded(multiple), device),
        }
    }

    /// Takes a batch to the device.
    fn as_it_is(batch: &Batch, device: &B::Device) -> Self {
        let rows = batch.target.len();
        let valid: Vec<f32> = batch
            .target
            .iter()
            .map(|&id| if id == PAD { 0.0 } else { 1.0 })
            .collect();
        Self {
            source: Source::new(&batch.source, batch.src_len, device),
            decoder_input: Target::new(&batch.decoder_input, batch.tgt_len, device),
            targets: Tensor::from_data(TensorData::new(batch.target.clone(), [rows]), device),
            valid: Tensor::from_data(TensorData::new(valid, [rows, 1]), device),
            target_tokens: batch.target_tokens,
        }
    }
}

impl<B: AutodiffBackend> DeviceBatch<B> {
    /// The same batch for a model that does not learn.
    pub fn inner(&self) -> DeviceBatch<B::InnerBackend> {
        DeviceBatch {
            source: self.source.inner(),
            decoder_input: self.decoder_input.inner(),
            targets: self.targets.clone().inner(),
            valid: self.valid.clone().inner(),
            target_tokens: self.target_tokens,
        }
    }
}
