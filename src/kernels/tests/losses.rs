//! Cross entropy and distillation.

use super::*;

pub(super) type Loss =
    fn(Tensor<Cpu, 2>, Tensor<Cpu, 1, Int>, Tensor<Cpu, 2>, f64) -> CrossEntropy<Cpu>;

pub(super) fn loss_found(
    kernel: Loss,
    scores: &Leaf,
    targets: &[i32],
    valid: &Leaf,
    factor: f32,
) -> Found {
    let scores = scores.tensor();
    let targets = TensorData::new(targets.to_vec(), [targets.len()]);
    let targets = Tensor::from_data(targets, &FlexDevice);
    let loss = kernel(scores.clone(), targets, valid.constant(), 0.1);
    let gradients = (loss.smoothed.clone() * factor).backward();
    [
        numbers(loss.smoothed.inner()),
        numbers(loss.nll.inner()),
        numbers(scores.grad(&gradients).unwrap()),
    ]
    .to_vec()
}

#[test]
fn the_loss_is_what_it_is_composed_of() {
    let mut stream = Stream::new(5, "loss");
    for _ in 0..60 {
        let (rows, vocab) = (size(&mut stream), 3 + 11 * stream.below(30));
        let scores = Leaf::random(&mut stream, &[rows, vocab]);
        let targets: Vec<i32> = (0..rows).map(|_| stream.below(vocab) as i32).collect();
        let mut valid = Leaf::random(&mut stream, &[rows, 1]);
        for valid in &mut valid.data {
            *valid = stream.below(2) as f32;
        }
        for factor in [1.0, 0.25] {
            let fused = loss_found(Cpu::cross_entropy, &scores, &targets, &valid, factor);
            let composed = loss_found(composite::cross_entropy, &scores, &targets, &valid, factor);
            assert_alike(&fused, &composed, &format!("{rows} rows of {vocab}"));
        }
    }
}

type Teaching = fn(Tensor<Cpu, 2>, Tensor<Cpu, 2>, Tensor<Cpu, 2>, f64) -> Tensor<Cpu, 1>;

/// What the student among the two loses against the teacher.
pub(super) fn distillation_found(
    kernel: Teaching,
    [student, teacher]: [&Leaf; 2],
    valid: &Leaf,
    temperature: f64,
) -> Found {
    let student = student.tensor();
    let loss = kernel(
        student.clone(),
        teacher.constant(),
        valid.constant(),
        temperature,
    );
    Gathered::of(loss).gradient(&student).0
}

#[test]
fn distillation_is_what_it_is_composed_of() {
    let mut stream = Stream::new(10, "distillation");
    for _ in 0..60 {
        let (rows, vocab) = (size(&mut stream), 3 + 11 * stream.below(30));
        let [student, teacher] = [(); 2].map(|()| Leaf::random(&mut stream, &[rows, vocab]));
        let mut valid = Leaf::random(&mut stream, &[rows, 1]);
        for valid in &mut valid.data {
            *valid = stream.below(2) as f32;
        }
        let found = |kernel, temperature| {
            distillation_found(kernel, [&student, &teacher], &valid, temperature)
        };
        for temperature in [1.0, 10.0] {
            let fused = found(Cpu::distillation, temperature);
            let composed = found(composite::distillation, temperature);
            assert_alike(&fused, &composed, &format!("{rows} rows of {vocab}"));
        }
    }
}

#[test]
fn a_student_that_is_its_teacher_learns_nothing_from_it() {
    let scores = Leaf::random(&mut Stream::new(11, "distillation"), &[7, 50]);
    let valid = Leaf {
        data: vec![1.0; 7],
        shape: vec![7, 1],
    };
    let student = scores.tensor();
    let loss = Cpu::distillation(student.clone(), scores.constant(), valid.constant(), 10.0);
    let gradient = numbers(student.grad(&loss.backward()).unwrap());
    assert!(gradient.iter().all(|&x| x == 0.0));
    assert_eq!(numbers(loss.inner()), [0.0]);
}

#[test]
fn a_loss_that_is_no_number_is_said_to_be_none() {
    let scores = Leaf {
        data: vec![0.0, f32::NAN, 1.0],
        shape: vec![1, 3],
    };
    let valid = Leaf {
        data: vec![1.0],
        shape: vec![1, 1],
    };
    let found = loss_found(Cpu::cross_entropy, &scores, &[0], &valid, 1.0);
    assert!(found[0][0].is_nan() && found[1][0].is_nan());
}
