//! What pretrain, prune and finetune stages share: the data, the judge, the log, and the artifact.

use super::data::{Sentences, training_batches};
use super::keeper::{Keeper, kept};
use super::model_artifact::{self, TEXT};
use super::translation::Unfinished;
use super::translation::{Translator, check_lengths};
use crate::cache::ArtifactDir;
use crate::config::{Checkpoint, Training, Validation};
use crate::counted::counted;
use crate::device::Feed;
use crate::exec::{Figures, Inputs, Progress, StageFailure, Workplace};
use crate::kernels::Learning;
use crate::metrics::bleu::{BleuStatistics, Orders};
use crate::model::state::State;
use crate::model::{Blueprint, Connectivity, LoadError, Transformer};
use crate::text::batching::Batch;
use crate::text::dataset::{Dataset, TargetText, Transfer, VALID, copy_pipeline, same_symbols};
use crate::train::{
    Company, EpochRecord, Learner, Outcome, Regime, StepRecord, TrainError, Trainer, Validate,
    Watch,
};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

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
pub(super) struct Corpus<'a> {
    training: &'a Training,
    seed: u64,
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

impl<'a> Corpus<'a> {
    /// Opens the stage's data set and cuts its batches.
    ///
    /// # Errors
    /// If the data set cannot be read, or if the model or the batches cannot hold its sentences.
    pub(super) fn open(
        inputs: &Inputs,
        training: &'a Training,
        max_positions: usize,
        seed: u64,
    ) -> Result<Self, StageFailure> {
        let folder = inputs.path("corpus")?.to_owned();
        let dataset = Dataset::open(&folder)?;
        let (batches, left_out) =
            training_batches(&dataset, &training.batching, max_positions, seed)?;
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
            training,
            seed,
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
        max_positions: usize,
    ) -> Result<Vec<Batch>, StageFailure> {
        let batching = &self.training.batching;
        let most = max_positions.min(batching.max_tokens.get());
        Ok(self.valid.batches(batching, most, 0)?)
    }
}

/// The file of the records that has a line for each epoch, in artifacts and checkpoints.
pub(super) const EPOCHS: &str = "epochs.jsonl";

/// Trains a `fresh` learner, or one that was interrupted, and writes what a model artifact holds.
pub(super) fn train<B: Learning>(
    corpus: &Corpus<'_>,
    fresh: impl FnOnce() -> Result<Learner<B>, LoadError>,
    regime: &mut impl Regime<B>,
    place: Workplace<'_>,
    device: &B::Device,
) -> Result<Learner<B>, StageFailure> {
    let Workplace { out, progress, .. } = place;
    let log = out.record(EPOCHS);
    let began = Instant::now();
    // A process whose run was killed may still be at it for an instant.
    let Some(_alone) = place.partial.occupy(|| place.stop.requested())? else {
        return Err(StageFailure::stopped());
    };
    let kept = kept(place.partial, &log, progress);
    let (kept, seconds_before) = kept.map_or((None, 0.0), |(kept, took)| (Some(kept), took));
    place.account.seconds_before = seconds_before;
    let mut learner = match &kept {
        Some(snapshot) => {
            // It may hold the model that the training once began with.
            drop(fresh);
            Learner::resume(snapshot, corpus.training, device)?
        }
        None => fresh()?,
    };
    let max_positions = learner.blueprint.max_positions;
    if corpus.left_out > 0 {
        progress.note(&format!(
            "{} left out, longer than `max-positions` = {max_positions}",
            counted(corpus.left_out, "training pair")
        ));
    }
    let file = OpenOptions::new().create(true).append(true).open(&log);
    let file = file.map_err(|error| {
        StageFailure::from(error).context(format!("cannot write `{}`", log.display()))
    })?;
    let mut watch = Log {
        progress,
        file,
        training: corpus.training,
        figures: Figures::default(),
    };
    let mut judge = Judge {
        judged: &corpus.judged,
        validation: &corpus.training.validation,
        device: learner.device.clone(),
        progress,
    };
    let mut keeper = Keeper {
        partial: place.partial,
        every: place.keep_every,
        began,
        seconds_before,
        last: Instant::now(),
        stop: place.stop,
        log: &log,
        progress,
    };
    let trainer = Trainer {
        settings: corpus.training,
        seed: corpus.seed,
        batches: &corpus.batches,
        losses_at_once: Feed::of::<B>(&learner.device).losses_at_once,
    };
    let company = Company {
        regime,
        validate: &mut judge,
        watch: &mut watch,
        keep: &mut keeper,
    };
    let outcome = trainer
        .run(&mut learner, company, kept)
        .map_err(|error| match error {
            TrainError::Stopped { .. } => StageFailure::stopped(),
            other => other.into(),
        })?;
    save(&outcome, &corpus.folder, out)?;
    Ok(learner)
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
struct Judge<'a, B: Learning> {
    judged: &'a Judged,
    validation: &'a Validation,
    device: B::Device,
    progress: &'a dyn Progress,
}

impl<B: Learning> Validate<B> for Judge<'_, B> {
    fn score(
        &mut self,
        blueprint: &Blueprint,
        model: &Transformer<B::InnerBackend>,
        connectivity: Option<&Connectivity<B::InnerBackend>>,
        stopped: &mut dyn FnMut() -> bool,
    ) -> Result<Option<f64>, TrainError> {
        let search = &self.validation.search;
        let translator =
            Translator::of_learner((blueprint, model), connectivity, search, &self.device);
        let total = self.judged.sources.len() as u64;
        self.progress.phase("validation");
        let translations = translator.translate(&self.judged.sources, |done| {
            self.progress.step(done as u64, Some(total), "");
            match stopped() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        let translations = match translations {
            Ok(translations) => translations,
            Err(Unfinished::Stopped) => return Ok(None),
            Err(error) => return Err(TrainError::Other(Box::new(error))),
        };
        let mut statistics = BleuStatistics::default();
        for (translation, reference) in translations.iter().zip(&self.judged.references) {
            let text = &self.judged.text;
            statistics.add(&text.plain(&text.hypothesis_tokens(translation)), reference);
        }
        let bleu = statistics.score(Orders::All).score;
        // As the original compares checkpoints: to two decimals.
        Ok(Some((bleu * 100.0).round() / 100.0))
    }
}

/// Tells the user, and keeps a line an epoch.
struct Log<'a> {
    progress: &'a dyn Progress,
    file: File,
    training: &'a Training,
    figures: Figures,
}

impl Watch for Log<'_> {
    fn step(&mut self, record: &StepRecord) {
        let epoch = Some(record.epoch as u64);
        if self.figures.epoch != epoch {
            self.progress.phase(&format!("epoch {}", record.epoch));
        }
        let epochs = self.training.epochs.get();
        let updates = ((record.epoch - 1) * record.steps + record.step) as f64;
        let all = (epochs * record.steps) as f64;
        let most = self.training.max_steps.map(|most| most.get() as f64);
        self.figures = Figures {
            epoch,
            epochs: Some(epochs as u64),
            loss: Some(record.loss),
            share: Some(updates / most.map_or(all, |most| all.min(most))),
            ..self.figures
        };
        self.progress.figures(self.figures);
        self.progress
            .step(record.step as u64, Some(record.steps as u64), "");
    }

    fn epoch(&mut self, record: &EpochRecord) {
        // A log that cannot be written is no reason to give up the work.
        if let Ok(line) = serde_json::to_string(record) {
            writeln!(self.file, "{line}").ok();
        }
        self.figures.bleu = record.validation.or(self.figures.bleu);
        self.progress.figures(self.figures);
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
