//! Text: corpora, tokens, subwords, numbers, batches.
//!
//! Reading order is the order of the work: [`corpus`] opens parallel text, [`moses`] tokenises it, [`clean`]
//! drops bad pairs, [`bpe`] cuts words into subwords, [`vocabulary`] numbers them, [`indexed`] stores the
//! numbers. [`dataset`] does all of it and is the one format that other modules read.

pub mod batching;
pub mod bpe;
pub mod clean;
pub mod corpus;
pub mod dataset;
pub mod detokenizer;
pub mod indexed;
pub mod iwslt14;
pub mod lowercase;
pub mod moses;
mod nonbreaking;
pub(crate) mod parallel;
pub mod synthetic;
mod two_files;
pub mod vocabulary;
