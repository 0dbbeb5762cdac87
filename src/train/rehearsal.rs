//! One update again and again, on invented sentences: what measurements of the speed of training repeat.

use super::snapshot::Sums;
use super::{DeviceBatch, Learner, UpdateLoss};
use crate::config::{Architecture, Search, Training, TrainingPrecision};
use crate::device::Work;
use crate::kernels::Learning;
use crate::model::parameters::initial_state;
use crate::model::{Blueprint, Dropout, LoadError, Pass};
use crate::random::Stream;
use crate::text::batching::{Batch, Pair, collate};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A model, and the batch that it is trained on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scene {
    /// The model.
    pub model: Architecture,
    /// Entries of the source dictionary.
    pub source_vocab: usize,
    /// Entries of the target dictionary.
    pub target_vocab: usize,
    /// Sentence pairs.
    pub sentences: usize,
    /// Tokens of the longest source.
    pub src_len: usize,
    /// Tokens of the longest target.
    pub tgt_len: usize,
}

/// A scene with all that training is told.
#[derive(Debug, Clone)]
pub struct Rehearsal {
    /// The model and the batch.
    pub scene: Scene,
    /// Beam search, as measurements of decoding do it but for beam, batch and length.
    pub search: Search,
    /// How it is trained.
    pub training: Training,
}

/// The file that has all scenes.
#[derive(Deserialize)]
struct Script {
    training: Training,
    search: Search,
    shapes: BTreeMap<String, Scene>,
}

/// What repeats an update; each call returns the loss per token, to the base 2.
pub type Repeat = Box<dyn FnMut() -> f64 + Send>;

/// Why there is nothing to repeat.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The file that this srp was built with is broken.
    #[error("the measured shapes cannot be read")]
    Script(#[from] toml::de::Error),
    /// The file has no such shape.
    #[error("there is no shape `{0}`")]
    Shape(String),
}

/// Seed of the weights, the sentences and dropout.
const SEED: u64 = 1;

/// Tokens below this one have a meaning of their own.
const FIRST_WORD: usize = 4;

impl Rehearsal {
    /// The scene of this name: `tiny`, `small` or `base`.
    ///
    /// # Errors
    /// If there is none.
    pub fn of(shape: &str) -> Result<Self, RehearsalError> {
        let mut script: Script = toml::from_str(include_str!("rehearsal.toml"))?;
        let scene = script.shapes.remove(shape);
        Ok(Self {
            scene: scene.ok_or_else(|| RehearsalError::Shape(shape.to_owned()))?,
            search: script.search,
            training: script.training,
        })
    }

    /// Gives the batch as many sentences as make about so many target tokens, padding included.
    pub fn resize(&mut self, tokens: usize) {
        self.scene.sentences = tokens.div_ceil(self.scene.tgt_len);
    }

    /// Lets affine maps compute in this precision.
    pub fn compute_in(&mut self, precision: TrainingPrecision) {
        self.training.precision = precision;
    }

    /// Share of activations that dropout zeroes.
    pub fn dropout(&self) -> f64 {
        self.training.dropout.get()
    }

    /// Share of the loss that goes to wrong classes.
    pub fn label_smoothing(&self) -> f64 {
        self.training.label_smoothing.get()
    }

    /// The batch: sentences of which two thirds are one or two tokens shorter than the longest.
    pub fn batch(&self) -> Batch {
        let scene = &self.scene;
        let mut words = Stream::new(SEED, "rehearsed words");
        let mut sentence = |vocab: usize, len: usize| -> Vec<i32> {
            let mut word = |_| (FIRST_WORD + words.below(vocab - FIRST_WORD)) as i32;
            (0..len).map(&mut word).collect()
        };
        let sentences: Vec<_> = (0..scene.sentences)
            .map(|index| {
                let source = sentence(scene.source_vocab, scene.src_len - index % 3);
                (
                    source,
                    sentence(scene.target_vocab, scene.tgt_len - index % 3),
                )
            })
            .collect();
        let pairs = sentences.iter().enumerate();
        let pairs = pairs.map(|(id, (source, target))| Pair { id, source, target });
        collate(&pairs.collect::<Vec<_>>())
    }
}

impl Scene {
    /// The model before any pruning.
    pub fn blueprint(&self) -> Blueprint {
        Blueprint::unpruned(&self.model, self.source_vocab, self.target_vocab)
    }
}

impl Work for &Rehearsal {
    type Output = Result<Repeat, LoadError>;

    fn run<B: Learning>(self, device: B::Device) -> Self::Output {
        let blueprint = self.scene.blueprint();
        let state = initial_state(&blueprint.shape, SEED);
        let mut learner = Learner::<B>::new(blueprint, &state, &self.training, &device)?;
        let (training, batch) = (self.training.clone(), self.batch());
        Ok(Box::new(move || {
            let batch = DeviceBatch::new(&batch, &device);
            let dropout = Dropout::new(training.dropout.get(), SEED, learner.steps);
            let pass = Pass {
                connectivity: None,
                dropout: dropout.as_ref(),
                precision: training.precision,
            };
            let update = learner.update(&batch, pass, None, &training);
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

    #[test]
    fn every_shape_is_there_and_its_batch_fits_it() {
        for shape in ["tiny", "small", "base"] {
            let rehearsal = Rehearsal::of(shape).unwrap();
            let (batch, scene) = (rehearsal.batch(), &rehearsal.scene);
            assert_eq!(batch.source.len(), scene.sentences * scene.src_len);
            assert_eq!(batch.target.len(), scene.sentences * scene.tgt_len);
            assert!(batch.target_tokens < batch.target.len());
        }
        assert!(matches!(
            Rehearsal::of("huge"),
            Err(RehearsalError::Shape(_))
        ));
    }

    #[test]
    fn no_bit_of_an_update_depends_on_the_number_of_threads() {
        let rehearsal = Rehearsal::of("tiny").unwrap();
        let losses = |threads| {
            let threads = Threads::new(NonZeroUsize::new(threads)).unwrap();
            let mut repeat = threads.run(|| Device::Cpu.run(&rehearsal).unwrap());
            [(); 3].map(|()| threads.run(&mut repeat).to_bits())
        };
        let alone = losses(1);
        assert_eq!(alone, losses(2));
        assert_eq!(alone, losses(3));
    }

    #[test]
    fn what_is_repeated_learns() {
        let rehearsal = Rehearsal::of("tiny").unwrap();
        let mut repeat = Device::Cpu.run(&rehearsal).unwrap();
        let losses: Vec<f64> = (0..4).map(|_| repeat()).collect();
        assert!(losses[3] < losses[0], "{losses:?}");
    }
}
