//! Errors as they are drawn for people, with long lines of the text that is wrong cut short around the place.

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteHandlerOpts, MietteSpanContents, ReportHandler,
    Severity, SourceCode, SourceSpan, SpanContents,
};
use std::fmt;

/// Signs of a line that are shown at most on each side of the place.
const AROUND: usize = 80;

/// An error as it is drawn.
pub(super) struct Drawn<'e> {
    error: &'e dyn Diagnostic,
    cut: Option<Cut>,
}

/// The lines around a place, cut short.
#[derive(Debug)]
struct Cut {
    name: Option<String>,
    text: String,
    label: LabeledSpan,
    /// The line of the whole text, from 0, that the first line is.
    line: usize,
    /// Where in its line of the whole text the place begins, from 0.
    column: usize,
}

impl<'e> Drawn<'e> {
    pub(super) fn of(error: &'e dyn Diagnostic) -> Self {
        let cut = Cut::of(error);
        Self { error, cut }
    }
}

/// What draws errors: lines are left to the terminal, as a path that is broken in two cannot be copied.
pub(super) fn handler() -> impl ReportHandler {
    MietteHandlerOpts::new().wrap_lines(false).build()
}

impl Cut {
    /// The lines around the only place that an error has; nothing if there are several, or the text is drawn well as it
    /// is.
    fn of(error: &dyn Diagnostic) -> Option<Self> {
        let labels: Vec<LabeledSpan> = error.labels()?.collect();
        let ([label], source) = (labels.as_slice(), error.source_code()?) else {
            return None;
        };
        let around = source.read_span(label.inner(), 1, 1).ok()?;
        let column = source.read_span(label.inner(), 0, 0).ok()?.column();
        let start = label.offset().checked_sub(around.span().offset())?;
        let whole = std::str::from_utf8(around.data()).ok()?;
        let long = |line: &str| line.chars().count() > 2 * AROUND;
        // What stands behind the last sign of a text is not drawn where no line ends there.
        let behind_all = start == whole.len() && !whole.ends_with('\n');
        if !(behind_all || whole.lines().any(long)) || !whole.is_char_boundary(start) {
            return None;
        }
        let (mut text, mut offset, mut passed) = (String::new(), 0, 0);
        for line in whole.split_inclusive('\n') {
            let here = start
                .checked_sub(passed)
                .filter(|place| *place <= line.len());
            let from = here.map_or(0, |place| back(line, place));
            let end = here.map_or(0, |place| ahead(line, place, AROUND));
            let end = end.max(ahead(line, from, AROUND));
            let before = if from > 0 { "…" } else { "" };
            if let Some(place) = here {
                offset = text.len() + before.len() + place - from;
            }
            let behind = if end < line.trim_end().len() {
                "…\n"
            } else {
                &line[end..]
            };
            text.extend([before, &line[from..end], behind]);
            passed += line.len();
        }
        if behind_all {
            text.push('\n');
        }
        let length = label
            .len()
            .min(text[offset..].lines().next().unwrap_or_default().len());
        Some(Self {
            name: around.name().map(str::to_owned),
            label: LabeledSpan::new(label.label().map(str::to_owned), offset, length),
            text,
            line: around.line(),
            column,
        })
    }
}

/// Where a part of a line begins that leads to a place.
fn back(line: &str, place: usize) -> usize {
    let signs = line[..place].char_indices().rev();
    signs.take(AROUND).last().map_or(place, |(at, _)| at)
}

/// Where a part of a line ends that begins at a place.
fn ahead(line: &str, place: usize, signs: usize) -> usize {
    let mut rest = line[place..].char_indices();
    rest.nth(signs).map_or(line.len(), |(at, _)| place + at)
}

impl SourceCode for Cut {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        let column = if before == 0 {
            self.column
        } else {
            inner.column()
        };
        let (data, span) = (inner.data(), *inner.span());
        let (line, lines) = (self.line + inner.line(), inner.line_count());
        Ok(Box::new(match &self.name {
            Some(name) => {
                MietteSpanContents::new_named(name.clone(), data, span, line, column, lines)
            }
            None => MietteSpanContents::new(data, span, line, column, lines),
        }))
    }
}

impl fmt::Debug for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cut {
            Some(_) => handler().debug(&Shown(self), f),
            None => handler().debug(self.error, f),
        }
    }
}

/// The error with the lines that are cut in the place of its text.
#[derive(Debug)]
struct Shown<'d, 'e>(&'d Drawn<'e>);

impl fmt::Display for Shown<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.error, f)
    }
}

impl std::error::Error for Shown<'_, '_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.error.source()
    }
}

impl Diagnostic for Shown<'_, '_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.error.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.0.error.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.error.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.cut.as_ref().map(|cut| cut as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.0.cut.as_ref().map(|cut| cut.label.clone());
        Some(Box::new(label.into_iter()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        self.0.error.related()
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.0.error.diagnostic_source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miette::{MietteDiagnostic, NamedSource, Report};

    /// What is drawn of an error at a place of a text.
    fn drawn(text: &str, place: usize) -> String {
        drawn_of(text, place, 1)
    }

    /// The same of a place of some length.
    fn drawn_of(text: &str, place: usize, length: usize) -> String {
        let label = LabeledSpan::at(place..place + length, "here");
        let error = MietteDiagnostic::new("wrong").with_label(label);
        let report =
            Report::new(error).with_source_code(NamedSource::new("a.toml", text.to_owned()));
        format!("{:?}", Drawn::of(report.as_ref()))
    }

    #[test]
    fn a_long_line_is_cut_around_the_place_which_keeps_its_number() {
        let long = format!(
            "first\n{}\n{}!{}\nlast\n",
            "b".repeat(500),
            "ä".repeat(300),
            "d".repeat(5000)
        );
        let text = drawn(&long, long.find('!').unwrap());
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|widest| widest < 3 * AROUND), "{text}");
        // Places are counted in bytes here.
        assert!(text.contains("[a.toml:3:601]"), "{text}");
        assert!(text.contains(" 3 │ …") && text.contains("here"), "{text}");
        assert!(text.contains(&format!(
            "{}!{}…",
            "ä".repeat(AROUND),
            "d".repeat(AROUND - 1)
        )));
        assert!(
            text.contains(&format!(" 2 │ {}…", "b".repeat(AROUND))),
            "{text}"
        );
        assert!(text.contains(" 4 │ last"), "{text}");
    }

    #[test]
    fn the_end_of_a_long_line_can_be_the_place() {
        let line = "a".repeat(1000);
        let text = drawn(&format!("{line}!"), 1000);
        assert!(
            text.contains(&format!("…{}!", "a".repeat(AROUND))),
            "{text}"
        );
        let marked = text.lines().find(|line| line.contains('┬')).unwrap();
        let cut = text.lines().find(|line| line.contains(" 1 │")).unwrap();
        let place = |line: &str, sign| line.chars().position(|char| char == sign);
        assert_eq!(place(marked, '┬'), place(cut, '!'), "{text}");
    }

    #[test]
    fn a_place_behind_the_last_sign_is_drawn() {
        let text = drawn_of("hello", 5, 0);
        assert!(text.contains("[a.toml:1:6]"), "{text}");
        assert!(text.contains("╰── here"), "{text}");
    }

    #[test]
    fn short_lines_are_drawn_as_they_are() {
        let text = drawn("one\ntwo = 2\n", 4);
        assert!(
            text.contains("[a.toml:2:1]") && text.contains("two = 2"),
            "{text}"
        );
        assert!(!text.contains('…'), "{text}");
    }
}
