//! Ctrl-C, the signal with which a cluster ends a job, and that of a terminal which is closed.

use super::Failure;
use crate::exec::Stop;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// What a shell reports of a process that a signal has ended.
const ENDED_BY_SIGNAL: i32 = 128;

/// Lets the first of these signals request a stop, and the second end the process at once.
pub(super) fn request_stop(stop: &Stop) -> Result<(), Failure> {
    for signal in SIGNALS {
        // Handlers run in the order of their registration: the first one sees what an earlier signal has set.
        flag::register_conditional_shutdown(signal, ENDED_BY_SIGNAL + signal, stop.flag())?;
    }
    request_stop_only(stop)
}

/// Lets these signals request a stop, however often they come: a terminal sends them to a run and its workers alike,
/// and the run knows when enough is enough.
pub(super) fn request_stop_only(stop: &Stop) -> Result<(), Failure> {
    for signal in SIGNALS {
        flag::register(signal, stop.flag())?;
    }
    Ok(())
}
