//! The losses (SPEC §9), summed over tokens.

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Tensor, backend::Backend};

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
