//! What a table does not say of its rows, and the cache knows: tables of an earlier srp have fewer columns.

use super::grid::Grid;
use crate::cache::{Cache, Key};
use crate::results::{Conditions, conditions};
use std::collections::HashMap;

/// Fills what is not known of the conditions of rows whose artifacts are in the cache.
pub(super) fn fill(grid: &mut Grid, cache: &Cache) {
    let complete = |name: &&str| {
        let values = grid.values(name);
        values.is_some_and(|values| values.known() == grid.height)
    };
    if conditions::NAMES.iter().all(complete) {
        return;
    }
    let mut found: HashMap<&str, Option<Conditions>> = HashMap::new();
    let artifacts = grid.words("artifact");
    for artifact in artifacts.iter().flatten() {
        found
            .entry(artifact)
            .or_insert_with(|| conditions_of(artifact.parse().ok()?, cache));
    }
    let of_row = |row: usize| found.get(artifacts.get(row)?.as_deref()?)?.as_ref();
    let known: Vec<Option<&Conditions>> = (0..grid.height).map(of_row).collect();
    for column in conditions::columns(&known) {
        let values = match grid.values(&column.name) {
            Some(said) if said.known() > 0 => said.or(column.values),
            _ => column.values,
        };
        grid.put(&column.name, values);
    }
}

/// The conditions of a test artifact; nothing where it is not there any more.
fn conditions_of(key: Key, cache: &Cache) -> Option<Conditions> {
    let test = cache.manifest(key)?;
    let corpus = test.provenance.inputs.get("corpus");
    let corpus = corpus.and_then(|corpus| cache.manifest(*corpus));
    Conditions::of(&test, corpus.as_ref())
}
