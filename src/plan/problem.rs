//! What can be wrong with an experiment.

use super::suggest::advice;
use crate::config::{ArtifactKind, StageName};
use miette::Diagnostic;
use std::fmt;
use std::path::PathBuf;

/// What can be wrong with an experiment.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Problem {
    /// A file is not there, or not to be read.
    #[error("cannot read {}", path.display())]
    #[diagnostic(code(plan::unreadable), help("{cause}"))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The text is no TOML.
    #[error("this is not TOML")]
    #[diagnostic(code(plan::syntax))]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// A table has a key that it does not know.
    #[error("{owner} has no key `{key}`")]
    #[diagnostic(code(plan::unknown_key), help("{}", advice(last(key), "keys here", known.iter().map(String::as_str))))]
    UnknownKey {
        /// The table's owner.
        owner: Owner,
        /// The dotted key.
        key: String,
        /// The keys that the table knows.
        known: Vec<String>,
    },
    /// A value has another type than its key, or is outside its range.
    #[error("{} has a wrong value", whole(key, owner))]
    #[diagnostic(code(plan::wrong_value))]
    WrongValue {
        /// The key's owner.
        owner: Owner,
        /// The dotted key; empty for the owner's table as a whole.
        key: String,
        /// What was expected, and what was found.
        detail: String,
        /// A word that was probably meant.
        #[help]
        hint: Option<String>,
    },
    /// Values of a stage that are impossible together.
    #[error("values of {owner} contradict each other")]
    #[diagnostic(code(plan::contradiction))]
    Contradiction {
        /// The values' owner.
        owner: Owner,
        /// What must hold between them, and does not.
        rule: String,
    },
    /// Values that no layer gives.
    #[error("{}", missing_sentence(keys))]
    #[diagnostic(code(plan::missing), help("{}", missing_help(keys)))]
    Missing {
        /// Each dotted key with its owner.
        keys: Vec<(String, Owner)>,
    },
    /// The file defines no stage.
    #[error("there is nothing to do: no stage is defined")]
    #[diagnostic(
        code(plan::no_stages),
        help("a stage is a table `[stages.NAME.KIND]`; kinds: {}", kinds.join(", "))
    )]
    NoStages {
        /// The kinds that there are.
        kinds: &'static [&'static str],
    },
    /// A stage's name has characters that a selector or a variable could not hold.
    #[error("`{name}` cannot be the name of a stage")]
    #[diagnostic(code(plan::stage_name))]
    StageName {
        /// The name.
        name: String,
    },
    /// A stage of a kind that does not exist.
    #[error("stage `{stage}` is of an unknown kind, `{kind}`")]
    #[diagnostic(code(plan::unknown_kind), help("{}", kind_help(kind, known)))]
    UnknownKind {
        /// The stage.
        stage: StageName,
        /// Its alleged kind.
        kind: String,
        /// The kinds that there are.
        known: &'static [&'static str],
    },
    /// A stage that is not one table named by its kind.
    #[error("stage `{stage}` must be of exactly one kind")]
    #[diagnostic(code(plan::one_kind), help("write `[stages.{stage}.KIND]`; kinds: {}", known.join(", ")))]
    OneKind {
        /// The stage.
        stage: StageName,
        /// What was found instead.
        found: String,
        /// The kinds that there are.
        known: &'static [&'static str],
    },
    /// A stage names an input that no stage of this plan makes.
    #[error("stage `{stage}` reads `{input}`, which this plan does not define")]
    #[diagnostic(code(plan::unknown_stage), help("{}", advice(input, "stages here", known.iter().map(String::as_str))))]
    UnknownStage {
        /// The reading stage.
        stage: StageName,
        /// The name that it gives.
        input: String,
        /// The stages that there are.
        known: Vec<String>,
    },
    /// A stage names an input that makes something else than it needs.
    #[error("{owner} is given {makes} where it needs {needs}")]
    #[diagnostic(code(plan::wrong_input), help("{}", advice("", &format!("stages that make {needs}"), fitting.iter().map(String::as_str))))]
    WrongInput {
        /// The reading stage.
        owner: Owner,
        /// The stage that it names.
        input: StageName,
        /// What that stage makes.
        makes: ArtifactKind,
        /// What is needed.
        needs: ArtifactKind,
        /// The stages that make it.
        fitting: Vec<String>,
    },
    /// A test stage names a set that its corpus does not have.
    #[error("stage `{stage}` tests on `{split}`, which the corpus of `{corpus}` does not have")]
    #[diagnostic(code(plan::unknown_split), help("{}", advice(split, "sets of it", known.iter().map(String::as_str))))]
    UnknownSplit {
        /// The test stage.
        stage: StageName,
        /// The set that it names.
        split: String,
        /// The stage that makes its data set.
        corpus: StageName,
        /// The sets that there are.
        known: Vec<String>,
    },
    /// Stages that wait for each other.
    #[error("stages wait for each other: {}", names.join(" -> "))]
    #[diagnostic(
        code(plan::cycle),
        help(
            "a stage can only read what an earlier one makes; an arrow goes from a stage to one that reads it"
        )
    )]
    Cycle {
        /// The loop; the first name is the last again.
        names: Vec<String>,
    },
    /// A preset that is not there.
    #[error("there is no preset `{name}`")]
    #[diagnostic(code(plan::unknown_preset), help("looked for {}; {}", looked_for.join(", "), advice(name, "presets", known.iter().map(String::as_str))))]
    UnknownPreset {
        /// Its name.
        name: String,
        /// The files that it could have been.
        looked_for: Vec<String>,
        /// The presets that there are.
        known: Vec<String>,
    },
    /// A preset that is not named by a text, or by several in a list.
    #[error("this names no preset")]
    #[diagnostic(
        code(plan::preset),
        help(
            "write `preset = \"FOLDER/NAME\"`, or a list of such names; parameters cannot choose presets"
        )
    )]
    Preset,
    /// Presets that build on each other.
    #[error("presets build on each other: {}", names.join(" -> "))]
    #[diagnostic(code(plan::preset_loop))]
    PresetLoop {
        /// The loop; the first name is the last again.
        names: Vec<String>,
    },
    /// `${name}` of something that is not declared.
    #[error("there is no parameter `{name}`")]
    #[diagnostic(code(plan::unknown_parameter), help("{}; a parameter is declared with its value under `[params]`", advice(name, "parameters", known.iter().map(String::as_str))))]
    UnknownParameter {
        /// The name.
        name: String,
        /// What is declared.
        known: Vec<String>,
    },
    /// `${` without an end, or around something that is no name.
    #[error("this reference to a parameter is malformed")]
    #[diagnostic(
        code(plan::malformed_reference),
        help("a reference is `${{name}}`; write `$${{` for the characters themselves")
    )]
    MalformedReference,
    /// A table or a list put inside a longer text.
    #[error(
        "parameter `{name}` is no text, number or truth value, so it cannot be put inside a text"
    )]
    #[diagnostic(code(plan::not_text))]
    NotText {
        /// The parameter.
        name: String,
    },
    /// A parameter that no stage reads.
    #[error("parameter `{name}` is declared and never used")]
    #[diagnostic(
        code(plan::unused_parameter),
        help("write `\"${{{name}}}\"` where a stage should take it, or remove it")
    )]
    UnusedParameter {
        /// The parameter.
        name: String,
    },
    /// A parameter's name or value that the language keeps for itself.
    #[error("parameter `{name}` cannot be declared so")]
    #[diagnostic(code(plan::bad_parameter))]
    BadParameter {
        /// The parameter.
        name: String,
        /// Why not.
        reason: String,
    },
    /// A sweep that comes to no sensible list of points.
    #[error("this sweep cannot be laid out")]
    #[diagnostic(code(plan::sweep))]
    Sweep {
        /// Why not.
        reason: String,
    },
    /// A flag or a variable that addresses nothing.
    #[error("`{given}` sets nothing")]
    #[diagnostic(code(plan::bad_override), help("{help}"))]
    Override {
        /// What was given, such as `--set`.
        given: String,
        /// Why it cannot be.
        reason: String,
        /// What would be right.
        help: String,
    },
}

/// Whose key a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// A stage and its kind.
    Stage(StageName, &'static str),
    /// What stands beside the kind in the table of a stage.
    Attempts(StageName),
    /// A table at the head of the file, by its name.
    Head(&'static str),
    /// The experiment file as a whole.
    File,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage(name, kind) => write!(f, "stage `{name}` ({kind})"),
            Self::Attempts(name) => write!(f, "stage `{name}`"),
            Self::Head(table) => write!(f, "`[{table}]`"),
            Self::File => f.write_str("the experiment"),
        }
    }
}

impl Problem {
    /// What is written under the underlined text.
    pub(crate) fn label(&self) -> Option<String> {
        let label = match self {
            Self::Syntax { message } => message.clone(),
            Self::UnknownKey { .. } => "unknown key".into(),
            Self::WrongValue { detail, .. } => detail.clone(),
            Self::Contradiction { rule, .. } => rule.clone(),
            Self::StageName { .. } => {
                "expected letters, digits, `-` and `_`, a letter first".into()
            }
            Self::UnknownKind { .. } => "expected the name of a kind".into(),
            Self::OneKind { found, .. } => found.clone(),
            Self::UnknownStage { .. } => "expected the name of a stage".into(),
            Self::WrongInput { input, makes, .. } => format!("`{input}` makes {makes}"),
            Self::UnknownSplit { .. } => "expected the name of a test set".into(),
            Self::Cycle { .. } => "this closes the loop".into(),
            Self::UnknownPreset { .. } => "expected the name of a preset".into(),
            Self::Preset => "expected the name of a preset or a list of names".into(),
            Self::PresetLoop { .. } => "this closes the loop".into(),
            Self::UnknownParameter { .. } => "expected a declared parameter".into(),
            Self::MalformedReference => "expected `${name}`".into(),
            Self::NotText { .. } => "expected a text, a number or a truth value".into(),
            Self::UnusedParameter { .. } => "used nowhere".into(),
            Self::BadParameter { reason, .. }
            | Self::Sweep { reason }
            | Self::Override { reason, .. } => reason.clone(),
            Self::Unreadable { .. } | Self::Missing { .. } | Self::NoStages { .. } => return None,
        };
        Some(label)
    }
}

fn last(dotted: &str) -> &str {
    dotted.rsplit('.').next().unwrap_or(dotted)
}

/// A key with its owner, or the owner if it is all of its table.
fn whole(key: &str, owner: &Owner) -> String {
    match key {
        "" => owner.to_string(),
        key => format!("`{key}` of {owner}"),
    }
}

fn missing_sentence(keys: &[(String, Owner)]) -> String {
    match keys {
        [(key, owner)] => format!("missing `{key}` of {owner}"),
        many => format!("{} values are missing", many.len()),
    }
}

fn missing_help(keys: &[(String, Owner)]) -> String {
    match keys {
        [_] => "set it there or in a preset".into(),
        many => {
            let list: Vec<String> = many
                .iter()
                .map(|(key, owner)| format!("`{key}` of {owner}"))
                .collect();
            format!("set them there or in a preset:\n{}", list.join("\n"))
        }
    }
}

fn kind_help(kind: &str, known: &[&str]) -> String {
    if kind == "preset" {
        return "a preset stands inside the kind's table: `[stages.NAME.KIND]`".into();
    }
    advice(kind, "kinds", known.iter().copied())
}
