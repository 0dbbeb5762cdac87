//! What the environment and the command line say on top of an experiment file.

use super::document::{Document, Fields, KeyPath};
use super::error::{PlanError, Spot};
use super::layers::{Layer, Medium};
use super::problem::Problem;
use super::suggest::advice;
use crate::config::Attempts;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// Values that overrule those of an experiment file.
///
/// Flags overrule variables, and later flags earlier ones. A parameter set here is no longer swept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `KEY=VALUE` of each `--set`: a dotted key such as `stages.dense.pretrain.training.epochs`, or the name of a
    /// parameter. VALUE is TOML, or else a text.
    pub set: Vec<String>,
    /// Environment variables. Those are read that begin with `SRP_STAGES__`, `SRP_PARAMS__`, `SRP_EXPERIMENT__` or
    /// `SRP_RESOURCES__`; two underscores separate keys, one stands for a dash, and capitals do not matter.
    pub env: Vec<(String, String)>,
}

impl Overrides {
    /// The flags given, and the variables of this process.
    pub fn from_process(set: Vec<String>) -> Self {
        let env = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            set,
            env: env.collect(),
        }
    }

    /// The variables that are read.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        let ours = self.env.iter().filter(|(name, _)| keys_of(name).is_some());
        ours.cloned().collect()
    }

    /// The layers that these make over the experiment `file`, the lowest first.
    ///
    /// # Errors
    /// A flag or variable that is malformed or addresses what the file does not define.
    pub(crate) fn layers(&self, file: &Document) -> Result<Vec<Layer>, PlanError> {
        let mut variables: Vec<_> = self
            .env
            .iter()
            .filter_map(|(name, value)| Some((name, keys_of(name)?, value)))
            .collect();
        variables.sort();
        let variables = variables.into_iter().map(|(name, keys, value)| {
            let given = Given {
                medium: Medium::Environment,
                text: format!("{name}={value}"),
                value_start: name.len() + 1,
            };
            given.layer(spelled_as_in(file, &keys), file)
        });
        let flags = self.set.iter().map(|text| {
            let key = text.split('=').next().unwrap_or_default();
            let given = Given {
                medium: Medium::Flag,
                text: text.clone(),
                value_start: key.len() + 1,
            };
            if key.len() == text.len() {
                return Err(given.error("expected `KEY=VALUE`", "write `--set KEY=VALUE`".into()));
            }
            let path = flag_path(key, file).ok_or_else(|| {
                let help = "a key is words with dots between them".into();
                given.error("expected a dotted key", help)
            })?;
            given.layer(path, file)
        });
        variables.chain(flags).collect()
    }
}

/// The keys that a variable of ours addresses.
fn keys_of(variable: &str) -> Option<Vec<String>> {
    let keys: Vec<String> = variable
        .strip_prefix("SRP_")?
        .split("__")
        .map(folded)
        .collect();
    let ours = keys.len() > 1
        && ["stages", "params", "experiment", "resources"].contains(&keys[0].as_str());
    ours.then_some(keys)
}

/// A key as all its spellings are compared.
fn folded(key: &str) -> String {
    key.to_lowercase().replace('_', "-")
}

/// `keys` as the file spells them, where it has them.
fn spelled_as_in(file: &Document, keys: &[String]) -> KeyPath {
    let mut table = Some(&file.table);
    let mut path = KeyPath::new();
    for key in keys {
        let mut known = table.into_iter().flat_map(Fields::keys);
        let spelled = known.find(|known| folded(known) == *key);
        let spelled = spelled.unwrap_or(key).clone();
        table = table.and_then(|table| table.get(&spelled)?.written.as_table());
        path.push(spelled);
    }
    path
}

/// The path of a flag's key: dotted, or the name of a parameter.
fn flag_path(key: &str, file: &Document) -> Option<KeyPath> {
    let line = format!("{key} = 0");
    let parsed = DeTable::parse(&line).ok()?;
    let mut table = parsed.get_ref();
    let mut path = KeyPath::new();
    loop {
        let (key, value) = table.iter().next()?;
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => break,
        }
    }
    let is_param = path.len() == 1 && file.get(&["params", &path[0]]).is_some();
    if is_param {
        path.insert(0, "params".to_owned());
    }
    Some(path)
}

/// A flag or variable, as it was given.
struct Given {
    medium: Medium,
    text: String,
    value_start: usize,
}

impl Given {
    fn layer(&self, path: KeyPath, file: &Document) -> Result<Layer, PlanError> {
        self.check(&path, file)?;
        let document = Document::assignment(self.source(), &self.text, &path, self.value_start);
        Ok(Layer {
            medium: self.medium,
            document: Arc::new(document),
            root: KeyPath::new(),
            mount: KeyPath::new(),
        })
    }

    /// Only what the file has begun can be overruled: a stage of its kind, a parameter, a table of the head.
    fn check(&self, path: &[String], file: &Document) -> Result<(), PlanError> {
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let params = || file.keys_in_order(&["params"]);
        match keys.as_slice() {
            ["params", name] if file.get(path).is_none() => Err(self.error(
                "no parameter of this experiment",
                advice(name, "parameters", params()),
            )),
            ["stages", stage, rest @ ..] => {
                let Some(kinds) = file.table(&["stages", stage]) else {
                    let stages = file.keys_in_order(&["stages"]);
                    return Err(self.error(
                        "no stage of this experiment",
                        advice(stage, "stages", stages),
                    ));
                };
                let beside = |key: &str| Attempts::KEYS.contains(&key);
                match rest {
                    [kind, _, ..] if kinds.contains_key(*kind) && !beside(kind) => Ok(()),
                    [key] if beside(key) => Ok(()),
                    _ => {
                        let kind = kinds.keys().find(|key| !beside(key));
                        let kind = kind.map_or("KIND", String::as_str);
                        let help =
                            format!("keys of this stage begin with `stages.{stage}.{kind}.`");
                        Err(self.error("no key of this stage", help))
                    }
                }
            }
            ["params" | "experiment" | "sweep" | "resources", _, ..] => Ok(()),
            [name, ..] => {
                let help = format!(
                    "{}; other keys begin with `stages.`, `params.`, `experiment.`, `resources.` or `sweep.`",
                    advice(name, "parameters", params())
                );
                Err(self.error("no key of this experiment", help))
            }
            [] => Ok(()),
        }
    }

    /// Where the text was given.
    fn source(&self) -> &'static str {
        match self.medium {
            Medium::Environment => "the environment",
            _ => "--set",
        }
    }

    fn key(&self) -> &str {
        &self.text[..self.value_start - 1]
    }

    fn error(&self, reason: &str, help: String) -> PlanError {
        let given = match self.medium {
            Medium::Environment => self.key(),
            _ => "--set",
        };
        let problem = Problem::Override {
            given: given.to_owned(),
            reason: reason.to_owned(),
            help,
        };
        PlanError::at(
            problem,
            Spot::new(self.source(), &self.text, 0..self.key().len()),
        )
    }
}
