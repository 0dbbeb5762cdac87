//! How a run looks while it goes on: bars on a terminal, plain lines elsewhere.

use crate::cache::Key;
use crate::exec::{StageFailure, Turn, Watcher};
use crate::results::duration;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines about steps, where lines are kept.
const STEP_INTERVAL: Duration = Duration::from_secs(10);

/// What suits stderr.
pub(super) fn on_stderr() -> Box<dyn Watcher> {
    if io::stderr().is_terminal() {
        Box::new(Bars::new())
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

    pub(super) fn noted(turn: &Turn<'_>, line: &str) -> String {
        format!("{}: {line}", place(turn))
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

/// A bar for each stage that works; what is over stands above them.
struct Bars {
    all: MultiProgress,
    working: Mutex<HashMap<usize, Working>>,
}

/// A stage that works, and its bar.
struct Working {
    bar: ProgressBar,
    phase: String,
    total: Option<u64>,
}

impl Working {
    /// Begins to count anew, towards the total if that is known.
    fn restart(&self) {
        match self.total {
            Some(total) => self.bar.set_length(total),
            None => self.bar.unset_length(),
        }
        self.bar.set_style(style(self.total.is_some()));
        self.bar.reset();
    }
}

impl Bars {
    fn new() -> Self {
        Self {
            all: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            working: Mutex::default(),
        }
    }

    fn working(&self) -> MutexGuard<'_, HashMap<usize, Working>> {
        locked(&self.working)
    }

    fn end(&self, turn: &Turn<'_>, line: &str) {
        if let Some(stage) = self.working().remove(&turn.number) {
            stage.bar.finish_and_clear();
            self.all.remove(&stage.bar);
        }
        self.note(line);
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

impl Watcher for Bars {
    fn started(&self, turn: &Turn<'_>) {
        // A bar shows itself as soon as it is among the others.
        let bar = ProgressBar::no_length()
            .with_style(style(false))
            .with_prefix(said::place(turn));
        let stage = Working {
            bar: self.all.add(bar),
            phase: String::new(),
            total: None,
        };
        stage.bar.enable_steady_tick(Duration::from_millis(200));
        self.working().insert(turn.number, stage);
    }

    fn finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.end(turn, &said::finished(turn, seconds));
    }

    fn cached(&self, turn: &Turn<'_>, key: Key) {
        self.note(&said::cached(turn, key));
    }

    fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.end(turn, &said::failed(turn, failure));
    }

    fn phase(&self, turn: &Turn<'_>, text: &str) {
        if let Some(stage) = self.working().get_mut(&turn.number) {
            stage.phase = text.to_owned();
            stage.total = None;
            stage.bar.set_message(text.to_owned());
            stage.restart();
        }
    }

    fn step(&self, turn: &Turn<'_>, done: u64, total: Option<u64>, detail: &str) {
        if let Some(stage) = self.working().get_mut(&turn.number) {
            if stage.total != total {
                stage.total = total;
                stage.restart();
            }
            stage.bar.set_message(format!("{} {detail}", stage.phase));
            stage.bar.set_position(done);
        }
    }

    fn stage_note(&self, turn: &Turn<'_>, line: &str) {
        self.note(&said::noted(turn, line));
    }

    fn note(&self, line: &str) {
        self.all.suspend(|| writeln!(io::stderr(), "{line}").ok());
    }
}

/// A line for each thing worth keeping, and one about the steps of each stage now and then.
struct Lines<W> {
    interval: Duration,
    state: Mutex<LinesState<W>>,
}

struct LinesState<W> {
    out: W,
    /// The phase of each stage that works, and when its steps were last told.
    working: HashMap<usize, (String, Instant)>,
}

impl<W: Write> Lines<W> {
    fn new(out: W, interval: Duration) -> Self {
        Self {
            interval,
            state: Mutex::new(LinesState {
                out,
                working: HashMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, LinesState<W>> {
        locked(&self.state)
    }
}

impl<W: Write> LinesState<W> {
    fn line(&mut self, line: &str) {
        // A run need not stop because nobody listens.
        writeln!(self.out, "{line}").ok();
    }
}

impl<W: Write + Send> Watcher for Lines<W> {
    fn started(&self, turn: &Turn<'_>) {
        let mut state = self.state();
        let fresh = (String::new(), Instant::now());
        state.working.insert(turn.number, fresh);
        state.line(&format!("{}: started", said::place(turn)));
    }

    fn finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.note(&said::finished(turn, seconds));
    }

    fn cached(&self, turn: &Turn<'_>, key: Key) {
        self.note(&said::cached(turn, key));
    }

    fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.note(&said::failed(turn, failure));
    }

    fn phase(&self, turn: &Turn<'_>, text: &str) {
        let mut state = self.state();
        if let Some((phase, _)) = state.working.get_mut(&turn.number) {
            *phase = text.to_owned();
        }
        state.line(&said::noted(turn, text));
    }

    fn step(&self, turn: &Turn<'_>, done: u64, total: Option<u64>, detail: &str) {
        let mut state = self.state();
        let Some((phase, last)) = state.working.get_mut(&turn.number) else {
            return;
        };
        if last.elapsed() < self.interval {
            return;
        }
        *last = Instant::now();
        let of = total.map(|total| format!("/{total}")).unwrap_or_default();
        let line = said::noted(turn, &format!("{phase} {done}{of} {detail}"));
        state.line(line.trim_end());
    }

    fn stage_note(&self, turn: &Turn<'_>, line: &str) {
        self.note(&said::noted(turn, line));
    }

    fn note(&self, line: &str) {
        self.state().line(line);
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Turn<'static> = Turn {
        stage: "dense",
        number: 2,
        total: 10,
    };

    const OTHER: Turn<'static> = Turn {
        stage: "small",
        number: 3,
        total: 10,
    };

    fn lines_of(interval: Duration, talk: impl FnOnce(&dyn Watcher)) -> String {
        let lines = Lines::new(Vec::new(), interval);
        talk(&lines);
        String::from_utf8(lines.state.into_inner().unwrap().out).unwrap()
    }

    fn a_stage(watcher: &dyn Watcher) {
        watcher.started(&TURN);
        watcher.phase(&TURN, "epoch 1");
        watcher.step(&TURN, 1, Some(2), "loss 3.5");
        watcher.step(&TURN, 2, None, "");
        watcher.stage_note(&TURN, "best so far");
        watcher.finished(&TURN, 61.0);
    }

    #[test]
    fn lines_say_which_stage_does_what() {
        assert_eq!(
            lines_of(Duration::ZERO, a_stage),
            "[ 2/10] dense: started\n\
             [ 2/10] dense: epoch 1\n\
             [ 2/10] dense: epoch 1 1/2 loss 3.5\n\
             [ 2/10] dense: epoch 1 2\n\
             [ 2/10] dense: best so far\n\
             [ 2/10] dense: done in 1 min 01 s\n"
        );
    }

    #[test]
    fn the_lines_of_two_stages_can_be_told_apart() {
        let text = lines_of(Duration::ZERO, |watcher| {
            watcher.started(&TURN);
            watcher.started(&OTHER);
            watcher.phase(&TURN, "epoch 1");
            watcher.phase(&OTHER, "epoch 7");
            watcher.step(&TURN, 1, None, "");
            watcher.step(&OTHER, 2, None, "");
        });
        let steps: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(
            steps,
            ["[ 2/10] dense: epoch 1 1", "[ 3/10] small: epoch 7 2"]
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
        let text = lines_of(Duration::ZERO, |lines| lines.failed(&TURN, &failure));
        assert_eq!(text, "[ 2/10] dense: failed: reading text: no such file\n");
    }
}
