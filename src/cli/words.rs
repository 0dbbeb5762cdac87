//! Values and errors in words, as several verbs print them.

use super::units::size;
use super::{Context, Failure};
use crate::cache::shown;
use crate::results::duration;
use serde::Serialize;
use serde_json::Value;

/// An error and its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let messages: Vec<String> = causes.map(ToString::to_string).collect();
    messages.join(": ")
}

/// A line `key = value` for each value inside of nested objects.
pub(super) fn settings(config: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    add_settings("", config, &mut lines);
    lines
}

fn add_settings(path: &str, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (name, inner) in entries {
                let separator = if path.is_empty() { "" } else { "." };
                add_settings(&format!("{path}{separator}{name}"), inner, into);
            }
        }
        leaf => into.push(format!("{path} = {}", shown(leaf))),
    }
}

/// What work took: wall time, and where they are known processor time and memory.
pub(super) fn took(seconds: f64, cpu_seconds: Option<f64>, peak_bytes: Option<u64>) -> String {
    let wall = Some(duration(seconds));
    let cpu = cpu_seconds.map(|seconds| format!("{} of processor time", duration(seconds)));
    let memory = peak_bytes.map(|bytes| format!("{} of memory at most", size(bytes)));
    let known = [wall, cpu, memory].into_iter().flatten();
    known.collect::<Vec<_>>().join(", ")
}

impl Context<'_> {
    /// Prints a value as JSON.
    pub(super) fn print_json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut *self.out, value).map_err(std::io::Error::from)?;
        Ok(writeln!(self.out)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_one_line_each() {
        let config = json!({"seed": 1, "training": {"rate": 5e-4, "stop": {}}});
        let lines = settings(&config);
        assert_eq!(
            lines,
            ["seed = 1", "training.rate = 5e-4", "training.stop = {}"]
        );
    }
}
