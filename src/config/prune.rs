//! What a prune stage is told (SPEC §5 to §12).

use super::{
    ArtifactKind, Checkpoint, CompressionRate, Contradiction, Implied, Input, NotNegative,
    Positive, Score, Spec, StageRef, StageSpec, Training,
};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::num::NonZeroUsize;

/// Selects groups of parameters, shrinks them to nothing while training, and cuts them out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Prune {
    /// The stage that makes the data set.
    pub corpus: StageRef,
    /// The stage that makes the model.
    pub model: StageRef,
    /// Which checkpoint of the model to start from.
    pub checkpoint: Checkpoint,
    /// Seed of shuffling and dropout.
    pub seed: u64,
    /// Which groups are pruned: 1 embedding dimensions, 2 all others, 0 everything at once.
    pub stage: PruneStage,
    /// What decides which entries of a group go.
    pub criterion: Criterion,
    /// Share of the original model's parameters that both stages together leave.
    pub compression_rate: CompressionRate,
    /// How the counts are derived from the rate.
    pub budget: Budget,
    /// Rounds of score, select, shrink and slice.
    pub iterations: NonZeroUsize,
    /// Epochs of one round: those that it shrinks in, or, of `one-shot`, those between one cut and the next.
    pub epochs_per_iteration: NonZeroUsize,
    /// Epochs before the first round, without connectivity.
    pub warmup_epochs: usize,
    /// How the selected connectivity parameters go to zero.
    pub shrink: Shrink,
    /// What importance scores are computed on.
    pub scoring: Scoring,
    /// What happens to the weight decay of frozen entries.
    pub freeze: Freeze,
    /// The teacher's part in the loss; without the table, or as `"none"`, there is no teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<Distillation>,
    /// How to train meanwhile. `epochs` counts all: warm-up, rounds, and fine-tuning in the same run.
    pub training: Training,
}

/// Which groups are pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8", into = "u8")]
#[schemars(extend("enum" = [0, 1, 2]))]
pub enum PruneStage {
    /// All groups at once.
    Everything,
    /// Embedding dimensions of both sides.
    Embedding,
    /// Feed-forward neurons, and the dimensions inside attention heads.
    Inner,
}

impl TryFrom<u8> for PruneStage {
    type Error = String;

    fn try_from(stage: u8) -> Result<Self, String> {
        match stage {
            0 => Ok(Self::Everything),
            1 => Ok(Self::Embedding),
            2 => Ok(Self::Inner),
            other => Err(format!("expected a stage of 0, 1 or 2, found {other}")),
        }
    }
}

impl From<PruneStage> for u8 {
    fn from(stage: PruneStage) -> Self {
        match stage {
            PruneStage::Everything => 0,
            PruneStage::Embedding => 1,
            PruneStage::Inner => 2,
        }
    }
}

/// What decides which entries of a group go: those that come out lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// SRP's importance: the negative gradient of the loss with respect to connectivity, with its sign (SPEC §5).
    Srp,
    /// The absolute value of that gradient: the first-order change of the loss, whatever its direction.
    Taylor,
    /// The L2 norm of all parameters that would go with the entry.
    Magnitude,
    /// A number drawn by the stage's seed.
    Random,
}

impl Criterion {
    /// Whether it asks for the gradients of the loss, and so for a scoring pass.
    pub fn needs_gradients(self) -> bool {
        match self {
            Self::Srp | Self::Taylor => true,
            Self::Magnitude | Self::Random => false,
        }
    }
}

/// How the counts are derived from the rate (SPEC §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Budget {
    /// The quadratic with every bias counted; rounding removes a little more than asked in every group.
    Exact,
    /// The original's quadratic, which forgets most biases (D8).
    Reference,
    /// Whole entries nearest to the quadratic's, with as many neurons as the rate has room for: stages 0 and 2 leave
    /// at most the asked share, and hardly less.
    Integer,
}

/// How the selected connectivity parameters go to zero (SPEC §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = short_names)]
pub enum Shrink {
    /// By a constant amount before every update.
    #[serde(alias = "sa")]
    StepArithmetic,
    /// By a constant factor before every update.
    #[serde(alias = "sg")]
    StepGeometric,
    /// By a constant amount before every epoch.
    #[serde(alias = "ea")]
    EpochArithmetic,
    /// By a constant factor before every epoch.
    #[serde(alias = "eg")]
    EpochGeometric,
    /// Not at all: they are cut out before the first update of a round (D23).
    OneShot,
}

/// Adds the aliases, which the derived schema does not know.
fn short_names(schema: &mut Schema) {
    if let Some(Value::Array(words)) = schema.get_mut("oneOf") {
        let short = "The first letters of one of the others.";
        words.push(json!({ "enum": ["sa", "sg", "ea", "eg"], "description": short }));
    }
}

/// What importance scores are computed on (SPEC §5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scoring {
    /// Training batches whose gradients are summed.
    pub batches: NonZeroUsize,
}

/// What happens to the weight decay of entries that slicing will remove (SPEC §11, D5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Freeze {
    /// They decay on, as in the original.
    WithDecay,
    /// They stand still.
    Exact,
}

/// Knowledge distillation from an unpruned teacher (SPEC §9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Distillation {
    /// Factor of the distillation loss.
    pub weight: NotNegative,
    /// Temperature of both distributions.
    pub temperature: Positive,
    /// The stage that makes the teacher, which is its best checkpoint; without it, the model as this stage finds
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<StageRef>,
}

impl Distillation {
    /// The inputs of a stage that takes a model and the data set that it was trained on, and perhaps a teacher.
    pub(super) fn inputs<'a>(
        corpus: &'a StageRef,
        model: &'a StageRef,
        distillation: Option<&'a Self>,
    ) -> Vec<Input<'a>> {
        let mut inputs = Input::corpus_and_model(corpus, model);
        if let Some(teacher) = distillation.and_then(|d| d.teacher.as_ref()) {
            inputs.push(Input {
                key: "distillation.teacher",
                stage: teacher,
                needs: ArtifactKind::Model,
            });
        }
        inputs
    }
}

impl Prune {
    /// The key under which a prune stage reads the scores of its first round.
    pub const SCORES: &'static str = "scores";
}

impl Prune {
    /// The epochs after which something is cut, from 1; 0 is before the first.
    pub fn cut_epochs(&self) -> impl Iterator<Item = usize> + '_ {
        // Without fading, a round begins with its cut.
        let first = usize::from(self.shrink != Shrink::OneShot);
        (first..first + self.iterations.get())
            .map(|rounds| self.warmup_epochs + rounds * self.epochs_per_iteration.get())
    }
}

impl Spec for Prune {
    const CHOICES: &'static [&'static str] = &["training.learning-rate"];

    fn produces(&self) -> ArtifactKind {
        ArtifactKind::Model
    }

    fn inputs(&self) -> Vec<Input<'_>> {
        Distillation::inputs(&self.corpus, &self.model, self.distillation.as_ref())
    }

    /// The scores of the first round, if it finds the model as its maker left it.
    fn implied(&self) -> Option<Implied> {
        let as_found = self.warmup_epochs == 0;
        (as_found && self.criterion.needs_gradients()).then(|| Implied {
            key: Self::SCORES,
            spec: StageSpec::Score(Score {
                corpus: self.corpus.clone(),
                model: self.model.clone(),
                checkpoint: self.checkpoint,
                seed: self.seed,
                batches: self.scoring.batches,
                label_smoothing: self.training.label_smoothing,
                batching: self.training.batching.clone(),
                distillation: self.distillation.clone(),
            }),
            told: &[
                "corpus",
                "model",
                "checkpoint",
                "seed",
                "scoring.batches",
                "training.label-smoothing",
                "training.batching",
                "distillation",
            ],
        })
    }

    fn check(&self) -> Result<(), Contradiction> {
        let rounds = self
            .iterations
            .saturating_mul(self.epochs_per_iteration)
            .saturating_add(self.warmup_epochs);
        if self.training.max_steps.is_some() {
            return Err(Contradiction {
                keys: &["training.max-steps"],
                rule: "a prune stage ends with its epochs: stopped before, it would cut what has not faded"
                    .to_owned(),
            });
        }
        if self.training.epochs < rounds {
            return Err(Contradiction {
                keys: &[
                    "training.epochs",
                    "epochs-per-iteration",
                    "iterations",
                    "warmup-epochs",
                ],
                rule: format!(
                    "{} epochs do not hold {} of warm-up and {} rounds of {}",
                    self.training.epochs,
                    self.warmup_epochs,
                    self.iterations,
                    self.epochs_per_iteration
                ),
            });
        }
        Ok(())
    }
}
