//! Inference on the CPU without tensors: beam search asks this instead of the model where there is no GPU.
//!
//! An [`Engine`] holds a model's weights, packed once for products of few rows; connectivity and constant factors are
//! multiplied into them. A [`Session`] translates batches with it, in buffers that it uses again. Nothing is padded but
//! to whole vectors: sentences of a batch lie one after another, whatever their lengths. Each row's numbers are
//! independent of all others, so that batches may be cut anywhere, for threads too, without a bit changing.

mod affine;
mod attention;
mod integers;
mod norm;
mod panels;
mod session;
mod tiles;
mod vocabulary;
mod weights;

pub use session::Session;
pub use weights::Vectors;

use crate::config::DecodingPrecision;
use crate::model::Blueprint;
use crate::model::state::State;
use weights::Weights;

/// A model that is ready to translate.
#[derive(Debug)]
pub struct Engine(Weights);

impl Engine {
    /// Makes a model ready. Its tensors of empty groups may be left out of `state`.
    ///
    /// # Panics
    /// If the state does not fit the blueprint.
    pub fn new(blueprint: &Blueprint, state: &State, connectivity: Option<&Vectors>) -> Self {
        Self::in_precision(blueprint, state, connectivity, DecodingPrecision::Float32)
    }

    /// [`Self::new`], with affine maps that multiply in this precision.
    ///
    /// # Panics
    /// Likewise.
    pub fn in_precision(
        blueprint: &Blueprint,
        state: &State,
        connectivity: Option<&Vectors>,
        precision: DecodingPrecision,
    ) -> Self {
        Self(Weights::new(blueprint, state, connectivity, precision))
    }

    /// What translates with it.
    pub fn session(&self) -> Session<'_> {
        Session::new(&self.0)
    }
}
