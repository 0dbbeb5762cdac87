//! The rows of a table as points of two measures.

use super::ReportError;
use super::alike::{Alike, agreeing};
use crate::figure::{Axis, Better, Point, Scatter, Spacing};
use crate::results::{self, Column, is_parameter};
use std::collections::BTreeSet;

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

/// Short words for columns.
const WORDS: [(&str, &str); 2] = [
    ("speed", "decode_sentences_per_second"),
    ("latency", "latency_ms"),
];

/// What people call a column.
const NAMES: [(&str, &str); 14] = [
    ("bleu", "BLEU"),
    ("chrf", "chrF"),
    ("tokenized_bleu", "BLEU of tokens"),
    ("flops", "FLOPs of one translation"),
    ("parameter_ratio", "share of parameters left"),
    ("asked_ratio", "share of parameters asked for"),
    ("decode_sentences_per_second", "sentences a second"),
    ("decode_tokens_per_second", "tokens a second"),
    ("latency_ms", "milliseconds for one sentence"),
    ("batch_ms", "milliseconds a sentence in batches"),
    ("speed_up", "times faster than the baseline"),
    ("decode_device", "device"),
    ("decode_threads", "threads"),
    ("flops_ratio", "times fewer FLOPs"),
];

/// Parts of the names of measures that one would like to be large; of all others, small.
const WANTED: [&str; 5] = ["bleu", "chrf", "per_second", "speed_up", "flops_ratio"];

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
    let (x, y) = (axis(table, &wish.x)?, axis(table, &wish.y)?);
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
    let (x, y) = (axis(table, &wish.x)?, axis(table, &wish.y)?);
    let (xs, ys) = (numbers(table, x)?, numbers(table, y)?);
    let channels = Channels::of(table, wish)?;
    let [across, up] = [x, y].map(|column| called(&column.name));
    let mut scatter = Scatter {
        title: format!("{up} against {across}"),
        x: Axis {
            name: across,
            spacing: wish.spacing,
            better: better(&x.name),
        },
        y: Axis {
            name: up,
            spacing: Spacing::Linear,
            better: better(&y.name),
        },
        colours: Vec::new(),
        colourless: None,
        shapes: Vec::new(),
        spread: "fastest to slowest run".to_owned(),
        points: Vec::new(),
    };
    let [x_spread, y_spread] = [x, y].map(|column| Spread::of(table, column));
    let machines = agreeing(table, rows.clone(), measured_on(&names(table), wish));
    for rows in same_artifacts(table, &rows) {
        let first = rows[0];
        if let (Some(x), Some(y)) = (xs[first], ys[first]) {
            channels.add(
                &mut scatter,
                &rows,
                Measured {
                    x,
                    y,
                    x_spread: x_spread.at(first),
                    y_spread: y_spread.at(first),
                    machines: &machines,
                },
            );
        }
    }
    Ok(scatter)
}

/// What was measured of a point.
struct Measured<'m> {
    x: f64,
    y: f64,
    x_spread: Option<(f64, f64)>,
    y_spread: Option<(f64, f64)>,
    /// Rows by where they were measured.
    machines: &'m [Alike],
}

/// The least and the most of several measurements, row by row; nothing of what is measured once.
#[derive(Default)]
struct Spread {
    least: Vec<Option<f64>>,
    most: Vec<Option<f64>>,
}

impl Spread {
    /// That of the times in a column, `NAME_ms`, which stands beside it as `NAME_least_ms` and `NAME_most_ms`.
    fn of(table: &[Column], column: &Column) -> Self {
        let beside = |which: &str| {
            let name = column.name.strip_suffix("_ms")?;
            let column = find(table, &format!("{name}_{which}_ms")).ok()?;
            numbers(table, column).ok()
        };
        Self {
            least: beside("least").unwrap_or_default(),
            most: beside("most").unwrap_or_default(),
        }
    }

    fn at(&self, row: usize) -> Option<(f64, f64)> {
        let value = |values: &[Option<f64>]| *values.get(row)?;
        value(&self.least).zip(value(&self.most))
    }
}

/// What the columns that are no axis are shown by.
struct Channels<'t> {
    colour: Option<&'t Column>,
    shape: Option<&'t Column>,
    labels: Vec<&'t Column>,
    tips: Vec<&'t Column>,
}

impl<'t> Channels<'t> {
    fn of(table: &'t [Column], wish: &Wish) -> Result<Self, ReportError> {
        let varied = varied(table);
        let named = |name: &Option<String>| {
            let column = name.as_ref().map(|name| find(table, name));
            column.transpose()
        };
        let of_words = |column: &&Column| !column.values.is_number();
        let in_words = || varied.iter().copied().find(of_words).or(stage(table));
        let colour = named(&wish.colour)?.or_else(in_words);
        let by_stage =
            || stage(table).filter(|stage| stage.values.differ() && Some(*stage) != colour);
        let shape = named(&wish.shape)?.or_else(by_stage);
        let rest = varied.iter().copied();
        let rest = rest.filter(|column| Some(*column) != colour && Some(*column) != shape);
        let labels = match named(&wish.label)? {
            Some(column) => vec![column],
            None => rest.collect(),
        };
        let tips = stage(table).into_iter().chain(varied).collect();
        Ok(Self {
            colour,
            shape,
            labels,
            tips,
        })
    }

    /// Adds the point that some rows are.
    fn add(&self, to: &mut Scatter, rows: &[usize], measured: Measured<'_>) {
        let colour = self.colour.and_then(|column| same(column, rows));
        if let (Some(column), None) = (self.colour, &colour) {
            to.colourless = Some(in_common(column, rows));
        }
        let shape = self.shape.map(|column| in_common(column, rows));
        let labels = self.labels.iter().filter_map(|column| same(column, rows));
        let tips = self.tips.iter().map(|column| in_common(column, rows));
        let mut tips: Vec<String> = tips.collect();
        let Measured { x, y, .. } = measured;
        let race = (measured.machines.iter()).position(|alike| alike.rows.contains(&rows[0]));
        let race = race.unwrap_or(0);
        let machine = measured.machines.get(race).map(|alike| alike.name.clone());
        tips.extend(machine.filter(|name| !name.is_empty()));
        to.points.push(Point {
            x,
            y,
            x_spread: measured.x_spread,
            y_spread: measured.y_spread,
            race,
            colour: colour.map(|name| position(&mut to.colours, name)),
            shape: shape.map_or(0, |name| position(&mut to.shapes, name)),
            label: labels.collect::<Vec<_>>().join(" "),
            tip: format!(
                "{}: {} {}, {} {}",
                tips.join(", "),
                to.y.name,
                with_spread(y, measured.y_spread),
                to.x.name,
                with_spread(x, measured.x_spread)
            ),
            link: Some(format!("row-{}", rows[0])),
        });
    }
}

fn find<'t>(table: &'t [Column], name: &str) -> Result<&'t Column, ReportError> {
    let found = table.iter().find(|column| column.name == name);
    found.ok_or_else(|| ReportError::UnknownColumn {
        name: name.to_owned(),
        known: table.iter().map(|column| column.name.clone()).collect(),
    })
}

/// The name of the column that is meant by a word, its name, or what stands above it.
fn meant<'n>(name: &'n str, columns: &[&'n str]) -> &'n str {
    let word = WORDS.iter().find(|(word, _)| *word == name);
    let column = word.map(|(_, column)| *column);
    let known = column.or_else(|| results::meant(name, columns));
    known.unwrap_or(name)
}

/// The column that is meant by a word.
fn axis<'t>(table: &'t [Column], name: &'t str) -> Result<&'t Column, ReportError> {
    find(table, meant(name, &names(table)))
}

pub(super) fn names(table: &[Column]) -> Vec<&str> {
    table.iter().map(|column| column.name.as_str()).collect()
}

/// The values of a column that can be an axis.
fn numbers(table: &[Column], column: &Column) -> Result<Vec<Option<f64>>, ReportError> {
    column
        .values
        .numbers()
        .ok_or_else(|| ReportError::NoNumbers {
            name: column.name.clone(),
            known: table
                .iter()
                .filter(|column| column.values.is_number())
                .map(|column| column.name.clone())
                .collect(),
        })
}

/// Whether some row has a value in a column that a word or a name means.
pub(super) fn is_measured(table: &[Column], name: &str) -> bool {
    let values = axis(table, name)
        .ok()
        .and_then(|column| column.values.numbers());
    values.is_some_and(|values| values.iter().any(Option::is_some))
}

/// The value that some rows have, if it is the same.
fn same(column: &Column, rows: &[usize]) -> Option<String> {
    let values: BTreeSet<Option<String>> =
        rows.iter().map(|row| column.values.shown(*row)).collect();
    match values.len() {
        1 => values.into_iter().next().flatten(),
        _ => None,
    }
}

/// The value that some rows have, or that they have all of them.
fn in_common(column: &Column, rows: &[usize]) -> String {
    let value = same(column, rows);
    value.unwrap_or_else(|| format!("every {}", called(&column.name)))
}

/// What the sweep varies, and the experiment if there are several: the columns before that of the stage, and parameters
/// behind it, which are those that the first of several tables does not have.
fn varied(table: &[Column]) -> Vec<&Column> {
    let stage = table.iter().position(|column| column.name == "stage");
    let (before, behind) = table.split_at(stage.unwrap_or(table.len()));
    let parameters = behind.iter().filter(|column| is_parameter(&column.name));
    let asked = before.iter().chain(parameters);
    asked.filter(|column| column.values.differ()).collect()
}

fn stage(table: &[Column]) -> Option<&Column> {
    table.iter().find(|column| column.name == "stage")
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

/// The position of a name among others, at the end if it is new.
fn position(names: &mut Vec<String>, name: String) -> usize {
    match names.iter().position(|known| *known == name) {
        Some(position) => position,
        None => {
            names.push(name);
            names.len() - 1
        }
    }
}

/// What people call a column.
pub(super) fn called(column: &str) -> String {
    let known = NAMES.iter().find(|(name, _)| *name == column);
    known.map_or_else(
        || column.replace('_', " "),
        |(_, words)| (*words).to_owned(),
    )
}

fn better(column: &str) -> Better {
    match WANTED.iter().any(|part| column.contains(part)) {
        true => Better::More,
        false => Better::Less,
    }
}

/// A measure, with the least and the most where it was measured several times.
fn with_spread(value: f64, spread: Option<(f64, f64)>) -> String {
    match spread {
        Some((least, most)) => format!("{} ({} to {})", exact(value), exact(least), exact(most)),
        None => exact(value),
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

#[cfg(test)]
mod tests;
