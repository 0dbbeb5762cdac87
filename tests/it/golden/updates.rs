//! 08: updates while pruning, with freezing; then slicing with moments, and updates of the cut model.

use super::data::{cases, read};
use super::tensors::*;
use burn::module::AutodiffModule;
use serde::Deserialize;
use srp::config::{Freeze, Shrink, Training};
use srp::groups::Groups;
use srp::model::state::{Array, State};
use srp::model::{Connectivity, Pass, Transformer};
use srp::prune::{
    Counts, Progress, complement, connectivity_gradients, freeze_masks, select, shrunk,
    slice_blueprint, slice_state,
};
use srp::train::{DeviceBatch, Learner, Taught, Teacher};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Case {
    config: Settings,
    expected: Expected,
    tolerance_f32: Tolerance,
}

#[derive(Deserialize)]
struct Settings {
    schedule: Shrink,
    #[serde(rename = "steps_in_schedule_N")]
    steps: u64,
    lr: f64,
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
    label_smoothing: f64,
    kd_weight: f64,
    temperature: f64,
}

#[derive(Deserialize)]
struct Expected {
    counts: GoldenCounts,
    selected: BTreeMap<String, Vec<usize>>,
    log: BTreeMap<String, Vec<Step>>,
}

#[derive(Deserialize)]
struct Step {
    step: usize,
    loss_total_sum: f64,
    /// Absent after slicing.
    c_of_selected: Option<f64>,
}

#[derive(Deserialize)]
struct Tolerance {
    param_abs: f64,
}

/// How a variant of the case freezes.
struct Variant {
    name: &'static str,
    decay: Freeze,
    /// The original freezes nothing in the first update (D4).
    free_first_update: bool,
}

const VARIANTS: [Variant; 3] = [
    Variant {
        name: "reference",
        decay: Freeze::WithDecay,
        free_first_update: true,
    },
    Variant {
        name: "recommended",
        decay: Freeze::WithDecay,
        free_first_update: false,
    },
    Variant {
        name: "recommended_no_decay_on_frozen",
        decay: Freeze::Exact,
        free_first_update: false,
    },
];

impl Settings {
    fn training(&self) -> Training {
        let text = format!(
            r#"
            epochs = 1
            dropout = 0.0
            label-smoothing = {}
            batching = {{ max-tokens = 1, multiple-of = 1 }}
            optimizer = {{ betas = [{:?}, {:?}], epsilon = {:?}, weight-decay = {:?} }}
            learning-rate.fixed.rate = {:?}
            [validation]
            every-epochs = 1
            [validation.search]
            beam = 1
            length-penalty = 1.0
            max-length-a = 0.0
            max-length-b = 1
            min-length = 1
            unknown-penalty = 0.0
            batch-sentences = 1
            "#,
            self.label_smoothing, self.betas.0, self.betas.1, self.eps, self.weight_decay, self.lr
        );
        toml::from_str(&text).unwrap()
    }
}

/// A pruning run of the golden case.
struct Run<'a> {
    case: &'a Case,
    name: &'a str,
    io: State,
    batches: State,
    weights: State,
    training: Training,
}

impl Run<'_> {
    fn batch(&self, name: &str) -> DeviceBatch<Learning> {
        DeviceBatch::new(
            &GoldenBatch::new(&self.batches, &format!("{name}.")).collated(),
            &DEVICE,
        )
    }

    fn teacher(&self) -> Teacher<Learning> {
        let blueprint = config(self.name).blueprint();
        let model =
            Transformer::<Learning>::from_state(&blueprint, &self.weights, &DEVICE).unwrap();
        Teacher {
            model: model.valid(),
            weight: self.case.config.kd_weight,
            temperature: self.case.config.temperature,
            positions: Taught::All,
        }
    }

    /// Compares all parameters, or one number for each, below a golden prefix, if the case has it.
    fn check(&self, prefix: &str, got: &State, steps: usize) -> bool {
        let golden = below(&self.io, prefix);
        for (name, expected) in &golden {
            // Its gradient is rounding noise, which Adam blows up (SPEC §13).
            let tolerance = match name.ends_with("k_proj.bias") {
                true => self.case.config.lr * steps as f64,
                false => self.case.tolerance_f32.param_abs,
            };
            let what = format!("{}, {prefix}{name}", self.name);
            assert_eq!(got[name].shape, expected.shape, "{what}");
            assert_within(&got[name].data, &expected.data, tolerance, &what);
        }
        !golden.is_empty()
    }

    fn update(
        &self,
        learner: &mut Learner<Learning>,
        teacher: &Teacher<Learning>,
        step: &Step,
        connectivity: Option<&Connectivity<Learning>>,
    ) {
        let batch = self.batch(&format!("step{}", step.step));
        let pass = Pass {
            connectivity,
            ..Pass::plain()
        };
        let loss = learner.update(&batch, pass, Some(teacher), &self.training);
        let loss = f64::from(loss.total.into_scalar());
        let expected = step.loss_total_sum;
        assert!(
            (loss - expected).abs() <= 1e-4 * expected,
            "{}, step {}: loss {loss}, expected {expected}",
            self.name,
            step.step
        );
    }
}

/// First or second moments as arrays of the parameters' shapes.
fn moments(learner: &Learner<Learning>, first: bool) -> State {
    let parameters = learner.model.to_state();
    let (firsts, seconds, _) = learner.adam.state();
    let moments = if first { firsts } else { seconds };
    let shaped = moments.into_iter().map(|(name, flat)| {
        let shape = parameters[&name].shape.clone();
        (name, Array { shape, ..flat })
    });
    shaped.collect()
}

/// Connectivity vectors with the selected entries at `value`.
fn faded(
    sizes: &Groups<usize>,
    selected: &Groups<Vec<usize>>,
    value: f64,
) -> Connectivity<Learning> {
    sizes.map(|name, &size| {
        let mut line = vec![1.0_f32; size];
        for &index in selected.get(name) {
            line[index] = value as f32;
        }
        Some(burn::tensor::Tensor::from_floats(line.as_slice(), &DEVICE))
    })
}

#[test]
fn updates_freezing_and_slicing_are_the_references() {
    let _alone = alone();
    for name in cases("08_pruning_steps") {
        let case: Case = read(&format!("{name}/case.json"));
        let run = Run {
            io: tensors(&format!("{name}/io.safetensors")),
            batches: tensors("08_pruning_steps/batches.safetensors"),
            weights: tensors("08_pruning_steps/weights.safetensors"),
            training: case.config.training(),
            case: &case,
            name: &name,
        };
        let blueprint = config(&name).blueprint();
        let sizes = blueprint.shape.groups();
        let selected = by_group(&sizes, &case.expected.selected);
        let kept = complement(&selected, &sizes);
        let masks = freeze_masks(&blueprint.shape, &kept);
        check_masks(&run, &masks);
        check_selection(&run, &sizes, &selected);
        let mut compared = 0;
        for variant in &VARIANTS {
            let Some(log) = case.expected.log.get(variant.name) else {
                continue;
            };
            let teacher = run.teacher();
            let mut learner =
                Learner::<Learning>::new(blueprint.clone(), &run.weights, &run.training, &DEVICE)
                    .unwrap();
            if !variant.free_first_update {
                learner.adam.freeze(&masks, variant.decay);
            }
            let (pruning, after): (Vec<_>, Vec<_>) =
                log.iter().partition(|step| step.c_of_selected.is_some());
            for step in pruning {
                let at = Progress {
                    step: step.step as u64,
                    steps: case.config.steps,
                    epoch: 1,
                    epochs: 1,
                };
                let value = shrunk(case.config.schedule, at);
                let expected = step.c_of_selected.unwrap();
                assert!(
                    (value - expected).abs() < 1e-12,
                    "{name}: {value}, expected {expected}"
                );
                let c = faded(&sizes, &selected, value);
                run.update(&mut learner, &teacher, step, Some(&c));
                learner.adam.freeze(&masks, variant.decay);
                let prefix = format!("{}.step{}.", variant.name, step.step);
                let parameters = learner.model.to_state();
                compared +=
                    usize::from(run.check(&format!("{prefix}param."), &parameters, step.step));
                run.check(
                    &format!("{prefix}exp_avg."),
                    &moments(&learner, true),
                    step.step,
                );
                run.check(
                    &format!("{prefix}exp_avg_sq."),
                    &moments(&learner, false),
                    step.step,
                );
            }
            if after.is_empty() {
                continue;
            }
            let before = learner.model.to_state();
            learner.adam.unfreeze();
            learner
                .adam
                .reshape(&before, |moments| slice_state(moments, &kept));
            learner.blueprint = slice_blueprint(&learner.blueprint, &kept);
            let state = slice_state(&before, &kept);
            learner.model = Transformer::from_state(&learner.blueprint, &state, &DEVICE).unwrap();
            let steps = case.config.steps as usize;
            assert!(
                run.check("pruned.param.", &state, steps),
                "{name} has no sliced weights"
            );
            assert!(run.check("pruned.exp_avg.", &moments(&learner, true), steps));
            assert!(run.check("pruned.exp_avg_sq.", &moments(&learner, false), steps));
            let last = after.last().unwrap().step;
            for step in after {
                run.update(&mut learner, &teacher, step, None);
            }
            let parameters = learner.model.to_state();
            assert!(run.check(&format!("after_step{last}.param."), &parameters, last));
        }
        assert!(compared > 0, "{name} compares nothing");
    }
}

fn check_masks(run: &Run<'_>, masks: &State) {
    let golden = below(&run.io, "frozen_mask.");
    assert!(!golden.is_empty(), "{} has no masks", run.name);
    for (name, frozen) in golden {
        let trained: Vec<f32> = frozen.data.iter().map(|frozen| 1.0 - frozen).collect();
        assert_eq!(masks[&name].data, trained, "{}, mask of {name}", run.name);
    }
}

fn check_selection(run: &Run<'_>, sizes: &Groups<usize>, selected: &Groups<Vec<usize>>) {
    let settings = config(run.name);
    let model =
        Transformer::<Learning>::from_state(&settings.blueprint(), &run.weights, &DEVICE).unwrap();
    let scoring = [run.batch("scoring")];
    let smoothing = run.case.config.label_smoothing;
    let found = connectivity_gradients(&model, sizes, scoring, smoothing, None);
    let counts = Counts::from(run.case.expected.counts);
    assert_eq!(
        &select(&found.gradients, &counts, settings.heads),
        selected,
        "{}",
        run.name
    );
}
