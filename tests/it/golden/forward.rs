//! 01 and 02: the forward pass, plain and with connectivity.

use super::tensors::*;
use burn::tensor::{Tensor, TensorData};
use srp::config;
use srp::model::state::Array;
use srp::model::{LayerNorm, NormRule, Pass, Transformer, position_table};

#[test]
fn the_plain_model_gives_the_reference_logits() {
    let case = "01_forward";
    let io = tensors("01_forward/io.safetensors");
    let blueprint = config(case).blueprint();
    let model = Transformer::<Cpu>::from_state(
        &blueprint,
        &tensors("01_forward/weights.safetensors"),
        &DEVICE,
    )
    .unwrap();
    let batch = GoldenBatch::new(&io, "");
    let logits = model.forward(&batch.source(), &batch.decoder_input(), Pass::plain());
    assert_within(
        &values(logits),
        &io["logits"].data,
        logits_tolerance(case),
        "logits",
    );
    let memory = model.encode(&batch.source(), Pass::plain());
    let [batch, len, d] = [
        io["src_tokens"].shape[0],
        io["src_tokens"].shape[1],
        blueprint.shape.encoder.d_model,
    ];
    let memory = memory.reshape([batch, len, d]).swap_dims(0, 1);
    assert_within(
        &values(memory),
        &io["encoder_out_TBC"].data,
        logits_tolerance(case),
        "encoder output",
    );
}

#[test]
fn a_state_goes_through_the_model_unchanged() {
    let weights = tensors("01_forward/weights.safetensors");
    let blueprint = config("01_forward").blueprint();
    let model = Transformer::<Cpu>::from_state(&blueprint, &weights, &DEVICE).unwrap();
    assert_eq!(model.to_state(), weights);
    let count: usize = weights.values().map(|array| array.data.len()).sum();
    assert_eq!(blueprint.shape.parameters(), count as u64);
}

#[test]
fn positions_are_the_reference_table() {
    let io = tensors("01_forward/io.safetensors");
    let table = &io["position_table_first_40_rows"];
    let columns: Vec<usize> = (0..table.shape[1]).collect();
    let ours = position_table(table.shape[0], table.shape[1], &columns);
    assert_within(&ours, &table.data, 1e-6, "positions");
}

#[test]
fn connectivity_scales_what_the_reference_scales() {
    let case = "02_connectivity";
    let io = tensors("02_connectivity/io.safetensors");
    let weights = tensors("02_connectivity/weights.safetensors");
    let vectors = tensors("02_connectivity/connectivity.safetensors");
    let batch = GoldenBatch::new(&io, "");
    for (mode, name) in [
        (config::LayerNorm::Weighted, "weighted"),
        (config::LayerNorm::Unweighted, "unweighted"),
    ] {
        let mut blueprint = config(case).blueprint();
        blueprint.layer_norm = mode;
        let model = Transformer::<Cpu>::from_state(&blueprint, &weights, &DEVICE).unwrap();
        let c = connectivity(&blueprint.shape.groups(), &vectors);
        let logits = |connectivity| {
            let pass = Pass {
                connectivity,
                ..Pass::plain()
            };
            values(model.forward(&batch.source(), &batch.decoder_input(), pass))
        };
        let tolerance = logits_tolerance(case);
        let active = format!("logits_{name}_ln");
        assert_within(&logits(Some(&c)), &io[&active].data, tolerance, &active);
        let plain = format!("logits_{name}_ln_no_connectivity");
        assert_within(&logits(None), &io[&plain].data, tolerance, &plain);
    }
}

#[test]
fn layer_norm_has_the_reference_variants() {
    let io = tensors("02_connectivity/io.safetensors");
    let vector = |array: &Array| {
        Tensor::<Cpu, 1>::from_data(
            TensorData::new(array.data.clone(), [array.data.len()]),
            &DEVICE,
        )
    };
    let norm = LayerNorm::new(vector(&io["ln_weight"]), vector(&io["ln_bias"]));
    let input = &io["ln_input"];
    let width = input.shape[2];
    let x = Tensor::<Cpu, 2>::from_data(
        TensorData::new(input.data.clone(), [input.data.len() / width, width]),
        &DEVICE,
    );
    use config::LayerNorm::{Unweighted, Weighted};
    for (name, mode, c) in [
        ("ln_out_no_c", Weighted, None),
        ("ln_out_no_c", Unweighted, None),
        ("ln_out_weighted", Weighted, Some("ln_c")),
        ("ln_out_weighted_c01", Weighted, Some("ln_c_01")),
        ("ln_out_unweighted", Unweighted, Some("ln_c")),
        ("ln_out_unweighted_c01", Unweighted, Some("ln_c_01")),
    ] {
        let rule = NormRule {
            mode,
            original_d_model: width,
        };
        // A block ends with the multiplication by connectivity, which the golden numbers stand before.
        let scales = c.map_or_else(|| vec![1.0; width], |c| io[c].data.clone());
        let expected = io[name].data.iter().zip(scales.iter().cycle());
        let expected: Vec<f32> = expected.map(|(x, scale)| x * scale).collect();
        let c = c.map(|c| vector(&io[c]));
        let out = norm.close_block(x.clone(), x.zeros_like(), c.as_ref(), rule, None);
        assert_within(&values(out), &expected, 1e-4, name);
    }
}
