//! The stages on the page: their graph, and what is known of each.

use super::page::{Stage, Subject};
use crate::figure::{Network, Vertex, escape};
use crate::results::duration;
use std::fmt::Write;
use std::fs;

/// Most lines of a log that are shown: its last ones.
const MOST_LINES: usize = 2000;

/// The graph with states and times.
pub(super) fn graph(subject: &Subject<'_>) -> String {
    let nodes = subject.plan.nodes.iter().enumerate();
    let vertices = nodes
        .clone()
        .zip(&subject.stages)
        .map(|((i, node), stage)| {
            let kind = node.spec.kind();
            let state = stage.state_and_time();
            let parents = node.parents.iter();
            let reads: Vec<&str> = parents
                .map(|parent| subject.plan.nodes[parent.node.0].label.as_str())
                .collect();
            let reads = match reads.is_empty() {
                true => String::new(),
                false => format!("; reads {}", reads.join(", ")),
            };
            Vertex {
                name: node.label.clone(),
                more: [
                    kind.to_owned(),
                    stage.seconds().map_or(stage.state.to_owned(), duration),
                ],
                class: class(stage.state),
                tip: format!("{} ({kind}): {state}{reads}", node.label),
                link: format!("stage-{i}"),
            }
        });
    let arrows = nodes.flat_map(|(i, node)| node.parents.iter().map(move |p| (p.node.0, i)));
    let network = Network {
        title: "The stages and what they read".to_owned(),
        vertices: vertices.collect(),
        arrows: arrows.collect(),
    };
    format!(
        "<div class=\"graph\" tabindex=\"0\" role=\"region\" aria-label=\"Graph of the stages\">\n{}</div>\n",
        network.draw().inline(0.8)
    )
}

/// All stages, each folded.
pub(super) fn list(subject: &Subject<'_>) -> String {
    let numbers = 0..subject.stages.len();
    numbers.map(|i| details(subject, i)).collect()
}

fn details(subject: &Subject<'_>, i: usize) -> String {
    let (node, stage) = (&subject.plan.nodes[i], &subject.stages[i]);
    let time = stage.seconds().map(duration).unwrap_or_default();
    let mut html = format!(
        "<details class=\"fold\" id=\"stage-{i}\"><summary>{badge}<span class=\"stage-name\">{label}</span>\
         <span class=\"muted\">{kind}</span><span class=\"end\">{time}</span></summary>\n\
         <div class=\"body\"><dl class=\"facts\">\n",
        badge = badge(stage.state),
        label = escape(&node.label),
        kind = node.spec.kind(),
    );
    if !stage.why.is_empty() {
        fact(&mut html, "state", &escape(&stage.why));
    }
    let reads = node.parents.iter().map(|parent| {
        let label = &subject.plan.nodes[parent.node.0].label;
        format!(
            "{}: <a href=\"#stage-{}\">{}</a>",
            escape(parent.key),
            parent.node.0,
            escape(label)
        )
    });
    let reads: Vec<String> = reads.collect();
    if !reads.is_empty() {
        fact(&mut html, "reads", &reads.join(", "));
    }
    for (name, value) in &stage.facts {
        fact(&mut html, name, &escape(value));
    }
    html += "</dl>\n";
    text(&mut html, "Config", &stage.config.join("\n"));
    if let Some(log) = stage.log() {
        text(&mut html, "Log", &log);
    }
    html += "</div></details>\n";
    html
}

/// The state of a stage as a mark beside words.
pub(super) fn badge(state: &str) -> String {
    format!(
        "<span class=\"badge {}\">{}</span>",
        class(state),
        escape(state)
    )
}

/// The name of a state in the style sheet.
fn class(state: &str) -> String {
    state.replace(' ', "-")
}

/// `value` is markup already.
fn fact(html: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    writeln!(html, "<dt>{}</dt><dd>{value}</dd>", escape(name)).ok();
}

fn text(html: &mut String, heading: &str, text: &str) {
    let text = escape(text);
    writeln!(html, "<h3>{heading}</h3>\n<pre tabindex=\"0\">{text}</pre>").ok();
}

impl Stage<'_> {
    /// Wall time that making its artifact took.
    pub(super) fn seconds(&self) -> Option<f64> {
        Some(self.artifact?.seconds())
    }

    fn state_and_time(&self) -> String {
        match self.seconds() {
            Some(seconds) => format!("{}, {}", self.state, duration(seconds)),
            None => self.state.to_owned(),
        }
    }

    /// What its process said, or the end of that.
    fn log(&self) -> Option<String> {
        let path = self.artifact?.path().join("records/log.txt");
        let bytes = fs::read(path).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let left_out = lines.len().saturating_sub(MOST_LINES);
        let shown = lines[left_out..].join("\n");
        Some(match left_out {
            0 => shown,
            lines => format!("… {lines} lines before\n{shown}"),
        })
    }
}
