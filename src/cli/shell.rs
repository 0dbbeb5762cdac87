//! `srp completions` and `srp man`: what shells and `man` know of the command line.

use super::{Context, Failure, command};
use clap_complete::Shell;
use std::io::Error;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell that reads it
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// Write a page for each verb into this folder; without it, the first page goes to standard output
    folder: Option<PathBuf>,
}

/// Prints what the shell is to run at its start.
pub(super) fn completions(args: &Completions, context: &mut Context<'_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "srp", &mut script);
    Ok(context.out.write_all(&script)?)
}

/// Prints or writes manual pages.
pub(super) fn man(args: &Man, context: &mut Context<'_>) -> Result<(), Failure> {
    let Some(folder) = &args.folder else {
        let mut page = Vec::new();
        // `generate_to` leaves that page out as well.
        let command = command().disable_help_subcommand(true);
        clap_mangen::Man::new(command).render(&mut page)?;
        return Ok(context.out.write_all(&page)?);
    };
    let unwritable = |error: Error| {
        let words = format!("cannot write manual pages to {}: {error}", folder.display());
        Failure::of_work(miette::Report::msg(words))
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(command(), folder).map_err(unwritable)?;
    Ok(writeln!(
        context.out,
        "wrote manual pages to {}; `man -l {}` shows the first",
        folder.display(),
        folder.join("srp.1").display()
    )?)
}
