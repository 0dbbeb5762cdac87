//! In which order things are told.

use super::super::Bulletin;
use super::super::estimate::Past;
use super::super::forecast::tests::plan;
use super::*;
use crate::cache::Cache;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Takes its time to hear where a run stands.
struct Slow {
    told: Mutex<Vec<String>>,
    hears: SyncSender<()>,
}

impl Slow {
    fn new() -> (Self, Receiver<()>) {
        let (hears, heard) = sync_channel(1);
        let told = Mutex::default();
        (Self { told, hears }, heard)
    }

    fn tell(&self, what: &str) {
        self.told.lock().unwrap().push(what.to_owned());
    }
}

impl Watcher for Slow {
    fn started(&self, _: &Turn<'_>) {
        self.tell("started");
    }

    fn finished(&self, _: &Turn<'_>, _: f64) {
        self.tell("done");
    }

    fn cached(&self, _: &Turn<'_>, _: Key) {}

    fn failed(&self, _: &Turn<'_>, _: &StageFailure) {
        self.tell("failed");
    }

    fn phase(&self, _: &Turn<'_>, _: &str) {}

    fn stage_note(&self, _: &Turn<'_>, _: &str) {}

    fn standing(&self, bulletin: &Bulletin) {
        self.hears.send(()).unwrap();
        thread::sleep(Duration::from_millis(100));
        let steps = bulletin.working.iter().filter_map(|stage| stage.done);
        steps.for_each(|done| self.tell(&format!("step {done}")));
    }

    fn note(&self, _: &str) {}
}

const TURN: Turn<'static> = Turn {
    stage: "a",
    number: 1,
    total: 1,
};

/// What is told where a stage that has done a step ends in some way while somebody looks.
fn told(end: impl FnOnce(&Journal<'_>)) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&[("a", &[])]);
    let (watcher, heard) = Slow::new();
    let journal = Journal::new(&plan, &watcher);
    let claim = Arc::new(Cache::at(folder.path()).claim().unwrap());
    let forecast = Forecast::new(&plan, Past::default(), Vec::new(), 1, false);
    journal.open(claim, forecast);
    let key = "ab".repeat(32).parse().unwrap();
    journal.started(&TURN, key, 1, Path::new("log"));
    journal.step(&TURN, 7, None, "");
    thread::scope(|scope| {
        scope.spawn(|| journal.look());
        heard.recv().unwrap();
        end(&journal);
    });
    drop(journal);
    watcher.told.into_inner().unwrap()
}

#[test]
fn no_step_is_told_after_the_end_of_its_stage() {
    let done = told(|journal| journal.finished(&TURN, 1.0, 1.0));
    assert_eq!(done, ["started", "step 7", "done"]);
    let failure = StageFailure::new("no");
    let failed = told(|journal| journal.failed(&TURN, &failure));
    assert_eq!(failed, ["started", "step 7", "failed"]);
}

#[test]
fn the_steps_of_a_try_are_over_when_it_has_failed() {
    let failure = StageFailure::new("no");
    let told = told(|journal| {
        journal.tries_again(&TURN, &failure);
        thread::sleep(LOOK);
        journal.look();
    });
    assert_eq!(told, ["started", "step 7", "failed"]);
}

#[test]
fn the_next_look_posts_what_began_and_what_ended() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path());
    let plan = plan(&[("a", &[]), ("b", &[])]);
    let (watcher, heard) = Slow::new();
    let journal = Journal::new(&plan, &watcher);
    let forecast = Forecast::new(&plan, Past::default(), Vec::new(), 1, false);
    journal.open(Arc::new(cache.claim().unwrap()), forecast);
    let posted = || {
        thread::sleep(LOOK);
        journal.look();
        heard.recv().unwrap();
        let told: Bulletin = serde_json::from_slice(&cache.posts()[0].text).unwrap();
        let working = told.working.into_iter().map(|stage| stage.stage);
        (working.collect::<Vec<_>>(), told.counts.done)
    };
    let key = "ab".repeat(32).parse().unwrap();
    let second = Turn {
        stage: "b",
        number: 2,
        ..TURN
    };
    journal.started(&TURN, key, 1, Path::new("log"));
    assert_eq!(posted(), (vec!["a".to_owned()], 0));
    journal.finished(&TURN, 1.0, 1.0);
    assert_eq!(posted(), (Vec::new(), 1));
    journal.started(&second, key, 1, Path::new("log"));
    assert_eq!(posted(), (vec!["b".to_owned()], 1));
}
