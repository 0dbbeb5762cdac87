//! Values that are left out for a reason, and how that is told.

use super::grid::Grid;
use rustc_hash::FxHashSet;

/// Values that are left out.
#[derive(Debug, Default)]
pub(super) struct Gaps(Vec<Gap>);

#[derive(Debug, Clone)]
struct Gap {
    column: String,
    row: String,
    why: String,
}

/// Names of rows, each with a reason.
type Reasoned<'g> = Vec<(&'g str, &'g str)>;

impl Gaps {
    /// Adds that nothing stands in `column` for the row of that name.
    pub(super) fn add(&mut self, column: &str, row: &str, why: String) {
        self.0.push(Gap {
            column: column.to_owned(),
            row: row.to_owned(),
            why,
        });
    }

    /// Whether a value is left out.
    pub(super) fn has(&self, column: &str, row: &str) -> bool {
        self.0
            .iter()
            .any(|gap| gap.column == column && gap.row == row)
    }

    /// Why a column is empty, in the first row of which that is known.
    pub(super) fn why(&self, column: &str) -> Option<String> {
        let gap = self.0.iter().find(|gap| gap.column == column)?;
        Some(format!(
            "nothing in `{column}` for `{}`: {}",
            gap.row, gap.why
        ))
    }

    /// Only those of rows that one of some grids has.
    pub(super) fn of_rows(&self, grids: &[&Grid]) -> Self {
        let names = grids.iter().flat_map(|grid| grid.words("row"));
        let names: FxHashSet<&str> = names.filter_map(Option::as_deref).collect();
        let gaps = self.0.iter();
        let gaps = gaps.filter(|gap| names.contains(gap.row.as_str()));
        Self(gaps.cloned().collect())
    }

    /// These, and others that are not among them.
    pub(super) fn with(mut self, others: Self) -> Self {
        for gap in others.0 {
            if !self.has(&gap.column, &gap.row) {
                self.0.push(gap);
            }
        }
        self
    }

    /// What is left out and why, in a line for all columns that the same rows lack; `otherwise` says how it is not.
    pub(super) fn notes(&self, otherwise: &str) -> Vec<String> {
        let mut lines: Vec<(Vec<&str>, Reasoned<'_>)> = Vec::new();
        for (column, rows) in self.columns() {
            match lines.iter_mut().find(|(_, known)| *known == rows) {
                Some((columns, _)) => columns.push(column),
                None => lines.push((vec![column], rows)),
            }
        }
        let line = |(columns, rows): &(Vec<&str>, Reasoned<'_>)| {
            let (row, why) = rows.first()?;
            let more = match rows.len() {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            let columns = columns.join("` and `");
            Some(format!(
                "nothing in `{columns}` for `{row}`{more}: {why}; {otherwise}"
            ))
        };
        lines.iter().filter_map(line).collect()
    }

    /// Each column, with the names of the rows that lack it, and why.
    fn columns(&self) -> Vec<(&str, Reasoned<'_>)> {
        let mut columns: Vec<(&str, Reasoned<'_>)> = Vec::new();
        for Gap { column, row, why } in &self.0 {
            let one = (row.as_str(), why.as_str());
            match columns.iter_mut().find(|(name, _)| name == column) {
                Some((_, rows)) => rows.push(one),
                None => columns.push((column, vec![one])),
            }
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_the_same_rows_lack_share_a_line() {
        let mut gaps = Gaps::default();
        for (column, row) in [
            ("latency_ms", "a"),
            ("latency_ms", "b"),
            ("tokens", "a"),
            ("tokens", "b"),
            ("batch_ms", "b"),
        ] {
            gaps.add(column, row, format!("of {row}"));
        }
        assert_eq!(
            gaps.notes("so it is"),
            [
                "nothing in `latency_ms` and `tokens` for `a` and 1 more: of a; so it is",
                "nothing in `batch_ms` for `b`: of b; so it is",
            ]
        );
        assert_eq!(
            gaps.why("batch_ms").as_deref(),
            Some("nothing in `batch_ms` for `b`: of b")
        );
        assert_eq!(gaps.why("bleu"), None);
    }
}
