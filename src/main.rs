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

/// The verbs that compute with tensors in their own process.
#[cfg(all(feature = "nn", target_os = "linux"))]
const COMPUTING: [&str; 4] = ["worker", "translate", "bench", "doctor"];

/// Takes huge pages only for tensors: those that the allocator would get for everything else cost a run or a plan half
/// of its memory, and now and then some tens of milliseconds in which the system makes room for them.
#[cfg(all(feature = "nn", target_os = "linux"))]
fn choose_pages() {
    let verb = std::env::args_os().nth(1).unwrap_or_default();
    let without = !COMPUTING.iter().any(|computing| verb == *computing);
    // SAFETY: the call changes how pages are provided from now on, and no memory. A worker takes its own choice, since
    // it would keep that of its run. If the system does not know it, nothing is lost.
    unsafe {
        libc::prctl(
            libc::PR_SET_THP_DISABLE,
            libc::c_ulong::from(without),
            0,
            0,
            0,
        )
    };
}

fn main() -> ExitCode {
    #[cfg(all(feature = "nn", target_os = "linux"))]
    choose_pages();
    #[cfg(feature = "nn")]
    keep_memory();
    srp::cli::main(std::env::args_os(), &Stages)
}
