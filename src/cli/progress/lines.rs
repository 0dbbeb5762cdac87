//! A line for each thing worth keeping, and one about the steps of each stage now and then.

use super::board::Board;
use super::paint::Look;
use super::{Paint, summary};
use crate::cache::{Key, Position};
use crate::exec::{Bulletin, StageFailure, Turn, Watcher, harmless};
use crate::results::duration;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Writes lines.
pub(super) struct Lines<W> {
    interval: Duration,
    paint: Paint,
    /// Whether what comes to the logs of stages is written, in the place of what is known of it before.
    logs: bool,
    state: Mutex<State<W>>,
}

struct State<W> {
    out: W,
    /// When something was last told of each stage that works, by its number.
    told: HashMap<usize, Instant>,
}

/// A stage's place in the run, and its label.
pub(super) fn place(turn: &Turn<'_>) -> String {
    let width = turn.total.to_string().len();
    format!("[{:>width$}/{}] {}", turn.number, turn.total, turn.stage)
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W, interval: Duration, paint: Paint, logs: bool) -> Self {
        Self {
            interval,
            paint,
            logs,
            state: Mutex::new(State {
                out,
                told: HashMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, look: Look, turn: &Turn<'_>, what: &str) {
        let what = self.paint.paint(look, &harmless(what));
        let line = format!("{}: {what}", place(turn));
        let mut state = self.state();
        state.told.insert(turn.number, Instant::now());
        state.line(&line);
    }
}

impl<W: Write> State<W> {
    fn line(&mut self, line: &str) {
        // A run need not stop because nobody listens.
        writeln!(self.out, "{line}").ok();
    }
}

impl<W: Write + Send> Watcher for Lines<W> {
    fn started(&self, turn: &Turn<'_>) {
        self.say(Look::Plain, turn, "started");
    }

    fn finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.say(Look::Good, turn, &format!("done in {}", duration(seconds)));
    }

    fn cached(&self, turn: &Turn<'_>, key: Key) {
        self.say(Look::Faint, turn, &format!("cached ({})", key.short()));
    }

    fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        self.say(Look::Bad, turn, &format!("failed: {failure}"));
    }

    fn stopped(&self, turn: &Turn<'_>, kept: Option<Position>) {
        let kept = kept.map(|position| format!(" {position}, which is kept"));
        let kept = kept.unwrap_or_default();
        self.say(Look::Plain, turn, &format!("stopped{kept}"));
    }

    fn phase(&self, turn: &Turn<'_>, text: &str) {
        if !self.logs {
            self.say(Look::Plain, turn, text);
        }
    }

    fn stage_note(&self, turn: &Turn<'_>, line: &str) {
        if !self.logs {
            self.say(Look::Plain, turn, line);
        }
    }

    fn wants_logs(&self) -> bool {
        self.logs
    }

    fn log_line(&self, turn: &Turn<'_>, line: &str) {
        self.say(Look::Plain, turn, line.trim_start());
    }

    fn standing(&self, bulletin: &Bulletin) {
        for working in &bulletin.working {
            let turn = Turn {
                stage: &working.stage,
                number: working.number,
                total: bulletin.counts.stages,
            };
            let last = self.state().told.get(&turn.number).copied();
            let silent = last.is_none_or(|last| last.elapsed() >= self.interval);
            if silent && working.done.is_some() {
                self.say(Look::Plain, &turn, &Board::stage(working));
            }
        }
    }

    fn ended(&self, bulletin: &Bulletin) {
        self.note(&summary(bulletin));
    }

    fn note(&self, line: &str) {
        self.state().line(&harmless(line));
    }
}

#[cfg(test)]
mod tests {
    use super::super::board::tests::{bulletin, training};
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

    fn lines_of(interval: Duration, logs: bool, talk: impl FnOnce(&dyn Watcher)) -> String {
        let lines = Lines::new(Vec::new(), interval, Paint::OFF, logs);
        talk(&lines);
        String::from_utf8(lines.state.into_inner().unwrap().out).unwrap()
    }

    fn a_stage(watcher: &dyn Watcher) {
        watcher.started(&TURN);
        watcher.phase(&TURN, "epoch 1");
        watcher.log_line(&TURN, "      0.1s epoch 1");
        watcher.standing(&bulletin(&[training("dense", 2)]));
        watcher.stage_note(&TURN, "best so far");
        watcher.finished(&TURN, 61.0);
        watcher.ended(&bulletin(&[]));
    }

    #[test]
    fn lines_say_which_stage_does_what_and_what_the_run_came_to() {
        let text = lines_of(Duration::ZERO, false, a_stage);
        assert_eq!(
            text,
            "[ 2/10] dense: started\n\
             [ 2/10] dense: epoch 1\n\
             [ 2/10] dense: 0.1s epoch 1\n\
             [ 2/10] dense: epoch 3/20, 412/1050, loss 3.512, BLEU 28.31, 12/s, 4 min 10 s left\n\
             [ 2/10] dense: best so far\n\
             [ 2/10] dense: done in 1 min 01 s\n\
             10 stages: 3 made, 4 cached, 3 not run in 12 min 03 s\n"
        );
    }

    #[test]
    fn what_stages_print_steers_no_terminal() {
        let text = lines_of(Duration::ZERO, true, |watcher| {
            watcher.log_line(&TURN, "\x1b[2Jgone");
            watcher.note("\x1b]0;title\x07");
        });
        assert_eq!(text, "[ 2/10] dense: ^[[2Jgone\n^[]0;title^G\n");
    }

    #[test]
    fn logs_take_the_place_of_what_is_known_of_them() {
        let text = lines_of(Duration::ZERO, true, a_stage);
        assert!(text.contains("dense: 0.1s epoch 1\n"), "{text}");
        for said in ["dense: epoch 1\n", "best so far"] {
            assert!(!text.contains(said), "{said} is in the log too: {text}");
        }
    }

    #[test]
    fn the_lines_of_two_stages_can_be_told_apart() {
        let text = lines_of(Duration::ZERO, false, |watcher| {
            let mut other = training("small", 3);
            other.figures.epoch = Some(7);
            other.phase = "epoch 7".to_owned();
            watcher.phase(&OTHER, "epoch 7");
            watcher.standing(&bulletin(&[training("dense", 2), other]));
        });
        let steps: Vec<&str> = text.lines().skip(1).collect();
        assert!(steps[0].starts_with("[ 2/10] dense: epoch 3/20"), "{text}");
        assert!(steps[1].starts_with("[ 3/10] small: epoch 7/20"), "{text}");
    }

    #[test]
    fn steps_do_not_flood_a_log() {
        let text = lines_of(Duration::from_secs(3600), false, a_stage);
        assert!(!text.contains("loss"), "{text}");
        assert!(text.contains("best so far"), "{text}");
    }

    #[test]
    fn failures_are_told_with_their_causes_and_stops_with_what_is_kept() {
        let failure = StageFailure::new("no such file").context("reading text");
        let text = lines_of(Duration::ZERO, false, |lines| {
            lines.failed(&TURN, &failure);
            lines.stopped(&TURN, Some(Position { step: 5, of: 9 }));
            lines.stopped(&OTHER, None);
        });
        assert_eq!(
            text,
            "[ 2/10] dense: failed: reading text: no such file\n\
             [ 2/10] dense: stopped after step 5 of 9, which is kept\n\
             [ 3/10] small: stopped\n"
        );
    }
}
