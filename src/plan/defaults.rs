//! Values that hold where nothing else is said, for those who ask without an experiment.

use crate::config::{Clean, Search, Tokenizer};
use serde::Deserialize;

/// Each cites its source.
pub(super) const DEFAULTS: &str = include_str!("../../configs/defaults.toml");

#[derive(Deserialize)]
struct Defaults {
    preprocess: Preprocess,
    test: Test,
}

#[derive(Deserialize)]
struct Preprocess {
    tokenizer: Tokenizer,
    clean: Clean,
}

#[derive(Deserialize)]
struct Test {
    search: Search,
}

/// How test stages search if nobody says otherwise.
///
/// # Errors
/// If the built-in defaults are broken, which a test rules out.
pub fn default_search() -> Result<Search, toml::de::Error> {
    read().map(|defaults| defaults.test.search)
}

/// How lines become tokens and which pairs training drops if nobody says otherwise.
///
/// # Errors
/// As [`default_search`].
pub fn default_cleaning() -> Result<(Tokenizer, Clean), toml::de::Error> {
    read().map(|defaults| (defaults.preprocess.tokenizer, defaults.preprocess.clean))
}

fn read() -> Result<Defaults, toml::de::Error> {
    toml::from_str(DEFAULTS)
}
