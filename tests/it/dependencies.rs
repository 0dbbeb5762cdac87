//! Every direct dependency is justified, and nothing is justified that is not there.

use std::collections::BTreeSet;
use std::fs;

/// The names of the entries of all tables called `dependencies` or `dev-dependencies`.
fn declared(manifest: &toml::Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in manifest {
        match value.as_table() {
            Some(table) if key.ends_with("dependencies") => names.extend(table.keys().cloned()),
            Some(table) if key == "target" => {
                let targets = table.values().filter_map(toml::Value::as_table);
                names.extend(targets.flat_map(declared));
            }
            _ => {}
        }
    }
    names
}

#[test]
fn every_direct_dependency_has_a_row_and_every_row_a_dependency() {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string("Cargo.toml").unwrap()).unwrap();
    let decision = fs::read_to_string("docs/decisions/006-dependencies.md").unwrap();
    let rows = decision.lines().filter_map(|line| line.strip_prefix("| `"));
    let justified: Vec<String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_end_matches('|').split(" | ").collect();
            assert_eq!(cells.len(), 4, "{row}");
            assert!(cells.iter().all(|cell| !cell.trim().is_empty()), "{row}");
            cells[0].trim_end_matches('`').to_owned()
        })
        .collect();
    assert!(
        justified.is_sorted(),
        "rows are in the order of their names"
    );
    assert_eq!(BTreeSet::from_iter(justified), declared(&manifest));
}
