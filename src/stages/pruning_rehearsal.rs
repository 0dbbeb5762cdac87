//! One update of a pruning run again and again: what measurements of the speed of pruning repeat.

use crate::config::{Distillation, Prune};
use crate::device::Work;
use crate::kernels::Learning;
use crate::model::parameters::initial_state;
use crate::model::{Dropout, Pass, Transformer};
use crate::prune::Pruning;
use crate::text::batching::Batch;
use crate::train::{
    DeviceBatch, Learner, Regime, Rehearsal, Sums, Taught, Teacher, TrainError, UpdateLoss,
};
use burn::module::AutodiffModule;

/// The updates of the run, more than anyone repeats: its connectivity never gets to zero.
const STEPS: usize = 10_000;

/// A scene of training whose model is pruned meanwhile, with itself as it was for a teacher.
#[derive(Debug, Clone)]
pub struct PruningRehearsal {
    rehearsal: Rehearsal,
    spec: Prune,
    /// The one batch, to train on and to prove the cut on.
    batches: [Batch; 1],
}

impl PruningRehearsal {
    /// The scene, pruned.
    ///
    /// # Errors
    /// If the file that this srp was built with is broken.
    pub fn new(rehearsal: Rehearsal) -> Result<Self, toml::de::Error> {
        let mut spec: toml::Table = toml::from_str(include_str!("pruning_rehearsal.toml"))?;
        let training = toml::Table::try_from(&rehearsal.training);
        let training = training.map_err(serde::de::Error::custom)?;
        spec.insert("training".to_owned(), training.into());
        Ok(Self {
            spec: spec.try_into()?,
            batches: [rehearsal.batch()],
            rehearsal,
        })
    }

    /// The teacher's part in the loss, if there is one.
    pub fn distillation(&self) -> Option<&Distillation> {
        self.spec.distillation.as_ref()
    }
}

/// What repeats an update; each call returns the loss per token, to the base 2, distillation included.
pub type RepeatPruning<'a> = Box<dyn FnMut() -> f64 + Send + 'a>;

impl<'a> Work for &'a PruningRehearsal {
    type Output = Result<RepeatPruning<'a>, TrainError>;

    fn run<B: Learning>(self, device: B::Device) -> Self::Output {
        let (spec, [batch]) = (&self.spec, &self.batches);
        let blueprint = self.rehearsal.scene.blueprint();
        let state = initial_state(&blueprint.shape, spec.seed);
        let teacher = match &spec.distillation {
            Some(distillation) => Some(Teacher {
                model: Transformer::<B>::from_state(&blueprint, &state, &device)?.valid(),
                weight: distillation.weight.get(),
                temperature: distillation.temperature.get(),
                positions: Taught::Tokens,
            }),
            None => None,
        };
        let mut learner = Learner::<B>::new(blueprint, &state, &spec.training, &device)?;
        let mut regime = Pruning::new(spec, &[], &self.batches, teacher, &device);
        regime.begin_epoch(&mut learner, 1, STEPS)?;
        Ok(Box::new(move || {
            let batch = DeviceBatch::new(batch, &device);
            let connectivity = regime.connectivity();
            let dropout = Dropout::new(spec.training.dropout.get(), spec.seed, learner.steps);
            let pass = Pass {
                connectivity: connectivity.as_ref(),
                dropout: dropout.as_ref(),
                precision: spec.training.precision,
            };
            let update = learner.update(&batch, pass, regime.teacher(), &spec.training);
            let loss = UpdateLoss::read([&update].into_iter());
            Sums::default().add(loss[0], update.tokens)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{Device, Threads};
    use std::num::NonZeroUsize;

    fn tiny() -> PruningRehearsal {
        PruningRehearsal::new(Rehearsal::of("tiny").unwrap()).unwrap()
    }

    #[test]
    fn no_bit_of_an_update_depends_on_the_number_of_threads() {
        let rehearsal = tiny();
        let losses = |threads| {
            let threads = Threads::new(NonZeroUsize::new(threads)).unwrap();
            let mut repeat = threads.run(|| Device::Cpu.run(&rehearsal).unwrap());
            [(); 3].map(|()| threads.run(&mut repeat).to_bits())
        };
        assert_eq!(losses(1), losses(2));
    }

    #[test]
    fn what_is_repeated_learns() {
        let rehearsal = tiny();
        let mut repeat = Device::Cpu.run(&rehearsal).unwrap();
        let losses: Vec<f64> = (0..4).map(|_| repeat()).collect();
        assert!(losses[3] < losses[0], "{losses:?}");
    }
}
