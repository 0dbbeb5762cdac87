//! What a test stage leaves of its sentences: hypotheses and references, a line each.

use std::fs;
use std::path::Path;

/// The lines of a file of sentences; nothing if it cannot be read. A carriage return belongs to its sentence, which
/// `str::lines` would take away.
pub(crate) fn translated_lines(path: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.split_terminator('\n').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_sentence_and_keeps_its_carriage_return() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hypotheses.txt");
        for (text, lines) in [("a\r\n\nb\n", vec!["a\r", "", "b"]), ("", vec![])] {
            fs::write(&path, text).unwrap();
            assert_eq!(translated_lines(&path).unwrap(), lines);
        }
        assert_eq!(translated_lines(&folder.path().join("absent")), None);
    }
}
