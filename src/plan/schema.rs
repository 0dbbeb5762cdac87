//! The JSON schema of experiment files and of presets, for editors: made from the types of `config`, so that the comments
//! of their fields are what an editor shows.
//!
//! The types say what a stage is told once all layers are merged. A file is one layer: it may leave out every key, name
//! presets in every table, put a parameter where a value is wanted, and take an optional value back by `"none"`.

use super::file::About;
use super::layers::PRESET;
use crate::config::{Attempts, Resources, StageSpec};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// What kind of file a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An experiment.
    Experiment,
    /// A preset of `configs/data`.
    Data,
    /// A preset of `configs/model`.
    Model,
    /// A preset of `configs/train`.
    Train,
    /// A preset of `configs/prune`.
    Prune,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Experiment,
        Self::Data,
        Self::Model,
        Self::Train,
        Self::Prune,
    ];

    /// The form that is called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// What it is called: for a preset, the folder of `configs` that it lies in.
    pub fn name(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Data => "data",
            Self::Model => "model",
            Self::Train => "train",
            Self::Prune => "prune",
        }
    }
}

/// The JSON schema, draft 7, of files of a form.
pub fn of(form: Form) -> Value {
    let kind = |name| pick(&stages(), &[name]);
    let mut schema = match form {
        Form::Experiment => experiment(),
        Form::Data => kind("preprocess"),
        Form::Model => pick(&kind("pretrain"), &["model"]),
        Form::Train => pick(&kind("pretrain"), &["training"]),
        Form::Prune => kind("prune"),
    };
    let title = match form {
        Form::Experiment => "An experiment of srp".to_owned(),
        preset => format!("A preset of srp's: configs/{}", preset.name()),
    };
    schema["definitions"] = definitions();
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!(title);
    schema
}

/// A schema as a file holds it.
pub fn text(schema: &Value) -> String {
    format!("{schema:#}\n")
}

fn experiment() -> Value {
    let mut stage = stages();
    let attempts = exact::<Attempts>();
    if let (Some(keys), Some(attempts)) = (entries(&mut stage), table(&attempts)) {
        keys.extend(attempts.clone());
    }
    stage["description"] =
        json!("A stage: a table named by its kind, and how often and how long it is tried.");
    let mut about = exact::<About>();
    if let Some(seed) = entries(&mut about).and_then(|keys| keys.get_mut("seed")) {
        *seed = with_references(seed.take());
    }
    json!({
        "type": "object",
        "properties": {
            "experiment": about,
            "params": {
                "description": "Values that stages refer to as `\"${NAME}\"`.",
                "type": "object",
            },
            "sweep": sweep(),
            "resources": exact::<Resources>(),
            "stages": {
                "description": "What is done: `[stages.NAME.KIND]`.",
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z][A-Za-z0-9_-]*$" },
                "additionalProperties": stage,
            },
        },
        "required": ["experiment", "stages"],
        "additionalProperties": false,
    })
}

fn sweep() -> Value {
    let lists = |words: &str| {
        json!({
            "description": words,
            "type": "array",
            "items": { "type": "object", "additionalProperties": { "type": "array" } },
        })
    };
    let points = |words: &str| json!({ "description": words, "type": "array", "items": { "type": "object" } });
    json!({
        "description": "Lists of parameters' values; the points are their grid.",
        "type": "object",
        "properties": {
            "zip": lists("Lists that go together, row by row: one axis."),
            "include": points("Points beside those of the grid."),
            "exclude": points("No point where all of this holds; of a list, any value will do."),
        },
        "additionalProperties": { "type": "array" },
    })
}

/// What every table refers to.
fn definitions() -> Value {
    json!({
        "none": {
            "description": "Takes back what a lower layer has set.",
            "const": "none",
        },
        "parameter": {
            "description": "A parameter's value: `\"${NAME}\"`.",
            "type": "string",
            "pattern": r"\$\{",
        },
        "preset": {
            "description": "The name of a preset that this table lies on, such as \"model/demo\": a file of `configs`, \
                            or one that srp carries. Of a list, later ones overrule.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
            ],
        },
    })
}

fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// Stages of every kind, as a layer says what they are told.
fn stages() -> Value {
    let mut stages = choice(generated::<StageSpec>());
    for kind in entries(&mut stages).into_iter().flat_map(Map::values_mut) {
        *kind = layer(kind.take());
    }
    stages
}

/// The schema of a type, without what only the Rust program cares for.
fn generated<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    tidy(&mut schema);
    for key in ["$schema", "title"] {
        schema.as_object_mut().map(|schema| schema.remove(key));
    }
    schema
}

/// The schema of a table that no other layer adds to, and that takes no parameters.
fn exact<T: JsonSchema>() -> Value {
    let mut schema = generated::<T>();
    for property in entries(&mut schema).into_iter().flat_map(Map::values_mut) {
        let (described, mut alternatives) = split(property.take());
        alternatives.retain(|schema| !is_null(schema));
        *property = described.with(alternatives);
    }
    schema
}

/// Takes out the names of number types, which only Rust knows, and line ends within a paragraph.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(entries) => {
            if entries.get("format").is_some_and(Value::is_string) {
                entries.remove("format");
            }
            if entries.get("default") == Some(&Value::Null) {
                entries.remove("default");
            }
            if let Some(Value::String(words)) = entries.get_mut("description") {
                let paragraphs = words.split("\n\n").map(|part| part.replace('\n', " "));
                *words = paragraphs.collect::<Vec<_>>().join("\n\n");
            }
            entries.values_mut().for_each(tidy);
        }
        Value::Array(elements) => elements.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// What a layer may hold where the merged layers must hold `schema`.
fn layer(schema: Value) -> Value {
    let mut schema = choice(schema);
    match schema.get_mut("items") {
        Some(Value::Array(items)) => items
            .iter_mut()
            .for_each(|item| *item = with_references(item.take())),
        Some(item) => *item = with_references(item.take()),
        None => {}
    }
    if let Some(keys) = entries(&mut schema) {
        keys.values_mut()
            .for_each(|key| *key = with_references(key.take()));
        keys.insert(PRESET.to_owned(), defined(PRESET));
        // Other layers may have the rest.
        schema
            .as_object_mut()
            .map(|schema| schema.remove("required"));
    }
    schema
}

/// Several tables of which one is to be given, as one table that may have each of them.
fn choice(mut schema: Value) -> Value {
    let variants = schema.get("oneOf").and_then(Value::as_array);
    let only_key = |variant: &Value| {
        let (key, inner) = table(variant)
            .filter(|keys| keys.len() == 1)?
            .iter()
            .next()?;
        let mut inner = inner.clone();
        if inner.get("description").is_none() {
            inner["description"] = variant.get("description")?.clone();
        }
        Some((key.clone(), inner))
    };
    let tables =
        variants.and_then(|variants| variants.iter().map(only_key).collect::<Option<Map<_, _>>>());
    if let (Some(tables), Some(schema)) = (tables, schema.as_object_mut()) {
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), tables.into());
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

/// What an editor shows of a value, apart from what it may be.
struct Described(Map<String, Value>);

impl Described {
    /// The value, which is one of `alternatives`.
    fn with(mut self, mut alternatives: Vec<Value>) -> Value {
        match (alternatives.pop(), alternatives.is_empty()) {
            (Some(Value::Object(only)), true) => {
                let words = self.0;
                self.0 = only;
                self.0.extend(words);
            }
            (last, _) => {
                alternatives.extend(last);
                self.0.insert("anyOf".to_owned(), alternatives.into());
            }
        }
        self.0.into()
    }
}

/// Takes the alternatives of a schema apart; an optional value has `null` among them.
fn split(schema: Value) -> (Described, Vec<Value>) {
    let Value::Object(mut schema) = schema else {
        return (Described(Map::new()), vec![schema]);
    };
    let mut described = Map::new();
    for key in ["description", "default"] {
        described.extend(schema.remove_entry(key));
    }
    let listed = ["anyOf", "oneOf"]
        .into_iter()
        .find_map(|key| schema.remove(key));
    let alternatives = match (listed, schema.get_mut("type")) {
        (Some(Value::Array(alternatives)), _) => {
            let parts = alternatives.into_iter().flat_map(|schema| {
                let is_word = ["const", "enum"]
                    .iter()
                    .any(|key| schema.get(key).is_some());
                let (inner, parts) = if is_word {
                    (Described(Map::new()), vec![schema])
                } else {
                    split(schema)
                };
                if !described.contains_key("description") {
                    described.extend(inner.0);
                }
                parts
            });
            parts.collect()
        }
        (_, Some(Value::Array(types))) if types.iter().any(|name| name == "null") => {
            types.retain(|name| name != "null");
            if let [only] = &types[..] {
                schema["type"] = only.clone();
            }
            vec![schema.into(), json!({ "type": "null" })]
        }
        _ => vec![schema.into()],
    };
    (Described(described), alternatives)
}

/// What a layer may hold for a key: what its type takes, a reference to a parameter, and if it is optional `"none"`.
fn with_references(schema: Value) -> Value {
    let (described, alternatives) = split(choice(schema));
    let (null, alternatives): (Vec<_>, Vec<_>) = alternatives.into_iter().partition(is_null);
    let takes_all_text = alternatives.contains(&json!({ "type": "string" }));
    let mut alternatives: Vec<Value> = alternatives.into_iter().map(layer).collect();
    if !takes_all_text {
        alternatives.extend(null.first().map(|_| defined("none")));
        alternatives.push(defined("parameter"));
    }
    described.with(alternatives)
}

fn is_null(schema: &Value) -> bool {
    *schema == json!({ "type": "null" })
}

/// The keys of a table.
fn table(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The keys of a table.
fn entries(schema: &mut Value) -> Option<&mut Map<String, Value>> {
    schema.get_mut("properties")?.as_object_mut()
}

/// The table that lies at `path` inside of another one, without what else may stand there.
fn pick(schema: &Value, path: &[&str]) -> Value {
    path.iter().fold(schema.clone(), |schema, key| {
        let (_, alternatives) = split(schema["properties"][*key].clone());
        let tables = alternatives
            .into_iter()
            .find(|schema| table(schema).is_some());
        tables.unwrap_or_default()
    })
}
