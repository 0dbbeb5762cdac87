//! What a measure is to that of the baseline.

use super::gaps::Gaps;
use super::grid::Grid;
use super::roles::{Change, MEASURES};
use super::speed;
use crate::results::Values;
use crate::results::derived::Derived;

/// Puts beside each measure what it is to that of the baseline. Returns of which speeds that cannot be said, and why;
/// `anyway`, it is.
pub(super) fn add(grid: &mut Grid, baseline: &Grid, anyway: bool) -> Vec<String> {
    let mut gaps = Gaps::default();
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
        let column = derived.name(name);
        let changes = (0..grid.height).map(|row| {
            let value = values.number(row)?;
            let why = speed::unlike(name, grid, row, baseline).filter(|_| !anyway);
            match why {
                Some(why) => {
                    gaps.add(&column, grid.text("row", row).unwrap_or_default(), why);
                    None
                }
                None => Some(of(value, base)),
            }
        });
        let changes = Values::Float(changes.collect());
        grid.put_behind(name, &column, changes);
    }
    gaps.notes("`--anyway` divides speeds all the same")
}
