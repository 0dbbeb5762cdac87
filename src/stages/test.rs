//! Test: a model to what can be said of it.

use super::latency;
use super::training::{start, write_json};
use super::translation::{Translator, Unfinished};
use crate::config::{Case, Test};
use crate::exec::{Neighbours, StageFailure, Workplace};
use crate::kernels::Kernels;
use crate::metrics::bleu::{BleuStatistics, Orders};
use crate::metrics::chrf::ChrfStatistics;
use crate::metrics::flops::cached_inference;
use crate::metrics::report::{DecodeSpeed, TestReport};
use crate::metrics::signature::{self, TextCase};
use crate::metrics::tokenized_bleu::TokenizedBleuStatistics;
use crate::model::Blueprint;
use crate::text::dataset::{Dataset, TargetText};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

/// What computes, for the record.
pub(super) struct Machine {
    pub(super) device: String,
    pub(super) threads: usize,
}

/// A translated test set.
struct Translated {
    /// Tokens between blanks, subwords joined.
    hypothesis_tokens: Vec<String>,
    reference_tokens: Vec<String>,
    /// Plain text.
    hypotheses: Vec<String>,
    references: Vec<String>,
}

pub(super) fn run<B: Kernels>(
    spec: &Test,
    place: Workplace<'_>,
    device: &B::Device,
    machine: Machine,
) -> Result<(), StageFailure> {
    let Workplace {
        inputs,
        out,
        progress,
        stop,
        ..
    } = place;
    let folder = inputs.path("corpus")?;
    let dataset = Dataset::open(folder)?;
    let split = dataset.split(&spec.split)?;
    let (blueprint, state) = start(inputs, "model", spec.checkpoint)?;
    let model = (&blueprint, &state);
    let translator = Translator::<B>::new(model, &spec.search, spec.precision, device)
        .map_err(StageFailure::diagnostic)?;
    let sources: Vec<Vec<u32>> = split.pairs.iter().map(|pair| pair.source.clone()).collect();
    progress.phase(&format!("translating {}", spec.split));
    let neighbours = Neighbours::watched();
    let started = Instant::now();
    let total = Some(sources.len() as u64);
    let translations = translator
        .translate(&sources, |done| {
            progress.step(done as u64, total, "");
            match stop.requested() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
        .map_err(|error| failure(error, spec))?;
    let seconds = started.elapsed().as_secs_f64();
    progress.phase("measuring speed");
    let fixed_batches = latency::measure(sources.len(), |batch| {
        let batch: Vec<Vec<u32>> = batch.iter().map(|&index| sources[index].clone()).collect();
        let heard = |_| match stop.requested() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        translator.translate_at_once(&batch, heard).map(drop)
    })
    .map_err(|error| failure(error, spec))?;
    let tokens: usize = translations.iter().map(Vec::len).sum();
    let speed = DecodeSpeed {
        sentences: sources.len(),
        seconds,
        sentences_per_second: sources.len() as f64 / seconds,
        tokens_per_second: tokens as f64 / seconds,
        threads: machine.threads,
        device: machine.device,
        other_load: neighbours.and_then(|neighbours| neighbours.busy()),
        fixed_batches,
    };
    let text = TargetText::open(folder)?;
    let hypothesis_tokens: Vec<_> = translations
        .iter()
        .map(|t| text.hypothesis_tokens(t))
        .collect();
    let translated = Translated {
        hypotheses: hypothesis_tokens
            .iter()
            .map(|tokens| text.plain(tokens))
            .collect(),
        hypothesis_tokens,
        reference_tokens: split
            .pairs
            .iter()
            .map(|pair| text.reference_tokens(&pair.target))
            .collect(),
        references: dataset.reference_text(&spec.split)?,
    };
    let report = report(spec, &blueprint, dataset.summary().case, &translated);
    progress.note(&format!(
        "BLEU {:.2}, chrF {:.2} on {}",
        report.bleu, report.chrf, spec.split
    ));
    write_lines(&out.content("hypotheses.txt"), &translated.hypotheses)?;
    write_lines(&out.content("references.txt"), &translated.references)?;
    write_json(&out.record("decode.json"), &speed)?;
    write_json(&out.content("report.json"), &report)
}

fn failure(error: Unfinished, spec: &Test) -> StageFailure {
    match error {
        Unfinished::TooLong(error) => StageFailure::diagnostic(error)
            .context(format!("cannot translate the split `{}`", spec.split)),
        Unfinished::Stopped => StageFailure::stopped(),
    }
}

fn report(spec: &Test, blueprint: &Blueprint, case: Case, translated: &Translated) -> TestReport {
    let mut bleu = BleuStatistics::default();
    let mut chrf = ChrfStatistics::<0>::default();
    for (hypothesis, reference) in translated.hypotheses.iter().zip(&translated.references) {
        bleu.add(hypothesis, reference);
        chrf.add(hypothesis, reference);
    }
    let mut tokenized = TokenizedBleuStatistics::default();
    for (hypothesis, reference) in translated
        .hypothesis_tokens
        .iter()
        .zip(&translated.reference_tokens)
    {
        tokenized.add(hypothesis, reference);
    }
    let case = match case {
        Case::Lower => TextCase::Lowercase,
        Case::Keep => TextCase::Mixed,
    };
    let parameters = blueprint.shape.parameters();
    let original_parameters = blueprint.original.parameters();
    TestReport {
        split: spec.split.clone(),
        sentences: translated.references.len(),
        bleu: bleu.score(Orders::All).score,
        bleu_signature: signature::bleu(case, Orders::All),
        chrf: chrf.score().score,
        chrf_signature: signature::chrf(case, 0),
        tokenized_bleu: tokenized.score().score,
        parameters,
        original_parameters,
        parameter_ratio: parameters as f64 / original_parameters as f64,
        flops: cached_inference(&blueprint.shape, spec.flops_length, spec.flops_length).total(),
        flops_length: spec.flops_length,
        shape: blueprint.shape.clone(),
    }
}

fn write_lines(path: &Path, lines: &[String]) -> Result<(), StageFailure> {
    let mut text = lines.join("\n");
    text.push('\n');
    std::fs::write(path, text).map_err(|error| {
        StageFailure::from(error).context(format!("cannot write `{}`", path.display()))
    })
}
