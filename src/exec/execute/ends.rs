//! How stages ended that are not done, and what the run makes of it.

use super::Outcome;
use super::agenda::{Agenda, State};
use crate::cache::Position;
use crate::exec::ExecError;
use crate::exec::journal::Journal;
use crate::plan::{NodeId, Plan};

/// How stages ended that are not done.
#[derive(Default)]
pub(super) struct Ends {
    pub(super) failures: Vec<(NodeId, ExecError)>,
    /// Those that were stopped, and how far they had come.
    pub(super) stopped: Vec<(String, Option<Position>)>,
}

impl Ends {
    /// Whether another stage may begin.
    pub(super) fn let_begin(&self, keep_going: bool) -> bool {
        self.stopped.is_empty() && (keep_going || self.failures.is_empty())
    }

    /// What the run has come to.
    pub(super) fn sum_up(
        self,
        agenda: Agenda,
        plan: &Plan,
        keep_going: bool,
        journal: &Journal<'_>,
    ) -> Result<Outcome, ExecError> {
        let Self { failures, stopped } = self;
        let stop = (!stopped.is_empty()).then_some(ExecError::Stopped { places: stopped });
        if failures.is_empty() {
            let nodes = agenda.into_done().collect();
            return stop.map_or(Ok(Outcome { nodes }), Err);
        }
        if keep_going {
            tell_who_waits(&failures, &agenda, plan, journal);
        }
        // A failure is what the run ends with, even if it was stopped too.
        if let Some(stop) = stop {
            journal.note(&stop.to_string());
        }
        let failures = failures.into_iter().map(|(_, error)| error);
        Err(ExecError::of(failures.collect()))
    }
}

/// Says which stages were not run because of those that failed.
fn tell_who_waits(
    failures: &[(NodeId, ExecError)],
    agenda: &Agenda,
    plan: &Plan,
    journal: &Journal<'_>,
) {
    let below = agenda
        .graph
        .downstream(failures.iter().map(|(node, _)| node.0));
    let left = below
        .into_iter()
        .filter(|node| matches!(agenda.states[*node], State::Waiting));
    let left: Vec<&str> = left.map(|node| plan.nodes[node].label.as_str()).collect();
    if !left.is_empty() {
        let line = format!("not run for want of what failed: {}", left.join(", "));
        journal.note(&line);
    }
}
