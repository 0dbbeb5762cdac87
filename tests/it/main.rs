//! Tests of srp as a whole, and against numbers that other programs computed.
#![cfg(test)]

mod bad_input;
mod cache;
mod cli;
mod exec;
#[cfg(feature = "nn")]
mod fairseq;
mod fake;
mod golden;
mod house;
#[cfg(all(feature = "nn", feature = "tables", unix))]
mod kill;
#[cfg(feature = "nn")]
mod output_projection;
mod plans;
#[cfg(feature = "nn")]
mod pruning_laws;
mod results;
#[cfg(feature = "nn")]
mod smoke;
mod tiny;
#[cfg(feature = "nn")]
mod training_loop;
