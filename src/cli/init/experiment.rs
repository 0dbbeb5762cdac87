//! The text of the experiment that `srp init` writes.

use super::found::Found;
use super::scale::Scale;
use crate::config::Language;
use std::path::PathBuf;

/// What the experiment is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    /// Sentences of the grammar that srp carries.
    Drawn,
    /// The user's own files, source and target.
    TwoFiles {
        found: Found,
        /// As the experiment names them.
        files: [PathBuf; 2],
        languages: [Language; 2],
    },
}

/// Pairs that `data/demo-de-en` trains on.
const DRAWN_PAIRS: usize = 6_000;

impl Text {
    /// Pairs of sentences that cleaning keeps.
    pub(super) fn pairs(&self) -> usize {
        match self {
            Self::Drawn => DRAWN_PAIRS,
            Self::TwoFiles { found, .. } => found.pairs(),
        }
    }

    /// What it is, in a few words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Drawn => "German to English, of sentences that srp draws itself".to_owned(),
            Self::TwoFiles {
                files: [source, target],
                languages: [from, to],
                ..
            } => format!(
                "{from} to {to}, of {} and {}",
                source.display(),
                target.display()
            ),
        }
    }

    /// The stage that makes the data set.
    fn stage(&self, scale: &Scale) -> String {
        let Self::TwoFiles {
            files,
            languages: [from, to],
            ..
        } = self
        else {
            return DRAWN.to_owned();
        };
        let [source, target] = files
            .each_ref()
            .map(|path| toml::Value::from(path.display().to_string().replace("${", "$${")));
        format!(
            r#"[stages.corpus.preprocess]              # text to a data set
source-language = "{from}"
target-language = "{to}"
bpe.merges = {merges:<26} # subwords that are learned at most; more text bears more

[stages.corpus.preprocess.corpus.two-files]
source = {source}
target = {target}
valid = {held_out:<31} # pairs that are set aside to judge each epoch by
test = {held_out:<32} # pairs that are set aside for the table
seed = 1                                # decides which; another seed than the one above, so that trials compare
"#,
            merges = scale.merges,
            held_out = scale.held_out,
        )
    }
}

/// The stage of the demonstration's data set.
const DRAWN: &str = r#"[stages.corpus.preprocess]              # sentences from a grammar that srp carries
preset = "data/demo-de-en"

# Text of your own instead: two files, line n of one the translation of line n of the other.
# [stages.corpus.preprocess]
# source-language = "de"
# target-language = "en"
# bpe.merges = 500                      # subwords that are learned at most; more text bears more
#
# [stages.corpus.preprocess.corpus.two-files]
# source = "text.de"
# target = "text.en"
# valid = 100                           # pairs that are set aside to judge each epoch by
# test = 100                            # pairs that are set aside for the table
# seed = 1
"#;

/// The experiment file.
pub(super) fn written(text: &Text, scale: &Scale) -> String {
    let title = toml::Value::from(format!("SRP, {}", text.words()));
    format!(
        r#"#:schema schema.json
# Written by `srp init`. A `preset` is a table of values that srp carries; whatever is said here overrules it.
# `srp plan` says what a change would make run again.

[experiment]
title = {title}
seed = 1                                # where weights, the order of sentences and dropout begin

[params]
rate = 0.5                              # share of the parameters that is left

# Several rates at once: without the `#`, all that does not depend on the rate still runs only once.
# [sweep]
# rate = [0.7, 0.5, 0.3]

{corpus}
[stages.dense.pretrain]                 # the baseline, and the teacher of what comes below
corpus = "corpus"                       # the name of a stage: this one reads what that one makes
model.preset = "{model}"
training.preset = "{training}-pretrain"
training.epochs = {pretrain_epochs}

[stages.narrow.prune]                   # stage 1 of SRP: embedding dimensions
preset = "prune/srp-stage1"
corpus = "corpus"
model = "dense"
compression-rate = "${{rate}}"
epochs-per-iteration = {prune_epochs:<16} # over so many epochs what is selected goes to zero
training.preset = "{training}-prune"
training.epochs = {prune_epochs}

[stages.slim.prune]                     # stage 2 of SRP: all other groups
preset = "prune/srp-stage2"
corpus = "corpus"
model = "narrow"
compression-rate = "${{rate}}"
epochs-per-iteration = {prune_epochs}
training.preset = "{training}-prune"
training.epochs = {prune_epochs}

[stages.final.finetune]                 # the pruned model, trained on
corpus = "corpus"
model = "slim"
training.preset = "{training}-finetune"
training.epochs = {prune_epochs}

[stages.dense-test.test]                # a row of the table
corpus = "corpus"
model = "dense"
split = "test"

[stages.final-test.test]
corpus = "corpus"
model = "final"
split = "test"
"#,
        corpus = text.stage(scale),
        model = scale.model,
        training = scale.training,
        pretrain_epochs = scale.pretrain_epochs,
        prune_epochs = scale.prune_epochs,
    )
}
