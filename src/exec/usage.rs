//! What a process has used of the machine: a child, which is known when it has ended, and this one.

use std::io;
use std::process::{Child, ExitStatus};
use wait4::{ResUse, Wait4};

/// What a process used, with the children that it waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Time on a processor, its own and the system's for it.
    pub cpu_seconds: f64,
    /// The most memory that was resident in any one of the processes. Linux counts what the parent had when it
    /// started the child, so this is never less.
    pub peak_memory_bytes: u64,
}

/// Waits until a child ends; says how, and what it used.
///
/// # Errors
/// If the system does not say.
pub fn wait(child: Child) -> io::Result<(ExitStatus, Usage)> {
    child.wait4().map(of)
}

/// How a child ended and what it used, if it has ended; then it may not be waited for again, nor sent a signal.
///
/// # Errors
/// If the system does not say.
pub fn try_wait(child: &mut Child) -> io::Result<Option<(ExitStatus, Usage)>> {
    Ok(child.try_wait4()?.map(of))
}

fn of(ResUse { status, rusage }: ResUse) -> (ExitStatus, Usage) {
    let usage = Usage {
        cpu_seconds: (rusage.utime + rusage.stime).as_secs_f64(),
        peak_memory_bytes: rusage.maxrss,
    };
    (status, usage)
}

/// The most memory that was resident in this process until now, in bytes, where `/proc` tells.
pub fn own_peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn ended(script: &str) -> (ExitStatus, Usage) {
        let child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        wait(child).unwrap()
    }

    #[test]
    fn a_child_is_charged_for_its_own_work_only() {
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; exit 3";
        let (status, worked) = ended(busy);
        assert_eq!(status.code(), Some(3));
        let (status, idle) = ended("exit 0");
        assert!(status.success());
        assert!(
            idle.cpu_seconds < worked.cpu_seconds,
            "{idle:?}, {worked:?}"
        );
        assert!(idle.peak_memory_bytes > 100_000, "{idle:?}");
    }
}
