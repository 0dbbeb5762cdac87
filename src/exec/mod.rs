//! The walk over the graph: skip what is cached, run the rest, stop at a failure.
//!
//! A stage's key is made from the contents of its parents' artifacts, so keys are known from the top down and
//! no further than the first stage that has yet to run. [`execute`] walks and works; [`preview`] says how far
//! the walk is known in advance, [`estimates`] how long it may take, and [`explain`] all about one stage. Neither knows a concrete stage: a [`Runner`] does the work.

mod error;
mod estimate;
mod execute;
mod explain;
mod failure;
mod identify;
mod preview;
mod progress;
mod runner;
mod stop;
mod usage;

pub use error::ExecError;
pub use estimate::{Basis, Estimate, estimates};
pub use execute::{Done, Options, Outcome, execute};
pub use explain::{Explanation, ReadFile, ReadStage, explain};
pub use failure::StageFailure;
pub use preview::{Status, Waiting, preview, preview_with};
pub use progress::{Progress, Silent, Turn};
pub use runner::{Inputs, Runner, Undeclared, Workplace};
pub use stop::Stop;
pub use usage::{Usage, try_wait, wait};
