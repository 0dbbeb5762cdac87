//! The vocabulary of an experiment: what a stage of each kind is told, as plain data.
//!
//! Nothing here touches a disk, a tensor or another module. A struct's fields are the keys of the TOML file
//! (kebab-case), a field's doc comment is its user documentation, and a type that cannot hold a wrong value
//! refuses it while serde reads it. A key that may be left out is an `Option`, and the word `"none"` takes it back
//! where a lower layer has set it. Scientific values have no default in Rust: they stand in `configs/`, with
//! their source. The exceptions are `output-projection`, which SPEC §2 ties, and `precision`, 32-bit floats.

mod architecture;
mod corpus;
mod device;
mod execution;
mod export;
mod finetune;
mod import;
mod names;
mod noop;
mod numbers;
mod preprocess;
mod pretrain;
mod prune;
mod score;
mod search;
mod test;
mod training;

pub use architecture::{Architecture, LayerNorm, OutputProjection};
pub use corpus::{Corpus, Files, Iwslt14, Synthetic, TwoFiles};
pub use device::{DeviceChoice, NotADevice};
pub use execution::{Attempts, Resources, TimeLimit};
pub use export::Export;
pub use finetune::Finetune;
pub use import::{DataBin, Exported, Fairseq, Import};
pub use names::{ArtifactKind, BadLanguage, Input, Language, StageName, StageRef};
pub use noop::{Ending, Noop};
pub use numbers::{
    CompressionRate, Finite, LengthRatio, NotInRange, NotNegative, Positive, Probability,
};
pub use preprocess::{Bpe, Case, Clean, Dictionaries, Preprocess, Tokenizer};
pub use pretrain::Pretrain;
pub use prune::{Budget, Criterion, Distillation, Freeze, Prune, PruneStage, Scoring, Shrink};
pub use score::Score;
pub use search::{Beam, DecodingPrecision, NotABeam, Search};
pub use test::Test;
pub use training::{
    Batching, Checkpoint, LearningRate, Optimizer, Training, TrainingPrecision, Validation,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The edges that a stage's config draws: which of its keys name another stage, and what that stage must make.
pub trait Spec {
    /// Dotted keys that say where something lies, not what it is; see [`StageSpec::identity`].
    const PLACES: &'static [&'static str] = &[];

    /// Dotted paths of the tables that hold exactly one of several tables. A layer of the configuration that names
    /// another one than the layers beneath it puts its own in their place. The empty path is the stage's own table.
    const CHOICES: &'static [&'static str] = &[];

    /// What the finished stage leaves behind.
    fn produces(&self) -> ArtifactKind;

    /// The inputs, in the order of the keys.
    fn inputs(&self) -> Vec<Input<'_>>;

    /// The stage that this one reads beside its inputs, which an experiment need not write down.
    fn implied(&self) -> Option<Implied> {
        None
    }

    /// Compares values with each other, which no type of a single value can.
    ///
    /// # Errors
    /// The first values that forbid each other.
    fn check(&self) -> Result<(), Contradiction> {
        Ok(())
    }
}

/// A stage that another one brings along: part of its work, that others may share.
#[derive(Debug, Clone, PartialEq)]
pub struct Implied {
    /// The key under which the other stage reads it, and behind a dot the end of its name; no key of its config.
    pub key: &'static str,
    /// What it is told.
    pub spec: StageSpec,
    /// The dotted keys of the other stage that it is told the values of.
    pub told: &'static [&'static str],
}

/// What all stages of a kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The kind's name, as the experiment file spells it.
    pub name: &'static str,
    /// [`Spec::CHOICES`].
    pub choices: &'static [&'static str],
}

/// Values that are fine alone, and impossible together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct Contradiction {
    /// The dotted paths of the values inside the stage's table.
    pub keys: &'static [&'static str],
    /// What must hold between them, and does not.
    pub rule: String,
}

/// Takes the entry at a dotted key out of nested objects, if it is there.
fn remove(config: &mut serde_json::Value, key: &str) {
    let (outer, name) = key.rsplit_once('.').unwrap_or(("", key));
    let mut keys = outer.split('.').filter(|key| !key.is_empty());
    let parent = keys.try_fold(config, |inside, key| inside.get_mut(key));
    if let Some(entries) = parent.and_then(serde_json::Value::as_object_mut) {
        entries.remove(name);
    }
}

/// Makes the enum over all kinds of stages, with what only a list of kinds can answer.
macro_rules! stage_kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal),+ $(,)?) => {
        /// One stage, resolved: its kind, and what it was told.
        ///
        /// In TOML the kind is the name of the table: `[stages.NAME.KIND]`.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum StageSpec {
            $($(#[$doc])* $kind($kind)),+
        }

        impl StageSpec {
            /// The names of all kinds, as the experiment file spells them.
            pub const KINDS: &'static [&'static str] = &[$($name),+];

            /// The name of this stage's kind.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => $name),+ }
            }

            /// What the finished stage leaves behind.
            pub fn produces(&self) -> ArtifactKind {
                match self { $(Self::$kind(spec) => spec.produces()),+ }
            }

            /// What the stage reads, and which of its keys say so.
            pub fn inputs(&self) -> Vec<Input<'_>> {
                match self { $(Self::$kind(spec) => spec.inputs()),+ }
            }

            /// The stage that it reads beside those.
            pub fn implied(&self) -> Option<Implied> {
                match self { $(Self::$kind(spec) => spec.implied()),+ }
            }

            /// The config without what only names a stage or a place: what is left decides, with the contents of
            /// the things named, what the stage makes.
            ///
            /// # Errors
            /// If the config holds something that JSON cannot say.
            pub fn identity(&self) -> Result<serde_json::Value, serde_json::Error> {
                let (mut config, places) = match self {
                    $(Self::$kind(spec) => (serde_json::to_value(spec)?, $kind::PLACES)),+
                };
                let references = self.inputs().into_iter().map(|input| input.key);
                for key in references.chain(places.iter().copied()) {
                    remove(&mut config, key);
                }
                Ok(config)
            }

            /// Compares the stage's values with each other.
            ///
            /// # Errors
            /// The first values that forbid each other.
            pub fn check(&self) -> Result<(), Contradiction> {
                match self { $(Self::$kind(spec) => spec.check()),+ }
            }

            /// What is known of the kind called `name`, if there is one.
            pub fn kind_named(name: &str) -> Option<Kind> {
                match name {
                    $($name => Some(Kind { name: $name, choices: $kind::CHOICES }),)+
                    _ => None,
                }
            }

            /// Reads the config of a stage of the kind called `kind`.
            ///
            /// # Errors
            /// Those of the deserializer; an unknown `kind` is reported as an unknown variant.
            pub fn deserialize_kind<'de, D: serde::Deserializer<'de>>(kind: &str, from: D) -> Result<Self, D::Error> {
                match kind {
                    $($name => $kind::deserialize(from).map(Self::$kind),)+
                    other => Err(serde::de::Error::unknown_variant(other, Self::KINDS)),
                }
            }
        }
    };
}

stage_kinds! {
    /// Text to a data set.
    Preprocess = "preprocess",
    /// What another program made to a data set or a model.
    Import = "import",
    /// A data set to a trained model.
    Pretrain = "pretrain",
    /// A model to what the loss says of every entry of its groups.
    Score = "score",
    /// A model to a smaller model.
    Prune = "prune",
    /// A model to the same model, trained on.
    Finetune = "finetune",
    /// A model to what can be said of it.
    Test = "test",
    /// A model to a folder that other programs can read.
    Export = "export",
    /// Nothing to nothing, for trying out and measuring what surrounds a stage.
    Noop = "noop",
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_removed_where_it_stands_and_nowhere_else() {
        let mut config = json!({"a": {"b": {"c": 1, "d": 2}}, "c": 3});
        for key in ["a.b.c", "a.x.c", "c.d", "x"] {
            remove(&mut config, key);
        }
        assert_eq!(config, json!({"a": {"b": {"d": 2}}, "c": 3}));
        remove(&mut config, "c");
        assert_eq!(config, json!({"a": {"b": {"d": 2}}}));
    }
}
