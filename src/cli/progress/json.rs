//! What happens in a run, as one object of JSON a line: `docs/guide/watch.md` describes it.

use crate::cache::{Key, Position};
use crate::exec::{Bulletin, StageFailure, Turn, Watcher, Working};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Writes objects.
pub(super) struct Json<W> {
    interval: Duration,
    /// Whether what comes to the logs of stages is told.
    logs: bool,
    state: Mutex<State<W>>,
}

struct State<W> {
    out: W,
    /// When the steps of each stage that works were last told, by its number.
    told: HashMap<usize, Instant>,
    /// What the run has come to, which is told last: notes about its table come after its work.
    ended: Option<Value>,
}

/// What a line holds.
#[derive(Serialize)]
struct Told<'a> {
    time: String,
    event: &'a str,
    stage: Option<&'a str>,
    fields: Value,
}

/// Writes a line.
fn write(out: &mut impl Write, event: &str, stage: Option<&str>, fields: Value) {
    let time = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
    let told = Told {
        time: time.to_string(),
        event,
        stage,
        fields,
    };
    if let Ok(mut line) = serde_json::to_string(&told) {
        line.push('\n');
        // A run need not stop because nobody listens.
        out.write_all(line.as_bytes()).ok();
    }
}

/// Tells what a run, or what else was asked for, ends with when it fails.
pub(in crate::cli) fn failure(diagnosis: &impl Serialize, code: u8) {
    let mut fields = json!(diagnosis);
    fields["exit-code"] = code.into();
    write(&mut io::stderr(), "error", None, fields);
}

impl<W: Write> Json<W> {
    pub(super) fn new(out: W, interval: Duration, logs: bool) -> Self {
        Self {
            interval,
            logs,
            state: Mutex::new(State {
                out,
                told: HashMap::new(),
                ended: None,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &str, stage: Option<&str>, fields: Value) {
        write(&mut self.state().out, event, stage, fields);
    }

    /// Tells of a stage, with its place in the run.
    fn tell_of(&self, turn: &Turn<'_>, event: &str, mut fields: Value) {
        fields["number"] = turn.number.into();
        fields["of"] = turn.total.into();
        self.tell(event, Some(turn.stage), fields);
    }
}

impl<W: Write + Send> Watcher for Json<W> {
    fn started(&self, turn: &Turn<'_>) {
        self.state().told.insert(turn.number, Instant::now());
        self.tell_of(turn, "started", json!({}));
    }

    fn finished(&self, turn: &Turn<'_>, seconds: f64) {
        self.tell_of(turn, "done", json!({"seconds": seconds}));
    }

    fn cached(&self, turn: &Turn<'_>, key: Key) {
        self.tell_of(turn, "cached", json!({"key": key}));
    }

    fn failed(&self, turn: &Turn<'_>, failure: &StageFailure) {
        let fields = json!({"messages": failure.messages(), "help": failure.help()});
        self.tell_of(turn, "failed", fields);
    }

    fn stopped(&self, turn: &Turn<'_>, kept: Option<Position>) {
        self.tell_of(turn, "stopped", json!({"kept": kept}));
    }

    fn phase(&self, turn: &Turn<'_>, text: &str) {
        self.tell_of(turn, "phase", json!({"text": text}));
    }

    fn stage_note(&self, turn: &Turn<'_>, text: &str) {
        self.tell_of(turn, "note", json!({"text": text}));
    }

    fn wants_logs(&self) -> bool {
        self.logs
    }

    fn log_line(&self, turn: &Turn<'_>, line: &str) {
        self.tell_of(turn, "log", json!({"text": line}));
    }

    fn standing(&self, bulletin: &Bulletin) {
        let telling = bulletin.working.iter().filter(|stage| stage.done.is_some());
        for working in telling {
            let last = self.state().told.get(&working.number).copied();
            if last.is_some_and(|last| last.elapsed() < self.interval) {
                continue;
            }
            self.state().told.insert(working.number, Instant::now());
            let turn = Turn {
                stage: &working.stage,
                number: working.number,
                total: bulletin.counts.stages,
            };
            self.tell_of(&turn, "step", step(working));
        }
    }

    fn ended(&self, bulletin: &Bulletin) {
        let fields = json!({
            "experiment": bulletin.experiment,
            "counts": bulletin.counts,
            "seconds": bulletin.seconds,
        });
        self.state().ended = Some(fields);
    }

    fn over(&self) {
        let ended = self.state().ended.take();
        if let Some(fields) = ended {
            self.tell("ended", None, fields);
        }
    }

    fn note(&self, text: &str) {
        self.tell("note", None, json!({"text": text}));
    }
}

/// How far a stage is.
fn step(working: &Working) -> Value {
    json!({
        "phase": working.phase,
        "done": working.done,
        "total": working.total,
        "detail": working.detail,
        "rate": working.rate,
        "figures": working.figures,
        "seconds": working.seconds,
        "seconds-left": working.seconds_left,
    })
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

    /// The objects that were written, without the times.
    fn told(interval: Duration, talk: impl FnOnce(&dyn Watcher)) -> Vec<Value> {
        let watcher = Json::new(Vec::new(), interval, false);
        talk(&watcher);
        let text = String::from_utf8(watcher.state.into_inner().unwrap().out).unwrap();
        let lines = text.lines().map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let time = line.as_object_mut().unwrap().remove("time").unwrap();
            assert!(
                time.as_str().unwrap().parse::<Timestamp>().is_ok(),
                "{time}"
            );
            line
        });
        lines.collect()
    }

    #[test]
    fn everything_is_an_object_with_the_same_four_keys() {
        let failure = StageFailure::new("no such file").context("reading text");
        let told = told(Duration::ZERO, |watcher| {
            watcher.started(&TURN);
            watcher.failed(&TURN, &failure);
            watcher.note("two\nlines");
        });
        assert_eq!(
            told,
            [
                json!({"event": "started", "stage": "dense", "fields": {"number": 2, "of": 10}}),
                json!({"event": "failed", "stage": "dense", "fields": {
                    "number": 2, "of": 10, "messages": ["reading text", "no such file"], "help": null
                }}),
                json!({"event": "note", "stage": null, "fields": {"text": "two\nlines"}}),
            ]
        );
    }

    #[test]
    fn the_end_comes_after_notes_about_the_table() {
        let told = told(Duration::ZERO, |watcher| {
            watcher.ended(&bulletin(&[]));
            watcher.note("the table is short");
            watcher.over();
            watcher.over();
        });
        let events: Vec<&Value> = told.iter().map(|line| &line["event"]).collect();
        assert_eq!(events, ["note", "ended"]);
    }

    #[test]
    fn steps_carry_figures_and_come_now_and_then() {
        let stages = bulletin(&[training("dense", 2)]);
        let talk = |watcher: &dyn Watcher| {
            watcher.started(&TURN);
            watcher.standing(&stages);
            watcher.standing(&stages);
        };
        let often = told(Duration::ZERO, talk);
        assert_eq!(often.len(), 3);
        let fields = &often[1]["fields"];
        assert_eq!(often[1]["event"], "step");
        assert_eq!(
            (&fields["done"], &fields["total"]),
            (&json!(412), &json!(1050))
        );
        assert_eq!(fields["figures"]["bleu"], 28.314);
        assert_eq!(fields["seconds-left"], 250.0);
        assert_eq!(told(Duration::from_secs(3600), talk).len(), 1);
    }
}
