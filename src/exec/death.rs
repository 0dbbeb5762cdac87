//! What a process died of that ended without having said so.

use super::usage::Usage;
use super::{StageFailure, harmless};
use signal_hook::consts::SIGKILL;
use signal_hook::low_level::signal_name;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

/// Lines of a log that tell what a process died of.
const LAST_LINES: usize = 5;

/// What is known of a process that ended without a word.
pub(super) fn died(status: ExitStatus, used: Usage, log: &Path) -> StageFailure {
    let (end, mib) = (end_of(status), used.peak_memory_bytes >> 20);
    let told = fs::read(log).unwrap_or_default();
    let told = String::from_utf8_lossy(&told);
    let words = last_words(&told);
    let memory = format!("it had {mib} MiB of memory in use at most");
    let lines = match words.as_slice() {
        [] => "its log is empty".to_owned(),
        lines => format!("its log ends with\n{}", harmless(&lines.join("\n"))),
    };
    if let Some(line) = words.iter().rev().find(|line| is_out_of_memory(line)) {
        let line = harmless(line);
        return StageFailure::new(format!("its process ran out of memory: {line} ({end})"))
            .with_help(format!("{memory}; a smaller model takes less\n{lines}"));
    }
    let failure = StageFailure::new(format!("its process ended early: {end}"));
    failure.with_help(match status.signal() {
        Some(SIGKILL) => {
            format!("{memory}; the system ends processes so when memory runs out\n{lines}")
        }
        _ => format!("{memory}\n{lines}"),
    })
}

/// How a process ended, in words.
pub(super) fn end_of(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => match signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        },
        (None, None) => status.to_string(),
    }
}

/// Whether a line is what a program says last that is refused memory: one in Rust, one in C++.
fn is_out_of_memory(line: &str) -> bool {
    let refused = line.starts_with("memory allocation of ") && line.ends_with(" failed");
    refused || line.contains("std::bad_alloc")
}

/// The end of a log, without the places in the program that a crash lists after its reason.
fn last_words(log: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut lists_places = false;
    for line in log.lines() {
        lists_places = match line {
            "stack backtrace:" => true,
            note if note.starts_with("note: ") && note.contains("RUST_BACKTRACE") => continue,
            _ => lists_places && is_place(line),
        };
        if !lists_places {
            words.push(line);
        }
    }
    words.drain(..words.len().saturating_sub(LAST_LINES));
    words
}

/// Whether a line is of a list of places: `   0: name`, or `             at file:line` below it.
fn is_place(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.split_once(": ").map(|(number, _)| number);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    line.starts_with("at ") || number.is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a worker leaves in its log, with the places where it was.
    const REFUSED: &str = "      0.6s 2400027440001024 parameters
memory allocation of 400000000000000 bytes failed
stack backtrace:
   0: std::alloc::rust_oom
             at /rustc/library/std/src/alloc.rs:1:1
   1: __rustc::__rust_alloc_error_handler
  12: srp::stages::OnDevice::run
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.
";

    fn failure_of(log: &str, status: i32) -> StageFailure {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        fs::write(&path, log).unwrap();
        let used = Usage {
            cpu_seconds: 1.0,
            peak_memory_bytes: 3 << 20,
        };
        died(ExitStatus::from_raw(status), used, &path)
    }

    #[test]
    fn a_process_that_is_refused_memory_is_said_to_have_run_out_of_it() {
        let failure = failure_of(REFUSED, 6);
        assert_eq!(
            failure.to_string(),
            "its process ran out of memory: memory allocation of 400000000000000 bytes failed (signal 6 (SIGABRT))"
        );
        let help = failure.help().unwrap();
        assert!(
            help.starts_with("it had 3 MiB of memory in use at most; "),
            "{help}"
        );
        assert!(
            help.ends_with("parameters\nmemory allocation of 400000000000000 bytes failed"),
            "{help}"
        );
    }

    #[test]
    fn what_a_crash_lists_does_not_hide_its_reason() {
        let log = "going on\nthread 'main' overflowed its stack\nstack backtrace:\n   0: a\n   1: b\nfatal\n";
        assert_eq!(
            last_words(log),
            ["going on", "thread 'main' overflowed its stack", "fatal"]
        );
        let note = "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
        assert_eq!(last_words(note), [""; 0]);
        let many: String = (0..9).map(|n| format!("line {n}\n")).collect();
        assert_eq!(last_words(&many).len(), LAST_LINES);
    }

    #[test]
    fn another_death_keeps_its_words() {
        let failure = failure_of("      0.1s working\n", 9);
        let said = "its process ended early: signal 9 (SIGKILL)";
        assert_eq!(failure.to_string(), said);
        let help = failure.help().unwrap();
        assert!(
            help.contains("when memory runs out\nits log ends with\n"),
            "{help}"
        );
    }
}
