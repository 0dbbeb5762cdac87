//! The board of a run at the bottom of a terminal; failures and notes stand above it and stay.

use super::Paint;
use super::board::{Board, summary};
use super::lines::place;
use super::paint::Look;
use super::screen::{Screen, size};
use crate::cache::Key;
use crate::exec::{Bulletin, StageFailure, Turn, Watcher, harmless};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Shows the board.
pub(super) struct Live<W> {
    paint: Paint,
    /// Whether what comes to the logs of stages is shown.
    logs: bool,
    state: Mutex<State<W>>,
}

struct State<W> {
    screen: Screen<W>,
    /// What is on the board; nothing before and after the work.
    bulletin: Option<Bulletin>,
}

impl<W: Write> Live<W> {
    pub(super) fn new(out: W, paint: Paint, logs: bool) -> Self {
        Self {
            paint,
            logs,
            state: Mutex::new(State {
                screen: Screen::new(out),
                bulletin: None,
            }),
        }
    }

    /// Puts a line above the board.
    fn stays(&self, line: String) {
        self.draw(&[line], |_| {});
    }

    /// Draws the board, with `above` it what stays, after `change`.
    fn draw(&self, above: &[String], change: impl FnOnce(&mut Option<Bulletin>)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state.bulletin);
        let (columns, rows) = size();
        let board = Board {
            // One column less: a terminal may wrap a line that fills it.
            width: columns.saturating_sub(1),
            height: rows.saturating_sub(1),
            paint: self.paint,
        };
        let lines = state
            .bulletin
            .as_ref()
            .map(|bulletin| board.lines(bulletin));
        state
            .screen
            .draw(above, &lines.unwrap_or_default(), columns);
    }
}

impl<W: Write + Send> Watcher for Live<W> {
    fn started(&self, _: &Turn<'_>) {}

    fn finished(&self, _: &Turn<'_>, _: f64) {}

    fn cached(&self, _: &Turn<'_>, _: Key) {}

    fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        let failure = format!("failed: {failure}");
        let line = self.paint.paint(Look::Bad, &harmless(&failure));
        self.stays(format!("{}: {line}", place(turn)));
    }

    fn phase(&self, _: &Turn<'_>, _: &str) {}

    fn stage_note(&self, _: &Turn<'_>, _: &str) {}

    fn wants_logs(&self) -> bool {
        self.logs
    }

    fn log_line(&self, turn: &Turn<'_>, line: &str) {
        let stage = self.paint.paint(Look::Moving, turn.stage);
        self.stays(format!("{stage}: {}", harmless(line.trim_start())));
    }

    fn standing(&self, bulletin: &Bulletin) {
        self.draw(&[], |shown| *shown = Some(bulletin.clone()));
    }

    fn ended(&self, bulletin: &Bulletin) {
        self.draw(&[summary(bulletin)], |shown| *shown = None);
    }

    fn note(&self, line: &str) {
        self.stays(harmless(line).into_owned());
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

    /// What is on the terminal in the end, where every eraser takes away all of the board.
    fn left_by(talk: impl FnOnce(&dyn Watcher)) -> String {
        let live = Live::new(Vec::new(), Paint::OFF, true);
        talk(&live);
        let screen = live.state.into_inner().unwrap().screen;
        let text = String::from_utf8(screen.into_inner()).unwrap();
        let mut shown: Vec<&str> = Vec::new();
        for line in text.split_inclusive('\n') {
            let line = match line.split_once("A\x1b[J") {
                Some((eraser, line)) => {
                    let rows = eraser.trim_start_matches("\r\x1b[").parse::<usize>();
                    shown.truncate(shown.len() - rows.unwrap());
                    line
                }
                None => line,
            };
            shown.extend((!line.is_empty()).then_some(line));
        }
        shown.concat()
    }

    #[test]
    fn what_stages_say_steers_no_terminal_and_breaks_no_line() {
        let mut stage = training("dense", 2);
        stage.detail = "\x1b[2J\nnext\tword".to_owned();
        let text = left_by(|watcher| {
            watcher.log_line(&TURN, "\x1b[2Jgone");
            watcher.standing(&bulletin(&[stage]));
        });
        assert!(text.starts_with("dense: ^[[2Jgone\n"), "{text}");
        assert!(!text.contains('\x1b') && !text.contains("\nnext"), "{text}");
    }

    #[test]
    fn the_board_goes_and_what_matters_stays() {
        let run = bulletin(&[training("dense", 2)]);
        let failure = StageFailure::new("no");
        let begin = |watcher: &dyn Watcher| {
            watcher.started(&TURN);
            watcher.standing(&run);
            watcher.failed(&TURN, &failure);
            watcher.standing(&run);
            watcher.note("trying again");
            watcher.log_line(&TURN, "      0.1s epoch 1");
            watcher.cached(&TURN, run.working[0].key);
        };
        let stays = "[ 2/10] dense: failed: no\ntrying again\ndense: 0.1s epoch 1\n";
        let amid = left_by(begin);
        assert!(
            amid.starts_with(&format!("{stays}demo  7/10 done")),
            "{amid}"
        );
        assert_eq!(amid.lines().count(), 5, "{amid}");
        let after = left_by(|watcher| {
            begin(watcher);
            watcher.ended(&bulletin(&[]));
        });
        let end = "10 stages: 3 made, 4 cached, 3 not run in 12 min 03 s\n";
        assert_eq!(after, format!("{stays}{end}"));
    }
}
