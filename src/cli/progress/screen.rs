//! A few lines at the bottom of a terminal that are drawn again and again, and lines above them that stay.

use rustix::termios::tcgetwinsize;
use std::io::{self, Write};

/// What a terminal is taken for that does not tell its size.
const USUAL: (usize, usize) = (80, 24);

/// The columns and rows of the terminal behind stderr, or else behind stdout.
pub(in crate::cli) fn size() -> (usize, usize) {
    let told = tcgetwinsize(io::stderr()).or_else(|_| tcgetwinsize(io::stdout()));
    let known = told.ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    known.map_or(USUAL, |size| (size.ws_col.into(), size.ws_row.into()))
}

/// The columns of the terminal behind stdout; nothing if it is none.
pub(in crate::cli) fn stdout_columns() -> Option<usize> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

/// The lines at the bottom, and where they are drawn.
#[derive(Debug)]
pub(in crate::cli) struct Screen<W> {
    out: W,
    /// The widths of the lines that are on the terminal, in characters.
    drawn: Vec<usize>,
}

impl<W: Write> Screen<W> {
    pub(in crate::cli) fn new(out: W) -> Self {
        Self {
            out,
            drawn: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn into_inner(self) -> W {
        self.out
    }

    /// Puts these lines, with their widths, in the place of those before, and `above` them what stays; the terminal has
    /// so many columns now.
    pub(in crate::cli) fn draw(
        &mut self,
        above: &[String],
        lines: &[(String, usize)],
        columns: usize,
    ) {
        let mut text = self.eraser(columns);
        let lasting = above.iter().map(String::as_str);
        for line in lasting.chain(lines.iter().map(|(line, _)| line.as_str())) {
            text += line;
            text += "\n";
        }
        self.drawn = lines.iter().map(|(_, width)| *width).collect();
        // A run need not stop because nobody sees it. One write: half of a picture would flicker.
        self.out.write_all(text.as_bytes()).ok();
        self.out.flush().ok();
    }

    /// What takes away the lines that are there. A terminal that has become narrower has broken them.
    fn eraser(&self, columns: usize) -> String {
        let rows = |width: &usize| width.div_ceil(columns.max(1)).max(1);
        match self.drawn.iter().map(rows).sum::<usize>() {
            0 => String::new(),
            rows => format!("\r\x1b[{rows}A\x1b[J"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(draw: impl FnOnce(&mut Screen<Vec<u8>>)) -> String {
        let mut screen = Screen::new(Vec::new());
        draw(&mut screen);
        String::from_utf8(screen.into_inner()).unwrap()
    }

    fn line(text: &str) -> (String, usize) {
        (text.to_owned(), text.len())
    }

    #[test]
    fn lines_take_the_place_of_those_before_and_others_stay_above() {
        let text = drawn(|screen| {
            screen.draw(&[], &[line("one"), line("two")], 80);
            screen.draw(&["stays".to_owned()], &[line("three")], 80);
            screen.draw(&[], &[], 80);
        });
        assert_eq!(
            text,
            "one\ntwo\n\r\x1b[2A\x1b[Jstays\nthree\n\r\x1b[1A\x1b[J"
        );
    }

    #[test]
    fn lines_that_a_narrower_terminal_has_broken_are_taken_away_whole() {
        let text = drawn(|screen| {
            screen.draw(&[], &[line("0123456789"), line("")], 80);
            screen.draw(&[], &[], 4);
        });
        assert!(text.ends_with("\r\x1b[4A\x1b[J"), "{text:?}");
    }
}
