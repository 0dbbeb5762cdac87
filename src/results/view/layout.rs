//! A table of words as text.

use super::CHOOSE;
use crate::results::markdown::aligned;
use crate::results::sheet::{Fitted, Sheet, padded};

/// Blanks between two columns of a terminal.
const GAP: usize = 2;

/// Columns side by side, two blanks apart, no wider than `width` where there is one; notes below, after an empty line.
pub(super) fn terminal(mut sheet: Sheet, notes: &[String], width: Option<usize>) -> String {
    let fitted = fitted(&mut sheet, width);
    let widths = sheet.widths(0);
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths).zip(&sheet.words);
        let padded = cells.map(|((cell, &width), &words)| padded(cell, width, words));
        let text = padded.collect::<Vec<_>>().join(&" ".repeat(GAP));
        format!("{}\n", text.trim_end())
    };
    let above = fitted.above.iter().map(|line| format!("{line}\n\n"));
    let lines = std::iter::once(&sheet.head).chain(&sheet.rows).map(line);
    let hidden = fitted.below(CHOOSE);
    let notes: Vec<String> = hidden.into_iter().chain(notes.iter().cloned()).collect();
    above.chain(lines).collect::<String>() + &below("", &notes)
}

/// Makes a table for a terminal no wider than that.
pub(super) fn fitted(sheet: &mut Sheet, width: Option<usize>) -> Fitted {
    // The last column needs no gap.
    let fitted = width.map(|width| sheet.fit(width + GAP, 0, GAP));
    fitted.unwrap_or_default()
}

/// A Markdown table whose columns are aligned as text too.
pub(super) fn markdown(mut sheet: Sheet, notes: &[String]) -> String {
    let cells = sheet.rows.iter_mut().chain([&mut sheet.head]).flatten();
    cells.for_each(|cell| *cell = cell.replace('|', r"\|"));
    aligned(&sheet) + &below("", notes)
}

/// A tabular with the rules of booktabs; notes are comments.
pub(super) fn latex(view: &Sheet, notes: &[String]) -> String {
    let columns: String = view
        .words
        .iter()
        .map(|words| if *words { 'l' } else { 'r' })
        .collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&view.words);
        let cells = cells.map(|(cell, words)| match words {
            true => escape(cell),
            false => with_minus(&escape(cell)),
        });
        format!("{} \\\\\n", cells.collect::<Vec<_>>().join(" & "))
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

/// A number that begins with a minus, which as a hyphen would be half as long.
fn with_minus(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(rest) => format!("$-${rest}"),
        None => number.to_owned(),
    }
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

    fn view() -> Sheet {
        let line = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        Sheet {
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
            terminal(view(), &notes(), None),
            "stage_name   ΔBLEU\n\
             a|b & 50 %   +0.50\n\
             déjà        -10.25\n\
             \n\
             a note\n"
        );
    }

    #[test]
    fn a_narrow_terminal_gets_what_fits_and_is_told_of_the_rest() {
        assert_eq!(terminal(view(), &[], Some(18)), terminal(view(), &[], None));
        assert_eq!(
            terminal(view(), &notes(), Some(17)),
            "stage_name\n\
             a|b & 50 %\n\
             déjà\n\
             \n\
             too wide to show: ΔBLEU; `--columns` chooses, `--format csv` has all\n\
             a note\n"
        );
    }

    #[test]
    fn bars_do_not_break_a_markdown_table() {
        assert_eq!(
            markdown(view(), &[]),
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
             déjà & $-$10.25 \\\\\n\
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
