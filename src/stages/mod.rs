//! What each kind of stage does.
//!
//! [`Stages`] is the runner that the executor is given: one match over the kinds. Each kind is one file with one
//! function; what those share about models and translations stands beside them.

#[cfg(feature = "nn")]
mod data;
#[cfg(feature = "nn")]
mod finetune;
mod import;
#[cfg(feature = "nn")]
mod import_model;
#[cfg(feature = "nn")]
mod model_artifact;
mod preprocess;
#[cfg(feature = "nn")]
mod pretrain;
#[cfg(feature = "nn")]
mod prune;
#[cfg(feature = "nn")]
mod test;
#[cfg(feature = "nn")]
mod training;
#[cfg(feature = "nn")]
pub mod translate;
#[cfg(feature = "nn")]
mod translation;

use crate::cache::ArtifactDir;
use crate::config::{Import, StageSpec};
use crate::device::Device;
use crate::exec::{Inputs, Progress, Runner, StageFailure};
use crate::text::corpus::{Languages, outside_files};
use std::path::PathBuf;

/// Does the work of every kind of stage, on one device.
#[derive(Debug, Clone, Copy)]
pub struct Stages {
    device: Device,
}

impl Stages {
    /// Stages that compute on `device`.
    pub fn new(device: Device) -> Self {
        Self { device }
    }
}

/// How often the meaning of a kind has changed: raised when the same config and inputs give another artifact.
fn revision(spec: &StageSpec) -> u32 {
    match spec {
        StageSpec::Preprocess(_) => 1,
        StageSpec::Import(_) => 1,
        StageSpec::Pretrain(_) => 1,
        StageSpec::Prune(_) => 1,
        StageSpec::Finetune(_) => 1,
        StageSpec::Test(_) => 1,
    }
}

impl Runner for Stages {
    fn revision(&self, spec: &StageSpec) -> u32 {
        revision(spec)
    }

    fn outside_files(&self, spec: &StageSpec) -> Result<Vec<PathBuf>, StageFailure> {
        match spec {
            StageSpec::Preprocess(spec) => Ok(outside_files(&spec.corpus, Languages::of(spec))?),
            StageSpec::Import(spec) => import::outside_files(spec),
            StageSpec::Pretrain(_)
            | StageSpec::Prune(_)
            | StageSpec::Finetune(_)
            | StageSpec::Test(_) => Ok(Vec::new()),
        }
    }

    fn device(&self) -> String {
        self.device.to_string()
    }

    fn threads(&self) -> usize {
        // The variable that the CPU back end's thread pool goes by.
        let asked = std::env::var("RAYON_NUM_THREADS")
            .ok()
            .and_then(|threads| threads.parse().ok());
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        asked.filter(|&threads| threads > 0).unwrap_or_else(all)
    }

    fn run(
        &self,
        spec: &StageSpec,
        inputs: &Inputs,
        out: &mut ArtifactDir,
        progress: &dyn Progress,
    ) -> Result<(), StageFailure> {
        match spec {
            StageSpec::Preprocess(spec) => preprocess::run(spec, out, progress),
            StageSpec::Import(Import::DataBin(spec)) => import::run(spec, out, progress),
            _ => self.run_on_device(spec, inputs, out, progress),
        }
    }
}

#[cfg(not(feature = "nn"))]
impl Stages {
    fn run_on_device(
        &self,
        spec: &StageSpec,
        _inputs: &Inputs,
        _out: &mut ArtifactDir,
        _progress: &dyn Progress,
    ) -> Result<(), StageFailure> {
        Err(StageFailure::new(format!(
            "this srp was built without models, so it cannot {}",
            spec.kind()
        ))
        .with_help("build it with the default features"))
    }
}

#[cfg(feature = "nn")]
impl Stages {
    fn run_on_device(
        &self,
        spec: &StageSpec,
        inputs: &Inputs,
        out: &mut ArtifactDir,
        progress: &dyn Progress,
    ) -> Result<(), StageFailure> {
        self.device.run(OnDevice {
            stages: self,
            spec,
            inputs,
            out,
            progress,
        })
    }
}

/// The stages that need a back end.
#[cfg(feature = "nn")]
struct OnDevice<'a> {
    stages: &'a Stages,
    spec: &'a StageSpec,
    inputs: &'a Inputs,
    out: &'a mut ArtifactDir,
    progress: &'a dyn Progress,
}

#[cfg(feature = "nn")]
impl crate::device::Work for OnDevice<'_> {
    type Output = Result<(), StageFailure>;

    fn run<B: burn::tensor::backend::AutodiffBackend>(self, device: B::Device) -> Self::Output {
        let Self {
            stages,
            spec,
            inputs,
            out,
            progress,
        } = self;
        match spec {
            StageSpec::Preprocess(spec) => preprocess::run(spec, out, progress),
            StageSpec::Import(Import::DataBin(spec)) => import::run(spec, out, progress),
            StageSpec::Import(spec) => import_model::run::<B>(spec, inputs, out, progress, &device),
            StageSpec::Pretrain(spec) => pretrain::run::<B>(spec, inputs, out, progress, &device),
            StageSpec::Prune(spec) => prune::run::<B>(spec, inputs, out, progress, &device),
            StageSpec::Finetune(spec) => finetune::run::<B>(spec, inputs, out, progress, &device),
            StageSpec::Test(spec) => {
                let machine = test::Machine {
                    device: stages.device(),
                    threads: stages.threads(),
                };
                test::run::<B::InnerBackend>(spec, inputs, out, progress, &device, machine)
            }
        }
    }
}
