//! What tells points apart: colours, shapes, and the words beside them.

use super::spread::Place;
use crate::figure::{Point, Scatter};
use crate::report::alike::Alike;
use crate::report::column::{called, find, named};
use crate::report::{ReportError, Wish};
use crate::results::{Column, is_parameter};
use std::collections::BTreeSet;

/// What the columns that are no axis are shown by.
pub(super) struct Channels<'t> {
    colour: Option<&'t Column>,
    shape: Option<&'t Column>,
    labels: Vec<&'t Column>,
    tips: Vec<&'t Column>,
    /// How many rows each row is the mean of.
    counts: Option<&'t Column>,
}

/// Where the rows of a point stand, and which rows of all were measured on one machine.
pub(super) struct Measured<'m> {
    pub(super) x: Place,
    pub(super) y: Place,
    pub(super) machines: &'m [Alike],
}

impl<'t> Channels<'t> {
    pub(super) fn of(table: &'t [Column], wish: &'t Wish) -> Result<Self, ReportError> {
        let varied = varied(table);
        let named = |name: &'t Option<String>| {
            let column = name.as_ref().map(|name| named(table, name));
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
            counts: find(table, "n").ok(),
        })
    }

    /// Adds the point that some rows are.
    pub(super) fn add(&self, to: &mut Scatter, rows: &[usize], measured: Measured<'_>) {
        let colour = self.colour.and_then(|column| same(column, rows));
        if let (Some(column), None) = (self.colour, &colour) {
            to.colourless = Some(in_common(column, rows));
        }
        let shape = self.shape.map(|column| in_common(column, rows));
        let labels = self.labels.iter().filter_map(|column| same(column, rows));
        let tips = self.tips.iter().map(|column| in_common(column, rows));
        let mut tips: Vec<String> = tips.collect();
        let count = self.counts.and_then(|counts| counts.values.number(rows[0]));
        let several = count.filter(|count| *count > 1.0);
        tips.extend(several.map(|count| format!("mean of {count}")));
        let Measured { x, y, machines } = measured;
        let race = machines
            .iter()
            .position(|alike| alike.rows.contains(&rows[0]));
        let race = race.unwrap_or(0);
        let machine = machines.get(race).map(|alike| alike.name.clone());
        tips.extend(machine.filter(|name| !name.is_empty()));
        to.points.push(Point {
            x: x.value,
            y: y.value,
            x_spread: x.ends,
            y_spread: y.ends,
            race,
            colour: colour.map(|name| position(&mut to.colours, name)),
            shape: shape.map_or(0, |name| position(&mut to.shapes, name)),
            label: labels.collect::<Vec<_>>().join(", "),
            tip: format!(
                "{}: {} {}, {} {}",
                tips.join(", "),
                to.y.name,
                y.words,
                to.x.name,
                x.words
            ),
            link: Some(format!("row-{}", rows[0])),
        });
    }
}

/// The value that some rows have, if it is the same, with the name of its column.
fn same(column: &Column, rows: &[usize]) -> Option<String> {
    let values: BTreeSet<Option<String>> =
        rows.iter().map(|row| column.values.shown(*row)).collect();
    let value = match values.len() {
        1 => values.into_iter().next().flatten()?,
        _ => return None,
    };
    Some(match column.name.as_str() {
        // Their values are names.
        "experiment" | "stage" => value,
        name => format!("{name}={value}"),
    })
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
