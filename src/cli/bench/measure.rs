//! One command, run as a process of its own and measured from outside.

use super::BenchError;
use crate::exec::{Usage, try_wait, wait};
use std::io::{Read, Seek, SeekFrom};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How exactly the end of a process is known that is waited for with a limit.
const GLANCE: Duration = Duration::from_millis(2);

/// How much is shown of what a process said before it failed, in bytes.
const MOST_SAID: i64 = 600;

/// What a process took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// From its start to its end, in seconds.
    pub(super) wall: f64,
    /// Time on a processor, with that of the processes that it waited for, in seconds.
    pub(super) cpu: f64,
    /// The most memory that was resident, in bytes.
    pub(super) peak: f64,
}

/// Runs a command to its end.
///
/// # Errors
/// If it cannot be run, or fails.
pub(super) fn measure(command: Command) -> Result<Sample, BenchError> {
    run(command, None)
}

/// Runs a command, for so many seconds at most.
///
/// # Errors
/// If it cannot be run, fails, or takes longer; then it is killed.
pub(super) fn measure_within(command: Command, seconds: f64) -> Result<Sample, BenchError> {
    run(command, Some(seconds))
}

fn run(mut command: Command, limit: Option<f64>) -> Result<Sample, BenchError> {
    let said = shown(&command);
    let io = || BenchError::io(said.clone());
    let mut errors = tempfile::tempfile().map_err(io())?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors.try_clone().map_err(io())?);
    let clock = Instant::now();
    let child = command.spawn().map_err(io())?;
    let (status, usage) = match limit {
        None => wait(child).map_err(io())?,
        Some(seconds) => {
            within(child, seconds)
                .map_err(io())?
                .ok_or_else(|| BenchError::TooSlow {
                    command: said.clone(),
                    seconds,
                })?
        }
    };
    let wall = clock.elapsed().as_secs_f64();
    if !status.success() {
        return Err(BenchError::Failed {
            command: said.clone(),
            status,
            said: end_of(&mut errors).map_err(io())?,
        });
    }
    Ok(Sample {
        wall,
        cpu: usage.cpu_seconds,
        peak: usage.peak_memory_bytes as f64,
    })
}

/// How a child ended; nothing, and the child killed, if it did not within so many seconds.
fn within(
    mut child: std::process::Child,
    seconds: f64,
) -> std::io::Result<Option<(ExitStatus, Usage)>> {
    let clock = Instant::now();
    while clock.elapsed().as_secs_f64() < seconds {
        if let Some(ended) = try_wait(&mut child)? {
            return Ok(Some(ended));
        }
        std::thread::sleep(GLANCE);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn end_of(file: &mut std::fs::File) -> std::io::Result<String> {
    let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
    file.seek(SeekFrom::End(-length.min(MOST_SAID)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The command as a person would type it; the program without its folder.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_stem().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// The middle one of some numbers, or the mean of the two in the middle; not a number if there are none.
pub(super) fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    quantile(numbers, 0.5)
}

/// The number that a share of all stay below; between two of them, in proportion; not a number if there are none.
pub(super) fn quantile(numbers: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut sorted: Vec<f64> = numbers.collect();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share * last as f64;
    let below = place as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_middle_of_an_even_number_of_samples_lies_between_two() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
    }

    #[test]
    fn a_command_that_fails_is_named_with_what_it_said() {
        let error = measure(shell("echo oh no >&2; exit 3")).unwrap_err();
        let said = error.to_string();
        assert!(said.starts_with("`sh -c echo oh no"), "{said}");
        assert!(said.ends_with("exit status: 3: oh no"), "{said}");
    }

    #[test]
    fn a_command_that_takes_too_long_is_not_waited_for() {
        assert!(measure_within(shell("exit 0"), 60.0).is_ok());
        let clock = Instant::now();
        let error = measure_within(shell("exec sleep 60"), 0.05).unwrap_err();
        assert!(matches!(error, BenchError::TooSlow { .. }), "{error}");
        assert!(clock.elapsed() < Duration::from_secs(30));
    }
}
