//! Every value of an experiment beside the place that gave it.

use super::error::PlanError;
use super::file::{self, Experiment};
use super::layers::{Merged, Origin};
use super::overrides::Overrides;
use super::tree::leaves;
use std::collections::BTreeMap;
use std::path::Path;

/// A value as the layers give it, before parameters are put in.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The value; a reference to a parameter as the text `${name}`.
    pub value: toml::Value,
    /// Whose word it is.
    pub origin: Origin,
}

/// All values of the experiment at `file`, by their dotted keys.
///
/// # Errors
/// Those of [`load`](super::load) that come before a stage's values are read.
pub fn settings(
    file: &Path,
    overrides: &Overrides,
) -> Result<BTreeMap<String, Setting>, PlanError> {
    let experiment = file::open(file, overrides)?;
    let mut settings = BTreeMap::new();
    collect(&experiment, &experiment.head, "", &mut settings);
    for stage in &experiment.stages {
        let above = format!("stages.{}.{}.", stage.name, stage.kind.name);
        collect(&experiment, &stage.merged, &above, &mut settings);
    }
    Ok(settings)
}

fn collect(
    experiment: &Experiment,
    merged: &Merged,
    above: &str,
    settings: &mut BTreeMap<String, Setting>,
) {
    leaves(&merged.table, &mut Vec::new(), &mut |path, leaf| {
        let setting = Setting {
            value: leaf.to_toml(&|parameter| experiment.params.list[parameter].name.clone()),
            origin: merged.origin(path),
        };
        settings.insert(format!("{above}{}", path.join(".")), setting);
    });
}
