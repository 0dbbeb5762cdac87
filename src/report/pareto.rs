//! The rows of a table as points of two measures.

mod channels;
mod spread;

use super::ReportError;
use super::alike::agreeing;
use super::column::{better, called, meant, named, names, numbers};
use crate::figure::{Axis, Scatter, Spacing};
use crate::results::{self, Column};
use channels::{Channels, Measured};
use spread::Spread;

/// What of a table is drawn, and how.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// The column from left to right, or one of the words `parameters`, `flops`, `speed` and `latency`.
    pub x: String,
    /// The column from bottom to top.
    pub y: String,
    /// The column that colours tell apart; one that varies, if none is named.
    pub colour: Option<String>,
    /// The column that shapes tell apart; the stage, if none is named and it varies.
    pub shape: Option<String>,
    /// The column that is written beside points; what of the sweep is not shown otherwise, if none is named.
    pub label: Option<String>,
    /// How the values of `x` are spaced.
    pub spacing: Spacing,
}

/// The columns in which rows have to agree beside those that scores depend on, if they are to be ranked by what is
/// wished for.
pub fn measured_on(columns: &[&str], wish: &Wish) -> &'static [&'static str] {
    let of = |word| results::measured_on(meant(word, columns));
    let [across, up] = [of(&wish.x), of(&wish.y)];
    // Those of the one are among those of the other.
    if across.len() > up.len() { across } else { up }
}

/// The rows of a table as points, and how many rows are none. Rows of one artifact are one point. Speeds on several
/// devices or numbers of threads are on no common front.
///
/// # Errors
/// If the table lacks a column, or one that is to be an axis has no numbers, or no row has a point.
pub fn pareto(table: &[Column], wish: &Wish) -> Result<(Scatter, usize), ReportError> {
    let (x, y) = (named(table, &wish.x)?, named(table, &wish.y)?);
    let (xs, ys) = (numbers(table, x)?, numbers(table, y)?);
    let known = |value: Option<f64>| value.is_some_and(f64::is_finite);
    let right_of_zero = |value: Option<f64>| {
        wish.spacing == Spacing::Linear || value.is_some_and(|value| value > 0.0)
    };
    let drawn: Vec<usize> = (0..xs.len())
        .filter(|row| known(xs[*row]) && known(ys[*row]) && right_of_zero(xs[*row]))
        .collect();
    if drawn.is_empty() {
        return Err(ReportError::NoPoints {
            x: x.name.clone(),
            y: y.name.clone(),
        });
    }
    let left_out = xs.len() - drawn.len();
    Ok((pareto_of(table, drawn, wish)?, left_out))
}

/// Some rows of a table as points.
///
/// # Errors
/// If the table lacks a column, or one that is to be an axis has no numbers.
pub(super) fn pareto_of(
    table: &[Column],
    rows: Vec<usize>,
    wish: &Wish,
) -> Result<Scatter, ReportError> {
    let (x, y) = (named(table, &wish.x)?, named(table, &wish.y)?);
    let (xs, ys) = (numbers(table, x)?, numbers(table, y)?);
    let channels = Channels::of(table, wish)?;
    let [across, up] = [x, y].map(|column| called(&column.name));
    let [x_spread, y_spread] = [x, y].map(|column| Spread::of(table, column));
    let mut scatter = Scatter {
        title: format!("{up} against {across}"),
        x: Axis {
            name: across,
            spacing: wish.spacing,
            better: better(&x.name),
            spread: x_spread.meaning().to_owned(),
        },
        y: Axis {
            name: up,
            spacing: Spacing::Linear,
            better: better(&y.name),
            spread: y_spread.meaning().to_owned(),
        },
        colours: Vec::new(),
        colourless: None,
        shapes: Vec::new(),
        points: Vec::new(),
    };
    let machines = agreeing(table, rows.clone(), measured_on(&names(table), wish));
    for rows in same_artifacts(table, &rows) {
        let first = rows[0];
        if let (Some(x), Some(y)) = (xs[first], ys[first]) {
            let measured = Measured {
                x: x_spread.place(x, first),
                y: y_spread.place(y, first),
                machines: &machines,
            };
            channels.add(&mut scatter, &rows, measured);
        }
    }
    Ok(scatter)
}

/// Rows by their artifact, in the order of the first of each; where that is not known, each alone.
fn same_artifacts(table: &[Column], rows: &[usize]) -> Vec<Vec<usize>> {
    let artifact = table.iter().find(|column| column.name == "artifact");
    let mut found: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    for row in rows.iter().copied() {
        let key = artifact.and_then(|column| column.values.shown(row));
        match found.iter_mut().find(|(of, _)| key.is_some() && *of == key) {
            Some((_, rows)) => rows.push(row),
            None => found.push((key, vec![row])),
        }
    }
    found.into_iter().map(|(_, rows)| rows).collect()
}

#[cfg(test)]
mod tests;
