//! srp: declarative experiment pipelines for Selectively Regularized Pruning of Transformer translation models.
//!
//! # Where to start
//! `docs/ARCHITECTURE.md` is the map. An experiment file becomes a [`plan`], the plan is walked by [`exec`] with
//! what the [`cache`] holds, each stage's work stands in [`stages`], and [`results`] writes the table.

pub mod cache;
pub mod cli;
pub mod config;
mod counted;
#[cfg(feature = "nn")]
pub mod decode;
pub mod device;
pub mod exec;
pub mod figure;
pub mod graph;
pub mod groups;
#[cfg(feature = "nn")]
pub mod kernels;
pub mod metrics;
#[cfg(feature = "nn")]
pub mod model;
pub mod plan;
pub mod prune;
pub mod random;
pub mod report;
pub mod results;
pub mod shape;
pub mod stages;
pub mod text;
#[cfg(feature = "nn")]
pub mod train;
mod white_space;
