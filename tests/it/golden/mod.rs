//! Parity with the reference implementation: numbers that it computed, against ours.
//!
//! `SRP_GOLDEN` names another folder of the same layout. Shapes, counts and expectations all come from the files.

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
#[cfg(feature = "nn")]
mod safety;
#[cfg(feature = "nn")]
mod schedules;
#[cfg(feature = "nn")]
pub(crate) mod tensors;
#[cfg(feature = "nn")]
mod updates;
