//! The work of one stage in a process of its own, seen from inside.

use super::job::{Event, Failed, Job, JobError, STOP};
use super::runner::Account;
use super::task::locked;
use super::{Figures, Progress, Runner, StageFailure, Stop, Workplace};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Between two events about steps.
const STEP_INTERVAL: Duration = Duration::from_millis(100);
/// Room for the stack of a stage: as much as a main thread has.
const STACK: usize = 8 << 20;

/// Does the job that the file at `path` describes, and tells how it goes on `out`, which nothing else may write to;
/// returns whether it is done.
///
/// What `orders` says is obeyed: `stop` requests a stop, and at their end nobody waits for the work any more, so
/// `abandoned` is called, which should end the process.
///
/// # Errors
/// If the job file cannot be used, a thread cannot be had, or `out` cannot be written.
pub fn serve(
    path: &Path,
    runner: &dyn Runner,
    orders: impl BufRead + Send + 'static,
    stop: &Stop,
    abandoned: impl FnOnce() + Send + 'static,
    out: &mut dyn Write,
) -> Result<bool, JobError> {
    let job = Job::read(path)?;
    let heard = stop.clone();
    thread::spawn(move || {
        obey(orders, &heard);
        abandoned();
    });
    let (sender, events) = channel();
    let done = thread::scope(|scope| -> io::Result<bool> {
        let job = &job;
        // The events end when the thread does, with its sender.
        let work = move || {
            let end = work(job, runner, stop, Told::to(sender.clone()));
            sender.send(end).ok();
        };
        let builder = thread::Builder::new().stack_size(STACK);
        let working = builder.spawn_scoped(scope, work)?;
        let mut done = false;
        for event in events {
            done |= event == Event::Done;
            serde_json::to_writer(&mut *out, &event)?;
            out.write_all(b"\n")?;
            out.flush()?;
        }
        working.join().ok();
        Ok(done)
    });
    done.map_err(JobError::at(path))
}

/// Does what is asked for until nobody asks any more.
fn obey(orders: impl BufRead, stop: &Stop) {
    for order in orders.lines() {
        match order {
            Ok(order) if order == STOP.trim_end() => stop.request(),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// Works on the stage; says how that ended.
fn work(job: &Job, runner: &dyn Runner, stop: &Stop, progress: Told) -> Event {
    let mut account = Account::default();
    let partial = job.partial();
    let attempt = || {
        let place = Workplace {
            stage: &job.stage,
            inputs: &job.inputs(),
            out: &mut job.out(),
            partial: &partial,
            keep_every: job.keep_every(),
            slot: job.slot,
            timeout: None,
            stop,
            progress: &progress,
            account: &mut account,
        };
        runner.run(&job.spec, place)
    };
    let result = catch_unwind(AssertUnwindSafe(attempt))
        .unwrap_or_else(|panic| Err(StageFailure::from_panic(&*panic)));
    progress.tell(Event::Account(account.device, account.seconds_before));
    match result {
        Ok(()) => Event::Done,
        Err(failure) if failure.is_stop() => Event::Stopped,
        Err(failure) => Event::Failed(Failed {
            messages: failure.messages(),
            help: failure.help().map(str::to_owned),
        }),
    }
}

/// Tells the run how the stage goes.
struct Told {
    events: Mutex<Sender<Event>>,
    last_step: Mutex<Option<Instant>>,
    /// What was not told yet: it goes before what is told next.
    figures: Mutex<Option<Figures>>,
}

impl Told {
    fn to(events: Sender<Event>) -> Self {
        Self {
            events: Mutex::new(events),
            last_step: Mutex::default(),
            figures: Mutex::default(),
        }
    }

    fn tell(&self, event: Event) {
        let figures = locked(&self.figures).take();
        let events = locked(&self.events);
        // Work need not stop because nobody listens.
        let before = figures.map(Event::Figures);
        for event in before.into_iter().chain([event]) {
            events.send(event).ok();
        }
    }
}

impl Progress for Told {
    fn phase(&self, text: &str) {
        self.tell(Event::Phase(text.to_owned()));
    }

    fn step(&self, done: u64, total: Option<u64>, detail: &str) {
        let mut last = locked(&self.last_step);
        if last.is_none_or(|last| last.elapsed() >= STEP_INTERVAL) {
            *last = Some(Instant::now());
            self.tell(Event::Step(done, total, detail.to_owned()));
        }
    }

    fn figures(&self, figures: Figures) {
        *locked(&self.figures) = Some(figures);
    }

    fn note(&self, line: &str) {
        self.tell(Event::Note(line.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_figures_go_before_what_is_told_next() {
        let (sender, events) = channel();
        let told = Told::to(sender);
        let figures = |loss| Figures {
            loss: Some(loss),
            ..Figures::default()
        };
        told.figures(figures(3.0));
        told.step(1, None, "");
        told.figures(figures(2.0));
        told.step(2, None, "");
        told.figures(figures(1.0));
        told.note("over");
        drop(told);
        let expected = [
            Event::Figures(figures(3.0)),
            Event::Step(1, None, String::new()),
            Event::Figures(figures(1.0)),
            Event::Note("over".to_owned()),
        ];
        assert_eq!(events.iter().collect::<Vec<_>>(), expected);
    }
}
