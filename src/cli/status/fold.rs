//! Lines that are more than there is room for: what matters least is folded.

use crate::counted::counted;

/// A line of what is seen of runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// Its columns.
    pub(super) width: usize,
    pub(super) worth: Worth,
}

/// What a line is about: what is worth least stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Worth {
    /// A run that was killed.
    Killed,
    /// A stage that has failed.
    Failed,
    /// Stages that were made.
    Done,
    /// The process of a run, and its command.
    Process,
    /// A stage that works.
    Stage,
    /// The counts and the time of a run.
    Run,
}

impl Worth {
    /// Whether of two such lines the later one matters more.
    fn grows(self) -> bool {
        matches!(self, Self::Killed | Self::Failed)
    }
}

/// As many lines as there are rows for, and one that says how many have none.
pub(super) fn fold(mut lines: Vec<Line>, rows: usize) -> Vec<(String, usize)> {
    let all = lines.len();
    let room = if all > rows {
        rows.saturating_sub(1).max(1)
    } else {
        rows
    };
    while lines.len() > room
        && let Some(least) = lines.iter().map(|line| line.worth).min()
    {
        let is_least = |line: &Line| line.worth == least;
        let position = match least.grows() {
            true => lines.iter().position(is_least),
            false => lines.iter().rposition(is_least),
        };
        lines.remove(position.unwrap_or(0));
    }
    let folded = all - lines.len();
    let mut shown: Vec<_> = lines
        .into_iter()
        .map(|line| (line.text, line.width))
        .collect();
    if folded > 0 {
        let text = format!("{} more: `srp status` shows all", counted(folded, "line"));
        let width = text.chars().count();
        shown.push((text, width));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        use Worth::{Done, Failed, Killed, Process, Run, Stage};
        let worths = [Killed, Process, Run, Stage, Stage, Done, Failed, Failed];
        let numbered = worths.into_iter().enumerate();
        let line = |(number, worth)| {
            let text = format!("{worth:?} {number}");
            let width = text.len();
            Line { text, width, worth }
        };
        numbered.map(line).collect()
    }

    fn folded(rows: usize) -> Vec<String> {
        fold(lines(), rows)
            .into_iter()
            .map(|(text, _)| text)
            .collect()
    }

    #[test]
    fn stages_at_work_stay_and_what_is_over_goes() {
        assert_eq!(folded(8).len(), 8);
        assert_eq!(
            folded(5),
            [
                "Process 1",
                "Run 2",
                "Stage 3",
                "Stage 4",
                "4 lines more: `srp status` shows all"
            ]
        );
        assert_eq!(
            folded(7),
            [
                "Process 1",
                "Run 2",
                "Stage 3",
                "Stage 4",
                "Done 5",
                "Failed 7",
                "2 lines more: `srp status` shows all"
            ]
        );
        assert_eq!(
            folded(3),
            ["Run 2", "Stage 3", "6 lines more: `srp status` shows all"]
        );
    }

    #[test]
    fn no_terminal_is_too_small() {
        for rows in 1..20 {
            let shown = folded(rows).len();
            assert!(shown <= rows.max(2), "{shown} in {rows}");
        }
    }
}
