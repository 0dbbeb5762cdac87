//! What a score depends on beside the model: two rows compare only if these agree.

use super::{Column, Values};
use crate::cache::{Digest, Ingredients, Manifest};
use crate::config::{Checkpoint, DecodingPrecision, Search};
use serde::Deserialize;

/// What a score depends on beside the model, read from what a test stage was told and from what it read.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// How translations were searched.
    pub search: Search,
    /// Which checkpoint of the model was tested.
    pub checkpoint: Checkpoint,
    /// What its affine maps multiplied in.
    pub precision: DecodingPrecision,
    /// The digest of the test set's source and references; nothing where its text is not known.
    pub test_set: Option<Digest>,
}

impl Conditions {
    /// Those of the artifact of a test stage that read the data set `corpus`; nothing if the artifact was made by
    /// something else, or by an srp that told its test stages other things.
    pub(super) fn of(test: &Manifest, corpus: Option<&Manifest>) -> Option<Self> {
        #[derive(Deserialize)]
        struct Told {
            checkpoint: Checkpoint,
            #[serde(default)]
            precision: DecodingPrecision,
            search: Search,
            split: String,
        }
        let config = Ingredients::read(&test.hashed)?.config;
        let told: Told = serde_json::from_value(config).ok()?;
        Some(Self {
            test_set: corpus.and_then(|corpus| test_set(test, corpus, &told.split)),
            search: told.search,
            checkpoint: told.checkpoint,
            precision: told.precision,
        })
    }
}

/// The names of the columns that [`columns`] makes.
#[rustfmt::skip]
pub(super) const NAMES: [&str; 9] = [
    "test_set", "checkpoint", "precision", "beam", "length_penalty", "max_length_a", "max_length_b", "min_length",
    "unknown_penalty",
];

/// The conditions of rows as columns of a table; nothing where they are not known.
pub(super) fn columns(rows: &[Option<&Conditions>]) -> Vec<Column> {
    let text = |get: fn(&Conditions) -> Option<String>| {
        Values::Text(rows.iter().map(|row| get((*row)?)).collect())
    };
    let float = |get: fn(&Search) -> f64| {
        Values::Float(rows.iter().map(|row| Some(get(&(*row)?.search))).collect())
    };
    let integer = |get: fn(&Search) -> usize| {
        let count = |row: &Option<&Conditions>| i64::try_from(get(&(*row)?.search)).ok();
        Values::Integer(rows.iter().map(count).collect())
    };
    let values = [
        text(|row| Some(row.test_set?.to_string())),
        text(|row| Some(row.checkpoint.name().to_owned())),
        text(|row| Some(row.precision.name().to_owned())),
        integer(|search| search.beam.get()),
        float(|search| search.length_penalty.get()),
        float(|search| search.max_length_a.get()),
        integer(|search| search.max_length_b),
        integer(|search| search.min_length),
        float(|search| search.unknown_penalty.get()),
    ];
    let columns = NAMES.into_iter().zip(values);
    columns
        .map(|(name, values)| Column {
            name: name.to_owned(),
            values,
        })
        .collect()
}

/// The digest over the text of both sides of a split in its data set and over the references as they were compared
/// with. The name of the split is left out: the same sentences are the same test set under any name.
fn test_set(test: &Manifest, corpus: &Manifest, split: &str) -> Option<Digest> {
    let references = test.files.get("references.txt")?;
    let sides: Vec<(&str, Digest)> = corpus
        .files
        .iter()
        .filter_map(|(name, file)| {
            let side = name.strip_prefix(split)?.strip_prefix('.')?;
            side.ends_with(".txt").then_some((side, file.digest))
        })
        .collect();
    if sides.len() < 2 {
        return None;
    }
    let named = sides.into_iter().chain([("references", references.digest)]);
    Some(Digest::of_all(named))
}
