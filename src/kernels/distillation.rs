//! What a student loses against its teacher; its gradient is made in the forward pass, where the teacher's scores were.

use super::chunks::shared;
use super::simd::{dot, exp, max, sum, vectorised};
use rayon::prelude::*;

/// The distance of the softened distributions, summed over rows, from scores `[rows, vocab]`. Those of the teacher
/// become the gradient of the student's.
pub(super) fn differentiate(
    student: &[f32],
    teacher: &mut [f32],
    valid: &[f32],
    temperature: f64,
) -> f64 {
    let rows = valid.len();
    if rows == 0 {
        return 0.0;
    }
    let vocab = student.len() / rows;
    let pieces = teacher.par_chunks_exact_mut(vocab);
    let pieces = pieces.zip(student.par_chunks_exact(vocab)).zip(valid);
    let losses: Vec<f32> = shared(pieces, student.len())
        .map_init(
            || [vec![0.0; vocab], vec![0.0; vocab]],
            |room, ((teacher, student), &valid)| {
                row(student, teacher, room, valid, temperature as f32)
            },
        )
        .collect();
    losses.into_iter().map(f64::from).sum()
}

vectorised! {
    /// The loss of one row; the teacher's scores become its gradient.
    fn row(student: &[f32], teacher: &mut [f32], room: &mut [Vec<f32>; 2], valid: f32, temperature: f32) -> f32 {
        if valid == 0.0 {
            teacher.fill(0.0);
            return 0.0;
        }
        let vocab = student.len();
        let [differences, powers] = room;
        let (differences, powers) = (&mut differences[..vocab], &mut powers[..vocab]);
        let teacher = &mut teacher[..vocab];
        let (highest, highest_taught) = (max(student), max(teacher));
        let cold = 1.0 / temperature;
        for index in 0..vocab {
            let own = (student[index] - highest) * cold;
            let taught = (teacher[index] - highest_taught) * cold;
            differences[index] = taught - own;
            powers[index] = exp(own);
            teacher[index] = exp(taught);
        }
        let (total, total_taught) = (sum(powers), sum(teacher));
        let distance = dot(teacher, differences) / total_taught + (total.ln() - total_taught.ln());
        let slope = valid * temperature;
        let (own, taught) = (slope / total, slope / total_taught);
        for (teacher, power) in teacher.iter_mut().zip(&*powers) {
            *teacher = power * own - *teacher * taught;
        }
        valid * distance * temperature * temperature
    }
}
