//! Measurements as a table in Markdown.

use super::measure::{Sample, median};
use super::shape::Shape;
use super::tool::{Task, Tool};
use std::fmt;

/// What was measured of one program.
#[derive(Debug)]
pub(super) struct Row {
    /// The project; nothing for what has none.
    pub(super) project: Option<(Shape, usize)>,
    /// What was done with it.
    pub(super) task: Task,
    /// Who did it.
    pub(super) tool: Tool,
    /// How it went, at least once, or why it did not.
    pub(super) samples: Result<Vec<Sample>, String>,
}

const HEAD: [&str; 10] = [
    "shape",
    "stages",
    "what",
    "program",
    "CPU ms",
    "(least to most)",
    "µs a stage",
    "wall ms",
    "peak MiB",
    "srp ÷ it",
];

/// The lines of the table: a median for each row, and by how much its CPU time differs from that of srp.
pub(super) fn table(rows: &[Row]) -> String {
    markdown(HEAD, rows.iter().map(|row| cells(row, rows)))
}

/// The lines of a table with a head.
pub(super) fn markdown<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let rule = head.map(|_| "---".to_owned());
    let lines = [head.map(str::to_owned), rule].into_iter().chain(rows);
    lines
        .map(|cells| format!("| {} |\n", cells.join(" | ")))
        .collect()
}

fn cells(row: &Row, rows: &[Row]) -> [String; HEAD.len()] {
    let (shape, stages) = match row.project {
        Some((shape, stages)) => (shape.to_string(), stages.to_string()),
        None => Default::default(),
    };
    let samples = match &row.samples {
        Ok(samples) => samples,
        Err(why) => {
            let mut cells = <[String; HEAD.len()]>::default();
            cells[..5].clone_from_slice(&[
                shape,
                stages,
                row.task.to_string(),
                row.tool.to_string(),
                why.clone(),
            ]);
            return cells;
        }
    };
    let cpu = row.cpu().unwrap_or(f64::NAN);
    let each = samples.iter().map(|sample| sample.cpu);
    let (least, most) = (
        each.clone().fold(f64::INFINITY, f64::min),
        each.fold(0.0, f64::max),
    );
    let a_stage = row
        .project
        .map(|(_, stages)| Number(cpu * 1e6 / stages as f64).to_string());
    let is_ours = |ours: &&Row| {
        ours.tool == Tool::Srp && (ours.project, ours.task) == (row.project, row.task)
    };
    let ours = rows.iter().find(is_ours).filter(|_| row.tool != Tool::Srp);
    let ratio = ours.and_then(Row::cpu).map(|ours| Number(ours / cpu));
    [
        shape,
        stages,
        row.task.to_string(),
        row.tool.to_string(),
        Number(cpu * 1e3).to_string(),
        format!("{} to {}", Number(least * 1e3), Number(most * 1e3)),
        a_stage.unwrap_or_default(),
        Number(median(samples.iter().map(|sample| sample.wall)) * 1e3).to_string(),
        Number(median(samples.iter().map(|sample| sample.peak)) / (1 << 20) as f64).to_string(),
        ratio.map(|ratio| ratio.to_string()).unwrap_or_default(),
    ]
}

impl Row {
    fn cpu(&self) -> Option<f64> {
        let samples = self.samples.as_ref().ok()?;
        Some(median(samples.iter().map(|sample| sample.cpu)))
    }
}

/// A number with two digits at least that say something.
pub(super) struct Number(pub(super) f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0 {
            x if x >= 10.0 => 0,
            x if x >= 1.0 => 1,
            x if x >= 0.1 => 2,
            x if x >= 0.01 => 3,
            _ => 4,
        };
        write!(f, "{:.digits$}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::tool::Peer;

    #[test]
    fn a_peer_is_compared_with_us_and_one_that_failed_says_why() {
        let row = |tool: Tool, cpu: &[f64]| Row {
            project: Some((Shape::Chain, 100)),
            task: Task::Plan,
            tool,
            samples: Ok(cpu
                .iter()
                .map(|&cpu| Sample {
                    wall: 2.0 * cpu,
                    cpu,
                    peak: 3.0 * (1 << 20) as f64,
                })
                .collect()),
        };
        let failed = Row {
            samples: Err("too slow".to_owned()),
            ..row(Tool::Peer(Peer::Dvc), &[])
        };
        let text = table(&[
            row(Tool::Srp, &[0.02, 0.01, 0.5]),
            row(Tool::Peer(Peer::Ninja), &[0.005]),
            failed,
        ]);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| chain | 100 | plan | srp | 20 | 10 to 500 | 200 | 40 | 3.0 |  |",
                "| chain | 100 | plan | ninja | 5.0 | 5.0 to 5.0 | 50 | 10 | 3.0 | 4.0 |",
                "| chain | 100 | plan | dvc | too slow |  |  |  |  |  |",
            ]
        );
    }
}
