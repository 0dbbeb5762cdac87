//! What is measured of translations and of models.

pub mod bleu;
pub mod chrf;
pub mod flops;
mod ngrams;
pub mod report;
pub mod signature;
pub mod significance;
pub mod tokenized_bleu;
pub mod tokenizer_13a;
