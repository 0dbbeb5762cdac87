//! Translating many sentences.

use crate::config::{DecodingPrecision, Search};
use crate::decode::{Engine, Proposer, Tensors, Vectors, beam_search, longest};
use crate::device::is_cpu;
use crate::kernels::Kernels;
use crate::model::state::{Array, State};
use crate::model::{Blueprint, Connectivity, LoadError, Pass, Transformer, check};
use burn::tensor::backend::Backend;
use std::cmp::Reverse;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Hypotheses that are computed together: so many rows keep the vector units busy while the weights pass by, and stay
/// in the cache. Where a batch is cut changes no bit.
const ROWS_TOGETHER: usize = 160;

/// A sentence that the model has no positions for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error(
    "sentence {number} has {tokens} tokens with its end of sentence, more than the model's `max-positions` = \
     {max_positions}"
)]
#[diagnostic(help("shorten the sentence, or train a model with a larger `model.max-positions`"))]
pub(super) struct TooLong {
    /// The sentence, from 1.
    pub(super) number: usize,
    /// Its tokens, end of sentence included.
    pub(super) tokens: usize,
    /// The model's limit.
    pub(super) max_positions: usize,
}

/// Why sentences were not all translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfinished {
    /// One is too long.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// Whoever heard of the progress wanted no more of it.
    #[error("translating was stopped")]
    Stopped,
}

/// Why a model cannot translate.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NotReady {
    /// Its numbers do not fit its blueprint.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Only the CPU computes like that.
    #[error("`precision` = `{}` is computed on the CPU only", .0.name())]
    #[diagnostic(help("choose the device `cpu`, or leave the precision out"))]
    OnlyOnCpu(DecodingPrecision),
}

/// Looks for the first sentence that a model has no positions for.
///
/// # Errors
/// [`TooLong`] if there is one.
pub(super) fn check_lengths(sources: &[Vec<u32>], max_positions: usize) -> Result<(), TooLong> {
    let too_long = |source: &Vec<u32>| source.len() > max_positions;
    match sources.iter().position(too_long) {
        Some(index) => Err(TooLong {
            number: index + 1,
            tokens: sources[index].len(),
            max_positions,
        }),
        None => Ok(()),
    }
}

/// A model that is ready to translate: an engine on the CPU, tensors elsewhere.
pub(super) struct Translator<B: Backend> {
    means: Means<B>,
    /// The model's longest sentence.
    max_positions: usize,
    /// How to search.
    search: Search,
}

enum Means<B: Backend> {
    Engine(Box<Engine>),
    Tensors(Box<OnDevice<B>>),
}

/// A model of tensors, as it is asked there.
struct OnDevice<B: Backend> {
    model: Transformer<B>,
    connectivity: Option<Connectivity<B>>,
    device: B::Device,
}

/// Sentences that are translated together.
struct Piece<'a> {
    /// Which ones.
    indices: &'a [usize],
    /// The last step of their translations.
    limit: usize,
}

/// Translations, each with the index of its sentence.
type Found = Vec<(usize, Vec<u32>)>;

/// Hears how many sentences are done, and may end the work.
type Report<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

impl<B: Kernels> Translator<B> {
    /// Makes a model ready that was read from a file.
    ///
    /// # Errors
    /// If its numbers do not fit its blueprint, or the device does not compute in this precision.
    pub(super) fn new(
        (blueprint, state): (&Blueprint, &State),
        search: &Search,
        precision: DecodingPrecision,
        device: &B::Device,
    ) -> Result<Self, NotReady> {
        let means = if is_cpu::<B>(device) {
            check(blueprint, state)?;
            let engine = Engine::in_precision(blueprint, state, None, precision);
            Means::Engine(Box::new(engine))
        } else if precision != DecodingPrecision::Float32 {
            return Err(NotReady::OnlyOnCpu(precision));
        } else {
            Means::Tensors(Box::new(OnDevice {
                model: Transformer::from_state(blueprint, state, device)?,
                connectivity: None,
                device: device.clone(),
            }))
        };
        Ok(Self {
            means,
            max_positions: blueprint.max_positions,
            search: search.clone(),
        })
    }

    /// Makes a model ready as it is in the middle of a training.
    pub(super) fn of_learner(
        (blueprint, model): (&Blueprint, &Transformer<B>),
        connectivity: Option<&Connectivity<B>>,
        search: &Search,
        device: &B::Device,
    ) -> Self {
        let means = match is_cpu::<B>(device) {
            true => {
                let vectors = connectivity.map(vectors);
                let state = model.to_state();
                Means::Engine(Box::new(Engine::new(blueprint, &state, vectors.as_ref())))
            }
            false => Means::Tensors(Box::new(OnDevice {
                model: model.clone(),
                connectivity: connectivity.cloned(),
                device: device.clone(),
            })),
        };
        Self {
            means,
            max_positions: blueprint.max_positions,
            search: search.clone(),
        }
    }

    /// The best translation of each sentence, in their order, as token ids with the end of the sentence.
    ///
    /// Sentences of similar length are decoded together; `progress` hears how many are done, and may end it.
    ///
    /// # Errors
    /// If a sentence is longer than the model allows, or `progress` ends it.
    pub(super) fn translate(
        &self,
        sources: &[Vec<u32>],
        progress: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<u32>>, Unfinished> {
        self.translate_in_batches(sources, self.search.batch_sentences.get(), progress)
    }

    /// [`Self::translate`], all sentences in one batch.
    ///
    /// # Errors
    /// Likewise.
    pub(super) fn translate_at_once(
        &self,
        sources: &[Vec<u32>],
        progress: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<u32>>, Unfinished> {
        self.translate_in_batches(sources, sources.len().max(1), progress)
    }

    fn translate_in_batches(
        &self,
        sources: &[Vec<u32>],
        batch_sentences: usize,
        mut progress: impl FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<u32>>, Unfinished> {
        check_lengths(sources, self.max_positions)?;
        let mut order: Vec<usize> = (0..sources.len()).collect();
        order.sort_by_key(|&index| Reverse(sources[index].len()));
        let job = Job {
            sources,
            search: &self.search,
            pieces: self.pieces(&order, sources, batch_sentences),
            next: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        };
        let found = match &self.means {
            Means::Engine(engine) => job.share(engine, &mut progress),
            Means::Tensors(there) => {
                let pass = Pass {
                    connectivity: there.connectivity.as_ref(),
                    ..Pass::plain()
                };
                let mut tensors = Tensors::new(&there.model, pass, &there.device);
                job.work(&mut tensors, &mut progress)
            }
        };
        if job.stopped.into_inner() {
            return Err(Unfinished::Stopped);
        }
        let mut translations = vec![Vec::new(); sources.len()];
        for (index, translation) in found {
            translations[index] = translation;
        }
        Ok(translations)
    }

    /// Cuts sentences into batches, and those into what is translated together.
    fn pieces<'o>(
        &self,
        order: &'o [usize],
        sources: &[Vec<u32>],
        batch_sentences: usize,
    ) -> Vec<Piece<'o>> {
        let most = match self.means {
            Means::Engine(_) => {
                let share = order.len().div_ceil(rayon::current_num_threads());
                share.min(ROWS_TOGETHER / self.search.beam.get()).max(1)
            }
            Means::Tensors(_) => usize::MAX,
        };
        let batches = order.chunks(batch_sentences);
        let cut = batches.flat_map(|batch| {
            let src_len = sources[batch[0]].len();
            let limit = longest(&self.search, src_len, self.max_positions);
            let size = batch.len().div_ceil(batch.len().div_ceil(most));
            let pieces = batch.chunks(size);
            pieces.map(move |indices| Piece { indices, limit })
        });
        cut.collect()
    }
}

/// All that is to be translated, and how far that is.
struct Job<'a> {
    sources: &'a [Vec<u32>],
    search: &'a Search,
    pieces: Vec<Piece<'a>>,
    /// The next piece to be taken.
    next: AtomicUsize,
    /// Sentences that are translated.
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl Job<'_> {
    /// Translates with all threads; only this one tells how many sentences are done.
    fn share(&self, engine: &Engine, progress: Report<'_>) -> Found {
        let threads = rayon::current_num_threads().min(self.pieces.len());
        let mut others: Vec<Found> = vec![Found::new(); threads.saturating_sub(1)];
        let own = rayon::in_place_scope(|scope| {
            for found in &mut others {
                scope.spawn(|_| {
                    let mut quietly = |_| ControlFlow::Continue(());
                    *found = self.work(&mut engine.session(), &mut quietly);
                });
            }
            self.work(&mut engine.session(), progress)
        });
        others.into_iter().flatten().chain(own).collect()
    }

    /// Takes one piece after another until there is none.
    fn work(&self, proposer: &mut impl Proposer, progress: Report<'_>) -> Found {
        let mut found = Found::new();
        while let Some(piece) = self.take() {
            let sources = piece
                .indices
                .iter()
                .map(|&index| self.sources[index].as_slice());
            let sources: Vec<&[u32]> = sources.collect();
            let translations = beam_search(proposer, &sources, self.search, piece.limit);
            for (&index, translations) in piece.indices.iter().zip(translations) {
                let best = translations.into_iter().next();
                found.push((index, best.map(|best| best.tokens).unwrap_or_default()));
            }
            let more = piece.indices.len();
            let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
            if progress(done).is_break() {
                self.stopped.store(true, Ordering::Relaxed);
            }
        }
        found
    }

    fn take(&self) -> Option<&Piece<'_>> {
        if self.stopped.load(Ordering::Relaxed) {
            return None;
        }
        self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// The values of connectivity vectors.
fn vectors<B: Backend>(connectivity: &Connectivity<B>) -> Vectors {
    connectivity.map(|_, vector| match vector {
        Some(vector) => Array::of(vector.clone()).data,
        None => Vec::new(),
    })
}
