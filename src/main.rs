//! The program `srp`: the command line of the library, with the stages that it carries.

use miette::miette;
use srp::device::DeviceChoice;
use srp::exec::Runner;
use std::process::ExitCode;

fn main() -> ExitCode {
    srp::cli::main(std::env::args_os(), &runner)
}

/// The stages, on a device.
fn runner(_: DeviceChoice) -> miette::Result<Box<dyn Runner>> {
    Err(miette!("this build of srp has no stages"))
}
