//! Import: models that other programs made.

use crate::cache::ArtifactDir;
use crate::config::Import;
use crate::exec::{Inputs, Progress, StageFailure};
use burn::tensor::backend::AutodiffBackend;

pub(super) fn run<B: AutodiffBackend>(
    _spec: &Import,
    _inputs: &Inputs,
    _out: &mut ArtifactDir,
    _progress: &dyn Progress,
    _device: &B::Device,
) -> Result<(), StageFailure> {
    Err(StageFailure::new(
        "importing models is not available in this build",
    ))
}
