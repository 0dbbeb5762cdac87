//! `srp schema`

use super::{Context, Failure};
use crate::plan::schema::{self, Form};
use clap::builder::{PossibleValuesParser, TypedValueParser};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What kind of file: an experiment, or a preset of one of the folders of `configs`
    #[arg(default_value = Form::Experiment.name(), value_parser = forms())]
    form: Form,
}

fn forms() -> impl TypedValueParser<Value = Form> {
    let names = PossibleValuesParser::new(Form::ALL.map(Form::name));
    names.try_map(|name| Form::named(&name).ok_or("there is no such form"))
}

pub(super) fn run(args: &Args, context: &mut Context<'_>) -> Result<(), Failure> {
    let text = schema::text(&schema::of(args.form));
    Ok(context.out.write_all(text.as_bytes())?)
}
