//! Tests of srp as a whole, and against numbers that other programs computed.
#![cfg(test)]

mod bad_input;
mod batching;
mod cache;
mod cli;
mod exec;
mod fake;
mod golden;
mod house;
#[cfg(all(feature = "nn", feature = "tables", unix))]
mod kill;
mod metrics_bleu;
mod metrics_detokenizer;
mod metrics_flops;
mod plans;
#[cfg(feature = "nn")]
mod pruning_laws;
mod results;
#[cfg(feature = "nn")]
mod smoke;
mod text_bpe;
mod text_golden;
mod text_indexed;
mod text_iwslt14;
mod text_multi30k;
mod text_tokens;
mod tiny;
#[cfg(feature = "nn")]
mod training_loop;
