//! `srp dag`

use super::args::{CacheDir, Experiment};
use super::{Context, Failure};
use crate::exec::{self, Options};
use crate::plan::NodeId;
use crate::plan::render::{dag_dot, dag_mermaid, dag_text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    experiment: Experiment,

    /// The language to draw in
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    cache: CacheDir,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Format {
    /// A line for each stage
    #[default]
    Text,
    /// For Graphviz
    Dot,
    /// For Markdown documents
    Mermaid,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let plan = args.experiment.load()?;
    let cache = args.cache.open();
    let statuses = exec::preview(&plan, &cache, context.runner, &Options::default())?;
    let state = |id: NodeId| statuses.get(id.0).map(|status| status.word().to_owned());
    let drawn = match args.format {
        Format::Text => dag_text(&plan, &state),
        Format::Dot => dag_dot(&plan, &state),
        Format::Mermaid => dag_mermaid(&plan, &state),
    };
    context.out.write_all(drawn.as_bytes())?;
    Ok(())
}
