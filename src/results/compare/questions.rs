//! What a filter asks of a comparison, each part of it at the time when it can be answered. What was asked for is asked
//! of rows, and decides what is compared; what was measured, of averages; differences from the baseline, at the end. So
//! a filter on a score picks neither the seeds that an average is made of nor the baseline.

use super::gaps::Gaps;
use super::roles::{Change, MEASURES, is_measured};
use super::significance::SCORES;
use super::speed::TIMES;
use super::{CompareError, Filter, Grid, names};
use crate::results::derived::Derived;
use crate::results::filter::Kind;
use crate::results::{QueryError, ResultsError};

/// A filter, in parts.
pub(super) struct Questions {
    text: String,
    before: Option<Filter>,
    of_means: Option<Filter>,
    of_differences: Option<Filter>,
    doubts: Vec<String>,
}

impl Questions {
    /// What `text` asks of `rows`, which are going to have more columns.
    ///
    /// # Errors
    /// If it is no filter, or names a column that is not there and none of those to come.
    pub(super) fn of(
        text: Option<&str>,
        rows: &Grid,
        to_come: Vec<(String, Kind)>,
    ) -> Result<Self, QueryError> {
        let mut questions = Self {
            text: text.unwrap_or_default().to_owned(),
            before: None,
            of_means: None,
            of_differences: None,
            doubts: Vec::new(),
        };
        let Some(text) = text else {
            return Ok(questions);
        };
        let mut whole = Filter::of(text, &rows.columns, to_come)?;
        questions.doubts = std::mem::take(&mut whole.doubts);
        let some = |filter: Filter| (!filter.is_empty()).then_some(filter);
        questions.of_differences = some(whole.split_off(is_difference));
        questions.of_means = some(whole.split_off(|name| is_measured(name) || name == ROW));
        questions.before = some(whole);
        Ok(questions)
    }

    /// Words that no row has.
    pub(super) fn doubts(&self) -> Vec<String> {
        self.doubts.clone()
    }

    /// The rows that were asked for as wished.
    pub(super) fn kept_before(&self, rows: &Grid) -> Result<Grid, CompareError> {
        kept(self.before.as_ref(), rows.clone(), &Reasons::default())
    }

    /// The rows whose measures, or means of measures, are as wished.
    pub(super) fn kept_of_means(
        &self,
        grid: Grid,
        reasons: &Reasons,
    ) -> Result<Grid, CompareError> {
        kept(self.of_means.as_ref(), grid, reasons)
    }

    /// The rows that differ from the baseline as wished.
    pub(super) fn kept_of_differences(
        &self,
        grid: Grid,
        reasons: &Reasons,
    ) -> Result<Grid, CompareError> {
        kept(self.of_differences.as_ref(), grid, reasons)
    }

    /// That there is no row left of so many.
    pub(super) fn nothing(&self, rows: usize) -> CompareError {
        if rows == 0 || self.text.is_empty() {
            return CompareError::Nothing;
        }
        CompareError::NoneFits {
            rows,
            filter: self.text.clone(),
            doubts: self.doubts.clone(),
        }
    }
}

const ROW: &str = names::COLUMNS[0];

fn kept(filter: Option<&Filter>, grid: Grid, reasons: &Reasons) -> Result<Grid, CompareError> {
    let Some(filter) = filter else {
        return Ok(grid);
    };
    for name in filter.columns() {
        let absent = grid.values(&name).is_none();
        if let Some(why) = why_absent(&name, reasons).filter(|_| absent) {
            return Err(CompareError::Absent { name, why });
        }
    }
    let rows = filter.kept(&grid.into_rows()?)?;
    let grid: Result<Grid, ResultsError> = Grid::of(&rows);
    Ok(grid?)
}

/// Whether a column says how a row differs from the baseline.
fn is_difference(column: &str) -> bool {
    match Derived::of(column) {
        Some((_, Derived::Deviation | Derived::Known)) | None => false,
        Some(_) => true,
    }
}

/// The columns that means of some rows can add.
pub(super) fn of_means(rows: &Grid) -> Vec<(String, Kind)> {
    let mut columns = vec![("n".to_owned(), Kind::Numbers)];
    let measured = rows.names().filter(|name| is_measured(name));
    let known = measured.map(|name| Derived::Known.name(name));
    let deviations = MEASURES.map(|(measure, _)| Derived::Deviation.name(measure));
    let names = known.chain(deviations);
    columns.extend(names.map(|name| (name, Kind::Numbers)));
    columns
}

/// The columns that a comparison of some rows can add.
pub(super) fn of_comparisons(rows: &Grid) -> Vec<(String, Kind)> {
    let mut columns = of_means(rows);
    for (measure, change) in MEASURES {
        let mut derived = vec![match change {
            Change::Difference => Derived::Delta,
            Change::Times => Derived::Times,
        }];
        if SCORES.contains(&measure) {
            derived.extend([Derived::P, Derived::Mean, Derived::Interval]);
        }
        columns.extend(derived.iter().map(|of| (of.name(measure), Kind::Numbers)));
    }
    let noise = TIMES.map(|[time, ..]| (Derived::Noise.name(time), Kind::Truth));
    columns.extend(noise);
    columns
}

/// Why columns are not there.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    /// Why nothing is said of significance, if nothing is.
    pub(super) unsure: Option<String>,
    /// The means that are left out.
    pub(super) gaps: Gaps,
}

/// Why a comparison lacks a column that another one could have.
pub(super) fn why_absent(column: &str, reasons: &Reasons) -> Option<String> {
    if column == "n" {
        return Some("no rows are averaged".to_owned());
    }
    let (measure, derived) = Derived::of(column)?;
    if let Some(why) = reasons.gaps.why(measure) {
        return Some(why);
    }
    let of_scores = SCORES.contains(&measure);
    Some(match derived {
        Derived::Delta | Derived::Times => {
            format!("the baseline has no value of `{measure}`, or `{measure}` is not compared so")
        }
        Derived::Noise => format!("it is not known how far runs of `{measure}` lie apart"),
        Derived::P | Derived::Mean | Derived::Interval if of_scores => {
            let why = reasons.unsure.as_deref().unwrap_or("no row has it");
            format!("nothing is said of significance: {why}")
        }
        Derived::P | Derived::Mean | Derived::Interval => {
            format!("significance is said of {}", SCORES.join(" and "))
        }
        Derived::Deviation => format!("no two values of `{measure}` are averaged"),
        Derived::Known => format!("no mean of `{measure}` lacks a value"),
    })
}
