//! A plan's graph as text: lines for a terminal, DOT for Graphviz, Mermaid for documents.
//!
//! What is known of a node beyond the plan, such as whether it is cached, is handed in as a word per node.

use super::{Node, NodeId, Plan};
use std::fmt::Write;

/// A word on a node's state, or nothing.
pub type State<'s> = dyn Fn(NodeId) -> Option<String> + 's;

/// No word on any node.
pub fn stateless(_: NodeId) -> Option<String> {
    None
}

/// One line a node, parents before children: its label, its kind, what it reads and its state.
pub fn dag_text(plan: &Plan, state: &State<'_>) -> String {
    let width = |text: fn(&Node) -> &str| {
        plan.nodes
            .iter()
            .map(|node| text(node).chars().count())
            .max()
            .unwrap_or(0)
    };
    let labels = width(|node| &node.label);
    let kinds = width(|node| node.spec.kind());
    let mut text = String::new();
    for (id, node) in numbered(plan) {
        let mut line = format!("{:labels$}  {:kinds$}", node.label, node.spec.kind());
        let parents: Vec<&str> = node
            .parents
            .iter()
            .map(|parent| plan.nodes[parent.node.0].label.as_str())
            .collect();
        if !parents.is_empty() {
            line.push_str("  <- ");
            line.push_str(&parents.join(", "));
        }
        if let Some(state) = state(id) {
            let _ = write!(line, "  [{state}]");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The graph for Graphviz.
pub fn dag_dot(plan: &Plan, state: &State<'_>) -> String {
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR;\n  node [shape=box];\n",
        dot_string(&plan.name)
    );
    for (id, node) in numbered(plan) {
        let label = dot_string(&lines(node, state(id)).join("\n"));
        let _ = writeln!(text, "  n{} [label={label}];", id.0);
    }
    for (id, node) in numbered(plan) {
        for parent in &node.parents {
            let _ = writeln!(
                text,
                "  n{} -> n{} [label={}];",
                parent.node.0,
                id.0,
                dot_string(parent.key)
            );
        }
    }
    text.push_str("}\n");
    text
}

/// The graph for Mermaid.
pub fn dag_mermaid(plan: &Plan, state: &State<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    for (id, node) in numbered(plan) {
        let label: Vec<String> = lines(node, state(id))
            .iter()
            .map(|line| mermaid_string(line))
            .collect();
        let _ = writeln!(text, "  n{}[\"{}\"]", id.0, label.join("<br/>"));
    }
    for (id, node) in numbered(plan) {
        for parent in &node.parents {
            let _ = writeln!(text, "  n{} -->|{}| n{}", parent.node.0, parent.key, id.0);
        }
    }
    text
}

fn numbered(plan: &Plan) -> impl Iterator<Item = (NodeId, &Node)> {
    plan.nodes
        .iter()
        .enumerate()
        .map(|(position, node)| (NodeId(position), node))
}

fn lines(node: &Node, state: Option<String>) -> Vec<String> {
    [node.label.clone(), node.spec.kind().to_owned()]
        .into_iter()
        .chain(state)
        .collect()
}

fn dot_string(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// Mermaid takes characters that it has a use for by their HTML names.
fn mermaid_string(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
