//! The sentences of test sets as every tested model translates them, with the BLEU of each sentence.

use super::ReportError;
use crate::cache::Artifact;
use crate::metrics::bleu::{BleuStatistics, Orders};
use crate::plan::{NodeId, Plan};
use crate::results::{Record, translated_lines};
use crate::text::dataset::Dataset;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most sentences of a test set that are shown; of larger ones, so many that lie equally far apart.
const MOST: usize = 1000;

/// A test set as some models translate it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TestSet {
    name: String,
    /// The place of each sentence in the test set, from 1.
    numbers: Vec<usize>,
    /// Nothing where the data set keeps no text.
    sources: Vec<String>,
    references: Vec<String>,
    pub(super) systems: Vec<System>,
    /// The positions of the systems that one would compare first.
    before: usize,
    after: usize,
}

/// What a model made of the sentences.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct System {
    name: String,
    outputs: Vec<String>,
    /// BLEU of each sentence: of n-grams that the sentence is long enough for.
    scores: Vec<f64>,
    #[serde(skip)]
    parameters: u64,
}

/// The test sets of the records, which belong to the nodes `tests`; `artifacts` are those of all nodes.
///
/// # Errors
/// If the text of a data set cannot be read.
pub(super) fn test_sets(
    plan: &Plan,
    artifacts: &[Option<&Artifact>],
    rows: &[(NodeId, &Record)],
) -> Result<Vec<TestSet>, ReportError> {
    let mut sets: BTreeMap<(NodeId, String), Vec<(NodeId, &Record)>> = BTreeMap::new();
    for (id, record) in rows {
        let corpus = plan.nodes[id.0].parents.iter().find(|p| p.key == "corpus");
        let Some(corpus) = corpus else { continue };
        let tests = sets
            .entry((corpus.node, record.report.split.clone()))
            .or_default();
        if tests
            .iter()
            .all(|(_, other)| other.artifact != record.artifact)
        {
            tests.push((*id, record));
        }
    }
    let sets = sets.into_iter().map(|((corpus, split), tests)| {
        let corpus = artifacts.get(corpus.0).copied().flatten();
        test_set(plan, corpus, &split, &tests, artifacts)
    });
    let sets: Result<Vec<_>, _> = sets.collect();
    Ok(sets?.into_iter().flatten().collect())
}

/// One test set; nothing if no translation of it is there.
fn test_set(
    plan: &Plan,
    corpus: Option<&Artifact>,
    split: &str,
    tests: &[(NodeId, &Record)],
    artifacts: &[Option<&Artifact>],
) -> Result<Option<TestSet>, ReportError> {
    let label = |id: NodeId| plan.nodes[id.0].label.clone();
    let folder = |id: NodeId| artifacts.get(id.0).copied().flatten().map(Artifact::path);
    let Some(references) = tests
        .iter()
        .find_map(|(id, _)| translated_lines(&folder(*id)?.join("references.txt")))
    else {
        return Ok(None);
    };
    let sources = match corpus {
        Some(corpus) => source_text(corpus, split, references.len()).map_err(|source| {
            let stage = tests.first().map(|(id, _)| label(*id)).unwrap_or_default();
            ReportError::Sentences { stage, source }
        })?,
        None => Vec::new(),
    };
    let step = references.len().div_ceil(MOST).max(1);
    let sample = |lines: &[String]| lines.iter().step_by(step).cloned().collect::<Vec<_>>();
    let systems: Vec<System> = tests
        .iter()
        .filter_map(|(id, record)| {
            let outputs = translated_lines(&folder(*id)?.join("hypotheses.txt"))?;
            let fits = outputs.len() == references.len();
            let (outputs, references) = (sample(&outputs), sample(&references));
            let pairs = outputs.iter().zip(&references);
            let scores = pairs.map(|(output, reference)| bleu(output, reference));
            fits.then(|| System {
                name: label(*id),
                scores: scores.collect(),
                parameters: record.report.parameters,
                outputs: outputs.clone(),
            })
        })
        .collect();
    let by_size = systems
        .iter()
        .enumerate()
        .map(|(i, system)| (system.parameters, i));
    let before = by_size
        .clone()
        .max_by_key(|(size, i)| (*size, std::cmp::Reverse(*i)));
    let after = by_size.min();
    let (Some((_, before)), Some((_, after))) = (before, after) else {
        return Ok(None);
    };
    Ok(Some(TestSet {
        name: split.to_owned(),
        numbers: (1..=references.len()).step_by(step).collect(),
        sources: sample(&sources),
        references: sample(&references),
        systems,
        before,
        after,
    }))
}

/// The source side of a split, if it has as many lines as its references.
fn source_text(
    corpus: &Artifact,
    split: &str,
    expected: usize,
) -> Result<Vec<String>, crate::text::dataset::DatasetError> {
    let text = Dataset::open(corpus.path())?.source_text(split)?;
    Ok(match text.len() == expected {
        true => text,
        false => Vec::new(),
    })
}

/// BLEU of a sentence, to a tenth.
fn bleu(output: &str, reference: &str) -> f64 {
    let mut statistics = BleuStatistics::default();
    statistics.add(output, reference);
    (statistics.score(Orders::Effective).score * 10.0).round() / 10.0
}
