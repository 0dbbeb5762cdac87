//! `srp doctor`: whether this machine and this cache are fit for work, and how fast srp is here.

mod cache;
mod gpu;
mod machine;
mod trial;

pub(super) use machine::usable_memory;

use super::args::CacheDir;
use super::{Context, Failure};
use crate::counted::counted;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave out the ten seconds of training and translating
    #[arg(long)]
    quick: bool,

    /// Print one object of JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    cache: CacheDir,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Check {
    /// What was looked at.
    about: &'static str,
    verdict: Verdict,
    /// What was found, in words.
    found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    /// What was found, as values.
    #[serde(skip_serializing_if = "Value::is_null")]
    values: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Fine,
    /// Work is possible, but somebody may want to know.
    Note,
    /// Work will fail, or is not to be trusted.
    Wrong,
}

impl Check {
    fn fine(about: &'static str, found: impl Into<String>) -> Self {
        Self {
            about,
            verdict: Verdict::Fine,
            found: found.into(),
            advice: None,
            values: Value::Null,
        }
    }

    fn with(self, values: Value) -> Self {
        Self { values, ..self }
    }

    fn note(self, advice: impl Into<String>) -> Self {
        self.judged(Verdict::Note, advice.into())
    }

    fn wrong(self, advice: impl Into<String>) -> Self {
        self.judged(Verdict::Wrong, advice.into())
    }

    fn judged(self, verdict: Verdict, advice: String) -> Self {
        Self {
            verdict,
            advice: Some(advice),
            ..self
        }
    }

    fn line(&self) -> String {
        let mark = match self.verdict {
            Verdict::Fine => "",
            Verdict::Note => "note: ",
            Verdict::Wrong => "WRONG: ",
        };
        let advice = self.advice.iter();
        let advice = advice.map(|advice| format!("{:<12}{mark}{advice}\n", ""));
        format!("{:<12}{}\n", self.about, self.found) + &advice.collect::<String>()
    }
}

/// What JSON says.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Report {
    format: u32,
    /// Whether nothing is wrong.
    well: bool,
    checks: Vec<Check>,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let cache = args.cache.open();
    let mut checks = vec![
        version(),
        machine::processor(),
        machine::memory(),
        machine::disk(cache.root()),
        gpu::check(),
        cache::check(&cache),
    ];
    if !args.quick {
        if cfg!(feature = "nn") {
            let line = "training and translating for ten seconds";
            context.watcher.note(line);
        }
        checks.extend(trial::checks());
    }
    let wrong = checks
        .iter()
        .filter(|check| check.verdict == Verdict::Wrong)
        .count();
    if args.json {
        context.print_json(&Report {
            format: 1,
            well: wrong == 0,
            checks,
        })?;
    } else {
        let lines: String = checks.iter().map(Check::line).collect();
        let end = match wrong {
            0 => "nothing is wrong".to_owned(),
            wrong => format!("{} must be seen to", counted(wrong, "thing")),
        };
        writeln!(context.out, "{lines}{end}")?;
    }
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::told()),
    }
}

/// The features of cargo that this program was built with.
const FEATURES: [(&str, bool); 4] = [
    ("nn", cfg!(feature = "nn")),
    ("tables", cfg!(feature = "tables")),
    ("png", cfg!(feature = "png")),
    ("cuda", cfg!(feature = "cuda")),
];

fn version() -> Check {
    let version = env!("CARGO_PKG_VERSION");
    let features: Vec<&str> = FEATURES
        .iter()
        .filter_map(|(name, built)| built.then_some(*name))
        .collect();
    let system = format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH);
    let listed = match features.is_empty() {
        true => "no features".to_owned(),
        false => format!("features {}", features.join(", ")),
    };
    let check = Check::fine("srp", format!("{version}, {listed}; {system}")).with(
        serde_json::json!({ "version": version, "features": features, "debug": cfg!(debug_assertions) }),
    );
    match cfg!(debug_assertions) {
        true => {
            check.note("built without optimisation; `cargo build --release` is many times faster")
        }
        false => check,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_the_program_is_told() {
        let manifest = include_str!("../../../Cargo.toml");
        let features = manifest.split("[features]\n").nth(1).unwrap();
        let features = features.split("\n[").next().unwrap().lines();
        let names = features.filter_map(|line| Some(line.split_once(" = ")?.0));
        let mut names: Vec<&str> = names.filter(|name| *name != "default").collect();
        let mut told = FEATURES.map(|(name, _)| name);
        names.sort();
        told.sort();
        assert_eq!(names, told);
    }

    #[test]
    fn what_is_wrong_stands_out_and_its_advice_below_it() {
        let check = Check::fine("memory", "12 MiB").wrong("buy some");
        assert_eq!(
            check.line(),
            "memory      12 MiB\n            WRONG: buy some\n"
        );
        assert_eq!(
            Check::fine("memory", "12 GiB").line(),
            "memory      12 GiB\n"
        );
    }
}
