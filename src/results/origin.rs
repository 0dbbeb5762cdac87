//! Which artifacts the rows of a table come from, read from the table itself.

use super::{ResultsError, csv};
use crate::cache::Key;
use std::fs;
use std::path::Path;

/// Where a row of a table comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The experiment.
    pub experiment: String,
    /// The name of the test stage.
    pub stage: String,
    /// The artifact of the test stage.
    pub artifact: Key,
}

/// Where the rows of the table at `csv` come from; nothing if it is not one that srp has written.
///
/// # Errors
/// If it cannot be read.
pub fn origins(csv: &Path) -> Result<Option<Vec<Origin>>, ResultsError> {
    let bytes = fs::read(csv).map_err(ResultsError::unreadable(csv))?;
    Ok(std::str::from_utf8(&bytes).ok().and_then(parse))
}

fn parse(text: &str) -> Option<Vec<Origin>> {
    let rows: Vec<Vec<String>> = csv::lines(text).map(csv::Line::values).collect();
    let (head, body) = rows.split_first()?;
    let column = |name: &str| head.iter().position(|found| found == name);
    let (experiment, stage) = (column("experiment")?, column("stage")?);
    let artifact = column("artifact")?;
    body.iter()
        .map(|row| {
            Some(Origin {
                experiment: row.get(experiment)?.clone(),
                stage: row.get(stage)?.clone(),
                artifact: row.get(artifact)?.parse().ok()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_another_program_is_none_of_ours() {
        assert_eq!(parse("name,value\nx,1\n"), None);
        assert_eq!(parse("experiment,stage,artifact\nx,y,z\n"), None);
        let key = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        let ours = parse(&format!("experiment,stage,artifact\nx,y,{key}\n")).unwrap();
        assert_eq!((ours[0].stage.as_str(), ours.len()), ("y", 1));
    }
}
