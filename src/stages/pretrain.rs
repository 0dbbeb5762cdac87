//! Pretrain: a model from scratch.

use super::training::{Corpus, train};
use crate::cache::ArtifactDir;
use crate::config::Pretrain;
use crate::exec::{Inputs, Progress, StageFailure};
use crate::model::Blueprint;
use crate::model::parameters::initial_state;
use crate::train::{Learner, Phase, Plain};
use burn::tensor::backend::AutodiffBackend;

pub(super) fn run<B: AutodiffBackend>(
    spec: &Pretrain,
    inputs: &Inputs,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
    device: &B::Device,
) -> Result<(), StageFailure> {
    let corpus = Corpus::open(
        inputs,
        &spec.training,
        spec.model.max_positions.get(),
        spec.seed,
    )?;
    let blueprint = Blueprint::unpruned(&spec.model, corpus.source_vocab, corpus.target_vocab);
    let state = initial_state(&blueprint.shape, spec.seed);
    progress.note(&format!(
        "{} parameters, {} batches an epoch",
        blueprint.shape.parameters(),
        corpus.batches.len()
    ));
    let mut learner = Learner::<B>::new(blueprint, &state, &spec.training, device)?;
    train(
        &corpus,
        &spec.training,
        spec.seed,
        &mut learner,
        &mut Plain(Phase::Training),
        out,
        progress,
    )
}
