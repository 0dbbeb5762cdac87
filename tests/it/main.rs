//! Tests of srp as a whole, and against numbers that other programs computed.
#![cfg(test)]

mod bad_input;
#[cfg(feature = "nn")]
mod bench_decode;
mod bench_plan;
#[cfg(feature = "nn")]
mod bench_train;
#[cfg(feature = "nn")]
mod bring_your_own;
#[cfg(feature = "nn")]
mod budget_laws;
mod cache;
mod cache_faults;
mod cache_gc;
mod cache_verbs;
mod cli;
#[cfg(feature = "tables")]
mod compare;
#[cfg(feature = "tables")]
mod compare_tables;
#[cfg(feature = "nn")]
mod criteria;
mod dependencies;
mod doctor;
mod documents;
#[cfg(feature = "nn")]
mod engine;
mod exec;
#[cfg(feature = "nn")]
mod export;
#[cfg(feature = "nn")]
mod exported_reader;
#[cfg(feature = "nn")]
mod fairseq;
mod fake;
mod foretold;
mod golden;
#[cfg(feature = "nn")]
mod handmade;
mod house;
mod import;
mod init;
#[cfg(all(feature = "nn", feature = "tables", unix))]
mod kill;
mod noop;
mod notes;
#[cfg(feature = "nn")]
mod output_projection;
mod plans;
mod plot;
#[cfg(feature = "nn")]
mod pruning_laws;
mod report;
mod results;
mod schema;
mod select;
mod shell;
mod side_by_side;
#[cfg(feature = "nn")]
mod smoke;
mod tiny;
#[cfg(feature = "nn")]
mod training_loop;
mod validate;
mod watch;
mod why;
mod workers;
