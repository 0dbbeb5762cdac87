//! Token ids on the device, with what follows from their padding.

use super::embedding::PAD;
use burn::tensor::backend::{AutodiffBackend, Backend};
use burn::tensor::{Int, Tensor, TensorData};

/// Added to the score of a forbidden position: far below any score, and exactly 0 after softmax.
const FORBIDDEN: f32 = -1e9;

/// A batch of source sentences.
#[derive(Debug, Clone)]
pub struct Source<B: Backend> {
    pub(super) tokens: Tensor<B, 1, Int>,
    pub(super) positions: Tensor<B, 1, Int>,
    /// 1 at tokens, 0 at padding; `[batch * src_len, 1]`; absent without padding.
    pub(super) present: Option<Tensor<B, 2>>,
    /// What attention to the source adds to its scores; `[batch, 1, 1, src_len]`.
    pub(super) bias: Tensor<B, 4>,
    /// Sentences.
    pub batch: usize,
    /// Tokens of the longest sentence.
    pub src_len: usize,
}

/// A batch of decoder inputs.
#[derive(Debug, Clone)]
pub struct Target<B: Backend> {
    pub(super) tokens: Tensor<B, 1, Int>,
    pub(super) positions: Tensor<B, 1, Int>,
    /// As of [`Source`].
    pub(super) present: Option<Tensor<B, 2>>,
    /// What self-attention adds to its scores; `[batch, 1, tgt_len, tgt_len]`.
    pub(super) bias: Tensor<B, 4>,
    /// Sentences.
    pub batch: usize,
    /// Tokens of the longest sentence.
    pub tgt_len: usize,
}

impl<B: Backend> Source<B> {
    /// Takes padded sentences to the device.
    ///
    /// # Shapes
    /// - `ids`: `[batch, src_len]`, rows first; padding may be on either side
    pub fn new(ids: &[i32], src_len: usize, device: &B::Device) -> Self {
        let batch = ids.len() / src_len;
        let present = present(ids, device);
        let bias: Vec<f32> = ids
            .iter()
            .map(|&id| if is_pad(id) { FORBIDDEN } else { 0.0 })
            .collect();
        Self {
            tokens: ints(ids.to_vec(), device),
            positions: ints(positions(ids, src_len), device),
            present,
            bias: Tensor::from_data(TensorData::new(bias, [batch, 1, 1, src_len]), device),
            batch,
            src_len,
        }
    }
}

impl<B: Backend> Source<B> {
    /// Where the batch lies.
    pub fn device(&self) -> B::Device {
        self.tokens.device()
    }
}

impl<B: Backend> Target<B> {
    /// Takes padded decoder inputs to the device.
    ///
    /// # Shapes
    /// - `ids`: `[batch, tgt_len]`, rows first
    pub fn new(ids: &[i32], tgt_len: usize, device: &B::Device) -> Self {
        let batch = ids.len() / tgt_len;
        let mut bias = Vec::with_capacity(ids.len() * tgt_len);
        for sentence in ids.chunks_exact(tgt_len) {
            for query in 0..tgt_len {
                bias.extend(sentence.iter().enumerate().map(|(key, &id)| {
                    if is_pad(id) || key > query {
                        FORBIDDEN
                    } else {
                        0.0
                    }
                }));
            }
        }
        Self {
            tokens: ints(ids.to_vec(), device),
            positions: ints(positions(ids, tgt_len), device),
            present: present(ids, device),
            bias: Tensor::from_data(TensorData::new(bias, [batch, 1, tgt_len, tgt_len]), device),
            batch,
            tgt_len,
        }
    }
}

impl<B: AutodiffBackend> Source<B> {
    /// The same batch for a model that does not learn.
    pub fn inner(&self) -> Source<B::InnerBackend> {
        Source {
            tokens: self.tokens.clone().inner(),
            positions: self.positions.clone().inner(),
            present: self.present.clone().map(Tensor::inner),
            bias: self.bias.clone().inner(),
            batch: self.batch,
            src_len: self.src_len,
        }
    }
}

impl<B: AutodiffBackend> Target<B> {
    /// The same batch for a model that does not learn.
    pub fn inner(&self) -> Target<B::InnerBackend> {
        Target {
            tokens: self.tokens.clone().inner(),
            positions: self.positions.clone().inner(),
            present: self.present.clone().map(Tensor::inner),
            bias: self.bias.clone().inner(),
            batch: self.batch,
            tgt_len: self.tgt_len,
        }
    }
}

/// 1 at tokens, 0 at padding, `[ids.len(), 1]`; none where nothing is padding.
fn present<B: Backend>(ids: &[i32], device: &B::Device) -> Option<Tensor<B, 2>> {
    ids.iter().any(|&id| is_pad(id)).then(|| {
        let present = ids.iter().map(|&id| if is_pad(id) { 0.0_f32 } else { 1.0 });
        Tensor::from_data(TensorData::new(present.collect(), [ids.len(), 1]), device)
    })
}

fn is_pad(id: i32) -> bool {
    id == PAD as i32
}

pub(super) fn ints<B: Backend>(values: Vec<i32>, device: &B::Device) -> Tensor<B, 1, Int> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// The position of each token: padding has its own, the first other token of a sentence the one after it.
fn positions(ids: &[i32], len: usize) -> Vec<i32> {
    ids.chunks_exact(len)
        .flat_map(|sentence| {
            let mut last = PAD as i32;
            sentence.iter().map(move |&id| {
                if is_pad(id) {
                    return PAD as i32;
                }
                last += 1;
                last
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_on_the_left_does_not_shift_positions() {
        assert_eq!(
            positions(&[1, 1, 5, 2, 7, 8, 9, 2], 4),
            [1, 1, 2, 3, 2, 3, 4, 5]
        );
    }
}
