//! `srp schema`

use super::{Context, Failure};
use crate::plan::schema::{self, Form};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What kind of file: an experiment, or a preset of one of the folders of `configs`
    #[arg(value_enum, default_value_t)]
    form: Which,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Which {
    #[default]
    Experiment,
    Data,
    Model,
    Train,
    Prune,
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let form = match args.form {
        Which::Experiment => Form::Experiment,
        Which::Data => Form::Data,
        Which::Model => Form::Model,
        Which::Train => Form::Train,
        Which::Prune => Form::Prune,
    };
    Ok(write!(context.out, "{}", schema::text(&schema::of(form)))?)
}
