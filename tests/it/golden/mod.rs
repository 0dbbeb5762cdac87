//! Parity with the reference implementation: numbers that it computed, against ours.
//!
//! `SRP_GOLDEN` names another folder of the same layout. Shapes, counts and expectations all come from the files.

mod batching;
#[cfg(feature = "nn")]
mod beam;
#[cfg(feature = "nn")]
mod budget;
pub(crate) mod data;
#[cfg(feature = "nn")]
mod forward;
#[cfg(feature = "nn")]
mod importance;
#[cfg(feature = "nn")]
mod iterations;
#[cfg(feature = "nn")]
mod learning_rate;
#[cfg(feature = "nn")]
mod losses;
mod metrics_bleu;
mod metrics_detokenizer;
mod metrics_flops;
#[cfg(feature = "nn")]
mod safety;
#[cfg(feature = "nn")]
mod schedules;
mod significance;
#[cfg(feature = "nn")]
pub(crate) mod tensors;
mod text_bpe;
mod text_golden;
mod text_indexed;
mod text_iwslt14;
mod text_multi30k;
mod text_tokens;
#[cfg(feature = "nn")]
mod updates;
