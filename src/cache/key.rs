//! The key of an artifact: the only place where it is computed.
//!
//! Two stages with the same key would make the same thing, so one artifact serves both. A key is the BLAKE3
//! digest of one line of JSON, whose objects list their entries in the order of the names and which has no
//! white space. Its ingredients:
//!
//! - `format`: the meaning of this list; raised when it changes;
//! - `kind`: the kind of the stage;
//! - `revision`: that of the stage's code, raised when the same config and inputs would give another artifact;
//! - `config`: what the stage is told, resolved, without keys that only name a stage or a place
//!   ([`StageSpec::identity`]). Values are typed before they are written, so `1e-3` and `0.001` are the same;
//! - `inputs`: by the config key that names it, the *content digest* of each artifact that is read. A parent
//!   that ran again and made the same bytes changes nothing, one that made other bytes leaves no stale child;
//! - `files`: the content digests of the files outside the cache that the stage will read, in its order.
//!
//! Left out on purpose, because they do not decide what is made: names of stages, of experiments and of files,
//! absolute paths, times, the host, the device and the number of threads (two devices may round differently:
//! the artifact made first stays), the version of srp and the git commit (the revision speaks for the code).
//! The manifest's provenance records those instead.

use super::digest::NotADigest;
use super::{CacheError, Digest};
use crate::config::StageSpec;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The meaning of the ingredients.
const FORMAT: u32 = 1;

/// What an artifact is found by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Digest);

impl Key {
    /// The digest that the key is.
    pub(super) fn digest(self) -> Digest {
        self.0
    }

    /// Enough of the key to tell artifacts apart in a message.
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl FromStr for Key {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A key, and the text that it is the digest of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The digest of `text`.
    pub key: Key,
    /// The ingredients, as one line of JSON; kept in the manifest so that two keys can be compared.
    pub text: String,
}

/// The ingredients of a key, as they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingredients {
    /// What the stage is told.
    pub config: Value,
    /// Content digests of the files outside the cache, in the stage's order.
    pub files: Vec<Digest>,
    /// The meaning of this list.
    pub format: u32,
    /// Content digests of what is read, by config key.
    pub inputs: BTreeMap<String, Digest>,
    /// The kind of the stage.
    pub kind: String,
    /// That of the stage's code.
    pub revision: u32,
}

impl Ingredients {
    /// Those of a stage of this `revision` that reads `inputs` (content digests by config key) and outside `files`
    /// (content digests in the stage's order).
    ///
    /// # Errors
    /// If the config cannot be written as JSON.
    pub(super) fn new(
        spec: &StageSpec,
        revision: u32,
        inputs: BTreeMap<String, Digest>,
        files: Vec<Digest>,
    ) -> Result<Self, CacheError> {
        Ok(Self {
            config: Identity::config(spec)?,
            files,
            format: FORMAT,
            inputs,
            kind: spec.kind().to_owned(),
            revision,
        })
    }

    /// Reads a hashed text, unless it was written in a form that this srp does not know.
    pub fn read(hashed: &str) -> Option<Self> {
        serde_json::from_str(hashed).ok()
    }
}

impl Identity {
    /// The identity of what a stage of this `revision` would make of `inputs` (content digests by config key)
    /// and of outside `files` (content digests in the stage's order).
    ///
    /// # Errors
    /// If the config cannot be written as JSON.
    pub fn new(
        spec: &StageSpec,
        revision: u32,
        inputs: BTreeMap<String, Digest>,
        files: Vec<Digest>,
    ) -> Result<Self, CacheError> {
        let ingredients = Ingredients::new(spec, revision, inputs, files)?;
        let text = serde_json::to_string(&ingredients).map_err(|source| CacheError::NotJson {
            kind: spec.kind(),
            source,
        })?;
        Ok(Self {
            key: Self::key_of(&text),
            text,
        })
    }

    /// The config of a stage as it is hashed.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn config(spec: &StageSpec) -> Result<Value, CacheError> {
        let mut config = spec.identity().map_err(|source| CacheError::NotJson {
            kind: spec.kind(),
            source,
        })?;
        // A no-op unless another crate has switched serde_json to keep the order of insertion.
        config.sort_all_objects();
        Ok(config)
    }

    /// The key of a hashed text.
    pub(super) fn key_of(text: &str) -> Key {
        Key(Digest::of(text.as_bytes()))
    }
}
