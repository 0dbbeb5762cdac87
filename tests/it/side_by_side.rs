//! Laws of runs in which several stages work at the same time, on random graphs.

use proptest::prelude::*;
use srp::cache::Cache;
use srp::config::{Attempts, DeviceChoice, Resources, StageName, StageSpec};
use srp::exec::{
    ExecError, Inputs, Options, Outcome, Runner, Silent, Slot, StageFailure, Workplace, execute,
};
use srp::graph::Graph;
use srp::plan::{Node, NodeId, Parent, Plan};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const KEYS: [&str; 3] = ["first", "second", "third"];

/// For each node its parents, which stand before it.
type Arrows = Vec<BTreeSet<usize>>;

fn arrows() -> impl Strategy<Value = Arrows> {
    let parents = prop::collection::vec(any::<prop::sample::Index>(), 0..=KEYS.len());
    prop::collection::vec(parents, 1..14).prop_map(|nodes| {
        let nodes = nodes.into_iter().enumerate();
        nodes
            .map(|(node, parents)| match node {
                0 => BTreeSet::new(),
                _ => parents.iter().map(|parent| parent.index(node)).collect(),
            })
            .collect()
    })
}

fn some_nodes() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..4)
}

fn picked(picks: &[prop::sample::Index], of: &Arrows) -> BTreeSet<usize> {
    picks.iter().map(|pick| pick.index(of.len())).collect()
}

fn graph(arrows: &Arrows) -> Graph {
    let edges = arrows.iter().enumerate();
    let edges =
        edges.flat_map(|(child, parents)| parents.iter().map(move |parent| (*parent, child)));
    Graph::new(arrows.len(), edges)
}

fn label(node: usize) -> String {
    format!("n{node}")
}

fn plan(arrows: &Arrows) -> Plan {
    let node = |(number, parents): (usize, &BTreeSet<usize>)| {
        let text = format!("[noop]\nvalue = {number}\nseconds = 0.0\nending = \"done\"");
        Node {
            label: label(number),
            names: BTreeSet::from([StageName(label(number))]),
            spec: toml::from_str(&text).unwrap(),
            attempts: Attempts::default(),
            parents: KEYS
                .into_iter()
                .zip(parents)
                .map(|(key, parent)| Parent {
                    key,
                    node: NodeId(*parent),
                })
                .collect(),
        }
    };
    Plan {
        name: "graph".to_owned(),
        title: String::new(),
        source: None,
        request: None,
        resources: Resources::default(),
        nodes: arrows.iter().enumerate().map(node).collect(),
        points: Vec::new(),
    }
}

/// Writes what depends on all that a stage reads, and watches over who works when.
#[derive(Default)]
struct Shop {
    fails: BTreeSet<usize>,
    /// What it makes differs from time to time, as on a device that rounds as it likes.
    fickle: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    working: usize,
    most: usize,
    ran: Vec<usize>,
}

impl Runner for Shop {
    fn revision(&self, _: &StageSpec) -> u32 {
        1
    }

    fn outside_files(&self, _: &StageSpec) -> Result<Vec<PathBuf>, StageFailure> {
        Ok(Vec::new())
    }

    fn run(&self, spec: &StageSpec, place: Workplace<'_>) -> Result<(), StageFailure> {
        let node: usize = place.stage[1..].parse()?;
        {
            let mut seen = self.seen.lock().unwrap();
            seen.working += 1;
            seen.most = seen.most.max(seen.working);
            seen.ran.push(node);
        }
        thread::sleep(Duration::from_micros(200));
        let read = read(place.inputs)?;
        let mut text = serde_json::to_string(spec)? + &read;
        if self.fickle {
            text += &place.out.content("made").to_string_lossy();
        }
        fs::write(place.out.content("read"), read)?;
        let digest = blake3::hash(text.as_bytes()).to_string();
        fs::write(place.out.content("made"), digest)?;
        self.seen.lock().unwrap().working -= 1;
        match self.fails.contains(&node) {
            true => Err(StageFailure::new("it was told to")),
            false => Ok(()),
        }
    }
}

/// What a stage's parents have made.
fn read(inputs: &Inputs) -> Result<String, StageFailure> {
    let folders = KEYS.into_iter().filter_map(|key| inputs.get(key));
    let made = folders.map(|folder| Ok(fs::read_to_string(folder.join("made"))?));
    made.collect()
}

fn options(slots: usize) -> Options {
    let slot = Slot {
        device: DeviceChoice::Cpu,
        threads: 1,
    };
    Options {
        slots: vec![slot; slots],
        ..Options::default()
    }
}

fn new_cache() -> (TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path());
    (folder, cache)
}

fn contents(outcome: &Outcome) -> Vec<String> {
    let nodes = outcome.nodes.iter();
    nodes
        .map(|done| done.artifact.content().to_string())
        .collect()
}

fn labels_of(error: &ExecError) -> BTreeSet<String> {
    match error {
        ExecError::Several { failures } => failures.iter().flat_map(labels_of).collect(),
        ExecError::Stage { stage, .. } => BTreeSet::from([stage.clone()]),
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_number_of_slots_makes_the_same_and_each_stage_once(arrows in arrows(), slots in 1_usize..5) {
        let plan = plan(&arrows);
        let (_one, alone) = new_cache();
        let (_two, together) = new_cache();
        let alone = execute(&plan, &alone, &Shop::default(), &options(1), &Silent).unwrap();
        let shop = Shop::default();
        let outcome = execute(&plan, &together, &shop, &options(slots), &Silent).unwrap();
        prop_assert_eq!(contents(&alone), contents(&outcome));
        let seen = shop.seen.into_inner().unwrap();
        prop_assert!(seen.most <= slots);
        let mut ran = seen.ran.clone();
        ran.sort_unstable();
        prop_assert!(ran.into_iter().eq(0..arrows.len()));
        let place = |node: &usize| seen.ran.iter().position(|ran| ran == node);
        for (child, parents) in arrows.iter().enumerate() {
            prop_assert!(parents.iter().all(|parent| place(parent) < place(&child)));
        }
    }

    #[test]
    fn a_run_that_keeps_going_makes_all_that_does_not_need_what_failed(
        arrows in arrows(), picks in some_nodes(), slots in 1_usize..5,
    ) {
        let fails = picked(&picks, &arrows);
        let lost = graph(&arrows).downstream(fails.iter().copied());
        let shop = Shop { fails: fails.clone(), ..Shop::default() };
        let (_folder, cache) = new_cache();
        let options = Options { keep_going: true, ..options(slots) };
        let result = execute(&plan(&arrows), &cache, &shop, &options, &Silent);
        let ran: BTreeSet<usize> = shop.seen.into_inner().unwrap().ran.into_iter().collect();
        // One that failed above another one keeps that from running at all.
        let graph = graph(&arrows);
        let begun = |node: &usize| graph.parents(*node).all(|parent| !lost.contains(&parent));
        let expected: BTreeSet<usize> = (0..arrows.len()).filter(begun).collect();
        prop_assert_eq!(&ran, &expected);
        match result {
            Ok(_) => prop_assert!(fails.is_empty()),
            Err(error) => {
                let failed = fails.intersection(&expected).map(|node| label(*node)).collect();
                prop_assert_eq!(labels_of(&error), failed);
            }
        }
    }

    #[test]
    fn without_keeping_going_no_stage_below_a_failure_and_few_others_run(
        arrows in arrows(), pick in any::<prop::sample::Index>(), slots in 1_usize..5,
    ) {
        let fails = BTreeSet::from([pick.index(arrows.len())]);
        let shop = Shop { fails: fails.clone(), ..Shop::default() };
        let (_folder, cache) = new_cache();
        let result = execute(&plan(&arrows), &cache, &shop, &options(slots), &Silent);
        prop_assert_eq!(labels_of(&result.unwrap_err()).len(), 1);
        let ran = shop.seen.into_inner().unwrap().ran;
        let failed = ran.iter().position(|node| fails.contains(node)).unwrap();
        // Those that were at work when it failed, and those that were begun before anybody heard of it.
        prop_assert!(ran.len() - failed <= 2 * slots);
    }

    #[test]
    fn damage_that_a_run_meets_is_repaired_once_and_what_was_made_of_it_made_anew(
        arrows in arrows(), damage in some_nodes(), force in some_nodes(), fails in some_nodes(),
        slots in 1_usize..5, below in any::<bool>(),
    ) {
        let plan = plan(&arrows);
        let (_under, under) = new_cache();
        let (_top, top) = new_cache();
        let cache = if below { top.over(vec![under.root().to_owned()]) } else { under.clone() };
        let fickle = || Shop { fickle: true, ..Shop::default() };
        let first = execute(&plan, &under, &fickle(), &options(1), &Silent).unwrap();
        for node in picked(&damage, &arrows) {
            fs::write(first.nodes[node].artifact.path().join("made"), "x".repeat(64)).unwrap();
        }
        let forced = picked(&force, &arrows);
        let wishes = Options {
            force: forced.iter().map(|node| label(*node)).collect(),
            keep_going: true,
            ..options(slots)
        };
        let shop = Shop { fails: picked(&fails, &arrows), ..fickle() };
        let failed = match execute(&plan, &cache, &shop, &wishes, &Silent) {
            Ok(_) => BTreeSet::new(),
            Err(error) => labels_of(&error),
        };
        let ran = shop.seen.into_inner().unwrap().ran;
        let once: BTreeSet<usize> = ran.iter().copied().collect();
        // A second time only because something above it was made in between.
        let graph = graph(&arrows);
        for node in &once {
            let times: Vec<usize> = (0..ran.len()).filter(|place| ran[*place] == *node).collect();
            for pair in times.windows(2) {
                let above = graph.upstream([*node]);
                let between = &ran[pair[0] + 1..pair[1]];
                let cause = between.iter().any(|other| other != node && above.contains(other));
                prop_assert!(cause, "{node} of {ran:?}");
            }
            let times = times.len();
            prop_assert!(times == 1 || !failed.contains(&label(*node)), "{node} failed twice");
        }
        prop_assert!(forced.iter().all(|node| once.contains(node) || !failed.is_empty()));

        // Whatever is there now was made of what is there now.
        let last = execute(&plan, &cache, &fickle(), &options(1), &Silent).unwrap();
        for (node, done) in last.nodes.iter().enumerate() {
            let made = |node: usize| {
                fs::read_to_string(last.nodes[node].artifact.path().join("made")).unwrap()
            };
            if !done.artifact.faults().unwrap().is_empty() {
                continue;
            }
            let parents = arrows[node].iter();
            let sound = |parent: &&usize| last.nodes[**parent].artifact.faults().unwrap().is_empty();
            if parents.clone().all(|parent| sound(&parent)) {
                let expected: String = parents.map(|parent| made(*parent)).collect();
                let read = fs::read_to_string(done.artifact.path().join("read")).unwrap();
                prop_assert_eq!(read, expected, "node {}", node);
            }
        }
    }
}
