//! Pretrain: a model from scratch.

use super::training::{Corpus, train};
use crate::config::Pretrain;
use crate::counted::counted;
use crate::exec::{StageFailure, Workplace};
use crate::kernels::Learning;
use crate::model::Blueprint;
use crate::model::parameters::initial_state;
use crate::text::batching::padding;
use crate::train::{Learner, Phase, Plain};

pub(super) fn run<B: Learning>(
    spec: &Pretrain,
    place: Workplace<'_>,
    device: &B::Device,
) -> Result<(), StageFailure> {
    let corpus = Corpus::open(
        place.inputs,
        &spec.training,
        spec.model.max_positions.get(),
        spec.seed,
    )?;
    let blueprint = Blueprint::unpruned(&spec.model, corpus.source_vocab, corpus.target_vocab);
    place.progress.note(&format!(
        "{} parameters, {} an epoch, {:.1} % padding",
        blueprint.shape.parameters(),
        counted(corpus.batches.len(), "batch"),
        padding(&corpus.batches) * 100.0,
    ));
    let fresh = || {
        let state = initial_state(&blueprint.shape, spec.seed);
        Learner::<B>::new(blueprint, &state, &spec.training, device)
    };
    train(&corpus, fresh, &mut Plain(Phase::Training), place, device)?;
    Ok(())
}
