//! The program `srp`: the command line of the library, with the stages that it carries.

use srp::stages::Stages;
use std::process::ExitCode;

/// Training allocates and frees a tensor for nearly every operation, which the system's allocator is slow at.
#[cfg(feature = "nn")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    srp::cli::main(std::env::args_os(), &Stages)
}
