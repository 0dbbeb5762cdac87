//! An error for programs: all that people are shown of it, as an object of JSON.

use crate::exec::messages;
use miette::{Diagnostic, LabeledSpan, SourceCode};
use serde::Serialize;

/// What is wrong, and where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Diagnosis {
    /// What kind of mistake it is, such as `plan::unknown_key`.
    code: Option<String>,
    /// The error and its causes, outermost first.
    messages: Vec<String>,
    help: Option<String>,
    labels: Vec<Label>,
    /// The errors that this one stands for.
    related: Vec<Diagnosis>,
}

/// A place in a text, and what is to be said of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Label {
    /// The file, variable or flag that holds the text.
    file: Option<String>,
    /// From 1.
    line: Option<usize>,
    /// From 1, in characters.
    column: Option<usize>,
    text: Option<String>,
}

impl Diagnosis {
    pub(super) fn of(error: &dyn Diagnostic) -> Self {
        let source = error.source_code();
        let labels = error.labels().into_iter().flatten();
        let related = error.related().into_iter().flatten();
        Self {
            code: error.code().map(|code| code.to_string()),
            messages: messages(error),
            help: error.help().map(|help| help.to_string()),
            labels: labels.map(|label| Label::of(&label, source)).collect(),
            related: related.map(Self::of).collect(),
        }
    }
}

impl Label {
    fn of(label: &LabeledSpan, source: Option<&dyn SourceCode>) -> Self {
        // All that stands before the place.
        let before = (0, label.offset()).into();
        let before = source.and_then(|source| source.read_span(&before, 0, 0).ok());
        let text = before.as_ref().map(|before| {
            let bytes = before.data();
            String::from_utf8_lossy(&bytes[..label.offset().min(bytes.len())])
        });
        let last = text
            .as_deref()
            .map(|text| text.rsplit('\n').next().unwrap_or(text));
        Self {
            file: before
                .as_ref()
                .and_then(|before| before.name().map(str::to_owned)),
            line: text.as_deref().map(|text| text.matches('\n').count() + 1),
            column: last.map(|line| line.chars().count() + 1),
            text: label.label().map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miette::{MietteDiagnostic, NamedSource, Report};
    use serde_json::{Value, json};

    /// The labels of an error with these offsets in a text.
    fn labels(text: &str, offsets: &[usize]) -> Value {
        let spans = offsets
            .iter()
            .map(|at| LabeledSpan::at(*at..*at + 1, "here"));
        let error = MietteDiagnostic::new("wrong").with_labels(spans);
        let report =
            Report::new(error).with_source_code(NamedSource::new("a.toml", text.to_owned()));
        serde_json::to_value(Diagnosis::of(report.as_ref())).unwrap()["labels"].take()
    }

    #[test]
    fn a_label_says_file_line_column_and_text() {
        let at = |line: usize, column: usize| json!({"file": "a.toml", "line": line, "column": column, "text": "here"});
        let text = "one\ntwö = 2\n";
        let two = text.find('2').unwrap();
        assert_eq!(
            labels(text, &[0, 2, 4, two]),
            json!([at(1, 1), at(1, 3), at(2, 1), at(2, 7)])
        );
    }

    #[test]
    fn an_error_without_a_place_has_its_causes_and_no_label() {
        let report = Report::msg("inner").wrap_err("outer");
        let told = serde_json::to_value(Diagnosis::of(report.as_ref())).unwrap();
        assert_eq!(
            told,
            json!({"code": null, "messages": ["outer", "inner"], "help": null, "labels": [], "related": []})
        );
    }
}
