//! Processor, memory and disk.

use super::Check;
use crate::cli::units::size;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Below this much memory or disk nothing can be trained.
const LEAST: u64 = 1 << 30;

/// Instructions that kernels can make use of, and what the system calls them.
const INSTRUCTIONS: [(&str, &[&str]); 4] = [
    ("AVX2", &["avx2"]),
    ("AVX-512", &["avx512f"]),
    ("BF16", &["avx512_bf16", "amx_bf16"]),
    ("AMX", &["amx_tile"]),
];

/// The processor, its threads and its instructions.
pub(super) fn processor() -> Check {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value_of(&told, "model name").unwrap_or(std::env::consts::ARCH);
    let flags: BTreeSet<&str> = value_of(&told, "flags")
        .unwrap_or_default()
        .split(' ')
        .collect();
    let has = |names: &&[&str]| names.iter().any(|name| flags.contains(name));
    let (there, missing): (Vec<_>, Vec<_>) =
        INSTRUCTIONS.into_iter().partition(|(_, names)| has(names));
    let listed = |instructions: &[(&'static str, &[&str])]| -> Vec<&'static str> {
        instructions.iter().map(|(name, _)| *name).collect()
    };
    let (there, missing) = (listed(&there), listed(&missing));
    let values = json!({ "model": model, "threads": threads, "instructions": there });
    let words = |names: &[&str]| match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    let found = format!(
        "{model}, {threads} threads; has {}; has not {}",
        words(&there),
        words(&missing)
    );
    let check = Check::fine("processor", found).with(values);
    match there.contains(&"AVX2") || std::env::consts::ARCH != "x86_64" {
        true => check,
        false => check.note("without AVX2 training is several times slower"),
    }
}

/// Memory in all, and what is free.
pub(super) fn memory() -> Check {
    let told = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let bytes = |key| {
        let kib: u64 = value_of(&told, key)?
            .strip_suffix("kB")?
            .trim()
            .parse()
            .ok()?;
        Some(kib * 1024)
    };
    let (Some(total), Some(free)) = (bytes("MemTotal"), bytes("MemAvailable")) else {
        return Check::fine("memory", "this system does not tell");
    };
    let found = format!("{}, of which {} are free", size(total), size(free));
    let check = Check::fine("memory", found).with(json!({ "total": total, "free": free }));
    match free < LEAST {
        true => check.wrong("a stage that trains needs one GiB at least; end other programs"),
        false => check,
    }
}

/// Room for artifacts, where the cache is or would be.
pub(super) fn disk(cache: &Path) -> Check {
    let folder = existing(cache);
    let found = match rustix::fs::statvfs(folder) {
        Ok(room) => room.f_bavail * room.f_frsize,
        Err(error) => {
            let words = format!("the system does not tell for {}: {error}", folder.display());
            return Check::fine("disk", words);
        }
    };
    let words = format!("{} are free at {}", size(found), folder.display());
    let check = Check::fine("disk", words).with(json!({ "free": found, "folder": folder }));
    match found < LEAST {
        true => check.wrong("make room: `srp cache gc --older-than 30d` says what could go"),
        false => check,
    }
}

/// The nearest folder at or above `path` that is there.
pub(super) fn existing(path: &Path) -> &Path {
    let mut above = path.ancestors();
    let found = above.find(|folder| folder.is_dir());
    found.unwrap_or(Path::new("."))
}

/// What follows `KEY:` in the first line that begins so.
fn value_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_value_is_found_behind_its_key() {
        let text = "model name\t: A\nflags\t\t: avx2 fma\nmodel name: B\n";
        assert_eq!(value_of(text, "model name"), Some("A"));
        assert_eq!(value_of(text, "flags"), Some("avx2 fma"));
        assert_eq!(value_of(text, "model"), None);
    }

    #[test]
    fn a_cache_that_is_not_there_yet_lies_on_the_disk_of_the_folder_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("a/b/.srp");
        assert_eq!(existing(&cache), folder.path());
        assert_eq!(existing(Path::new(".srp-that-nobody-has")), Path::new("."));
        let check = disk(&cache);
        assert!(check.values["free"].as_u64().is_some(), "{check:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_a_processor_and_memory() {
        assert_ne!(processor().verdict, Verdict::Wrong);
        assert!(memory().values["total"].as_u64() > Some(LEAST));
    }
}
