//! Which artifacts the rows of a table come from, read from the table itself.

use super::ResultsError;
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
    let rows = rows(text);
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

/// The fields of each row. Quotes enclose a field that holds commas, line ends or, doubled, quotes.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut characters = text.trim_end().chars().peekable();
    while let Some(character) = characters.next() {
        let Some(field) = rows.last_mut().and_then(|row| row.last_mut()) else {
            break;
        };
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => rows
                .last_mut()
                .into_iter()
                .for_each(|row| row.push(String::new())),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            other => field.push(other),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_enclose_commas_line_ends_and_quotes() {
        let read = rows("a,\"b,\"\"c\"\"\nd\"\r\n,e\n");
        assert_eq!(read, [vec!["a", "b,\"c\"\nd"], vec!["", "e"]]);
    }

    #[test]
    fn a_table_of_another_program_is_none_of_ours() {
        assert_eq!(parse("name,value\nx,1\n"), None);
        assert_eq!(parse("experiment,stage,artifact\nx,y,z\n"), None);
        let key = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
        let ours = parse(&format!("experiment,stage,artifact\nx,y,{key}\n")).unwrap();
        assert_eq!((ours[0].stage.as_str(), ours.len()), ("y", 1));
    }
}
