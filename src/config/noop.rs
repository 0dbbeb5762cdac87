//! What a noop stage is told.

use super::{ArtifactKind, Input, NotNegative, Spec, StageRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Does no work: it waits and ends, to try out what surrounds stages and to measure what that costs. What it makes is a
/// file of a few bytes, a function of its value and of what it comes after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Noop {
    /// The noop stage that comes before it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StageRef>,
    /// Decides what is in the file.
    pub value: i64,
    /// How long it waits before it ends.
    pub seconds: NotNegative,
    /// How it ends.
    pub ending: Ending,
}

/// How a noop stage ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It writes its file.
    Done,
    /// It fails.
    Fail,
    /// Its process aborts, as after a broken invariant of a library.
    Abort,
    /// Its process is killed, as by a system that is out of memory.
    Kill,
    /// It never ends, whoever asks it to stop.
    Hang,
}

impl Spec for Noop {
    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Noop
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        let after = self.after.iter().map(|stage| Input {
            key: "after",
            stage,
            needs: ArtifactKind::Noop,
        });
        after.collect()
    }
}
