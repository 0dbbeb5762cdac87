//! How a run looks while it goes on: a bar on a terminal, plain lines elsewhere.

use crate::cache::Key;
use crate::exec::{Progress, StageFailure, Turn};
use crate::results::duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines about steps, where lines are kept.
const STEP_INTERVAL: Duration = Duration::from_secs(10);

/// What suits stderr.
pub(super) fn on_stderr() -> Box<dyn Progress> {
    if io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines::new(io::stderr(), STEP_INTERVAL))
    }
}

/// What both forms say of a stage.
mod said {
    use super::*;

    pub(super) fn place(turn: &Turn<'_>) -> String {
        let width = turn.total.to_string().len();
        format!("[{:>width$}/{}] {}", turn.number, turn.total, turn.stage)
    }

    pub(super) fn finished(turn: &Turn<'_>, seconds: f64) -> String {
        format!("{}: done in {}", place(turn), duration(seconds))
    }

    pub(super) fn cached(turn: &Turn<'_>, key: Key) -> String {
        format!("{}: cached ({})", place(turn), key.short())
    }

    pub(super) fn failed(turn: &Turn<'_>, failure: &StageFailure) -> String {
        format!("{}: failed: {failure}", place(turn))
    }
}

/// One bar that moves while a stage runs; what is over stands above it.
struct Bar {
    bar: ProgressBar,
    phase: Mutex<Phase>,
}

#[derive(Default)]
struct Phase {
    name: String,
    total: Option<u64>,
}

impl Bar {
    fn new() -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            phase: Mutex::default(),
        }
    }

    fn current(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to count anew, towards `total` if that is known.
    fn restart(&self, total: Option<u64>) {
        match total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.set_style(style(total.is_some()));
        self.bar.reset();
    }
}

/// What the bar shows while the end of a phase is in sight, and while it is not.
fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{prefix}: {msg} {wide_bar} {pos}/{len} {rate} {eta} left"
    } else {
        "{prefix}: {msg} {spinner} {pos} {rate}"
    };
    // The templates are right; a wrong one would be no reason to stop a training.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "rate",
            |state: &ProgressState, text: &mut dyn fmt::Write| {
                write!(text, "{:.1}/s", state.per_sec()).ok();
            },
        )
}

impl Progress for Bar {
    fn stage_started(&self, turn: &Turn<'_>) {
        *self.current() = Phase::default();
        self.restart(None);
        self.bar.set_prefix(said::place(turn));
        self.bar.set_message("");
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    fn stage_finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.bar.println(said::finished(turn, seconds));
        self.bar.finish_and_clear();
    }

    fn stage_cached(&self, turn: &Turn<'_>, key: Key) {
        self.note(&said::cached(turn, key));
    }

    fn stage_failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.bar.println(said::failed(turn, failure));
        self.bar.finish_and_clear();
    }

    fn phase(&self, text: &str) {
        *self.current() = Phase {
            name: text.to_owned(),
            total: None,
        };
        self.bar.set_message(text.to_owned());
        self.restart(None);
    }

    fn step(&self, done: u64, total: Option<u64>, detail: &str) {
        let mut phase = self.current();
        if phase.total != total {
            phase.total = total;
            self.restart(total);
        }
        self.bar.set_message(format!("{} {detail}", phase.name));
        self.bar.set_position(done);
    }

    fn note(&self, line: &str) {
        self.bar.suspend(|| writeln!(io::stderr(), "{line}").ok());
    }
}

/// A line for each thing worth keeping, and one about steps now and then.
struct Lines<W> {
    interval: Duration,
    state: Mutex<LinesState<W>>,
}

struct LinesState<W> {
    out: W,
    stage: String,
    phase: String,
    last_step: Instant,
}

impl<W: Write> Lines<W> {
    fn new(out: W, interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::new(LinesState {
                out,
                stage: String::new(),
                phase: String::new(),
                last_step: Instant::now(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, LinesState<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write> LinesState<W> {
    fn line(&mut self, line: &str) {
        // A run need not stop because nobody listens.
        writeln!(self.out, "{line}").ok();
    }
}

impl<W: Write + Send> Progress for Lines<W> {
    fn stage_started(&self, turn: &Turn<'_>) {
        let mut state = self.state();
        state.stage = said::place(turn);
        state.phase.clear();
        state.last_step = Instant::now();
        let line = format!("{}: started", state.stage);
        state.line(&line);
    }

    fn stage_finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.note(&said::finished(turn, seconds));
    }

    fn stage_cached(&self, turn: &Turn<'_>, key: Key) {
        self.note(&said::cached(turn, key));
    }

    fn stage_failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.note(&said::failed(turn, failure));
    }

    fn phase(&self, text: &str) {
        let mut state = self.state();
        state.phase = text.to_owned();
        let line = format!("{}: {text}", state.stage);
        state.line(&line);
    }

    fn step(&self, done: u64, total: Option<u64>, detail: &str) {
        let mut state = self.state();
        if state.last_step.elapsed() < self.interval {
            return;
        }
        state.last_step = Instant::now();
        let of = total.map(|total| format!("/{total}")).unwrap_or_default();
        let line = format!("{}: {} {done}{of} {detail}", state.stage, state.phase);
        state.line(line.trim_end());
    }

    fn note(&self, line: &str) {
        self.state().line(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Turn<'static> = Turn {
        stage: "dense",
        number: 2,
        total: 10,
    };

    fn lines_of(interval: Duration, talk: impl FnOnce(&dyn Progress)) -> String {
        let lines = Lines::new(Vec::new(), interval);
        talk(&lines);
        String::from_utf8(lines.state.into_inner().unwrap().out).unwrap()
    }

    fn a_stage(progress: &dyn Progress) {
        progress.stage_started(&TURN);
        progress.phase("epoch 1");
        progress.step(1, Some(2), "loss 3.5");
        progress.step(2, None, "");
        progress.note("best so far");
        progress.stage_finished(&TURN, 61.0);
    }

    #[test]
    fn lines_say_which_stage_does_what() {
        assert_eq!(
            lines_of(Duration::ZERO, a_stage),
            "[ 2/10] dense: started\n\
             [ 2/10] dense: epoch 1\n\
             [ 2/10] dense: epoch 1 1/2 loss 3.5\n\
             [ 2/10] dense: epoch 1 2\n\
             best so far\n\
             [ 2/10] dense: done in 1 min 01 s\n"
        );
    }

    #[test]
    fn steps_do_not_flood_a_log() {
        let text = lines_of(Duration::from_secs(3600), a_stage);
        assert!(!text.contains("loss"), "{text}");
        assert!(text.contains("best so far"), "{text}");
    }

    #[test]
    fn failures_are_told_with_their_causes() {
        let failure = StageFailure::new("no such file").context("reading text");
        let text = lines_of(Duration::ZERO, |lines| lines.stage_failed(&TURN, &failure));
        assert_eq!(text, "[ 2/10] dense: failed: reading text: no such file\n");
    }
}
