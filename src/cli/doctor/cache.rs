//! The health of the cache.

use super::Check;
use super::machine::existing;
use crate::cache::{Cache, CacheError, LeftoverKind};
use crate::cli::units::size;
use crate::cli::words::chain;
use crate::counted::counted;
use serde_json::json;

/// Whether the cache can be written and locked, and what lies in it.
pub(super) fn check(cache: &Cache) -> Check {
    let root = cache.root().display();
    let is_there = cache.root().is_dir();
    let probed = match is_there {
        true => cache.locks_hold(),
        false => probe_where_it_would_be(cache),
    };
    match probed {
        Err(error) => {
            return Check::fine("cache", chain(&error)).wrong(
                "`--cache DIR` or SRP_CACHE names another folder; --cache-under reads one that cannot be written",
            );
        }
        Ok(false) => {
            return Check::fine("cache", format!("{root}: locks do not hold on this file system"))
                .wrong("two runs would disturb each other: put the cache on a local disk with `--cache DIR`");
        }
        Ok(true) if !is_there => {
            return Check::fine("cache", format!("{root} is not there yet, and can be made"));
        }
        Ok(true) => {}
    }
    match contents(cache) {
        Ok(check) => check,
        Err(error) => Check::fine("cache", chain(&error)).wrong("see to its permissions"),
    }
}

/// Tries a folder beside the one that the first run will make.
fn probe_where_it_would_be(cache: &Cache) -> Result<bool, CacheError> {
    let above = existing(cache.root());
    let folder = tempfile::tempdir_in(above).map_err(|source| CacheError::Unwritable {
        path: above.to_owned(),
        source,
    })?;
    Cache::at(folder.path()).locks_hold()
}

fn contents(cache: &Cache) -> Result<Check, CacheError> {
    let entries = cache.entries()?;
    let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    let damaged = entries
        .iter()
        .filter(|entry| entry.manifest.is_err())
        .count();
    let leftovers = cache.leftovers();
    let count = |wanted: fn(&LeftoverKind) -> bool| {
        leftovers.iter().filter(|left| wanted(&left.kind)).count()
    };
    let quarantined = count(|kind| *kind == LeftoverKind::Quarantined);
    let drafts = count(|kind| *kind == LeftoverKind::Draft);
    let unfinished = count(|kind| matches!(kind, LeftoverKind::Unfinished(_)));
    let failed = count(|kind| *kind == LeftoverKind::Attempt);
    let mut words = format!(
        "{}: {}, {}; it can be written, and locks hold",
        cache.root().display(),
        counted(entries.len(), "artifact"),
        size(bytes)
    );
    for (number, what) in [
        (damaged, "damaged artifact"),
        (quarantined, "artifact set aside"),
        (unfinished, "unfinished stage"),
        (drafts, "draft of a killed run"),
        (failed, "log of a stage that failed or was stopped"),
    ] {
        if number > 0 {
            words += &format!("; {number} × {what}");
        }
    }
    let check = Check::fine("cache", words).with(json!({
        "artifacts": entries.len(),
        "bytes": bytes,
        "damaged": damaged,
        "quarantined": quarantined,
        "unfinished": unfinished,
        "drafts": drafts,
        "failed": failed,
    }));
    Ok(match (damaged, quarantined) {
        (0, 0) => check,
        (0, _) => {
            check.note("a run makes what was set aside again; `srp cache gc --quarantine --yes` deletes what is left of it")
        }
        _ => check.wrong(
            "`srp cache verify` says how it is damaged and sets it aside; a run makes it again",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;
    use std::fs;

    #[test]
    fn a_cache_that_is_not_there_yet_is_tried_and_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(".srp");
        let check = check(&Cache::at(&root));
        assert_eq!(check.verdict, Verdict::Fine, "{check:?}");
        assert!(check.found.ends_with("is not there yet, and can be made"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_cache_that_cannot_be_written_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        // Root may write into any folder, but not into a file.
        fs::create_dir(folder.path().join(".srp")).unwrap();
        fs::write(folder.path().join(".srp/tmp"), "").unwrap();
        let check = check(&Cache::at(folder.path().join(".srp")));
        assert_eq!(check.verdict, Verdict::Wrong, "{check:?}");
        assert!(check.advice.unwrap().contains("--cache DIR"));
    }

    #[test]
    fn damage_is_wrong_and_what_was_set_aside_is_worth_a_note() {
        let folder = tempfile::tempdir().unwrap();
        let key = "ab".repeat(32);
        fs::create_dir_all(folder.path().join("quarantine").join(&key)).unwrap();
        let cache = Cache::at(folder.path());
        let noted = check(&cache);
        assert_eq!(noted.verdict, Verdict::Note, "{noted:?}");
        assert_eq!(noted.values["quarantined"], 1);
        fs::create_dir_all(folder.path().join("artifacts/ab").join(&key)).unwrap();
        let wrong = check(&cache);
        assert_eq!(wrong.verdict, Verdict::Wrong, "{wrong:?}");
        assert!(wrong.found.contains("1 × damaged artifact"), "{wrong:?}");
    }
}
