//! Text: corpora, tokens, subwords, numbers, batches.

pub mod batching;
pub mod detokenizer;
pub mod synthetic;
