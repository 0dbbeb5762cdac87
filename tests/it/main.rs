//! Tests of srp as a whole, and against numbers that other programs computed.

mod batching;
mod golden;
mod metrics_bleu;
mod metrics_detokenizer;
mod metrics_flops;
