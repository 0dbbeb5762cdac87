//! What a table does not say of its rows, and the cache knows: tables of an earlier srp have fewer columns.

use super::grid::Grid;
use crate::cache::Cache;
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
        found.entry(artifact).or_insert_with(|| {
            let key = artifact.parse().ok()?;
            Conditions::in_cache(cache, key)
        });
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
