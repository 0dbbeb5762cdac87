//! Whether the models of an experiment have room in the memory of this machine, as far as that is known beforehand.

use super::doctor::usable_memory;
use super::units::size;
use crate::config::StageSpec;
use crate::exec::Status;
use crate::plan::Plan;
use crate::shape::Shape;

/// What training keeps of every parameter: its value, its gradient and two moments, as 32-bit floats.
const BYTES_A_PARAMETER: f64 = 16.0;

/// A line for each stage that would run and whose model cannot be trained in the memory of this machine.
pub(super) fn warnings(plan: &Plan, statuses: &[Status]) -> Vec<String> {
    let Some(memory) = usable_memory() else {
        return Vec::new();
    };
    let stages = plan.nodes.iter().zip(statuses);
    let works = stages.filter(|(_, status)| status.works());
    works
        .filter_map(|(node, _)| {
            let words = too_large(&node.spec, memory)?;
            Some(format!("`{}` will not fit: {words}", node.label))
        })
        .collect()
}

/// Why a stage needs more than so many bytes, if it is known to.
fn too_large(spec: &StageSpec, memory: u64) -> Option<String> {
    let StageSpec::Pretrain(pretrain) = spec else {
        return None;
    };
    let parameters = Shape::least_parameters(&pretrain.model);
    let bytes = parameters * BYTES_A_PARAMETER;
    (bytes > memory as f64).then(|| {
        format!(
            "its model has {parameters:.1e} parameters at least, whose training takes {}; there are {} of memory here",
            size(bytes as u64),
            size(memory)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGE: &str = r#"
        corpus = "corpus"
        seed = 1
        model = { d-model = 512, d-ff = 1024, heads = 4, encoder-layers = 6, decoder-layers = 6, layer-norm = "weighted", max-positions = 64 }
        [training]
        epochs = 2
        dropout = 0.3
        label-smoothing = 0.1
        batching = { max-tokens = 128, multiple-of = 8 }
        optimizer = { betas = [0.9, 0.98], epsilon = 1e-8, weight-decay = 1e-4 }
        learning-rate.inverse-sqrt = { peak = 5e-4, warmup-steps = 10 }
        [training.validation]
        every-epochs = 1
        search = { beam = 5, length-penalty = 1.0, max-length-a = 1.2, max-length-b = 10, min-length = 1, unknown-penalty = 0.0, batch-sentences = 16 }
    "#;

    fn stage(d_model: &str) -> StageSpec {
        let text = STAGE.replace("512", d_model);
        StageSpec::Pretrain(toml::from_str(&text).unwrap())
    }

    #[test]
    fn a_model_is_too_large_where_its_training_takes_more_than_there_is() {
        assert_eq!(too_large(&stage("512"), 1 << 30), None);
        let words = too_large(&stage("512"), 1 << 28).unwrap();
        assert!(words.contains("its model has 3.1e7 parameters"), "{words}");
        assert!(
            words.contains("takes 480 MiB; there are 256 MiB"),
            "{words}"
        );
        assert!(too_large(&stage("10000000"), u64::MAX >> 20).is_some());
    }
}
