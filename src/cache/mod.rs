//! Artifacts and their keys.
