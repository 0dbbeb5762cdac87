//! What a run that works tells of itself: on the terminal, and to other processes through the cache.

use super::Figures;
use crate::cache::{Cache, Key};
use crate::plan::Request;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a run stands at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bulletin {
    /// The process of the run.
    pub process: u32,
    /// The experiment's name.
    pub experiment: String,
    /// What was asked for, if that can be asked for again.
    pub request: Option<Request>,
    /// When the run began.
    pub began: Timestamp,
    /// When this was so.
    pub told: Timestamp,
    /// Wall time between the two.
    pub seconds: f64,
    /// How many stages stand where.
    pub counts: Counts,
    /// The stages that work, in the order of the plan.
    pub working: Vec<Working>,
    /// The last few stages that were made, the newest first.
    pub lately: Vec<DoneStage>,
    /// The stages that failed, in the order of time.
    pub failed: Vec<FailedStage>,
    /// How long the run will still take.
    pub left: Left,
}

/// How many stages of a run stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// All that the run has.
    pub stages: usize,
    /// Found in the cache.
    pub cached: usize,
    /// Made in this run.
    pub done: usize,
    /// At work.
    pub working: usize,
    /// Waiting for their parents, or for their turn.
    pub waiting: usize,
    /// Failed.
    pub failed: usize,
    /// Stopped before they were done.
    pub stopped: usize,
}

/// A stage that works.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Working {
    /// Its label.
    pub stage: String,
    /// Which stage of the run it is, from 1.
    pub number: usize,
    /// The key of what it makes.
    pub key: Key,
    /// Which try it is, from 1.
    pub attempt: u32,
    /// When that began.
    pub began: Timestamp,
    /// How long it has worked.
    pub seconds: f64,
    /// What it is at, in its own words; empty until it says so.
    pub phase: String,
    /// Steps of the phase that are done.
    pub done: Option<u64>,
    /// Steps of the phase.
    pub total: Option<u64>,
    /// What else it says of them; may be empty.
    pub detail: String,
    /// Steps in a second.
    pub rate: Option<f64>,
    /// What a training says of itself.
    pub figures: Figures,
    /// How long the stage will still take, as far as anybody can tell.
    pub seconds_left: Option<f64>,
    /// Its log, below the folder that the run has claimed.
    pub log: PathBuf,
}

/// A stage that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DoneStage {
    /// Its label.
    pub stage: String,
    /// How long it took.
    pub seconds: f64,
}

/// A stage that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FailedStage {
    /// Its label.
    pub stage: String,
    /// The error and its causes, outermost first.
    pub error: Vec<String>,
}

/// How long a run will still take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Left {
    /// Wall time of all stages with an estimate, side by side where they will be.
    pub seconds: f64,
    /// Stages that nobody knows the time of.
    pub stages_without_estimate: usize,
}

/// A run as others see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Whether it goes on; if not, it was killed.
    pub alive: bool,
    /// The folder that it has claimed.
    pub folder: PathBuf,
    /// What it told last.
    pub bulletin: Bulletin,
}

impl Seen {
    /// The log of a stage that works.
    pub fn log(&self, working: &Working) -> PathBuf {
        self.folder.join(&working.log)
    }
}

/// The runs that make something in this cache, and those that were killed at it, until the next run clears away what is
/// left of them. Whether a run goes on is known from its lock, not from a time. Writes nothing.
pub fn runs(cache: &Cache) -> Vec<Seen> {
    let posts = cache.posts().into_iter();
    // What cannot be read was told by another version of srp.
    let seen = posts.filter_map(|post| {
        Some(Seen {
            bulletin: serde_json::from_slice(&post.text).ok()?,
            alive: post.alive,
            folder: post.folder,
        })
    });
    let mut seen: Vec<Seen> = seen.collect();
    seen.sort_by_key(|seen| seen.bulletin.began);
    seen
}
