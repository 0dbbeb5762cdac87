//! What a measure is to that of the baseline.

use super::grid::Grid;
use super::roles::{Change, MEASURES};
use super::speed;
use crate::results::Values;
use crate::results::derived::Derived;

/// Rows whose speeds are not divided by those of the baseline.
struct Undivided {
    /// The columns that are empty there.
    columns: Vec<String>,
    /// The rows, each with the reason.
    rows: Vec<(usize, String)>,
}

/// Puts beside each measure what it is to that of the baseline. Returns of which speeds that cannot be said, and why;
/// `anyway`, it is.
pub(super) fn add(grid: &mut Grid, baseline: &Grid, anyway: bool) -> Vec<String> {
    let mut undivided: Vec<Undivided> = Vec::new();
    for (name, change) in MEASURES {
        let Some(base) = baseline.values(name).and_then(|values| values.number(0)) else {
            continue;
        };
        let Some(values) = grid.values(name).cloned() else {
            continue;
        };
        let (derived, of): (_, fn(f64, f64) -> f64) = match change {
            Change::Difference => (Derived::Delta, |value, base| value - base),
            Change::Times => (Derived::Times, |value, base| value / base),
        };
        let mut rows = Vec::new();
        let changes = (0..grid.height).map(|row| {
            let value = values.number(row)?;
            let why = speed::unlike(name, grid, row, baseline).filter(|_| !anyway);
            match why {
                Some(why) => {
                    rows.push((row, why));
                    None
                }
                None => Some(of(value, base)),
            }
        });
        let changes = Values::Float(changes.collect());
        let column = derived.name(name);
        grid.put_behind(name, &column, changes);
        match undivided.iter_mut().find(|known| known.rows == rows) {
            Some(known) => known.columns.push(column),
            None => undivided.push(Undivided {
                columns: vec![column],
                rows,
            }),
        }
    }
    let notes = undivided.iter();
    notes.filter_map(|undivided| undivided.note(grid)).collect()
}

impl Undivided {
    /// Which they are, and why that is so of the first; nothing if there are none.
    fn note(&self, grid: &Grid) -> Option<String> {
        let (row, why) = self.rows.first()?;
        let row = grid.text("row", *row).unwrap_or_default();
        let more = match self.rows.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        let columns = self.columns.join("` and `");
        Some(format!(
            "nothing in `{columns}` for `{row}`{more}: {why}; `--anyway` divides speeds all the same"
        ))
    }
}
