//! What was asked for when a plan was made: enough to ask for it again.

use super::Overrides;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was asked for when a plan was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Request {
    /// The experiment file, as it was named.
    pub file: PathBuf,
    /// The environment variables that overruled it.
    pub env: BTreeMap<String, String>,
    /// `KEY=VALUE` of each `--set`.
    pub set: Vec<String>,
    /// The folders that a run worked with, where they are not the usual ones: the value of each such flag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<(String, String)>,
    /// What else was said of a run: its stages, and flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
}

impl Request {
    /// What asks for the experiment `file` under `overrides`.
    pub(super) fn new(file: &Path, overrides: &Overrides) -> Self {
        Self {
            file: file.to_owned(),
            env: overrides.variables().into_iter().collect(),
            set: overrides.set.clone(),
            folders: Vec::new(),
            more: Vec::new(),
        }
    }

    /// The command for a shell that asks for the same run.
    pub fn run(&self) -> String {
        let folders = self.folders.iter();
        let folders = folders.flat_map(|(flag, folder)| [flag.as_str(), folder]);
        let more = self.more.iter().map(String::as_str);
        self.command("run", &more.chain(folders).collect::<Vec<_>>())
    }

    /// The flags, each with its value, of the folders that these flags name.
    pub fn folders_of(&self, flags: &[&str]) -> Vec<&str> {
        let folders = self.folders.iter();
        let wanted = folders.filter(|(flag, _)| flags.contains(&flag.as_str()));
        wanted
            .flat_map(|(flag, folder)| [flag.as_str(), folder])
            .collect()
    }

    /// The command for a shell that asks for the same experiment with this verb, and says `more` behind it.
    pub fn command(&self, verb: &str, more: &[&str]) -> String {
        let env = self.env.iter();
        let mut words: Vec<String> = env.map(|(n, v)| format!("{n}={}", quoted(v))).collect();
        words.extend(["srp", verb].map(str::to_owned));
        words.push(quoted(&self.file.to_string_lossy()));
        for set in &self.set {
            words.extend(["--set".to_owned(), quoted(set)]);
        }
        words.extend(more.iter().map(|word| quoted(word)));
        words.join(" ")
    }
}

/// A word as a shell reads it back.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=@,:+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_the_shell() {
        let request = Request {
            file: "my experiments/it's.toml".into(),
            env: BTreeMap::from([("SRP_PARAMS__RATE".to_owned(), "0.5".to_owned())]),
            set: vec!["data=a b".to_owned(), "rate=0.2".to_owned()],
            folders: vec![("--cache".to_owned(), "my cache".to_owned())],
            more: vec!["small".to_owned(), "--jobs".to_owned(), "2".to_owned()],
        };
        assert_eq!(
            request.command("run", &["small@rate=0.2"]),
            r"SRP_PARAMS__RATE=0.5 srp run 'my experiments/it'\''s.toml' --set 'data=a b' --set rate=0.2 small@rate=0.2"
        );
        let run = request.run();
        assert!(
            run.ends_with("--set rate=0.2 small --jobs 2 --cache 'my cache'"),
            "{run}"
        );
        assert_eq!(request.folders_of(&["--cache"]), ["--cache", "my cache"]);
        assert_eq!(request.folders_of(&["--results"]), [""; 0]);
    }
}
