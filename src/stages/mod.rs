//! What each kind of stage does.
//!
//! [`Stages`] is the runner that does the work: one match over the kinds. Each kind is one file with one
//! function; what those share about models and translations stands beside them.

#[cfg(feature = "nn")]
mod data;
#[cfg(feature = "nn")]
pub mod export;
#[cfg(feature = "nn")]
mod exported;
#[cfg(feature = "nn")]
mod finetune;
mod import;
#[cfg(feature = "nn")]
mod import_model;
#[cfg(feature = "nn")]
mod keeper;
#[cfg(feature = "nn")]
mod latency;
#[cfg(feature = "nn")]
pub mod model_artifact;
mod noop;
mod preprocess;
#[cfg(feature = "nn")]
mod pretrain;
#[cfg(feature = "nn")]
mod prune;
#[cfg(feature = "nn")]
pub mod pruning_rehearsal;
#[cfg(feature = "nn")]
pub mod rehearsal;
#[cfg(feature = "nn")]
mod score;
#[cfg(feature = "nn")]
mod scoring;
#[cfg(feature = "nn")]
mod test;
#[cfg(feature = "nn")]
mod training;
#[cfg(feature = "nn")]
pub mod translate;
#[cfg(feature = "nn")]
mod translation;

#[cfg(feature = "nn")]
use crate::config::{DecodingPrecision, DeviceChoice};
use crate::config::{Import, StageSpec, Training, TrainingPrecision};
#[cfg(feature = "nn")]
use crate::device::Device;
use crate::exec::{Runner, StageFailure, Workplace};
use crate::text::corpus::{Languages, outside_files};
use std::path::PathBuf;

/// Does the work of every kind of stage.
#[derive(Debug, Clone, Copy)]
pub struct Stages;

/// How often the meaning of a kind has changed: raised when the same config and inputs give another artifact.
fn revision(spec: &StageSpec) -> u32 {
    match spec {
        StageSpec::Preprocess(_) => 1,
        StageSpec::Import(_) => 1,
        StageSpec::Export(_) => 2,
        StageSpec::Pretrain(spec) => training(&spec.training),
        StageSpec::Score(_) => 1,
        StageSpec::Prune(spec) => training(&spec.training),
        StageSpec::Finetune(spec) => training(&spec.training),
        StageSpec::Test(_) => 3,
        StageSpec::Noop(_) => 1,
    }
}

/// That of the kinds that train.
fn training(training: &Training) -> u32 {
    match training.precision {
        TrainingPrecision::Float32 => 3,
        // Products are no longer rounded on the CPU.
        TrainingPrecision::Bfloat16 => 4,
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
            StageSpec::Export(_)
            | StageSpec::Pretrain(_)
            | StageSpec::Score(_)
            | StageSpec::Prune(_)
            | StageSpec::Finetune(_)
            | StageSpec::Test(_)
            | StageSpec::Noop(_) => Ok(Vec::new()),
        }
    }

    fn run(&self, spec: &StageSpec, place: Workplace<'_>) -> Result<(), StageFailure> {
        match spec {
            StageSpec::Preprocess(spec) => {
                preprocess::run(spec, place.out, place.slot.threads, place.progress)
            }
            StageSpec::Import(Import::DataBin(spec)) => {
                import::run(spec, place.out, place.progress)
            }
            StageSpec::Noop(spec) => noop::run(spec, place),
            #[cfg(feature = "nn")]
            StageSpec::Import(Import::Fairseq(spec)) => {
                import_model::fairseq(spec, place.inputs, place.out, place.progress)
            }
            #[cfg(feature = "nn")]
            StageSpec::Import(Import::Exported(spec)) => {
                import_model::exported(spec, place.out, place.progress)
            }
            #[cfg(feature = "nn")]
            StageSpec::Export(spec) => export::run(spec, place.inputs, place.out),
            #[cfg(feature = "nn")]
            StageSpec::Pretrain(spec) => self.on_device(Job::Pretrain(spec), place),
            #[cfg(feature = "nn")]
            StageSpec::Score(spec) => self.on_device(Job::Score(spec), place),
            #[cfg(feature = "nn")]
            StageSpec::Prune(spec) => self.on_device(Job::Prune(spec), place),
            #[cfg(feature = "nn")]
            StageSpec::Finetune(spec) => self.on_device(Job::Finetune(spec), place),
            #[cfg(feature = "nn")]
            StageSpec::Test(spec) => self.on_device(Job::Test(spec), place),
            #[cfg(not(feature = "nn"))]
            other => Err(StageFailure::new(format!(
                "this srp was built without models, so it cannot {}",
                other.kind()
            ))
            .with_help("build it with the default features")),
        }
    }
}

#[cfg(feature = "nn")]
impl Stages {
    fn on_device(&self, job: Job<'_>, place: Workplace<'_>) -> Result<(), StageFailure> {
        let choice = match job {
            // Nothing else does so.
            Job::Test(spec) if spec.precision == DecodingPrecision::Int8 => DeviceChoice::Cpu,
            _ => place.slot.device,
        };
        let device = Device::find(choice).map_err(StageFailure::diagnostic)?;
        place.account.device = Some(device.to_string());
        device.run(OnDevice { device, job, place })
    }
}

/// A stage that computes with tensors.
#[cfg(feature = "nn")]
enum Job<'a> {
    Pretrain(&'a crate::config::Pretrain),
    Score(&'a crate::config::Score),
    Prune(&'a crate::config::Prune),
    Finetune(&'a crate::config::Finetune),
    Test(&'a crate::config::Test),
}

/// It, with what it works on, waiting for a back end.
#[cfg(feature = "nn")]
struct OnDevice<'a> {
    device: Device,
    job: Job<'a>,
    place: Workplace<'a>,
}

#[cfg(feature = "nn")]
impl crate::device::Work for OnDevice<'_> {
    type Output = Result<(), StageFailure>;

    fn run<B: crate::kernels::Learning>(self, device: B::Device) -> Self::Output {
        let place = self.place;
        match self.job {
            Job::Pretrain(spec) => pretrain::run::<B>(spec, place, &device),
            Job::Score(spec) => score::run::<B>(spec, place, &device),
            Job::Prune(spec) => prune::run::<B>(spec, place, &device),
            Job::Finetune(spec) => finetune::run::<B>(spec, place, &device),
            Job::Test(spec) => {
                let machine = test::Machine {
                    device: self.device.to_string(),
                    threads: place.slot.threads,
                };
                test::run::<B::InnerBackend>(spec, place, &device, machine)
            }
        }
    }
}
