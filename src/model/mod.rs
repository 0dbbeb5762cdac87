//! The Transformer of SRP: post-layer-norm, connectivity vectors on every prunable group, any group sizes.
//!
//! Activations are matrices of `[batch * len, d_model]`; attention splits them into `[batch, heads, len, d_head]`.
//! Parameter paths are the names of SPEC §2. A group that pruning emptied has no tensor at all: the block around
//! it keeps its residual, its bias and its layer norm, so that cutting never changes what the model computes.

mod attention;
mod blueprint;
mod connectivity;
mod decoder;
mod dropout;
mod embedding;
mod encoder;
pub mod fairseq;
mod input;
mod layer_norm;
mod linear;
pub mod parameters;
mod residual;
pub mod state;
mod transformer;

pub use crate::kernels::LAYER_NORM_EPSILON;
pub use blueprint::{Blueprint, BlueprintError};
pub use connectivity::{Connectivity, ones};
pub use decoder::DecoderCache;
pub use dropout::Dropout;
pub use embedding::position_table;
pub use input::{Source, Target};
pub use layer_norm::{LayerNorm, NormRule};
pub use transformer::{LoadError, Transformer, check};

use crate::config::TrainingPrecision;

/// What a forward pass is done with, beside the model and its input.
#[derive(Debug)]
pub struct Pass<'a, B: burn::tensor::backend::Backend> {
    /// The connectivity vectors, while they are active (SPEC §4).
    pub connectivity: Option<&'a Connectivity<B>>,
    /// Dropout, while training.
    pub dropout: Option<&'a Dropout>,
    /// What affine maps compute in.
    pub precision: TrainingPrecision,
}

impl<B: burn::tensor::backend::Backend> Clone for Pass<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: burn::tensor::backend::Backend> Copy for Pass<'_, B> {}

impl<B: burn::tensor::backend::Backend> Pass<'_, B> {
    /// Neither connectivity nor dropout, in 32-bit floats: the plain model.
    pub fn plain() -> Self {
        Self {
            connectivity: None,
            dropout: None,
            precision: TrainingPrecision::Float32,
        }
    }
}
