//! A problem with an experiment, and the text that causes it.

use super::problem::Problem;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::ops::Range;

/// An experiment that cannot be planned: the [`Problem`], and the text that causes it, underlined.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.problem)]
pub struct PlanError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    problem: Problem,
    text: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

/// A piece of a text that people know by name.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    name: String,
    text: String,
    span: Range<usize>,
}

impl Spot {
    pub(crate) fn new(name: &str, text: &str, span: Range<usize>) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            span,
        }
    }
}

impl PlanError {
    /// A problem that has no place in a text.
    pub(crate) fn nowhere(problem: Problem) -> Self {
        Self::new(problem, None, Vec::new())
    }

    /// A problem caused by the text at `spot`.
    pub(crate) fn at(problem: Problem, spot: Spot) -> Self {
        let label = LabeledSpan::new_with_span(problem.label(), spot.span.clone());
        Self::new(
            problem,
            Some(NamedSource::new(&spot.name, spot.text)),
            vec![label],
        )
    }

    /// A problem with several places in one text, each with its own label; the text is the first spot's.
    pub(crate) fn at_all(problem: Problem, spots: Vec<(Spot, String)>) -> Self {
        let text = spots
            .first()
            .map(|(spot, _)| NamedSource::new(&spot.name, spot.text.clone()));
        let labels = spots
            .into_iter()
            .map(|(spot, label)| LabeledSpan::new_with_span(Some(label), spot.span))
            .collect();
        Self::new(problem, text, labels)
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }

    fn new(problem: Problem, text: Option<NamedSource<String>>, labels: Vec<LabeledSpan>) -> Self {
        Self(Box::new(Inner {
            problem,
            text,
            labels,
        }))
    }
}

impl Diagnostic for PlanError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.problem.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.problem.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.0.labels.iter().cloned()))
    }
}
