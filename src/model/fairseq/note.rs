//! What is true of an imported model that its user may not expect.

use super::TARGET_TABLE;
use crate::config::OutputProjection;
use crate::groups::GroupName;
use crate::model::Blueprint;
use crate::model::parameters::OUTPUT_PROJECTION;
use crate::model::state::State;
use std::fmt;

/// The name of the encoder's embedding table.
const SOURCE_TABLE: &str = "encoder.embed_tokens.weight";

/// Something that is no error, and that the user of an imported model should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// The checkpoint does not say in plain values how the model was trained.
    NoSettings,
    /// A sub-layer from which everything of this group was pruned: the original computes something else there (SPEC
    /// §17, D12 and D13).
    Emptied(GroupName),
    /// The separate output projection is the decoder's embedding table.
    ProjectionIsTable,
    /// Both sides have the same embedding table.
    SharedTables,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSettings => f.write_str(
                "the checkpoint does not say in plain values how its model was trained: that it has as many heads, \
                 post-norm, sinusoidal positions and ReLU is believed",
            ),
            Self::Emptied(group @ GroupName::Qk(..)) => write!(
                f,
                "nothing of `{group}` is left: the original attends to padding and to later words there, srp never does"
            ),
            Self::Emptied(group) => write!(
                f,
                "nothing of `{group}` is left: the original skips this sub-layer as a whole, srp keeps its residual, \
                 bias and layer norm"
            ),
            Self::ProjectionIsTable => f.write_str(
                "the output projection is the decoder's embedding table: with `output-projection = \"tied\"` it would \
                 be the same model with fewer parameters, and compression rates would count from there",
            ),
            Self::SharedTables => f.write_str(
                "source and target have the same embedding table (`--share-all-embeddings`): srp keeps, counts and \
                 trains two",
            ),
        }
    }
}

/// What there is to say of a model.
pub(super) fn notes(blueprint: &Blueprint, state: &State) -> Vec<Note> {
    let same = |one: &str, other: &str| state.get(one) == state.get(other);
    let emptied = emptied(blueprint).into_iter().map(Note::Emptied);
    let is_separate = blueprint.shape.output_projection == OutputProjection::Separate;
    let twice = is_separate && same(OUTPUT_PROJECTION, TARGET_TABLE);
    let shared = same(SOURCE_TABLE, TARGET_TABLE);
    emptied
        .chain(twice.then_some(Note::ProjectionIsTable))
        .chain(shared.then_some(Note::SharedTables))
        .collect()
}

/// The groups that nothing is left of; of an attention module that has lost both, only the values.
fn emptied(blueprint: &Blueprint) -> Vec<GroupName> {
    let sizes = blueprint.shape.groups();
    sizes
        .iter()
        .filter(|&(_, &size)| size == 0)
        .map(|(group, _)| group)
        .filter(|group| match *group {
            GroupName::Qk(side, layer, module) => {
                *sizes.get(GroupName::Vo(side, layer, module)) > 0
            }
            _ => true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Architecture;
    use crate::groups::AttentionModule::{CrossAttention, SelfAttention};
    use crate::groups::Side;
    use crate::model::parameters::initial_state;

    /// A fresh model with dictionaries of one size, which `change` has emptied groups of.
    fn blueprint(kind: &str, change: impl Fn(GroupName) -> bool) -> Blueprint {
        let architecture: Architecture = toml::from_str(&format!(
            "d-model = 8\nd-ff = 6\nheads = 2\nencoder-layers = 1\ndecoder-layers = 1\nlayer-norm = \"weighted\"\n\
             max-positions = 16\noutput-projection = \"{kind}\""
        ))
        .unwrap();
        let unpruned = Blueprint::unpruned(&architecture, 7, 7);
        let left = |group, &size: &usize| if change(group) { 0 } else { size };
        let sizes = unpruned.shape.groups().map(left);
        Blueprint {
            shape: unpruned.shape.with_groups(&sizes),
            ..unpruned
        }
    }

    #[test]
    fn an_ordinary_model_needs_no_word() {
        for kind in ["tied", "separate"] {
            let blueprint = blueprint(kind, |_| false);
            assert_eq!(notes(&blueprint, &initial_state(&blueprint.shape, 1)), []);
        }
    }

    #[test]
    fn every_emptied_sub_layer_is_told_once() {
        let neurons = GroupName::FeedForward(Side::Encoder, 0);
        let scores = GroupName::Qk(Side::Decoder, 0, SelfAttention);
        let values = GroupName::Vo(Side::Decoder, 0, CrossAttention);
        let with_values = GroupName::Qk(Side::Decoder, 0, CrossAttention);
        let blueprint = blueprint("tied", |group| {
            [neurons, scores, values, with_values].contains(&group)
        });
        let notes = notes(&blueprint, &initial_state(&blueprint.shape, 1));
        assert_eq!(notes, [neurons, scores, values].map(Note::Emptied));
        let words: Vec<String> = notes.iter().map(ToString::to_string).collect();
        assert!(
            words[0].contains("`encoder.layers.0.fc_c` is left"),
            "{words:?}"
        );
        assert!(words[1].contains("attends to padding"), "{words:?}");
        assert!(words[2].contains("skips this sub-layer"), "{words:?}");
    }

    #[test]
    fn a_projection_and_tables_that_are_the_same_are_told() {
        let separate = blueprint("separate", |_| false);
        let mut state = initial_state(&separate.shape, 1);
        state.insert(OUTPUT_PROJECTION.to_owned(), state[TARGET_TABLE].clone());
        assert_eq!(notes(&separate, &state), [Note::ProjectionIsTable]);
        state.insert(SOURCE_TABLE.to_owned(), state[TARGET_TABLE].clone());
        let both = [Note::ProjectionIsTable, Note::SharedTables];
        assert_eq!(notes(&separate, &state), both);
        state.remove(OUTPUT_PROJECTION);
        let tied = blueprint("tied", |_| false);
        assert_eq!(notes(&tied, &state), [Note::SharedTables]);
    }
}
