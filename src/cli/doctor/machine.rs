//! Processor, memory and disk.

use super::Check;
use crate::cli::units::size;
use crate::counted::counted;
use crate::device::vectors;
use crate::exec::Slot;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// Below this much memory or disk nothing can be trained.
const LEAST: u64 = 1 << 30;

/// The processor, its threads, its instructions, and which of them the kernels use.
pub(super) fn processor() -> Check {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value_of(&told, "model name").unwrap_or(std::env::consts::ARCH);
    let threads = Slot::all_threads();
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    let found = instructions();
    let named = |there: bool| -> Vec<&'static str> {
        let some = found.iter().filter(|(_, has)| *has == there);
        some.map(|(name, _)| *name).collect()
    };
    let (there, missing) = (named(true), named(false));
    let mut words = match threads == all {
        true => format!("{model}, {}", counted(threads, "thread")),
        false => format!("{model}, {threads} of {all} threads (RAYON_NUM_THREADS)"),
    };
    for (names, what) in [(&there, "has"), (&missing, "has not")] {
        if !names.is_empty() {
            words += &format!("; {what} {}", names.join(", "));
        }
    }
    if let Some(path) = vectors() {
        words += &format!("; kernels run on {path}");
    }
    let values = json!({
        "model": model,
        "threads": threads,
        "instructions": there,
        "kernels": vectors(),
    });
    let check = Check::fine("processor", words).with(values);
    match missing.contains(&"AVX2") || missing.contains(&"FMA") {
        true => check.note("without AVX2 and FMA training is several times slower"),
        false => check,
    }
}

/// The instructions that matter to products of matrices, and whether the processor and the system have them.
#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<(&'static str, bool)> {
    use std::arch::is_x86_feature_detected as has;
    vec![
        ("AVX2", has!("avx2")),
        ("FMA", has!("fma")),
        ("AVX-512 F", has!("avx512f")),
        ("AVX-512 BW", has!("avx512bw")),
        ("AVX-512 CD", has!("avx512cd")),
        ("AVX-512 DQ", has!("avx512dq")),
        ("AVX-512 VL", has!("avx512vl")),
        ("AVX-512 VNNI", has!("avx512vnni")),
        ("AVX-512 BF16", has!("avx512bf16")),
    ]
}

/// Other processors are not asked.
#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<(&'static str, bool)> {
    Vec::new()
}

/// Memory, in bytes.
struct Memory {
    total: u64,
    free: u64,
    /// What all processes here together may use, where that is less.
    limit: Option<u64>,
}

impl Memory {
    /// That of this machine, if the system tells.
    fn here() -> Option<Self> {
        let told = fs::read_to_string("/proc/meminfo").ok()?;
        let bytes = |key| {
            let kib = value_of(&told, key)?.strip_suffix("kB")?;
            Some(kib.trim().parse::<u64>().ok()? * 1024)
        };
        let (total, free) = (bytes("MemTotal")?, bytes("MemAvailable")?);
        let limit = limit(Path::new("/sys/fs/cgroup"), &own_group());
        let limit = limit.filter(|limit| *limit < total);
        let free = limit.map_or(free, |limit| free.min(limit));
        Some(Self { total, free, limit })
    }
}

/// All memory that processes may use here, if the system tells.
pub(in crate::cli) fn usable_memory() -> Option<u64> {
    Memory::here().map(|memory| memory.limit.unwrap_or(memory.total))
}

/// Memory in all, and what is free.
pub(super) fn memory() -> Check {
    let Some(Memory { total, free, limit }) = Memory::here() else {
        return Check::fine("memory", "this system does not tell");
    };
    let mut found = format!("{}, of which {} are free", size(total), size(free));
    if let Some(limit) = limit {
        found += &format!("; all processes here together may use {}", size(limit));
    }
    let values = json!({ "total": total, "free": free, "limit": limit });
    let check = Check::fine("memory", found).with(values);
    match free < LEAST {
        true => check.wrong("a stage that trains needs one GiB at least; end other programs"),
        false => check,
    }
}

/// The control group of this process, as a path below the root of all; the root itself if the system does not tell.
fn own_group() -> PathBuf {
    let told = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let own = told.lines().find_map(|line| line.strip_prefix("0::/"));
    own.unwrap_or_default().into()
}

/// The least memory that a control group and those above it allow, if any of them sets a limit, as containers do.
fn limit(root: &Path, group: &Path) -> Option<u64> {
    let groups = group
        .ancestors()
        .map(|group| root.join(group).join("memory.max"));
    let limits = groups.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.min()
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
    fn the_least_limit_of_a_control_group_and_those_above_it_holds() {
        let root = tempfile::tempdir().unwrap();
        let group = root.path().join("slice/job");
        fs::create_dir_all(&group).unwrap();
        let found = || limit(root.path(), Path::new("slice/job"));
        assert_eq!(found(), None);
        fs::write(group.join("memory.max"), "max\n").unwrap();
        assert_eq!(found(), None);
        fs::write(root.path().join("slice/memory.max"), "4096\n").unwrap();
        assert_eq!(found(), Some(4096));
        fs::write(group.join("memory.max"), "1024\n").unwrap();
        assert_eq!(found(), Some(1024));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn every_instruction_that_kernels_ask_for_is_told_of() {
        let told = processor().found;
        for name in [
            "AVX2",
            "FMA",
            "AVX-512 F",
            "BW",
            "CD",
            "DQ",
            "VL",
            "VNNI",
            "BF16",
        ] {
            assert!(told.contains(name), "{name}: {told}");
        }
        assert_eq!(
            told.contains("kernels run on"),
            cfg!(feature = "nn"),
            "{told}"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_a_processor_and_memory() {
        assert_ne!(processor().verdict, Verdict::Wrong);
        assert!(memory().values["total"].as_u64() > Some(LEAST));
    }
}
