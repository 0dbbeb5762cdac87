//! Tests of srp as a whole, and against numbers that other programs computed.

mod batching;
mod metrics_bleu;
mod metrics_detokenizer;
mod metrics_flops;
mod metrics_golden;
