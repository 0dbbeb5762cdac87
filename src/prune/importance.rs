//! Importance scores: how strongly the loss asks to keep each connectivity parameter.
//!
//! The score is the negative gradient of the loss with respect to the parameter, all of which are 1 (SPEC §5).
//! Nothing is removed here: `selection` decides, `schedule` fades, `compaction` cuts.

use super::PruneError;
use crate::groups::Groups;
use crate::kernels::Learning;
use crate::model::{Pass, Transformer, ones};
use crate::train::{DeviceBatch, Teacher, objective};
use burn::tensor::{ElementConversion, Tensor};

/// What a scoring pass found.
#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// The gradient of the loss with respect to each connectivity parameter, summed over batches.
    pub gradients: Groups<Vec<f32>>,
    /// The loss of each batch.
    pub losses: Vec<f64>,
}

impl Importance {
    /// The same, if it consists of numbers.
    ///
    /// # Errors
    /// [`PruneError::Scores`] with the first group that has something else.
    pub fn checked(self) -> Result<Self, PruneError> {
        let is_number = |(_, values): &(_, &Vec<f32>)| values.iter().all(|v| v.is_finite());
        let broken = self.gradients.iter().find(|group| !is_number(group));
        match broken.map(|(name, _)| name.to_string()) {
            None => Ok(self),
            Some(group) => Err(PruneError::Scores { group }),
        }
    }
}

/// Gradients of the objective, summed over tokens and batches, without dropout.
///
/// A teacher adds nothing where it is the same function as the model, as in the first round without a warm-up; it
/// does when it is another model, or when the model has trained since.
pub fn connectivity_gradients<B: Learning>(
    model: &Transformer<B>,
    sizes: &Groups<usize>,
    batches: impl IntoIterator<Item = DeviceBatch<B>>,
    smoothing: f64,
    teacher: Option<&Teacher<B>>,
) -> Importance {
    let mut sums: Groups<Vec<f32>> = sizes.map(|_, &size| vec![0.0; size]);
    let mut losses = Vec::new();
    for batch in batches {
        let device = batch.valid.device();
        let connectivity =
            ones::<B>(sizes, &device).map(|_, c| c.clone().map(Tensor::require_grad));
        let pass = Pass {
            connectivity: Some(&connectivity),
            ..Pass::plain()
        };
        let logits = model.forward(&batch.source, &batch.decoder_input, pass);
        let loss = objective(logits, &batch, smoothing, teacher, pass.precision).total;
        let gradients = loss.backward();
        losses.push(loss.into_scalar().elem());
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
