//! How a run looks while it goes on: a board on a terminal, lines elsewhere, or lines of JSON.

mod board;
mod json;
mod lines;
mod live;
mod paint;
mod screen;

pub(super) use board::{Board, cut, in_a_line, summary};
pub(super) use json::failure as json_failure;
pub(super) use paint::Paint;
pub(super) use screen::{Screen, size, stdout_columns};

use crate::exec::{Silent, Watcher};
use std::env;
use std::io::{self, IsTerminal};
use std::time::Duration;

/// Between two lines about the steps of a stage, where lines are kept.
const STEP_INTERVAL: Duration = Duration::from_secs(10);

/// What is shown of a run.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct Show {
    /// Say nothing but errors, and print the table
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,

    /// Pass on every line that comes to the log of a stage
    #[arg(long, short)]
    verbose: bool,

    /// What goes to stderr: `text`, or `json` for one object a line
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) log_format: LogFormat,
}

/// The form of what goes to stderr.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object of JSON a line.
    Json,
}

impl Show {
    /// What suits stderr.
    pub(super) fn on_stderr(self) -> Box<dyn Watcher> {
        let out = io::stderr();
        match self.log_format {
            _ if self.quiet => Box::new(Silent),
            LogFormat::Json => Box::new(json::Json::new(out, STEP_INTERVAL, self.verbose)),
            LogFormat::Text if out.is_terminal() && !is_dumb() => {
                Box::new(live::Live::new(out, Paint::of_stderr(), self.verbose))
            }
            LogFormat::Text => {
                let paint = Paint::of_stderr();
                Box::new(lines::Lines::new(out, STEP_INTERVAL, paint, self.verbose))
            }
        }
    }
}

/// Whether the terminal, such as that of an editor, can only add lines.
fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}
