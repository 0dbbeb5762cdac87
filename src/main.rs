//! The program `srp`: the command line of the library, with the stages that it carries.

use srp::stages::Stages;
use std::process::ExitCode;

/// Training allocates and frees a tensor for nearly every operation, which the system's allocator is slow at.
#[cfg(feature = "nn")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The option of mimalloc that says after how many milliseconds freed memory goes back to the system.
#[cfg(feature = "nn")]
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory: a training step frees what the next one needs, and the system would clear every page of it.
/// Who sets `MIMALLOC_PURGE_DELAY` has the last word.
#[cfg(feature = "nn")]
fn keep_memory() {
    // SAFETY: the option exists in every version of mimalloc that the crate carries, and takes any number.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, -1) }
}

fn main() -> ExitCode {
    #[cfg(feature = "nn")]
    keep_memory();
    srp::cli::main(std::env::args_os(), &Stages)
}
