//! One page that tells all about an experiment, and needs nothing but itself.

use super::alike::comparable;
use super::{ReportError, stages, table};
use crate::cache::Artifact;
use crate::figure::{escape, style};
use crate::plan::{NodeId, Plan};
use crate::results::{Record, columns, duration, records};
use std::fmt::Write;

/// What is known of an experiment.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The experiment.
    pub plan: &'a Plan,
    /// Its stages, in the order of the plan's nodes.
    pub stages: Vec<Stage<'a>>,
    /// The experiment file as its author wrote it, if it can be read.
    pub text: Option<String>,
    /// The command that asks for this page again.
    pub command: Option<String>,
}

/// What is known of a stage.
#[derive(Debug)]
pub struct Stage<'a> {
    /// What it has made.
    pub artifact: Option<&'a Artifact>,
    /// Its state in a word.
    pub state: &'static str,
    /// Why it has that state.
    pub why: String,
    /// What it was told, a line for each value.
    pub config: Vec<String>,
    /// What made its artifact: names and values.
    pub facts: Vec<(&'static str, String)>,
}

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Missing stages and heat maps that are not folded.
pub(super) const FEW: usize = 4;

/// What the page is made from.
pub(super) struct Gathered<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) artifacts: Vec<Option<&'a Artifact>>,
    pub(super) records: Vec<Record>,
    /// The test stage of each record.
    pub(super) nodes: Vec<NodeId>,
}

/// The page as HTML. What is not there yet is said on it.
///
/// # Errors
/// If something that a stage left cannot be understood.
pub fn page(subject: &Subject<'_>) -> Result<String, ReportError> {
    let artifacts: Vec<_> = subject.stages.iter().map(|stage| stage.artifact).collect();
    let records = records(subject.plan, &artifacts)?;
    let nodes = table::nodes(&records, &artifacts);
    let gathered = Gathered {
        subject,
        artifacts,
        records,
        nodes,
    };
    let sections = [
        Some(("results", "Results", gathered.results())),
        gathered
            .trade_offs()?
            .map(|html| ("cost", "Quality and cost", html)),
        gathered
            .removed()?
            .map(|html| ("removed", "What was removed", html)),
        gathered
            .translations()?
            .map(|html| ("translations", "Translations", html)),
        gathered
            .trainings()?
            .map(|html| ("training", "Training", html)),
        Some(("stages", "Stages", gathered.stages())),
    ];
    Ok(gathered.page(sections.into_iter().flatten().collect()))
}

/// The id, the heading and the content of a section.
type Section = (&'static str, &'static str, String);

impl Gathered<'_> {
    fn page(&self, sections: Vec<Section>) -> String {
        let plan = self.subject.plan;
        let links = sections.iter();
        let links = links.map(|(id, name, _)| format!("<a href=\"#{id}\">{name}</a>\n"));
        let links: String = links.collect();
        let body = sections.iter().map(|(id, name, content)| {
            format!(
                "<section id=\"{id}\" aria-labelledby=\"{id}-head\">\n<h2 id=\"{id}-head\">{name}</h2>\n{content}</section>\n"
            )
        });
        let body: String = body.collect();
        let source = plan.source.as_ref();
        let source = source.map(|source| format!("<p class=\"lead\">{}</p>\n", escape(source)));
        let command = self.subject.command.as_ref();
        let command = command.map(|command| format!(" · <code>{}</code>", escape(command)));
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'; img-src data:\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>{title}</title>\n<style>\n{STYLE}{figures}</style>\n</head>\n\
             <body>\n<a class=\"skip\" href=\"#results\">To the results</a>\n\
             <header class=\"top\"><div class=\"inside\">\n<p class=\"name\">{name}</p>\n<h1>{title}</h1>\n{source}\
             <button type=\"button\" id=\"theme\" hidden>Auto</button>\n{cards}</div></header>\n\
             <nav aria-label=\"Sections\"><div class=\"inside\">\n{links}</div></nav>\n\
             <main class=\"inside\">\n{missing}{body}</main>\n\
             <footer class=\"inside\">srp {version}{command}</footer>\n\
             <div id=\"tip\" aria-hidden=\"true\" hidden></div>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
            title = escape(&plan.title),
            name = escape(&plan.name),
            source = source.unwrap_or_default(),
            figures = style(|colour| format!("var(--{colour})")),
            cards = self.cards(),
            missing = self.missing(),
            version = env!("CARGO_PKG_VERSION"),
            command = command.unwrap_or_default(),
        )
    }

    /// What one wants to know first.
    fn cards(&self) -> String {
        let stages = &self.subject.stages;
        let done = stages
            .iter()
            .filter(|stage| stage.artifact.is_some())
            .count();
        let seconds: f64 = stages.iter().filter_map(Stage::seconds).sum();
        let best = self
            .records
            .iter()
            .max_by(|a, b| a.report.bleu.total_cmp(&b.report.bleu));
        let smallest = self
            .records
            .iter()
            .min_by_key(|record| record.report.parameters);
        let mut cards = String::from("<dl class=\"cards\">\n");
        let mut card = |name: &str, value: &str, more: &str| {
            // Writing to a string cannot fail.
            writeln!(
                cards,
                "<div><dt>{name}</dt><dd>{value}<small>{}</small></dd></div>",
                escape(more)
            )
            .ok();
        };
        // Scores of several test sets have no best.
        let kinds = comparable(&columns(&self.records), (0..self.records.len()).collect());
        if let (Some(best), 1) = (best, kinds.len()) {
            let bleu = format!("{:.2}", best.report.bleu);
            card("best BLEU", &bleu, &self.label(best));
        }
        if let Some(small) = smallest {
            let left = format!("{:.1} %", 100.0 * small.report.parameter_ratio);
            let more = format!("of the parameters, BLEU {:.2}", small.report.bleu);
            card("smallest model", &left, &more);
        }
        let all = stages.len();
        let points = match self.subject.plan.points.len() {
            1 => String::new(),
            points => format!("{points} points of a sweep"),
        };
        card("stages done", &format!("{done} of {all}"), &points);
        card("time", &duration(seconds), "of all stages that are done");
        cards + "</dl>\n"
    }

    fn label(&self, record: &Record) -> String {
        let position = self.records.iter().position(|other| other == record);
        let node = position.and_then(|position| self.nodes.get(position));
        node.map_or_else(String::new, |id| {
            self.subject.plan.nodes[id.0].label.clone()
        })
    }

    /// What has not run, if there is something.
    fn missing(&self) -> String {
        let stages = self
            .subject
            .plan
            .nodes
            .iter()
            .zip(&self.subject.stages)
            .enumerate();
        let missing: Vec<String> = stages
            .filter(|(_, (_, stage))| stage.artifact.is_none())
            .map(|(i, (node, stage))| {
                format!(
                    "<li>{} <a href=\"#stage-{i}\">{}</a> <span class=\"muted\">{}</span></li>\n",
                    stages::badge(stage.state),
                    escape(&node.label),
                    escape(&stage.why)
                )
            })
            .collect();
        let list = missing.concat();
        let list = match missing.len() {
            0 => return String::new(),
            few if few <= FEW => format!("<ul>\n{list}</ul>"),
            _ => format!("<details><summary>Which, and why</summary><ul>\n{list}</ul></details>"),
        };
        format!(
            "<div class=\"notice\" role=\"note\"><strong>{} of {} stages have not run</strong>, and what needs them is \
             not shown.\n{list}</div>\n",
            missing.len(),
            self.subject.stages.len(),
        )
    }
}
