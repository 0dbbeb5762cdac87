//! Importance scores: how strongly the loss asks to keep each connectivity parameter.
//!
//! The score is the negative gradient of the loss with respect to the parameter, all of which are 1 (SPEC §5).
//! Nothing is removed here: `selection` decides, `schedule` fades, `compaction` cuts.

use crate::groups::Groups;
use crate::model::{Pass, Transformer, ones};
use crate::train::{DeviceBatch, label_smoothed};
use burn::tensor::Tensor;
use burn::tensor::backend::AutodiffBackend;

/// What a scoring pass found.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The gradient of the loss with respect to each connectivity parameter, summed over batches.
    pub gradients: Groups<Vec<f32>>,
    /// The loss of each batch.
    pub losses: Vec<f64>,
}

/// Gradients of the label-smoothed loss, summed over tokens and batches, without dropout.
///
/// A teacher that is the same function as the model adds exactly nothing to them (SPEC §5), and so is left out.
pub fn connectivity_gradients<B: AutodiffBackend>(
    model: &Transformer<B>,
    sizes: &Groups<usize>,
    batches: impl IntoIterator<Item = DeviceBatch<B>>,
    smoothing: f64,
) -> Importance {
    let mut sums: Groups<Vec<f32>> = sizes.map(|_, &size| vec![0.0; size]);
    let mut losses = Vec::new();
    for batch in batches {
        let device = batch.valid.device();
        let connectivity =
            ones::<B>(sizes, &device).map(|_, c| c.clone().map(Tensor::require_grad));
        let pass = Pass {
            connectivity: Some(&connectivity),
            dropout: None,
        };
        let logits = model.forward(&batch.source, &batch.decoder_input, pass);
        let loss = label_smoothed(logits, batch.targets, batch.valid, smoothing).smoothed;
        let gradients = loss.backward();
        losses.push(f64::from(
            loss.into_data().convert::<f32>().iter::<f32>().sum::<f32>(),
        ));
        sums = sums.map(|name, sum| {
            let gradient = connectivity
                .get(name)
                .as_ref()
                .and_then(|c| c.grad(&gradients));
            match gradient {
                Some(gradient) => {
                    let gradient = gradient.into_data().convert::<f32>();
                    sum.iter()
                        .zip(gradient.iter::<f32>())
                        .map(|(a, b)| a + b)
                        .collect()
                }
                None => sum.clone(),
            }
        });
    }
    Importance {
        gradients: sums,
        losses,
    }
}
