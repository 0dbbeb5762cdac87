//! Artifacts and their keys: what was made, what it was made of, and where it lies.
//!
//! `key` says when two stages would make the same thing, `store` keeps what they made, `staleness` puts the
//! difference between two keys in words. Nothing here knows what is inside an artifact.

mod artifact;
mod digest;
mod error;
mod index;
mod key;
mod outside;
mod partial;
mod provenance;
mod staleness;
mod store;

pub use artifact::{Artifact, ArtifactDir, FileEntry, Manifest};
pub use digest::Digest;
pub use error::CacheError;
pub use index::Index;
pub use key::{Identity, Key};
pub use outside::OutsideFiles;
pub use partial::{Partial, Position};
pub(crate) use provenance::peak_memory_bytes;
pub use provenance::{GitState, Machine, Provenance};
pub use staleness::{Change, Reason};
pub use store::{Cache, Draft, KeyLock, Lookup};
