//! The loop over epochs: phases, slicing, best and last, early ends.

use crate::golden::tensors::{Cpu, DEVICE, Learning, alone};
use srp::config::{Architecture, Prune, Training};
use srp::model::parameters::initial_state;
use srp::model::state::State;
use srp::model::{Blueprint, Connectivity, Pass, Transformer};
use srp::prune::Pruning;
use srp::text::batching::{Batch, Pair, collate};
use srp::train::{
    Company, DeviceBatch, EpochRecord, KeepNothing, Learner, Outcome, Phase, Plain, Regime,
    StepRecord, TrainError, Trainer, Validate, Watch,
};

const TRAINING: &str = r#"
    dropout = 0.1
    label-smoothing = 0.1
    batching = { max-tokens = 64, multiple-of = 1 }
    optimizer = { betas = [0.9, 0.98], epsilon = 1e-8, weight-decay = 1e-4 }
    learning-rate.fixed.rate = 1e-3
    [validation]
    every-epochs = 1
    [validation.search]
    beam = 1
    length-penalty = 1.0
    max-length-a = 0.0
    max-length-b = 8
    min-length = 1
    unknown-penalty = 0.0
    batch-sentences = 8
"#;

fn training(first: &str) -> Training {
    toml::from_str(&format!("{first}\n{TRAINING}")).unwrap()
}

/// A prune stage: `first` says what it must, and may say anew what stands here.
pub(crate) fn prune(first: &str, epochs: usize) -> Prune {
    const REST: &str = r#"
        corpus = "c"
        model = "m"
        checkpoint = "last"
        seed = 1
        stage = 0
        criterion = "srp"
        budget = "exact"
        shrink = "sa"
        scoring = { batches = 1 }
        freeze = "with-decay"
    "#;
    let mut spec: toml::Table = REST.parse().unwrap();
    spec.extend(first.parse::<toml::Table>().unwrap());
    let training: toml::Table = format!("epochs = {epochs}\n{TRAINING}").parse().unwrap();
    spec.insert("training".to_owned(), training.into());
    spec.try_into().unwrap()
}

/// Three batches of made-up sentences over dictionaries of 16 and 20 symbols.
pub(crate) fn batches() -> Vec<Batch> {
    let sentence = |from: i32, len: i32, symbols: i32| -> Vec<i32> {
        (0..len)
            .map(|i| 4 + (from * 5 + i * 3) % (symbols - 4))
            .chain([2])
            .collect()
    };
    (0..3)
        .map(|batch| {
            let sides: Vec<_> = (0..4)
                .map(|row| {
                    (
                        sentence(batch + row, 3 + row, 16),
                        sentence(batch * 2 + row, 4, 20),
                    )
                })
                .collect();
            let pairs = sides.iter().enumerate();
            let pairs: Vec<_> = pairs
                .map(|(id, (source, target))| Pair { id, source, target })
                .collect();
            collate(&pairs)
        })
        .collect()
}

pub(crate) fn learner(settings: &Training) -> Learner<Learning> {
    let architecture: Architecture = toml::from_str(
        r#"
        d-model = 16
        d-ff = 24
        heads = 2
        encoder-layers = 1
        decoder-layers = 2
        layer-norm = "weighted"
        max-positions = 16
        "#,
    )
    .unwrap();
    let blueprint = Blueprint::unpruned(&architecture, 16, 20);
    let state = initial_state(&blueprint.shape, 3);
    Learner::new(blueprint, &state, settings, &DEVICE).unwrap()
}

/// Gives the scores that it was told to, and remembers what it was asked about.
pub(crate) struct Scripted {
    scores: Vec<f64>,
    models: Vec<State>,
    /// The smallest connectivity parameter, where connectivity was active.
    pub(crate) smallest_c: Vec<Option<f32>>,
}

impl Validate<Learning> for Scripted {
    fn score(
        &mut self,
        _: &Blueprint,
        model: &Transformer<Cpu>,
        connectivity: Option<&Connectivity<Cpu>>,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<Option<f64>, TrainError> {
        self.models.push(model.to_state());
        self.smallest_c.push(connectivity.map(|c| {
            let entries = c.iter().filter_map(|(_, c)| c.clone());
            entries
                .map(|c| c.min().into_scalar())
                .fold(f32::INFINITY, f32::min)
        }));
        Ok(Some(self.scores[self.models.len() - 1]))
    }
}

#[derive(Default)]
struct Recorder {
    epochs: Vec<EpochRecord>,
    steps: Vec<StepRecord>,
}

impl Watch for Recorder {
    fn step(&mut self, record: &StepRecord) {
        self.steps.push(record.clone());
    }
    fn epoch(&mut self, record: &EpochRecord) {
        self.epochs.push(record.clone());
    }
}

pub(crate) fn run(
    settings: &Training,
    regime: &mut impl Regime<Learning>,
    scores: &[f64],
) -> (Result<Outcome, TrainError>, Scripted, Vec<EpochRecord>) {
    let (outcome, judge, recorder) = run_reading(1, settings, regime, scores);
    (outcome, judge, recorder.epochs)
}

/// [`run`], with the losses of so many updates read at once.
fn run_reading(
    losses_at_once: usize,
    settings: &Training,
    regime: &mut impl Regime<Learning>,
    scores: &[f64],
) -> (Result<Outcome, TrainError>, Scripted, Recorder) {
    let _alone = alone();
    let mut judge = Scripted {
        scores: scores.to_vec(),
        models: Vec::new(),
        smallest_c: Vec::new(),
    };
    let mut recorder = Recorder::default();
    let batches = batches();
    let trainer = Trainer {
        settings,
        seed: 5,
        batches: &batches,
        losses_at_once,
    };
    let company = Company {
        regime,
        validate: &mut judge,
        watch: &mut recorder,
        keep: &mut KeepNothing,
    };
    let outcome = trainer.run(&mut learner(settings), company, None);
    (outcome, judge, recorder)
}

#[test]
fn how_many_losses_are_read_at_once_changes_nothing() {
    let settings = training("epochs = 2");
    let run = |losses_at_once| {
        let regime = &mut Plain(Phase::Training);
        let (outcome, _, recorder) = run_reading(losses_at_once, &settings, regime, &[1.0, 2.0]);
        let epochs = recorder.epochs.iter();
        let epochs: Vec<_> = epochs.map(|epoch| (epoch.loss, epoch.nll)).collect();
        (outcome.unwrap().last.1, recorder.steps, epochs)
    };
    let one = run(1);
    assert_eq!(one.1.len(), 6);
    // Two are left of an epoch of three, or one, or all are.
    for losses_at_once in [2, 3, 100] {
        assert_eq!(run(losses_at_once), one);
    }
}

#[test]
fn a_loss_that_is_no_number_is_found_at_its_update_though_it_is_read_later() {
    let mut settings = training("epochs = 1");
    settings.learning_rate = toml::from_str("fixed.rate = 1e30").unwrap();
    let step = |losses_at_once| {
        let regime = &mut Plain(Phase::Training);
        match run_reading(losses_at_once, &settings, regime, &[1.0]).0 {
            Err(TrainError::Diverged { step, .. }) => step,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(step(1), step(3));
}

#[test]
fn more_padding_changes_no_loss_and_no_gradient() {
    let settings = training("epochs = 1");
    let update = |batch: &Batch| {
        let mut learner = learner(&settings);
        let batch = DeviceBatch::new(batch, &DEVICE);
        let update = learner.update(&batch, Pass::plain(), None, &settings);
        (update.total.into_scalar(), learner.adam.state().0)
    };
    for batch in batches() {
        let ((loss, moments), (padded_loss, padded)) = (update(&batch), update(&batch.padded(8)));
        assert!(
            (loss - padded_loss).abs() < 1e-5 * loss,
            "{loss} {padded_loss}"
        );
        for (name, moments) in &moments {
            let largest = moments.data.iter().fold(1e-6_f32, |a, b| a.max(b.abs()));
            let pairs = moments.data.iter().zip(&padded[name].data);
            let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off <= 1e-4 * largest, "{name}: {off} of {largest}");
        }
    }
}

#[test]
fn of_equal_scores_the_later_is_best_and_only_a_gain_resets_patience() {
    let settings = training("epochs = 9\npatience = 2");
    let (outcome, judge, epochs) = run(
        &settings,
        &mut Plain(Phase::Training),
        &[1.0, 3.0, 3.0, 2.0, 9.0],
    );
    let outcome = outcome.unwrap();
    assert_eq!(epochs.len(), 4, "two epochs without a gain end the run");
    assert_eq!(outcome.best_score, 3.0);
    assert_eq!(outcome.best.1, judge.models[2]);
    assert_eq!(outcome.last.1, judge.models[3]);
    assert_ne!(judge.models[2], judge.models[3]);
}

#[test]
fn the_last_update_is_judged_wherever_it_falls() {
    let settings = training("epochs = 9\nmax-steps = 4");
    let (outcome, judge, epochs) = run(&settings, &mut Plain(Phase::Training), &[1.0, 2.0]);
    assert_eq!(outcome.unwrap().steps, 4);
    assert_eq!((epochs.len(), judge.models.len()), (2, 2));

    let rare = training("epochs = 3").validation;
    let rare = srp::config::Validation {
        every_epochs: 2.try_into().unwrap(),
        ..rare
    };
    let settings = Training {
        validation: rare,
        ..training("epochs = 3")
    };
    let (outcome, judge, epochs) = run(&settings, &mut Plain(Phase::Training), &[5.0, 1.0]);
    let judged: Vec<_> = epochs.iter().map(|epoch| epoch.validation).collect();
    assert_eq!(judged, [None, Some(5.0), Some(1.0)]);
    assert_eq!(outcome.unwrap().best.1, judge.models[0]);
}

#[test]
fn equal_runs_give_equal_models_and_other_seeds_others() {
    let settings = training("epochs = 2");
    let last = || {
        run(&settings, &mut Plain(Phase::Training), &[1.0, 1.0])
            .0
            .unwrap()
            .last
            .1
    };
    assert_eq!(last(), last());
}

#[test]
fn a_pruning_run_warms_up_slices_after_every_round_and_tunes_what_is_left() {
    let spec = prune(
        "compression-rate = 0.4\niterations = 2\nepochs-per-iteration = 1\nwarmup-epochs = 1",
        4,
    );
    let batches = batches();
    let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
    let (outcome, judge, epochs) = run(&spec.training, &mut pruning, &[9.0, 8.0, 7.0, 6.0]);
    let outcome = outcome.unwrap();
    let phases: Vec<_> = epochs.iter().map(|epoch| epoch.phase).collect();
    use Phase::{FineTuning, Pruning as Shrinking, WarmingUp};
    assert_eq!(phases, [WarmingUp, Shrinking, Shrinking, FineTuning]);
    let sizes: Vec<_> = epochs.iter().map(|epoch| epoch.parameters).collect();
    assert!(
        sizes[0] > sizes[1] && sizes[1] > sizes[2] && sizes[2] == sizes[3],
        "{sizes:?}"
    );
    let slicings: Vec<_> = pruning
        .slicings()
        .iter()
        .map(|safety| safety.epoch)
        .collect();
    assert_eq!(slicings, [2, 3]);
    assert!(
        pruning
            .slicings()
            .iter()
            .all(|safety| safety.largest_difference < 1e-4)
    );
    assert_eq!(
        judge.smallest_c, [None; 4],
        "every judged model is whole: nothing fades"
    );
    assert_eq!(
        outcome.best_score, 7.0,
        "what was better before the last slicing does not count"
    );
    assert_eq!(outcome.best.0.shape.parameters(), sizes[3]);
    let ratio = sizes[3] as f64 / outcome.last.0.original.parameters() as f64;
    assert!(ratio <= 0.4 && ratio > 0.25, "{ratio}");
}

#[test]
fn validation_while_pruning_sees_the_faded_connectivity() {
    let spec = prune(
        "compression-rate = 0.5\niterations = 1\nepochs-per-iteration = 2\nwarmup-epochs = 0",
        2,
    );
    let batches = batches();
    let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
    let (outcome, judge, _) = run(&spec.training, &mut pruning, &[1.0, 0.5]);
    // Three of six updates are done: 1 - 3/5.
    assert_eq!(judge.smallest_c.len(), 2);
    assert!(
        (judge.smallest_c[0].unwrap() - 0.4).abs() < 1e-6,
        "{:?}",
        judge.smallest_c
    );
    assert_eq!(judge.smallest_c[1], None);
    assert_eq!(outcome.unwrap().best_score, 0.5);
}

#[test]
fn a_cut_without_sentences_to_prove_it_on_is_refused() {
    let spec = prune(
        "compression-rate = 0.5\niterations = 1\nepochs-per-iteration = 1\nwarmup-epochs = 0",
        1,
    );
    let batches = batches();
    let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &[], None, &DEVICE);
    let (outcome, _, _) = run(&spec.training, &mut pruning, &[1.0]);
    let message = outcome.unwrap_err().to_string();
    assert!(message.contains("no validation sentence"), "{message}");
}

#[test]
fn a_model_that_is_no_number_is_not_scored() {
    let spec = prune(
        "compression-rate = 0.5\niterations = 1\nepochs-per-iteration = 1\nwarmup-epochs = 0",
        1,
    );
    let batches = batches();
    let mut learner = learner(&spec.training);
    let mut state = learner.model.to_state();
    for array in state.values_mut() {
        array.data[0] = f32::NAN;
    }
    learner.model = Transformer::from_state(&learner.blueprint, &state, &DEVICE).unwrap();
    let mut pruning = Pruning::<Learning>::new(&spec, &batches[..1], &batches, None, &DEVICE);
    let message = pruning
        .begin_epoch(&mut learner, 1, 3)
        .unwrap_err()
        .to_string();
    assert!(message.contains("is not a number"), "{message}");
}
