//! Artifacts and their keys: what was made, what it was made of, and where it lies.
//!
//! `key` says when two stages would make the same thing, `store` keeps what they made, `index` notes who had what,
//! `history` finds in it what a stage had before, and `staleness` puts the difference between two keys in words. Nothing here knows what is inside an artifact.

mod artifact;
mod digest;
mod error;
mod history;
mod index;
mod key;
mod locate;
mod outside;
mod partial;
mod provenance;
mod staleness;
mod store;

pub use artifact::{Artifact, ArtifactDir, FileEntry, Manifest};
pub use digest::Digest;
pub use error::CacheError;
pub use history::History;
pub use index::{Entry, Index, epochs};
pub use key::{Identity, Ingredients, Key};
pub use locate::{Place, locate};
pub use outside::OutsideFiles;
pub use partial::{Partial, Position};
pub(crate) use provenance::peak_memory_bytes;
pub use provenance::{GitState, Machine, Provenance};
pub use staleness::{Against, Change, Comparison, Reason, Subject, first_of, shown};
pub use store::{Cache, Draft, KeyLock, Lookup};
