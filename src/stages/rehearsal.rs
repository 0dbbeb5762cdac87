//! Translating invented sentences again and again: what measurements of the speed of decoding repeat.

pub use super::translation::NotReady;
use super::translation::Translator;
use crate::config::{Beam, Budget, CompressionRate, DecodingPrecision, PruneStage, Search};
use crate::device::Work;
use crate::kernels::Learning;
use crate::model::Blueprint;
use crate::model::parameters::initial_state;
use crate::model::state::State;
use crate::prune::{
    at_random, complement, pruned_fraction, removed, select, slice_blueprint, slice_state,
};
use crate::random::Stream;
use crate::text::vocabulary::EOS;
use crate::train::{Rehearsal, Scene};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Seed of the weights, the sentences, and which entries are pruned.
const SEED: u64 = 1;

/// Tokens below this one have a meaning of their own.
const FIRST_WORD: usize = 4;

/// A model with random weights, sentences, and how to translate them.
#[derive(Debug, Clone)]
pub struct TranslationRehearsal {
    /// Sizes of the model.
    pub blueprint: Blueprint,
    /// Source sentences, with the end of the sentence.
    pub sources: Vec<Vec<u32>>,
    /// Tokens of every translation, end of the sentence included.
    pub output_len: usize,
    search: Search,
    precision: DecodingPrecision,
    state: State,
}

/// What translates all sentences once; each call returns the tokens of all translations.
pub type Translate = Box<dyn FnMut() -> usize + Send>;

impl TranslationRehearsal {
    /// The unpruned model of a scene, and so many sentences of half its source length to all of it.
    pub fn new(
        rehearsal: &Rehearsal,
        sentences: NonZeroUsize,
        beam: Beam,
        batch: NonZeroUsize,
    ) -> Self {
        let scene = &rehearsal.scene;
        let blueprint = scene.blueprint();
        // The end of the sentence comes after as many words as must and may come.
        let words = scene.tgt_len.saturating_sub(1);
        Self {
            state: initial_state(&blueprint.shape, SEED),
            sources: sources(scene, sentences.get()),
            output_len: words + 1,
            search: Search {
                beam,
                batch_sentences: batch,
                min_length: words,
                max_length_b: words,
                ..rehearsal.search.clone()
            },
            precision: DecodingPrecision::default(),
            blueprint,
        }
    }

    /// The same with affine maps that multiply in this precision.
    pub fn in_precision(self, precision: DecodingPrecision) -> Self {
        Self { precision, ..self }
    }

    /// The same with the model that one round of the stage `everything` leaves of it, to the `exact` budget (SPEC §6).
    /// Which entries go is drawn.
    pub fn pruned(&self, rate: CompressionRate) -> Self {
        let shape = &self.blueprint.shape;
        let fraction = pruned_fraction(shape, rate.get(), 1, Budget::Exact);
        let counts = removed(shape, fraction, PruneStage::Everything);
        let sizes = shape.groups();
        let gone = select(&at_random(&sizes, SEED, 0), &counts, shape.heads);
        let kept = complement(&gone, &sizes);
        Self {
            blueprint: slice_blueprint(&self.blueprint, &kept),
            state: slice_state(&self.state, &kept),
            ..self.clone()
        }
    }
}

/// Sentences of words that are drawn, as are their lengths: any from half the longest on is as likely.
fn sources(scene: &Scene, sentences: usize) -> Vec<Vec<u32>> {
    let mut drawn = Stream::new(SEED, "rehearsed sources");
    let shortest = scene.src_len.div_ceil(2);
    let mut sentence = |_| -> Vec<u32> {
        let len = shortest + drawn.below(scene.src_len - shortest + 1);
        let word = |_| (FIRST_WORD + drawn.below(scene.source_vocab - FIRST_WORD)) as u32;
        let words = (1..len).map(word);
        words.chain(std::iter::once(EOS)).collect()
    };
    (0..sentences).map(&mut sentence).collect()
}

impl Work for &TranslationRehearsal {
    type Output = Result<Translate, NotReady>;

    fn run<B: Learning>(self, device: B::Device) -> Self::Output {
        let (model, sources) = ((&self.blueprint, &self.state), self.sources.clone());
        let translator =
            Translator::<B::InnerBackend>::new(model, &self.search, self.precision, &device)?;
        Ok(Box::new(move || {
            let translations = translator.translate(&sources, |_| ControlFlow::Continue(()));
            // No sentence is too long: `src_len` is below `max-positions` in every scene.
            translations.map_or(0, |all| all.iter().map(Vec::len).sum())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Device;

    fn tiny() -> TranslationRehearsal {
        let number = |n| NonZeroUsize::new(n).unwrap();
        let rehearsal = Rehearsal::of("tiny").unwrap();
        let beam = Beam::try_from(2_usize).unwrap();
        TranslationRehearsal::new(&rehearsal, number(5), beam, number(3))
    }

    fn rate(rate: f64) -> CompressionRate {
        CompressionRate::try_from(rate).unwrap()
    }

    #[test]
    fn every_translation_has_the_same_length_whatever_the_model() {
        let whole = tiny();
        for rehearsal in [whole.pruned(rate(0.3)), whole] {
            let mut translate = Device::Cpu.run(&rehearsal).unwrap();
            assert_eq!(translate(), 5 * rehearsal.output_len);
        }
    }

    #[test]
    fn sentences_are_of_the_lengths_that_are_promised_in_every_shape() {
        for shape in ["tiny", "small", "base"] {
            let rehearsal = Rehearsal::of(shape).unwrap();
            let scene = &rehearsal.scene;
            assert!(scene.src_len < scene.model.max_positions.get());
            assert!(scene.tgt_len < scene.model.max_positions.get());
            let lengths: Vec<usize> = sources(scene, 200).iter().map(Vec::len).collect();
            assert_eq!(lengths.iter().max(), Some(&scene.src_len));
            assert_eq!(lengths.iter().min(), Some(&scene.src_len.div_ceil(2)));
        }
    }

    #[test]
    fn a_pruned_model_has_the_share_of_parameters_that_was_asked_for() {
        let whole = tiny();
        let parameters =
            |rehearsal: &TranslationRehearsal| rehearsal.blueprint.shape.parameters() as f64;
        for asked in [0.2, 0.5] {
            let left = parameters(&whole.pruned(rate(asked))) / parameters(&whole);
            // Sizes are rounded down to whole entries of each head.
            assert!(
                left <= asked && left > 0.95 * asked,
                "{left} instead of {asked}"
            );
        }
    }
}
