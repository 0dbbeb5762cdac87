//! What pretrain, prune and finetune stages share: the data, the judge, the log, and the artifact.

use super::data::Sentences;
use super::model_artifact::{self, TEXT};
use super::translation::{Translator, check_lengths};
use crate::cache::ArtifactDir;
use crate::config::{Checkpoint, Training, Validation};
use crate::exec::{Inputs, Progress, StageFailure};
use crate::metrics::bleu::{BleuStatistics, Orders};
use crate::model::state::State;
use crate::model::{Blueprint, Connectivity, Pass, Transformer};
use crate::text::batching::{Batch, SentenceTooLong};
use crate::text::dataset::{
    Dataset, Pair, TRAIN, TargetText, Transfer, VALID, copy_pipeline, same_symbols,
};
use crate::text::vocabulary::{UNKNOWN_IN_REFERENCE, join_subwords};
use crate::train::{
    EpochRecord, Learner, Outcome, Regime, StepRecord, TrainError, Trainer, Validate, Watch,
};
use burn::tensor::backend::AutodiffBackend;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// How a training ended: the content of `training.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Ending {
    /// Completed updates.
    steps: u64,
    /// Validation BLEU of the best checkpoint.
    best_bleu: f64,
}

/// A data set as a training stage uses it.
pub(super) struct Corpus {
    folder: PathBuf,
    /// Its dictionaries' sizes.
    pub(super) source_vocab: usize,
    pub(super) target_vocab: usize,
    /// The training batches.
    pub(super) batches: Vec<Batch>,
    /// Training pairs that are in no batch, being longer than the model allows.
    left_out: usize,
    valid: Sentences,
    judged: Judged,
}

/// The validation set as BLEU needs it.
struct Judged {
    sources: Vec<Vec<u32>>,
    references: Vec<String>,
    text: TargetText,
}

impl Corpus {
    /// Opens the stage's data set and cuts its batches.
    ///
    /// # Errors
    /// If the data set cannot be read, or if the model or the batches cannot hold its sentences.
    pub(super) fn open(
        inputs: &Inputs,
        training: &Training,
        max_positions: usize,
        seed: u64,
    ) -> Result<Self, StageFailure> {
        let folder = inputs.path("corpus")?.to_owned();
        let dataset = Dataset::open(&folder)?;
        let train = dataset.split(TRAIN)?;
        let batches = Sentences::new(&train)
            .batches(&training.batching, max_positions, seed)
            .map_err(|error| over_budget(&dataset, &train.pairs, error))?;
        let left_out = train.pairs.len() - batches.iter().map(|b| b.ids.len()).sum::<usize>();
        if batches.is_empty() {
            return Err(StageFailure::new(format!(
                "all {left_out} training pairs are longer than the model's `max-positions` = {max_positions}"
            )));
        }
        let mut valid = dataset.split(VALID)?;
        let most = training
            .validation
            .max_sentences
            .map_or(valid.pairs.len(), usize::from);
        valid.pairs.truncate(most);
        let sources: Vec<Vec<u32>> = valid.pairs.iter().map(|pair| pair.source.clone()).collect();
        check_lengths(&sources, max_positions).map_err(|error| {
            StageFailure::diagnostic(error).context(format!("cannot translate the split `{VALID}`"))
        })?;
        let text = TargetText::open(&folder)?;
        let references = valid
            .pairs
            .iter()
            .map(|pair| text.plain(&text.reference_tokens(&pair.target)))
            .collect();
        Ok(Self {
            source_vocab: dataset.source_dictionary().len(),
            target_vocab: dataset.target_dictionary().len(),
            batches,
            left_out,
            judged: Judged {
                sources,
                references,
                text,
            },
            valid: Sentences::new(&valid),
            folder,
        })
    }

    /// Validation sentences as batches, without those that training would not take either.
    pub(super) fn validation_batches(
        &self,
        training: &Training,
        max_positions: usize,
    ) -> Result<Vec<Batch>, StageFailure> {
        let most = max_positions.min(training.batching.max_tokens.get());
        Ok(self.valid.batches(&training.batching, most, 0)?)
    }
}

/// Tells a training pair that no batch can hold by its words too: a data set keeps no text of its training pairs,
/// and cleaning has changed their numbers.
fn over_budget(dataset: &Dataset, pairs: &[Pair], error: SentenceTooLong) -> StageFailure {
    const SHOWN: usize = 12;
    let pair = &pairs[error.number - 1];
    let dictionary = dataset.source_dictionary();
    let words = join_subwords(&dictionary.decode(&pair.source, UNKNOWN_IN_REFERENCE));
    let beginning: Vec<&str> = words.split(' ').take(SHOWN).collect();
    StageFailure::from(error)
        .context(format!("cannot cut the split `{TRAIN}` into batches"))
        .with_help(format!(
            "raise `training.batching.max-tokens`, or lower `clean.max-tokens` of the stage that made the data \
             set; the sentence, counted after cleaning, begins: {}",
            beginning.join(" ")
        ))
}

/// Trains, and writes what a model artifact holds.
pub(super) fn train<B: AutodiffBackend>(
    corpus: &Corpus,
    training: &Training,
    seed: u64,
    learner: &mut Learner<B>,
    regime: &mut impl Regime<B>,
    out: &mut ArtifactDir,
    progress: &dyn Progress,
) -> Result<(), StageFailure> {
    if corpus.left_out > 0 {
        progress.note(&format!(
            "{} training pairs are left out: they are longer than `max-positions` = {}",
            corpus.left_out, learner.blueprint.max_positions
        ));
    }
    let log = out.record("epochs.jsonl");
    let file = File::create(&log).map_err(|error| {
        StageFailure::from(error).context(format!("cannot write `{}`", log.display()))
    })?;
    let mut watch = Log {
        progress,
        file,
        epoch: 0,
    };
    let mut judge = Judge {
        judged: &corpus.judged,
        validation: &training.validation,
        max_positions: learner.blueprint.max_positions,
        device: learner.device.clone(),
        progress,
    };
    let trainer = Trainer {
        settings: training,
        seed,
        batches: &corpus.batches,
    };
    let outcome = trainer.run(learner, regime, &mut judge, &mut watch)?;
    save(&outcome, &corpus.folder, out)
}

fn save(outcome: &Outcome, dataset: &Path, out: &mut ArtifactDir) -> Result<(), StageFailure> {
    let root = out.content("");
    for (checkpoint, (blueprint, state)) in [
        (Checkpoint::Best, &outcome.best),
        (Checkpoint::Last, &outcome.last),
    ] {
        model_artifact::write(&root, checkpoint, blueprint, state)?;
    }
    copy_pipeline(dataset, &out.content(TEXT), Transfer::Link)?;
    let ending = Ending {
        steps: outcome.steps,
        best_bleu: outcome.best_score,
    };
    write_json(&out.content("training.json"), &ending)
}

/// Writes a value as a file that people can read too.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), StageFailure> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    std::fs::write(path, text).map_err(|error| {
        StageFailure::from(error).context(format!("cannot write `{}`", path.display()))
    })
}

/// A checkpoint of the model that `key` names, which must be one for the data set that `corpus` names.
pub(super) fn start(
    inputs: &Inputs,
    key: &str,
    checkpoint: Checkpoint,
) -> Result<(Blueprint, State), StageFailure> {
    let artifact = inputs.path(key)?;
    if !same_symbols(&artifact.join(TEXT), inputs.path("corpus")?)? {
        return Err(StageFailure::new(format!(
            "the model that `{key}` names was made for another data set: its merges or dictionaries differ from \
             those of `corpus`"
        ))
        .with_help("let the stage read the data set that the model was trained on"));
    }
    Ok(model_artifact::read(artifact, checkpoint)?)
}

/// Validation BLEU (SPEC §16).
struct Judge<'a, B: AutodiffBackend> {
    judged: &'a Judged,
    validation: &'a Validation,
    max_positions: usize,
    device: B::Device,
    progress: &'a dyn Progress,
}

impl<B: AutodiffBackend> Validate<B> for Judge<'_, B> {
    fn score(
        &mut self,
        model: &Transformer<B::InnerBackend>,
        connectivity: Option<&Connectivity<B::InnerBackend>>,
    ) -> Result<f64, TrainError> {
        let translator = Translator {
            model,
            max_positions: self.max_positions,
            search: &self.validation.search,
            pass: Pass {
                connectivity,
                dropout: None,
            },
            device: &self.device,
        };
        let total = self.judged.sources.len() as u64;
        self.progress.phase("validation");
        let translations = translator
            .translate(&self.judged.sources, |done| {
                self.progress.step(done as u64, Some(total), "")
            })
            .map_err(|error| TrainError::Other(Box::new(error)))?;
        let mut statistics = BleuStatistics::default();
        for (translation, reference) in translations.iter().zip(&self.judged.references) {
            let text = &self.judged.text;
            statistics.add(&text.plain(&text.hypothesis_tokens(translation)), reference);
        }
        let bleu = statistics.score(Orders::All).score;
        // As the original compares checkpoints: to two decimals.
        Ok((bleu * 100.0).round() / 100.0)
    }
}

/// Tells the user, and keeps a line an epoch.
struct Log<'a> {
    progress: &'a dyn Progress,
    file: File,
    epoch: usize,
}

impl Watch for Log<'_> {
    fn step(&mut self, record: &StepRecord) {
        if self.epoch != record.epoch {
            self.epoch = record.epoch;
            self.progress.phase(&format!("epoch {}", record.epoch));
        }
        let detail = format!("loss {:.3}", record.loss);
        self.progress
            .step(record.step as u64, Some(record.steps as u64), &detail);
    }

    fn epoch(&mut self, record: &EpochRecord) {
        // A log that cannot be written is no reason to give up the work.
        if let Ok(line) = serde_json::to_string(record) {
            writeln!(self.file, "{line}").ok();
        }
        let bleu = record
            .validation
            .map(|bleu| format!(", BLEU {bleu:.2}"))
            .unwrap_or_default();
        self.progress.note(&format!(
            "epoch {} ({}): loss {:.3}, ppl {:.2}{bleu}, {} parameters, {:.1} s",
            record.epoch,
            record.phase,
            record.loss,
            record.nll.exp2(),
            record.parameters,
            record.seconds,
        ));
    }
}
