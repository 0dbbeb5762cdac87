//! How large things should be for so many pairs of sentences.

use crate::counted::counted;

/// Fewest pairs that an experiment is written for.
pub(super) const LEAST: usize = 100;

/// Sizes and presets for a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scale {
    pub(super) pairs: usize,
    pub(super) model: &'static str,
    /// The preset of training, without what is done in it: `train/NAME-pretrain` and so on.
    pub(super) training: &'static str,
    /// Most merges of the subwords.
    pub(super) merges: usize,
    /// Pairs of the validation set, and of the test set.
    pub(super) held_out: usize,
    pub(super) pretrain_epochs: usize,
    /// Of each prune stage, and of the training after them.
    pub(super) prune_epochs: usize,
}

/// Presets for corpora of up to so many pairs.
struct Class {
    below: usize,
    model: &'static str,
    training: &'static str,
    /// Sentences that pretraining should see in all; a smaller corpus is seen more often.
    sentences: usize,
    merges: fn(usize) -> usize,
}

const CLASSES: [Class; 3] = [
    Class {
        below: 10_000,
        model: "model/demo",
        training: "train/demo",
        sentences: 60_000,
        merges: |pairs| (pairs / 400 * 100).max(200),
    },
    Class {
        below: 100_000,
        model: "model/tiny",
        training: "train/multi30k",
        sentences: 900_000,
        merges: |_| 4_000,
    },
    Class {
        below: usize::MAX,
        model: "model/small",
        training: "train/iwslt",
        sentences: 8_000_000,
        merges: |_| 10_000,
    },
];

impl Scale {
    /// What suits so many pairs.
    pub(super) fn of(pairs: usize) -> Self {
        let [.., large] = &CLASSES;
        let class = CLASSES.iter().find(|class| pairs < class.below);
        let class = class.unwrap_or(large);
        let pretrain_epochs = (class.sentences / pairs.max(1)).clamp(5, 40);
        Self {
            pairs,
            model: class.model,
            training: class.training,
            merges: (class.merges)(pairs),
            held_out: (pairs / 20).clamp(20, 500),
            pretrain_epochs,
            prune_epochs: (pretrain_epochs / 4).max(4),
        }
    }

    /// What was chosen, for the user.
    pub(super) fn words(&self) -> String {
        format!(
            "for {}: {}, trained for {} epochs, for {} more in each of two prune stages and {} after them",
            counted(self.pairs, "pair"),
            self.model,
            self.pretrain_epochs,
            self.prune_epochs,
            self.prune_epochs,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_text_gets_a_larger_model_and_fewer_passes() {
        let scales = [100, 2_000, 9_999, 10_000, 99_999, 100_000, 5_000_000].map(Scale::of);
        let models = scales.each_ref().map(|scale| scale.model);
        let [demo, tiny, small] = ["model/demo", "model/tiny", "model/small"];
        assert_eq!(models, [demo, demo, demo, tiny, tiny, small, small]);
        for scale in &scales {
            assert!(2 * scale.held_out < scale.pairs, "{scale:?}");
            assert!(scale.prune_epochs <= scale.pretrain_epochs, "{scale:?}");
        }
        assert_eq!(scales[1].pretrain_epochs, 30);
        assert_eq!(scales[6].pretrain_epochs, 5);
    }
}
