//! Finetune: a model trained on.

use super::training::{Corpus, start, train};
use crate::cache::ArtifactDir;
use crate::config::Finetune;
use crate::exec::{Inputs, Progress, StageFailure};
use crate::train::{Learner, Phase, Plain};
use burn::tensor::backend::AutodiffBackend;

pub(super) fn run<B: AutodiffBackend>(
    spec: &Finetune,
    inputs: &Inputs,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
    device: &B::Device,
) -> Result<(), StageFailure> {
    let (blueprint, state) = start(inputs, "model", spec.checkpoint)?;
    let corpus = Corpus::open(inputs, &spec.training, blueprint.max_positions, spec.seed)?;
    let mut learner = Learner::<B>::new(blueprint, &state, &spec.training, device)?;
    train(
        &corpus,
        &spec.training,
        spec.seed,
        &mut learner,
        &mut Plain(Phase::FineTuning),
        out,
        progress,
    )
}
