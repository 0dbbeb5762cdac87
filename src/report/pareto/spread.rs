//! How far apart the measurements lie that a value stands for: runs of a time, or the rows that a mean is made of.

use crate::report::column::{find, numbers};
use crate::results::{Column, deviation_of};

/// Where a row stands on an axis.
pub(super) struct Place {
    pub(super) value: f64,
    /// The ends of a bar through it, if there is one.
    pub(super) ends: Option<(f64, f64)>,
    /// All of it in words.
    pub(super) words: String,
}

/// What is known beside the values of a column, row by row.
pub(super) enum Spread {
    /// The fastest and the slowest run of each time.
    Runs {
        least: Vec<Option<f64>>,
        most: Vec<Option<f64>>,
    },
    /// The standard deviation over the rows of each mean.
    Deviation(Vec<Option<f64>>),
    /// Nothing.
    None,
}

impl Spread {
    /// That of a column: times in `NAME_ms` have their runs in `NAME_least_ms` and `NAME_most_ms` beside them.
    pub(super) fn of(table: &[Column], column: &Column) -> Self {
        let beside = |name: &str| numbers(table, find(table, name).ok()?).ok();
        let runs = |which: &str| {
            let name = column.name.strip_suffix("_ms")?;
            beside(&format!("{name}_{which}_ms"))
        };
        match (runs("least"), runs("most")) {
            (Some(least), Some(most)) => Self::Runs { least, most },
            _ => beside(&deviation_of(&column.name)).map_or(Self::None, Self::Deviation),
        }
    }

    /// What the ends of its bars are.
    pub(super) fn meaning(&self) -> &'static str {
        match self {
            Self::Runs { .. } => "fastest to slowest run",
            Self::Deviation(_) => "standard deviation",
            Self::None => "",
        }
    }

    /// Where a row with this value stands.
    pub(super) fn place(&self, value: f64, row: usize) -> Place {
        let at = |values: &[Option<f64>]| *values.get(row)?;
        let (ends, words) = match self {
            Self::Runs { least, most } => {
                let ends = at(least).zip(at(most));
                let words =
                    ends.map(|(least, most)| format!(" ({} to {})", exact(least), exact(most)));
                (ends, words)
            }
            Self::Deviation(values) => {
                let deviation = at(values).filter(|deviation| *deviation > 0.0);
                let ends = deviation.map(|deviation| (value - deviation, value + deviation));
                (
                    ends,
                    deviation.map(|deviation| format!(" ± {}", exact(deviation))),
                )
            }
            Self::None => (None, None),
        };
        Place {
            value,
            ends,
            words: exact(value) + &words.unwrap_or_default(),
        }
    }
}

/// A measure with the digits that matter.
fn exact(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1e6 {
        format!("{value:.0}")
    } else if value.abs() >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}
