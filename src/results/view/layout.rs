//! A table of words as text.

use super::cells::View;
use crate::results::markdown::aligned;

/// Columns side by side, two blanks apart; notes below, after an empty line.
pub(super) fn terminal(view: &View, notes: &[String]) -> String {
    let lines: Vec<&Vec<String>> = std::iter::once(&view.head).chain(&view.rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..view.head.len())
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let line = |cells: &&Vec<String>| {
        let cells = cells.iter().zip(&widths).zip(&view.words);
        let padded = cells.map(|((cell, &width), &words)| match words {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        let text = padded.collect::<Vec<_>>().join("  ");
        format!("{}\n", text.trim_end())
    };
    lines.iter().map(line).collect::<String>() + &below("", notes)
}

/// A Markdown table whose columns are aligned as text too.
pub(super) fn markdown(view: &View, notes: &[String]) -> String {
    let escaped = |cells: &Vec<String>| {
        let cells = cells.iter().map(|cell| cell.replace('|', r"\|"));
        cells.collect::<Vec<_>>()
    };
    let lines: Vec<Vec<String>> = std::iter::once(&view.head)
        .chain(&view.rows)
        .map(escaped)
        .collect();
    aligned(&lines, &view.words) + &below("", notes)
}

/// A tabular with the rules of booktabs; notes are comments.
pub(super) fn latex(view: &View, notes: &[String]) -> String {
    let columns: String = view
        .words
        .iter()
        .map(|words| if *words { 'l' } else { 'r' })
        .collect();
    let line = |cells: &Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("{} \\\\\n", cells.join(" & "))
    };
    let rows: String = view.rows.iter().map(line).collect();
    format!(
        "\\begin{{tabular}}{{{columns}}}\n\\toprule\n{}\\midrule\n{rows}\\bottomrule\n\\end{{tabular}}\n{}",
        line(&view.head),
        below("% ", notes)
    )
}

/// Notes, a line each, below an empty line where they would run into the table.
fn below(before: &str, notes: &[String]) -> String {
    let gap = if before.is_empty() && !notes.is_empty() {
        "\n"
    } else {
        ""
    };
    let lines = notes.iter().map(|note| format!("{before}{note}\n"));
    gap.to_owned() + &lines.collect::<String>()
}

/// Text that LaTeX prints as it is.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', char]),
            '~' => escaped.push_str(r"\textasciitilde{}"),
            '^' => escaped.push_str(r"\textasciicircum{}"),
            '\\' => escaped.push_str(r"\textbackslash{}"),
            '<' => escaped.push_str("$<$"),
            '>' => escaped.push_str("$>$"),
            '|' => escaped.push_str("$|$"),
            'Δ' => escaped.push_str(r"$\Delta$"),
            '×' => escaped.push_str(r"$\times$"),
            '±' => escaped.push_str(r"$\pm$"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        let line = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        View {
            head: line(["stage_name", "ΔBLEU"]),
            words: vec![true, false],
            rows: vec![line(["a|b & 50 %", "+0.50"]), line(["déjà", "-10.25"])],
        }
    }

    fn notes() -> Vec<String> {
        vec!["a note".to_owned()]
    }

    #[test]
    fn a_terminal_has_words_left_and_numbers_right() {
        assert_eq!(
            terminal(&view(), &notes()),
            "stage_name   ΔBLEU\n\
             a|b & 50 %   +0.50\n\
             déjà        -10.25\n\
             \n\
             a note\n"
        );
    }

    #[test]
    fn bars_do_not_break_a_markdown_table() {
        assert_eq!(
            markdown(&view(), &[]),
            "| stage_name  |  ΔBLEU |\n\
             | ----------- | -----: |\n\
             | a\\|b & 50 % |  +0.50 |\n\
             | déjà        | -10.25 |\n"
        );
    }

    #[test]
    fn latex_gets_rules_and_no_character_that_means_something() {
        assert_eq!(
            latex(&view(), &notes()),
            "\\begin{tabular}{lr}\n\
             \\toprule\n\
             stage\\_name & $\\Delta$BLEU \\\\\n\
             \\midrule\n\
             a$|$b \\& 50 \\% & +0.50 \\\\\n\
             déjà & -10.25 \\\\\n\
             \\bottomrule\n\
             \\end{tabular}\n\
             % a note\n"
        );
        assert_eq!(
            escape(r"{x}\y^~#$"),
            r"\{x\}\textbackslash{}y\textasciicircum{}\textasciitilde{}\#\$"
        );
    }
}
