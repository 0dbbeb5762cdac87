//! 03: losses and their gradients.

use super::data::read;
use super::tensors::*;
use burn::tensor::{Int, Tensor, TensorData};
use serde::Deserialize;
use srp::kernels::Kernels;

#[derive(Deserialize)]
struct Case {
    config: Settings,
    expected: Expected,
    tolerance_f32: Tolerance,
}

#[derive(Deserialize)]
struct Settings {
    label_smoothing: f64,
    kd_weight: f64,
    temperature: f64,
}

#[derive(Deserialize)]
struct Expected {
    label_smoothed_loss_sum: f64,
    nll_loss_sum: f64,
    sample_size_ntokens: usize,
    #[serde(rename = "kd_sum_all_positions_times_T2")]
    kd_all: f64,
    #[serde(rename = "kd_sum_nonpad_positions_times_T2")]
    kd_valid: f64,
    total_reference: f64,
    total_with_nonpad_kd: f64,
}

#[derive(Deserialize)]
struct Tolerance {
    rel: f64,
}

#[test]
fn losses_and_gradients_are_the_references() {
    let _alone = alone();
    for name in super::data::cases("03_losses") {
        let case: Case = read(&format!("{name}/case.json"));
        let io = tensors(&format!("{name}/io.safetensors"));
        let batch = GoldenBatch::new(&io, "").collated();
        assert_eq!(batch.target_tokens, case.expected.sample_size_ntokens);
        let logits = |name: &str| {
            let array = &io[name];
            let vocab = array.shape[2];
            let data = TensorData::new(array.data.clone(), [array.data.len() / vocab, vocab]);
            Tensor::<Learning, 2>::from_data(data, &DEVICE)
        };
        let rows = batch.target.len();
        let targets = TensorData::new(batch.target.clone(), [rows]);
        let targets = Tensor::<Learning, 1, Int>::from_data(targets, &DEVICE);
        let valid: Vec<f32> = batch
            .target
            .iter()
            .map(|&id| if id == 1 { 0.0 } else { 1.0 })
            .collect();
        let valid = Tensor::<Learning, 2>::from_data(TensorData::new(valid, [rows, 1]), &DEVICE);
        let close = |got: Tensor<Learning, 1>, expected: f64, what: &str| {
            let got = f64::from(got.into_scalar());
            let tolerance = case.tolerance_f32.rel * expected.abs();
            assert!(
                (got - expected).abs() <= tolerance,
                "{name}, {what}: {got}, expected {expected}"
            );
        };
        for (weights, kd, total, gradient) in [
            (
                valid.ones_like(),
                case.expected.kd_all,
                case.expected.total_reference,
                "grad_total_wrt_logits",
            ),
            (
                valid.clone(),
                case.expected.kd_valid,
                case.expected.total_with_nonpad_kd,
                "grad_total_nonpad_kd_wrt_logits",
            ),
        ] {
            let student = logits("student_logits").require_grad();
            let loss = Learning::cross_entropy(
                student.clone(),
                targets.clone(),
                valid.clone(),
                case.config.label_smoothing,
            );
            let teaching = Learning::distillation(
                student.clone(),
                logits("teacher_logits"),
                weights,
                case.config.temperature,
            );
            close(
                loss.smoothed.clone(),
                case.expected.label_smoothed_loss_sum,
                "smoothed",
            );
            close(loss.nll, case.expected.nll_loss_sum, "nll");
            close(teaching.clone(), kd, "distillation");
            let sum = loss.smoothed + teaching * case.config.kd_weight;
            close(sum.clone(), total, "total");
            let got = student.grad(&sum.backward()).unwrap();
            let largest = io[gradient]
                .data
                .iter()
                .fold(0.0_f32, |a, b| a.max(b.abs()));
            let tolerance = case.tolerance_f32.rel * f64::from(largest);
            assert_within(
                &values(got),
                &io[gradient].data,
                tolerance,
                &format!("{name}, {gradient}"),
            );
        }
    }
}
