//! The losses (SPEC §9), summed over tokens.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Int, Tensor, backend::Backend};

/// What a batch loses, summed over its target tokens.
#[derive(Debug, Clone)]
pub struct Loss<B: Backend> {
    /// Label-smoothed cross entropy; `[1]`.
    pub smoothed: Tensor<B, 1>,
    /// Negative log-likelihood; `[1]`.
    pub nll: Tensor<B, 1>,
}

/// Label-smoothed cross entropy: the right class weighs `1 - smoothing`, every other class the same share of the
/// rest.
///
/// # Shapes
/// - `logits`: `[rows, vocab]`
/// - `targets`: `[rows]`
/// - `valid`: `[rows, 1]`, 1 where the target is a token and 0 where it is padding
pub fn label_smoothed<B: Backend>(
    logits: Tensor<B, 2>,
    targets: Tensor<B, 1, Int>,
    valid: Tensor<B, 2>,
    smoothing: f64,
) -> Loss<B> {
    let [_, vocab] = logits.dims();
    let each = smoothing / (vocab as f64 - 1.0);
    let highest = logits.clone().detach().max_dim(1);
    let log_total = (logits.clone() - highest.clone()).exp().sum_dim(1).log() + highest;
    let right = logits.clone().gather(1, targets.unsqueeze_dim(1));
    let nll = (log_total.clone() - right) * valid.clone();
    let all = (log_total * vocab as f64 - logits.sum_dim(1)) * valid;
    let nll = nll.sum();
    Loss {
        smoothed: nll.clone() * (1.0 - smoothing - each) + all.sum() * each,
        nll,
    }
}

/// Distance from the teacher's to the student's softened distribution, times the squared temperature.
///
/// # Shapes
/// - `student`, `teacher`: logits, `[rows, vocab]`
/// - `valid`: `[rows, 1]`, the weight of each row
/// - returns: `[1]`
pub fn distillation<B: Backend>(
    student: Tensor<B, 2>,
    teacher: Tensor<B, 2>,
    valid: Tensor<B, 2>,
    temperature: f64,
) -> Tensor<B, 1> {
    let teacher = teacher / temperature;
    let expected = softmax(teacher.clone(), 1);
    let difference = log_softmax(teacher, 1) - log_softmax(student / temperature, 1);
    ((expected * difference).sum_dim(1) * valid).sum() * (temperature * temperature)
}
