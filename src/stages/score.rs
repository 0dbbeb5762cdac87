//! Score: a model to what the loss says of every entry of its groups.

use super::data::training_batches;
use super::scoring::{scoring_batches, teacher, write_scores};
use super::training::start;
use crate::config::Score;
use crate::exec::{StageFailure, Workplace};
use crate::kernels::Learning;
use crate::model::Transformer;
use crate::prune::connectivity_gradients;
use crate::text::dataset::Dataset;
use crate::train::DeviceBatch;

pub(super) fn run<B: Learning>(
    spec: &Score,
    place: Workplace<'_>,
    device: &B::Device,
) -> Result<(), StageFailure> {
    let Workplace {
        inputs,
        progress,
        stop,
        ..
    } = place;
    let (blueprint, state) = start(inputs, "model", spec.checkpoint)?;
    let most = blueprint.max_positions;
    let dataset = Dataset::open(inputs.path("corpus")?)?;
    let (batches, _) = training_batches(&dataset, &spec.batching, most, spec.seed)?;
    let batches = scoring_batches(&batches, spec.batches, spec.seed);
    let distillation = spec.distillation.as_ref();
    let teacher = teacher::<B>(distillation, spec.checkpoint, inputs, most, device)?;
    let model = Transformer::<B>::from_state(&blueprint, &state, device)?;

    progress.phase("scoring");
    let total = batches.len() as u64;
    let wanted = (1..)
        .zip(&batches)
        .take_while(|_| !stop.requested())
        .map(|(number, batch)| {
            progress.step(number, Some(total), "");
            DeviceBatch::new(batch, device)
        });
    let sizes = blueprint.shape.groups();
    let smoothing = spec.label_smoothing.get();
    let importance = connectivity_gradients(&model, &sizes, wanted, smoothing, teacher.as_ref());
    if importance.losses.len() < batches.len() {
        return Err(StageFailure::stopped());
    }
    write_scores(&place.out.content(""), &importance.checked()?)
}
