//! 07: cutting changes nothing.

use super::data::{cases, read};
use super::tensors::*;
use serde::Deserialize;
use srp::groups::{GroupName, Side};
use srp::model::{Connectivity, Pass, Transformer};
use srp::prune::{complement, slice_blueprint, slice_state};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    selected: BTreeMap<String, Vec<usize>>,
}

#[test]
fn zeroed_and_cut_models_give_the_reference_logits() {
    let weights = tensors("07_pruning_safety/weights.safetensors");
    for name in cases("07_pruning_safety") {
        let case: Case = read(&format!("{name}/case.json"));
        let io = tensors(&format!("{name}/io.safetensors"));
        let blueprint = config(&name).blueprint();
        let sizes = blueprint.shape.groups();
        let removed = by_group(&sizes, &case.selected);
        let kept = complement(&removed, &sizes);
        let sliced = slice_state(&weights, &kept);
        assert_eq!(
            sliced,
            tensors(&format!("{name}/sliced_weights.safetensors")),
            "{name}"
        );
        let cut = slice_blueprint(&blueprint, &kept);
        for (side, columns) in [
            ("encoder", &cut.encoder_columns),
            ("decoder", &cut.decoder_columns),
        ] {
            let expected = &io[&format!("{side}_pos_kept_indices")].data;
            assert_eq!(
                &columns.iter().map(|&c| c as f32).collect::<Vec<_>>(),
                expected,
                "{name}, {side}"
            );
        }
        let batch = GoldenBatch::new(&io, "");
        let tolerance = logits_tolerance(&name);
        let zeroed: Connectivity<Cpu> = kept.map(|name, kept| {
            let mut line = vec![0.0_f32; *sizes.get(name)];
            for &index in kept {
                line[index] = 1.0;
            }
            Some(burn::tensor::Tensor::from_floats(line.as_slice(), &DEVICE))
        });
        let model = Transformer::<Cpu>::from_state(&blueprint, &weights, &DEVICE).unwrap();
        let pass = Pass {
            connectivity: Some(&zeroed),
            ..Pass::plain()
        };
        let logits = values(model.forward(&batch.source(), &batch.decoder_input(), pass));
        assert_within(
            &logits,
            &io["logits_c_zero"].data,
            tolerance,
            &format!("{name}, zeroed"),
        );
        let model = Transformer::<Cpu>::from_state(&cut, &sliced, &DEVICE).unwrap();
        let logits = values(model.forward(&batch.source(), &batch.decoder_input(), Pass::plain()));
        assert_within(
            &logits,
            &io["logits_c_zero"].data,
            tolerance,
            &format!("{name}, cut"),
        );
        assert_eq!(
            cut.shape.encoder.d_model,
            kept.get(GroupName::Embedding(Side::Encoder)).len()
        );
        let count: usize = sliced.values().map(|array| array.data.len()).sum();
        assert_eq!(cut.shape.parameters(), count as u64, "{name}");
    }
}
