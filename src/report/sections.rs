//! The parts of the page, each as markup; nothing where there is nothing to show.

use super::alike::{Alike, agreeing, comparable};
use super::column::{is_measured, names};
use super::page::{FEW, Gathered};
use super::pareto::{Wish, measured_on, pareto_of};
use super::training::{ancestors, is_training};
use super::translations::{TestSet, test_sets};
use super::{ReportError, groups, model_of, stages, table, training};
use crate::config::{Checkpoint, StageSpec};
use crate::figure::{Curves, escape};
use crate::plan::{NodeId, Plan, Point};
use crate::results::{Column, Record, columns, sizes};
use crate::shape::Shape;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The field of a scatter plot and a panel of curves on the page.
const SCATTER: (f64, f64) = (360.0, 240.0);
const CURVES: (f64, f64) = (360.0, 170.0);

impl Gathered<'_> {
    /// The table.
    pub(super) fn results(&self) -> String {
        if self.records.is_empty() {
            return "<p>No test has run yet.</p>\n".to_owned();
        }
        table::table(&self.records, &self.nodes)
    }

    /// BLEU against what models cost.
    pub(super) fn trade_offs(&self) -> Result<Option<String>, ReportError> {
        if self.records.is_empty() {
            return Ok(None);
        }
        let table: Vec<Column> = columns(&self.records);
        let mut html = String::from(
            "<p class=\"lead\">One point for each tested model. No model beats those on the dotted line in both \
             measures.</p>\n",
        );
        let kinds = comparable(&table, (0..self.records.len()).collect());
        if is_measured(&table, "latency") {
            html += "<p class=\"lead\">Bars go from the fastest to the slowest run: where they overlap, which model is \
                     faster is not known.</p>\n";
        }
        if kinds.len() > 1 {
            html += "<p class=\"lead\">Scores of several test sets, metrics or searches do not compare, so each kind \
                     has plots of its own.</p>\n";
        }
        let plots = |kind: &Alike| Ok((kind.name.clone(), trade_off(&table, &kind.rows)?));
        let plots: Result<Vec<_>, ReportError> = kinds.iter().map(plots).collect();
        Ok(Some(html + &one_or_folded(plots?).unwrap_or_default()))
    }

    /// The sizes of the groups of every pruned model that was tested, after each stage that pruned it.
    pub(super) fn removed(&self) -> Result<Option<String>, ReportError> {
        let plan = self.subject.plan;
        let models: BTreeSet<NodeId> = self.nodes.iter().map(|id| model_of(plan, *id)).collect();
        let stages: BTreeSet<NodeId> = models.iter().flat_map(|id| pruning(plan, *id)).collect();
        let mut maps = Vec::new();
        for id in stages {
            let Some(artifact) = self.artifacts.get(id.0).copied().flatten() else {
                continue;
            };
            let Some(sizes) = sizes(artifact, Checkpoint::Last)? else {
                continue;
            };
            let [left, all] = [&sizes.shape, &sizes.original].map(Shape::parameters);
            if left < all {
                let label = &plan.nodes[id.0].label;
                let share = 100.0 * left as f64 / all as f64;
                let drawn = groups(label, &sizes).draw().inline(0.85);
                let caption = format!("after {label}: {share:.1} % of the parameters");
                maps.push((caption, drawn));
            }
        }
        Ok(shown_or_folded(maps, FEW).map(|maps| {
            "<p class=\"lead\">Entries of each group that are left in each layer. QK are the dimensions of queries and \
             keys, VO those of values, over all heads; the embedding is one group for all layers of a side.</p>\n"
                .to_owned()
                + &maps
        }))
    }

    /// The sentences of test sets.
    pub(super) fn translations(&self) -> Result<Option<String>, ReportError> {
        let rows: Vec<(NodeId, &Record)> = self.nodes.iter().copied().zip(&self.records).collect();
        let sets = test_sets(self.subject.plan, &self.artifacts, &rows)?;
        if sets.is_empty() {
            return Ok(None);
        }
        Ok(Some(translations(&sets)?))
    }

    /// The course of the trainings of each point of the sweep.
    pub(super) fn trainings(&self) -> Result<Option<String>, ReportError> {
        let plan = self.subject.plan;
        let mut seen = BTreeSet::new();
        let mut courses = Vec::new();
        for point in &plan.points {
            let stages: BTreeSet<NodeId> = point.stages.values().copied().collect();
            let stages: Vec<NodeId> = stages
                .into_iter()
                .filter(|id| is_training(plan, *id))
                .collect();
            if stages.is_empty() || !seen.insert(stages.clone()) {
                continue;
            }
            let mut course = training(plan, &self.artifacts, &stages)?;
            for name in &mut course.curves.colours {
                name.truncate(name.find('@').unwrap_or(name.len()));
            }
            courses.push((
                point_name(point),
                course_html(&course.curves, &course.missing),
            ));
        }
        Ok(one_or_folded(courses))
    }

    /// The graph, the stages, and the experiment file.
    pub(super) fn stages(&self) -> String {
        let mut html = stages::graph(self.subject) + &stages::list(self.subject);
        if let Some(text) = &self.subject.text {
            write!(
                html,
                "<h3>The experiment file</h3>\n<details class=\"fold\"><summary>{}.toml</summary>\n\
                 <div class=\"body\"><pre tabindex=\"0\">{}</pre></div></details>\n",
                escape(&self.subject.plan.name),
                escape(text)
            )
            .ok();
        }
        html
    }
}

/// The stages that pruned the model of a stage; the stage itself if none is known.
fn pruning(plan: &Plan, id: NodeId) -> Vec<NodeId> {
    let path = std::iter::once(id).chain(ancestors(plan, id));
    let pruning = path.filter(|id| matches!(plan.nodes[id.0].spec, StageSpec::Prune(_)));
    let stages: Vec<NodeId> = pruning.collect();
    match stages.is_empty() {
        true => vec![id],
        false => stages,
    }
}

/// The values of a point of the sweep.
fn point_name(point: &Point) -> String {
    let value = |(name, value): (&String, &toml::Value)| match value.as_str() {
        Some(text) => format!("{name} {text}"),
        None => format!("{name} {value}"),
    };
    point
        .params
        .iter()
        .map(value)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A figure for each panel, so that they stand beside each other where there is room.
fn course_html(curves: &Curves, missing: &[String]) -> String {
    let mut html = String::new();
    for line in missing {
        writeln!(html, "<p class=\"muted\">{}</p>", escape(line)).ok();
    }
    html += "<div class=\"figures\">\n";
    if !curves.colours.is_empty() {
        for panel in &curves.panels {
            let drawing = curves.draw_panel(panel, CURVES.0, CURVES.1);
            html += &figure(&panel.name, &drawing.inline(0.0));
        }
    }
    html + "</div>\n"
}

/// `drawing` is markup already.
fn figure(caption: &str, drawing: &str) -> String {
    format!(
        "<figure><figcaption>{}</figcaption>\n{drawing}</figure>\n",
        escape(caption)
    )
}

/// Figures with their captions, those behind the first few folded; nothing if there are none.
fn shown_or_folded(mut figures: Vec<(String, String)>, few: usize) -> Option<String> {
    if figures.is_empty() {
        return None;
    }
    let rest = figures.split_off(few.min(figures.len()));
    let shown = figures.iter().map(|(name, drawing)| figure(name, drawing));
    let shown: String = shown.collect();
    let folded = rest.iter().map(|(name, drawing)| {
        format!(
            "<details class=\"fold\"><summary>{}</summary><div class=\"body figures wide\"><figure>\n{drawing}</figure></div>\
             </details>\n",
            escape(name)
        )
    });
    let folded: String = folded.collect();
    Some(format!(
        "<div class=\"figures wide\">\n{shown}</div>\n{folded}"
    ))
}

/// BLEU of some rows against each cost. Speeds on several devices or numbers of threads have plots of their own.
fn trade_off(table: &[Column], rows: &[usize]) -> Result<String, ReportError> {
    let speed = match is_measured(table, "latency") {
        true => "latency",
        false => "speed",
    };
    let mut html = String::from("<div class=\"figures\">\n");
    for x in ["parameters", "flops", speed] {
        let wish = Wish {
            x: x.to_owned(),
            y: "bleu".to_owned(),
            ..Wish::default()
        };
        for machine in agreeing(table, rows.to_vec(), measured_on(&names(table), &wish)) {
            let scatter = pareto_of(table, machine.rows, &wish)?;
            if scatter.points.is_empty() {
                continue;
            }
            let caption = match machine.name.as_str() {
                "" => scatter.title.clone(),
                name => format!("{}, {name}", scatter.title),
            };
            html += &figure(&caption, &scatter.draw(SCATTER).inline(0.0));
        }
    }
    Ok(html + "</div>\n")
}

/// The only part as it is, or several folded under their names; nothing if there are none. They are markup already.
fn one_or_folded(mut parts: Vec<(String, String)>) -> Option<String> {
    match parts.len() {
        0 | 1 => parts.pop().map(|(_, html)| html),
        _ => Some(fold(parts)),
    }
}

/// Parts with their names, all but the first folded; the parts are markup already.
fn fold(parts: Vec<(String, String)>) -> String {
    let parts = parts.iter().enumerate().map(|(i, (name, html))| {
        let open = if i == 0 { " open" } else { "" };
        format!(
            "<details class=\"fold\"{open}><summary>{}</summary><div class=\"body\">\n{html}</div></details>\n",
            escape(name)
        )
    });
    parts.collect()
}

fn translations(sets: &[TestSet]) -> Result<String, ReportError> {
    // In a script nothing ends the element but this character.
    let data = serde_json::to_string(sets)?.replace('<', "\\u003c");
    Ok(format!(
        "<p class=\"lead\">The same sentences by two models, with the BLEU of each sentence. Marked are words that the \
         reference does not have.</p>\n\
         <noscript><p>The sentences are listed by a script, which this browser does not run.</p></noscript>\n\
         <div class=\"tools\"><label>Test set <select id=\"set\"></select></label>\
         <label>From <select id=\"before\"></select></label><label>to <select id=\"after\"></select></label>\
         <label>Order <select id=\"order\"><option value=\"loss\">largest loss first</option>\
         <option value=\"gain\">largest gain first</option><option value=\"worst\">lowest BLEU first</option>\
         <option value=\"corpus\">as in the corpus</option></select></label>\
         <label>Search <input type=\"search\" id=\"search\" placeholder=\"words in any of the lines\"></label>\
         <output id=\"found\" class=\"muted\" aria-live=\"polite\"></output></div>\n\
         <ol id=\"sentences\"></ol>\n<button type=\"button\" id=\"further\" hidden>Show ten more</button>\n\
         <script type=\"application/json\" id=\"translations-data\">{data}</script>\n"
    ))
}
