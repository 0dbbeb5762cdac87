//! The walk over the graph: skip what is cached, run the rest, as many stages at a time as there are slots.
//!
//! A stage's key is made from the contents of its parents' artifacts, so keys are known from the top down and
//! no further than the first stage that has yet to run. [`execute`] walks, and each `task` makes one artifact;
//! [`preview`] says how far the walk is known in advance, [`estimates`] how long it may take, and [`explain`] all
//! about one stage. A run that works keeps a `journal`, which [`runs`] finds in the cache. Nothing here knows a concrete stage: a [`Runner`] does the work. [`Processes`] is one that gives
//! each stage a process of its own, in which [`serve`] calls another.

mod bulletin;
mod death;
mod error;
mod estimate;
mod execute;
mod explain;
mod failure;
mod finished;
mod forecast;
mod harmless;
mod identify;
mod job;
mod journal;
mod load;
mod pace;
mod preview;
mod process;
mod progress;
mod runner;
mod serve;
mod slot;
mod stop;
mod tail;
mod task;
mod usage;

pub use bulletin::{Bulletin, Counts, DoneStage, FailedStage, Left, Seen, Working, runs};
pub use error::ExecError;
pub use estimate::{Basis, Estimate, estimates};
pub use execute::{Done, Options, Outcome, execute};
pub use explain::{Explanation, ReadFile, ReadStage, explain};
pub use failure::StageFailure;
pub(crate) use failure::messages;
pub(crate) use harmless::harmless;
pub use job::JobError;
pub use load::{Neighbours, own_processor_time};
pub use preview::{Status, Waiting, preview, preview_with};
pub use process::Processes;
pub use progress::{Figures, Progress, Silent, Turn, Watcher};
pub use runner::{Account, Inputs, Runner, Undeclared, Workplace};
pub use serve::serve;
pub use slot::Slot;
pub use stop::Stop;
pub(crate) use tail::Tail;
pub use usage::{Usage, own_peak_memory_bytes, try_wait, wait};
