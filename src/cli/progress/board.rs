//! A run in a few lines, none of them wider than the terminal: what works, and how much is done and left.

use super::Paint;
use super::paint::Look;
use crate::cli::units::span;
use crate::counted::counted;
use crate::exec::{Bulletin, Counts, Left, Working, harmless};
use crate::results::duration;

/// Least columns that lines are cut to: narrower ones say nothing.
const NARROWEST: usize = 20;
/// Most columns of a label.
const LABEL: usize = 32;
/// Columns of a bar.
const BAR: usize = 12;
/// What stands between two pieces.
const GAP: &str = "  ";

/// A place for a run.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Board {
    /// Columns that lines may have.
    pub(in crate::cli) width: usize,
    /// Lines that there may be.
    pub(in crate::cli) height: usize,
    /// How it looks.
    pub(in crate::cli) paint: Paint,
}

/// A part of a line.
struct Piece {
    text: String,
    look: Look,
    /// What is worth least goes first where there is no room.
    worth: u8,
}

impl Piece {
    fn new(worth: u8, look: Look, text: impl AsRef<str>) -> Self {
        Self {
            text: in_a_line(text.as_ref()),
            look,
            worth,
        }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

impl Board {
    /// The lines of a run, each with its width: what it is and how far, a line for each stage that works, and what was
    /// made lately.
    pub(in crate::cli) fn lines(&self, bulletin: &Bulletin) -> Vec<(String, usize)> {
        let mut lines = vec![self.line(head(bulletin))];
        let lately = lately(bulletin);
        let room = self.height.saturating_sub(1 + lately.iter().len());
        let all = &bulletin.working;
        let (shown, others) = match all.len() {
            few if few <= room => all.split_at(few),
            // A line says how many have none.
            _ => all.split_at(room.saturating_sub(1)),
        };
        let labels = shown.iter().map(|stage| label_of(stage).chars().count());
        let labels = labels.max().unwrap_or(0);
        let working = shown.iter().map(|stage| stage_at_work(stage, labels));
        lines.extend(working.map(|pieces| self.line(pieces)));
        if !others.is_empty() {
            let more = format!("{GAP}and {} more", others.len());
            lines.push(self.line(vec![Piece::new(9, Look::Faint, more)]));
        }
        lines.extend(lately.map(|pieces| self.line(pieces)));
        lines
    }

    /// A stage in a line that stands alone: without its place, its label and its bar.
    pub(in crate::cli) fn stage(stage: &Working) -> String {
        let pieces = says(stage).into_iter();
        let texts: Vec<String> = pieces.map(|piece| piece.text).collect();
        texts.join(", ")
    }

    /// As many of the pieces as there is room for, in one line, and its width.
    fn line(&self, mut pieces: Vec<Piece>) -> (String, usize) {
        let room = self.width.max(NARROWEST);
        let width = |pieces: &[Piece]| {
            let texts: usize = pieces.iter().map(Piece::width).sum();
            texts + GAP.len() * pieces.len().saturating_sub(1)
        };
        while width(&pieces) > room
            && pieces.len() > 1
            && let Some((least, _)) = (pieces.iter().enumerate())
                .rev()
                .min_by_key(|(_, piece)| piece.worth)
        {
            pieces.remove(least);
        }
        if let [only] = pieces.as_mut_slice() {
            only.text = cut(&only.text, room);
        }
        let painted = pieces
            .iter()
            .map(|piece| self.paint.paint(piece.look, &piece.text));
        let text = painted.collect::<Vec<_>>().join(GAP);
        (text, width(&pieces))
    }
}

/// What a run has come to, in one line for its end.
pub(in crate::cli) fn summary(bulletin: &Bulletin) -> String {
    let Counts {
        stages,
        cached,
        done,
        working,
        waiting,
        failed,
        stopped,
    } = bulletin.counts;
    let counts = [
        (done, "made"),
        (cached, "cached"),
        (failed, "failed"),
        (stopped, "stopped"),
        (waiting + working, "not run"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let (stages, time) = (counted(stages, "stage"), duration(bulletin.seconds));
    format!("{stages}: {} in {time}", counts.join(", "))
}

/// What is known of the time that a run will take.
pub(in crate::cli) fn left(left: &Left) -> Option<String> {
    let time = time(left.seconds);
    match (left.seconds > 0.0, left.stages_without_estimate) {
        (true, 0) => Some(format!("about {time} left")),
        (true, unknown) => Some(format!("at least {time} left, and {unknown} unknown")),
        (false, _) => None,
    }
}

fn head(bulletin: &Bulletin) -> Vec<Piece> {
    let counts = &bulletin.counts;
    let there = counts.cached + counts.done;
    let cached = match counts.cached {
        0 => String::new(),
        cached => format!(" ({cached} cached)"),
    };
    let mut pieces = vec![
        Piece::new(9, Look::Strong, &bulletin.experiment),
        Piece::new(
            8,
            Look::Plain,
            format!("{there}/{} done{cached}", counts.stages),
        ),
    ];
    let more = [
        (5, Look::Plain, counts.working, "at work"),
        (4, Look::Plain, counts.waiting, "waiting"),
        (7, Look::Bad, counts.failed, "failed"),
        (3, Look::Plain, counts.stopped, "stopped"),
    ];
    let more = more.into_iter().filter(|(_, _, count, _)| *count > 0);
    pieces.extend(
        more.map(|(worth, look, count, word)| Piece::new(worth, look, format!("{count} {word}"))),
    );
    pieces.push(Piece::new(2, Look::Faint, time(bulletin.seconds)));
    let left = left(&bulletin.left);
    pieces.extend(left.map(|left| Piece::new(6, Look::Strong, left)));
    pieces
}

fn label_of(stage: &Working) -> String {
    cut(&stage.stage, LABEL)
}

/// The line of a stage, whose label takes so many columns.
fn stage_at_work(stage: &Working, labels: usize) -> Vec<Piece> {
    let label = label_of(stage);
    let mut pieces = vec![Piece::new(
        9,
        Look::Moving,
        format!("{GAP}{label:<labels$}"),
    )];
    pieces.extend(bar(stage).map(|bar| Piece::new(4, Look::Good, bar)));
    pieces.extend(says(stage));
    pieces
}

/// How much of a stage is done, or else of its phase.
fn bar(stage: &Working) -> Option<String> {
    let steps = stage.done.zip(stage.total.filter(|total| *total > 0));
    let steps = steps.map(|(done, total)| done as f64 / total as f64);
    let share = stage.figures.share.or(steps)?.clamp(0.0, 1.0);
    let full = (share * BAR as f64).round() as usize;
    Some("█".repeat(full) + &"░".repeat(BAR - full))
}

/// What there is to say of a stage.
fn says(stage: &Working) -> Vec<Piece> {
    let figures = &stage.figures;
    let mut pieces = Vec::new();
    let mut say = |worth, look, text: String| pieces.push(Piece::new(worth, look, text));
    if stage.attempt > 1 {
        say(5, Look::Bad, format!("try {}", stage.attempt));
    }
    let phase = phase(stage);
    if !phase.is_empty() {
        say(8, Look::Plain, phase);
    }
    match (stage.done, stage.total) {
        (Some(done), Some(total)) => say(3, Look::Plain, format!("{done}/{total}")),
        (Some(done), None) => say(3, Look::Plain, done.to_string()),
        (None, _) => {}
    }
    if let Some(loss) = figures.loss {
        say(6, Look::Plain, format!("loss {loss:.3}"));
    }
    if let Some(bleu) = figures.bleu {
        say(6, Look::Plain, format!("BLEU {bleu:.2}"));
    }
    if !stage.detail.is_empty() {
        say(2, Look::Plain, stage.detail.clone());
    }
    if let Some(rate) = stage.rate {
        let digits = if rate < 9.95 { 1 } else { 0 };
        say(1, Look::Faint, format!("{rate:.digits$}/s"));
    }
    match stage.seconds_left {
        Some(left) => say(7, Look::Strong, format!("{} left", time(left))),
        None => say(7, Look::Faint, format!("for {}", time(stage.seconds))),
    }
    pieces
}

/// What a stage is at; an epoch is told with the number of all.
fn phase(stage: &Working) -> String {
    let figures = &stage.figures;
    match figures.epoch.zip(figures.epochs) {
        Some((epoch, epochs)) if stage.phase == format!("epoch {epoch}") => {
            format!("epoch {epoch}/{epochs}")
        }
        Some((epoch, epochs)) => format!("epoch {epoch}/{epochs}, {}", stage.phase),
        None => stage.phase.clone(),
    }
}

fn lately(bulletin: &Bulletin) -> Option<Vec<Piece>> {
    let made = bulletin.lately.iter();
    let made = made.map(|made| format!("{} ({})", made.stage, duration(made.seconds)));
    let made: Vec<String> = made.collect();
    (!made.is_empty()).then(|| {
        let text = format!("{GAP}done: {}", made.join(", "));
        vec![Piece::new(9, Look::Faint, text)]
    })
}

/// A time that changes while one looks at it.
fn time(seconds: f64) -> String {
    span(seconds.round() as u64)
}

/// The text without what would break the line that it stands in.
pub(in crate::cli) fn in_a_line(text: &str) -> String {
    harmless(text).replace(['\n', '\t'], " ")
}

/// As much of the text as fits into so many columns.
pub(in crate::cli) fn cut(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let kept = text.chars().take(columns.saturating_sub(1));
    kept.chain(['…']).collect()
}

#[cfg(test)]
pub(super) mod tests;
