//! Noop: no work at all, and every way to end.

use crate::cache::Digest;
use crate::config::{Ending, Noop};
use crate::exec::{Inputs, Progress, StageFailure, Stop, Workplace};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The file of the artifact.
const FILE: &str = "noop";

/// How long a request to stop may go unnoticed.
const NAP: Duration = Duration::from_millis(5);

/// Waits as long as it is told to, and ends as it is told to.
///
/// # Errors
/// A stop that came while it waited, and the failure that it was told to end with.
pub(super) fn run(spec: &Noop, place: Workplace<'_>) -> Result<(), StageFailure> {
    wait(spec.seconds.get(), place.stop, place.progress)?;
    match spec.ending {
        Ending::Done => done(spec, place.inputs, place.out.content(FILE)),
        Ending::Fail => Err(StageFailure::new("the stage was told to fail")),
        Ending::Abort => std::process::abort(),
        Ending::Kill => kill(),
        Ending::Hang => hang(),
    }
}

/// Writes a digest of the value and of what the stage comes after.
fn done(spec: &Noop, inputs: &Inputs, file: PathBuf) -> Result<(), StageFailure> {
    let mut bytes = match inputs.get("after") {
        Some(before) => fs::read(before.join(FILE))?,
        None => Vec::new(),
    };
    bytes.extend(spec.value.to_be_bytes());
    Ok(fs::write(file, Digest::of(&bytes).to_string())?)
}

/// Waits, and tells the milliseconds.
fn wait(seconds: f64, stop: &Stop, progress: &dyn Progress) -> Result<(), StageFailure> {
    let started = Instant::now();
    let millis = |seconds: f64| (seconds * 1000.0) as u64;
    loop {
        let waited = started.elapsed().as_secs_f64();
        let left = seconds - waited;
        if left <= 0.0 {
            return Ok(());
        }
        progress.step(millis(waited), Some(millis(seconds)), "");
        if stop.requested() {
            return Err(StageFailure::stopped());
        }
        // At most a nap: a config may ask for more seconds than a `Duration` holds.
        std::thread::sleep(Duration::from_secs_f64(left.min(NAP.as_secs_f64())));
    }
}

/// Ends this process as the system's last resort would: without a word.
#[cfg(unix)]
fn kill() -> Result<(), StageFailure> {
    signal_hook::low_level::raise(signal_hook::consts::SIGKILL)?;
    hang()
}

#[cfg(not(unix))]
fn kill() -> Result<(), StageFailure> {
    Err(StageFailure::new("this system has no signal that kills"))
}

fn hang() -> ! {
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Silent;

    #[test]
    fn a_request_to_stop_ends_the_waiting() {
        let stop = Stop::default();
        assert!(wait(0.02, &stop, &Silent).is_ok());
        stop.request();
        let started = Instant::now();
        assert!(wait(1e300, &stop, &Silent).is_err());
        assert!(started.elapsed() < Duration::from_secs(5));
        assert!(wait(0.0, &stop, &Silent).is_ok(), "it need not wait at all");
    }
}
