//! Artifacts and their keys: what was made, what it was made of, and where it lies.
//!
//! `key` says when two stages would make the same thing, `store` keeps what they made, `partial` what unfinished ones
//! have done, `notes` spare lookups the reading of manifests, `post` is what running processes tell others. `index` says
//! who had what, `history` finds in it what a stage had before, and `staleness` puts the difference between two keys in
//! words. `catalogue`, `fault`, `quarantine`, `collect` and `leftovers` keep house: what there is, what is wrong with it,
//! and what may go. Nothing here knows what is inside an artifact.

mod artifact;
mod attempt;
mod catalogue;
mod collect;
mod digest;
mod error;
mod fault;
mod history;
mod hold;
mod index;
mod key;
mod ledger;
mod leftovers;
mod locate;
mod lock;
mod notes;
mod outside;
mod partial;
mod post;
mod provenance;
mod quarantine;
mod staleness;
mod stamp;
mod store;
mod walk;

pub use artifact::{Artifact, ArtifactDir, FileEntry, Manifest};
pub use attempt::Attempt;
pub use catalogue::{Entry, seconds_since};
pub use collect::{Selection, Wish};
pub use digest::{Digest, NotADigest};
pub use error::CacheError;
pub use fault::{Fault, in_a_line};
pub use history::History;
pub use hold::{Claim, Hold, KeyGuard};
pub use index::{Index, Noted, epochs};
pub use key::{Identity, Ingredients, Key};
pub use leftovers::{Leftover, LeftoverKind};
pub use locate::{Place, locate};
pub use outside::OutsideFiles;
pub use partial::{Checkpoint, Partial, Position};
pub use post::Post;
pub use provenance::{GitState, Machine, Provenance};
pub use quarantine::Quarantined;
pub use staleness::{Against, Change, Comparison, Reason, Subject, first_of, shown};
pub(crate) use store::LOG;
pub use store::{Cache, Draft, KeyLock, Lookup};
