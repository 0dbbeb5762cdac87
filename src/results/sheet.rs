//! A table of words, and how it is made to fit a terminal.

use unicode_width::UnicodeWidthStr;

/// A table of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) head: Vec<String>,
    /// Of each column, whether it holds words, which stand left.
    pub(super) words: Vec<bool>,
    pub(super) rows: Vec<Vec<String>>,
}

/// What a sheet lost to fit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fitted {
    /// What stands above it: what is the same in all rows.
    pub(super) above: Vec<String>,
    /// The heads of the columns that are not shown.
    pub(super) hidden: Vec<String>,
}

impl Fitted {
    /// What stands below it: what is not shown, and `otherwise`, how it can be seen.
    pub(super) fn below(&self, otherwise: &str) -> Option<String> {
        let hidden = self.hidden.join(", ");
        (!self.hidden.is_empty()).then(|| format!("too wide to show: {hidden}; {otherwise}"))
    }
}

/// A cell as wide as its column: words stand left, numbers right.
pub(super) fn padded(cell: &str, width: usize, words: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(cell.width()));
    match words {
        true => format!("{cell}{blanks}"),
        false => format!("{blanks}{cell}"),
    }
}

impl Sheet {
    /// The width of each column in columns of a terminal, at least `least`.
    pub(super) fn widths(&self, least: usize) -> Vec<usize> {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| lines().map(|line| line[column].width()).max();
        (0..self.head.len())
            .map(|column| width(column).unwrap_or(0).max(least))
            .collect()
    }

    /// Makes it no wider than a terminal of so many columns, where each column is at least `least` wide and takes `more`
    /// than that: what is the same in all rows goes above, and then the last columns are left out.
    pub(super) fn fit(&mut self, terminal: usize, least: usize, more: usize) -> Fitted {
        let mut fitted = Fitted::default();
        let width = |sheet: &Self| {
            let widths = sheet.widths(least).into_iter();
            widths.map(|width| width + more).sum::<usize>()
        };
        if width(self) <= terminal {
            return fitted;
        }
        let mut same = Vec::new();
        for column in (0..self.head.len()).rev() {
            let alike = self
                .rows
                .windows(2)
                .all(|rows| rows[0][column] == rows[1][column]);
            if self.rows.len() > 1 && self.head.len() > 1 && alike {
                let (name, value) = self.take(column);
                same.push(format!("{name} {value}"));
            }
        }
        if !same.is_empty() {
            same.reverse();
            fitted
                .above
                .push(format!("the same in all rows: {}", same.join(", ")));
        }
        while width(self) > terminal && self.head.len() > 1 {
            fitted.hidden.push(self.take(self.head.len() - 1).0);
        }
        fitted.hidden.reverse();
        fitted
    }

    /// Takes a column out; returns its head and its first cell.
    fn take(&mut self, column: usize) -> (String, String) {
        self.words.remove(column);
        let cells = self.rows.iter_mut().map(|row| row.remove(column));
        let first = cells.collect::<Vec<_>>().into_iter().next();
        (self.head.remove(column), first.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let line = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        Sheet {
            head: line(["rate", "stage", "BLEU", "chrF"]),
            words: vec![false, true, false, false],
            rows: vec![
                line(["0.5", "final", "30.00", "50.00"]),
                line(["0.1", "final", "20.00", "40.00"]),
            ],
        }
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let mut fitting = sheet();
        assert_eq!(fitting.fit(27, 0, 2), Fitted::default());
        assert_eq!(fitting, sheet());
    }

    #[test]
    fn what_is_the_same_goes_above_before_anything_is_left_out() {
        let mut wide = sheet();
        let fitted = wide.fit(26, 0, 2);
        assert_eq!(fitted.above, ["the same in all rows: stage final"]);
        assert_eq!(fitted.below("elsewhere"), None);
        assert_eq!(wide.head, ["rate", "BLEU", "chrF"]);
        assert_eq!(wide.words, [false; 3]);
    }

    #[test]
    fn what_is_left_out_is_named_with_the_way_to_see_it() {
        let mut wide = sheet();
        let fitted = wide.fit(10, 0, 2);
        assert_eq!(wide.head, ["rate"]);
        assert_eq!(
            fitted.below("a file has all").as_deref(),
            Some("too wide to show: BLEU, chrF; a file has all")
        );
        assert_eq!(wide.rows, [["0.5"], ["0.1"]]);
    }
    #[test]
    fn a_sign_that_takes_two_columns_of_a_terminal_counts_twice() {
        let mut wide = sheet();
        wide.head[1] = "模型".to_owned();
        wide.rows[0][1] = "é".to_owned();
        assert_eq!(wide.widths(0)[1], 5);
        wide.rows[1][1] = "大模型".to_owned();
        assert_eq!(wide.widths(0)[1], 6);
        assert_eq!(padded("模型", 6, true), "模型  ");
        assert_eq!(padded("é", 3, false), "  é");
    }
}
