//! Finetune: a model trained on.

use super::training::{Corpus, start, train};
use crate::config::Finetune;
use crate::exec::{StageFailure, Workplace};
use crate::kernels::Learning;
use crate::train::{Learner, Phase, Plain};

pub(super) fn run<B: Learning>(
    spec: &Finetune,
    place: Workplace<'_>,
    device: &B::Device,
) -> Result<(), StageFailure> {
    let (blueprint, state) = start(place.inputs, "model", spec.checkpoint)?;
    let max_positions = blueprint.max_positions;
    let corpus = Corpus::open(place.inputs, &spec.training, max_positions, spec.seed)?;
    let fresh = move || Learner::<B>::new(blueprint, &state, &spec.training, device);
    train(&corpus, fresh, &mut Plain(Phase::FineTuning), place, device)?;
    Ok(())
}
