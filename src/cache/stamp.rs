//! How a file looks from outside: what did not change since is not read again.

use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No file system that is still in use has a coarser clock.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// The size and the time of modification of a file: it is taken for unchanged while it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Stamp {
    bytes: u64,
    modified_nanos: u64,
}

impl Stamp {
    /// That of a file; nothing if its system keeps no such time.
    pub(super) fn of(file: &Metadata) -> Option<Self> {
        let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            bytes: file.len(),
            modified_nanos: u64::try_from(modified.as_nanos()).ok()?,
        })
    }

    /// That of a file whose time was set to `modified`, unless its system keeps a coarser one: then another change
    /// could leave the same.
    pub(super) fn exact(path: &Path, modified: SystemTime) -> Option<Self> {
        let stamp = Self::of(&fs::metadata(path).ok()?)?;
        (stamp.modified() == modified).then_some(stamp)
    }

    /// When the file was modified.
    pub(super) fn modified(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.modified_nanos)
    }

    /// Whether no further change can fall into the same tick of the file system's clock.
    pub(super) fn is_settled(self) -> bool {
        SystemTime::now() > self.modified() + COARSEST_CLOCK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_settled_when_its_last_change_is_some_seconds_old() {
        let at = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap();
            let modified_nanos = since.as_nanos() as u64;
            let stamp = Stamp {
                bytes: 1,
                modified_nanos,
            };
            stamp.is_settled()
        };
        let now = SystemTime::now();
        assert!(!at(now));
        assert!(!at(now + COARSEST_CLOCK));
        assert!(at(now - 2 * COARSEST_CLOCK));
    }
}
