//! The rows of a table as points of two measures.

use super::ReportError;
use crate::figure::{Axis, Better, Point, Scatter, Spacing};
use crate::results::Column;
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
const NAMES: [(&str, &str); 11] = [
    ("bleu", "BLEU"),
    ("chrf", "chrF"),
    ("tokenized_bleu", "BLEU of tokens"),
    ("flops", "FLOPs of one translation"),
    ("parameter_ratio", "share of parameters left"),
    ("asked_ratio", "share of parameters asked for"),
    ("decode_sentences_per_second", "sentences a second"),
    ("decode_tokens_per_second", "tokens a second"),
    ("latency_ms", "milliseconds for one sentence"),
    ("speed_up", "times faster than the baseline"),
    ("flops_ratio", "times fewer FLOPs"),
];

/// Parts of the names of measures that one would like to be large; of all others, small.
const WANTED: [&str; 5] = ["bleu", "chrf", "per_second", "speed_up", "flops_ratio"];

/// The rows of a table as points. Rows of one artifact are one point.
///
/// # Errors
/// If the table lacks a column, or one that is to be an axis has no numbers.
pub fn pareto(table: &[Column], wish: &Wish) -> Result<Scatter, ReportError> {
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
        points: Vec::new(),
    };
    for rows in same_artifacts(table, xs.len()) {
        if let (Some(x), Some(y)) = (xs[rows[0]], ys[rows[0]]) {
            channels.add(&mut scatter, &rows, (x, y));
        }
    }
    Ok(scatter)
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
    fn add(&self, to: &mut Scatter, rows: &[usize], (x, y): (f64, f64)) {
        let colour = self.colour.and_then(|column| same(column, rows));
        if let (Some(column), None) = (self.colour, &colour) {
            to.colourless = Some(in_common(column, rows));
        }
        let shape = self.shape.map(|column| in_common(column, rows));
        let labels = self.labels.iter().filter_map(|column| same(column, rows));
        let tips = self.tips.iter().map(|column| in_common(column, rows));
        let tips = tips.collect::<Vec<_>>().join(", ");
        to.points.push(Point {
            x,
            y,
            colour: colour.map(|name| position(&mut to.colours, name)),
            shape: shape.map_or(0, |name| position(&mut to.shapes, name)),
            label: labels.collect::<Vec<_>>().join(" "),
            tip: format!(
                "{tips}: {} {}, {} {}",
                to.y.name,
                exact(y),
                to.x.name,
                exact(x)
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

/// The column that a word or a name means.
fn axis<'t>(table: &'t [Column], name: &str) -> Result<&'t Column, ReportError> {
    let word = WORDS.iter().find(|(word, _)| *word == name);
    find(table, word.map_or(name, |(_, column)| *column))
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

/// What the sweep varies, and the experiment if there are several: the columns before that of the stage.
fn varied(table: &[Column]) -> Vec<&Column> {
    let before = table.iter().take_while(|column| column.name != "stage");
    before.filter(|column| column.values.differ()).collect()
}

fn stage(table: &[Column]) -> Option<&Column> {
    table.iter().find(|column| column.name == "stage")
}

/// Rows by their artifact, in the order of the first of each; where that is not known, each alone.
fn same_artifacts(table: &[Column], rows: usize) -> Vec<Vec<usize>> {
    let artifact = table.iter().find(|column| column.name == "artifact");
    let mut found: Vec<(Option<String>, Vec<usize>)> = Vec::new();
    for row in 0..rows {
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
mod tests {
    use super::*;
    use crate::results::Values;

    fn text(name: &str, values: &[&str]) -> Column {
        let values = values.iter().map(|value| Some((*value).to_owned()));
        Column {
            name: name.to_owned(),
            values: Values::Text(values.collect()),
        }
    }

    fn floats(name: &str, values: &[f64]) -> Column {
        Column {
            name: name.to_owned(),
            values: Values::Float(values.iter().copied().map(Some).collect()),
        }
    }

    fn table() -> Vec<Column> {
        vec![
            text("experiment", &["e", "e", "e", "e"]),
            text("criterion", &["srp", "srp", "random", "random"]),
            floats("rate", &[0.5, 0.5, 0.5, 0.3]),
            text("stage", &["dense", "slim", "dense", "slim"]),
            floats("bleu", &[40.0, 35.0, 40.0, 30.5]),
            floats("parameters", &[100.0, 50.0, 100.0, 30.0]),
            text("artifact", &["a", "b", "a", "c"]),
        ]
    }

    fn wish() -> Wish {
        Wish {
            x: "parameters".to_owned(),
            y: "bleu".to_owned(),
            ..Wish::default()
        }
    }

    #[test]
    fn what_varies_is_told_apart_and_one_artifact_is_one_point() {
        let drawn = pareto(&table(), &wish()).unwrap();
        assert_eq!(drawn.colours, ["srp", "random"]);
        assert_eq!(drawn.colourless.as_deref(), Some("every criterion"));
        assert_eq!(drawn.shapes, ["dense", "slim"]);
        let labels: Vec<_> = drawn.points.iter().map(|point| &*point.label).collect();
        assert_eq!(
            labels,
            ["0.5", "0.5", "0.3"],
            "the baseline has only one here"
        );
        let last = &drawn.points[2];
        assert_eq!(last.tip, "slim, random, 0.3: BLEU 30.50, parameters 30");
        assert_eq!(
            (last.link.as_deref(), last.colour, last.shape),
            (Some("row-3"), Some(1), 1)
        );
    }

    #[test]
    fn axes_know_what_is_wanted() {
        let drawn = pareto(&table(), &wish()).unwrap();
        assert_eq!(
            (drawn.x.better, drawn.y.better),
            (Better::Less, Better::More)
        );
        assert_eq!(better("decode_sentences_per_second"), Better::More);
        assert_eq!(better("latency_ms"), Better::Less);
    }

    #[test]
    fn columns_that_cannot_be_an_axis_are_named() {
        let unknown = Wish {
            x: "size".to_owned(),
            ..wish()
        };
        let error = pareto(&table(), &unknown).unwrap_err();
        assert_eq!(error.to_string(), "the table has no column `size`");
        let words = Wish {
            y: "stage".to_owned(),
            ..wish()
        };
        let error = pareto(&table(), &words).unwrap_err();
        assert!(error.to_string().contains("`stage` holds words"), "{error}");
    }

    #[test]
    fn rows_without_a_value_are_left_out() {
        let mut table = table();
        table[5].values = Values::Float(vec![None, Some(50.0), None, Some(30.0)]);
        assert_eq!(pareto(&table, &wish()).unwrap().points.len(), 2);
    }
}
