//! The schemas that editors read: they are those of the program, they take what the program takes, and they know every
//! key.

use crate::plans::toml_files;
use crate::validate;
use serde_json::{Map, Value, json};
use srp::config::StageSpec;
use srp::plan::schema::{self, Form};
use srp::plan::{self, Overrides, Problem};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the repository keeps a schema.
fn file_of(form: Form) -> PathBuf {
    format!("docs/schema/{}.json", form.name()).into()
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    serde_json::to_value(table).unwrap()
}

/// What the schema has against a file.
fn complaints(schema: &Value, file: &Path) -> Vec<String> {
    validate::complaints(schema, schema, &read(file), &file.display().to_string())
}

/// The form of a file of `configs`, if it is a preset.
fn form_of_preset(file: &Path) -> Option<Form> {
    Form::named(file.parent()?.file_name()?.to_str()?)
}

#[test]
fn the_schemas_of_the_repository_are_those_of_the_program() {
    let bless = std::env::var_os("SRP_BLESS").is_some();
    for form in Form::ALL {
        let (file, text) = (file_of(form), schema::text(&schema::of(form)));
        if bless {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &text).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == text,
            "{} is stale: SRP_BLESS=1 writes it anew",
            file.display()
        );
    }
}

#[test]
fn the_schemas_take_every_experiment_every_valid_plan_and_every_preset() {
    let experiment = schema::of(Form::Experiment);
    let plans = [toml_files("experiments"), toml_files("tests/plans/valid")].concat();
    let mut wrong: Vec<String> = plans
        .iter()
        .flat_map(|file| complaints(&experiment, file))
        .collect();
    for file in toml_files("configs") {
        if let Some(form) = form_of_preset(&file) {
            wrong.extend(complaints(&schema::of(form), &file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_refuses_what_a_look_at_one_file_can_tell_to_be_wrong() {
    let experiment = schema::of(Form::Experiment);
    for name in [
        "unknown-key",
        "unknown-kind",
        "unknown-word",
        "rate-above-one",
        "wrong-type",
        "zero-layers",
        "stage-unknown-key",
        "head-unknown-key",
        "missing-title",
        "no-language-code",
        "preset-of-wrong-type",
        "resources-no-device",
        "retry-negative",
        "stage-name",
        "import-unknown-table",
    ] {
        let file = PathBuf::from(format!("tests/plans/invalid/{name}.toml"));
        assert!(
            !complaints(&experiment, &file).is_empty(),
            "{name} is taken"
        );
    }
}

#[test]
fn every_experiment_and_preset_names_its_schema() {
    for file in [toml_files("experiments"), toml_files("configs")].concat() {
        let form = match file.starts_with("experiments") {
            true => Form::Experiment,
            false => match form_of_preset(&file) {
                Some(form) => form,
                None => continue,
            },
        };
        let text = fs::read_to_string(&file).unwrap();
        let named = text.lines().next().unwrap().strip_prefix("#:schema ");
        let named = named.unwrap_or_else(|| panic!("{} begins with no schema", file.display()));
        let kept = fs::read_to_string(file.parent().unwrap().join(named)).unwrap_or_default();
        let expected = schema::text(&schema::of(form));
        assert!(
            kept == expected,
            "{}: {named} is none of its form",
            file.display()
        );
    }
}

/// All tables inside of `schema`, which is at `path`: their keys but `preset`.
fn tables(path: &[String], schema: &Value, found: &mut Vec<(Vec<String>, BTreeSet<String>)>) {
    if let Some(keys) = schema["properties"].as_object() {
        let names = keys
            .keys()
            .filter(|key| *key != "preset")
            .cloned()
            .collect();
        found.push((path.to_vec(), names));
        for (key, inner) in keys {
            tables(&[path, std::slice::from_ref(key)].concat(), inner, found);
        }
    }
    for alternative in schema["anyOf"].as_array().into_iter().flatten() {
        tables(path, alternative, found);
    }
}

/// What the program says of a stage with a key that no table has, in the table at `path`.
fn answer_to_a_wrong_key(path: &[String]) -> Problem {
    let innermost = json!({ "no-such-key": 1 });
    let stage = path.iter().rev().fold(innermost, |inner, key| {
        Map::from_iter([(key.clone(), inner)]).into()
    });
    let experiment = json!({ "experiment": { "title": "", "seed": 1 }, "stages": { "it": stage } });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    fs::write(&file, toml::to_string(&experiment).unwrap()).unwrap();
    let error = plan::load(&file, &Overrides::default()).unwrap_err();
    match error.problem() {
        Problem::UnknownKey { known, .. } => Problem::UnknownKey {
            known: known.clone(),
            owner: plan::Owner::File,
            key: String::new(),
        },
        Problem::WrongValue { detail, .. } => Problem::WrongValue {
            detail: detail.clone(),
            owner: plan::Owner::File,
            key: String::new(),
            hint: None,
        },
        other => panic!("{}: {other}", path.join(".")),
    }
}

/// The program lists the keys of a table when it meets a wrong one, and those are the fields of the type.
#[test]
fn the_schema_knows_every_key_of_every_stage_and_no_other() {
    let schema = schema::of(Form::Experiment);
    let stage = &schema["properties"]["stages"]["additionalProperties"];
    let mut found = Vec::new();
    for kind in StageSpec::KINDS {
        tables(
            &[(*kind).to_owned()],
            &stage["properties"][*kind],
            &mut found,
        );
    }
    assert!(found.len() > 40, "{}", found.len());
    for (path, keys) in found {
        let listed: BTreeSet<String> = match answer_to_a_wrong_key(&path) {
            Problem::UnknownKey { known, .. } => known.into_iter().collect(),
            // Exactly one of several tables is wanted.
            Problem::WrongValue { detail, .. } => {
                let quoted = detail.split('`').skip(1).step_by(2);
                quoted.map(str::to_owned).collect()
            }
            _ => BTreeSet::new(),
        };
        assert_eq!(keys, listed, "{}", path.join("."));
    }
}

#[test]
fn keys_are_described_in_the_words_of_the_types() {
    let schema = schema::of(Form::Experiment);
    let prune = &schema["properties"]["stages"]["additionalProperties"]["properties"]["prune"];
    let rate = &prune["properties"]["compression-rate"]["description"];
    assert_eq!(
        *rate,
        "Share of the original model's parameters that both stages together leave."
    );
}
