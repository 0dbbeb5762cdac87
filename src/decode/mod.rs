//! Translating with a trained model.

mod beam_search;
mod candidates;

pub use beam_search::{Translation, beam_search};
