//! Translating with a trained model.
//!
//! [`beam_search`] asks a [`Proposer`] for the best next tokens: [`Tensors`], a model on any back end, or a [`Session`]
//! of the [`Engine`], which does without tensors on the CPU.

mod beam_search;
mod candidates;
mod engine;
mod proposer;
mod ranking;
mod tensors;

pub use beam_search::{Translation, beam_search, longest};
pub use engine::{Engine, Session, Vectors};
pub use proposer::{Continuation, End, Proposals, Proposer, Rules};
pub use tensors::Tensors;
