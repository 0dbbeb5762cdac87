//! The lines that come to the end of a growing file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// A file that grows, and what of it was not given yet.
#[derive(Debug)]
pub(crate) struct Tail {
    file: File,
    rest: Vec<u8>,
}

impl Tail {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            rest: Vec::new(),
        })
    }

    /// The file without what is in it already.
    pub(super) fn after(path: &Path) -> io::Result<Self> {
        let mut tail = Self::of(path)?;
        tail.file.seek(SeekFrom::End(0))?;
        Ok(tail)
    }

    /// The lines that were finished since the last call.
    pub(crate) fn lines(&mut self) -> Vec<String> {
        // What cannot be read now may be read the next time.
        self.file.read_to_end(&mut self.rest).ok();
        let end = self.rest.iter().rposition(|byte| *byte == b'\n');
        let whole: Vec<u8> = self.rest.drain(..end.map_or(0, |end| end + 1)).collect();
        let text = String::from_utf8_lossy(&whole);
        text.lines().map(str::to_owned).collect()
    }

    /// [`Tail::lines`], and what follows the last one: nothing more will come.
    pub(crate) fn last_lines(&mut self) -> Vec<String> {
        let mut lines = self.lines();
        if !self.rest.is_empty() {
            lines.push(String::from_utf8_lossy(&self.rest).into_owned());
            self.rest.clear();
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn lines_come_when_they_are_whole_and_the_rest_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = File::create(&path).unwrap();
        let mut tail = Tail::of(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(tail.lines(), ["one"]);
        assert_eq!(tail.lines(), [""; 0]);
        file.write_all(b"o\n\nthree").unwrap();
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        assert_eq!(tail.lines(), ["two", ""]);
        let mut after = Tail::after(&folder.path().join("moved")).unwrap();
        assert_eq!(tail.last_lines(), ["three"]);
        file.write_all(b"four\n").unwrap();
        assert_eq!(after.lines(), ["four"]);
        assert_eq!(tail.lines(), ["four"]);
        assert_eq!(tail.last_lines(), [""; 0]);
    }
}
