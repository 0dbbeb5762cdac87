//! Artifacts and their keys: what was made, what it was made of, and where it lies.
//!
//! `key` says when two stages would make the same thing, `store` keeps what they made, `staleness` puts the
//! difference between two keys in words. `catalogue`, `fault`, `quarantine`, `collect` and `leftovers` keep house:
//! what there is, what is wrong with it, and what may go. Nothing here knows what is inside an artifact.

mod artifact;
mod catalogue;
mod collect;
mod digest;
mod error;
mod fault;
mod hold;
mod index;
mod key;
mod leftovers;
mod outside;
mod provenance;
mod quarantine;
mod staleness;
mod store;
mod walk;

pub use artifact::{Artifact, ArtifactDir, FileEntry, Manifest};
pub use catalogue::{Entry, seconds_since};
pub use collect::{Selection, Wish};
pub use digest::{Digest, NotADigest};
pub use error::CacheError;
pub use fault::{Fault, in_a_line};
pub use hold::{Hold, KeyGuard};
pub use index::Index;
pub use key::{Identity, Key};
pub use leftovers::{Leftover, LeftoverKind};
pub use outside::OutsideFiles;
pub(crate) use provenance::peak_memory_bytes;
pub use provenance::{GitState, Machine, Provenance};
pub use quarantine::Quarantined;
pub use staleness::{Change, Reason};
pub use store::{Cache, Draft, KeyLock, Lookup};
