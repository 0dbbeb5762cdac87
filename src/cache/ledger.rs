//! A file of entries by digest that is only appended to, for what saves time and may be lost.
//!
//! Lines are `DIGEST CHECK ENTRY`, where ENTRY is JSON and CHECK the beginning of its digest; of several lines for a
//! digest the last one holds. Whatever is wrong with a line, it is passed over.

use super::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// How many lines the file may hold in vain, beside as many as there are entries, before it is written anew.
const MOST_IN_VAIN: usize = 1000;

/// Entries of one type.
#[derive(Debug)]
pub(super) struct Ledger<T> {
    path: PathBuf,
    file: OnceLock<File>,
    news: Mutex<News<T>>,
}

/// The file as it was when it was first needed. Entries are read when they are asked for.
#[derive(Debug)]
struct File {
    text: Vec<u8>,
    /// Where the last line for each digest says what it says.
    entries: HashMap<Digest, Range<usize>>,
    lines: usize,
}

/// What was entered since.
#[derive(Debug)]
struct News<T> {
    entries: HashMap<Digest, T>,
    /// Those that are not written yet.
    unwritten: Vec<Digest>,
    /// Whether the file was written anew.
    renewed: bool,
}

impl<T: Clone + Serialize + DeserializeOwned> Ledger<T> {
    /// The one at `path`. Touches nothing.
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            file: OnceLock::new(),
            news: Mutex::new(News {
                entries: HashMap::new(),
                unwritten: Vec::new(),
                renewed: false,
            }),
        }
    }

    /// The last entry for a digest.
    pub(super) fn find(&self, digest: Digest) -> Option<T> {
        if let Some(entry) = self.news().entries.get(&digest) {
            return Some(entry.clone());
        }
        let file = self.file.get_or_init(|| File::read(&self.path));
        read(&file.text[file.entries.get(&digest)?.clone()])
    }

    /// Takes an entry.
    pub(super) fn enter(&self, digest: Digest, entry: T) {
        let mut news = self.news();
        news.entries.insert(digest, entry);
        news.unwritten.push(digest);
    }

    /// Writes down what is new, if anything is.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn save(&self) -> io::Result<()> {
        let mut news = self.news();
        let unwritten = std::mem::take(&mut news.unwritten);
        if unwritten.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for digest in unwritten {
            if let Some(entry) = news.entries.get(&digest) {
                text += &line(digest, entry)?;
            }
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let outdated = self.file.get().filter(|file| file.is_mostly_in_vain());
        if let Some(file) = outdated.filter(|_| !news.renewed) {
            // What another process appends meanwhile is lost, which only costs time.
            news.renewed = true;
            let mut renewed = tempfile::NamedTempFile::new_in(folder)?;
            renewed.write_all(&file.renewed()?)?;
            renewed.write_all(text.as_bytes())?;
            renewed.persist(&self.path)?;
            return Ok(());
        }
        // One write to a file opened for appending: lines of two processes do not mix.
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        file.write_all(text.as_bytes())
    }

    fn news(&self) -> MutexGuard<'_, News<T>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(digest: Digest, entry: &impl Serialize) -> serde_json::Result<String> {
    let entry = serde_json::to_string(entry)?;
    let check = Digest::of(entry.as_bytes()).short();
    Ok(format!("{digest} {check} {entry}\n"))
}

/// Reads what stands behind the digest of a line.
fn read<T: DeserializeOwned>(rest: &[u8]) -> Option<T> {
    let space = rest.iter().position(|&byte| byte == b' ')?;
    let (check, entry) = (&rest[..space], &rest[space + 1..]);
    if Digest::of(entry).short().as_bytes() != check {
        return None;
    }
    serde_json::from_slice(entry).ok()
}

impl File {
    fn read(path: &Path) -> Self {
        let text = fs::read(path).unwrap_or_default();
        let mut entries = HashMap::new();
        let (mut begin, mut lines) = (0, 0);
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let end = begin + line.len();
            if let Some((digest, length)) = digest_of(line) {
                entries.insert(digest, begin + length..end - 1);
            }
            (begin, lines) = (end, lines + 1);
        }
        Self {
            text,
            entries,
            lines,
        }
    }

    fn is_mostly_in_vain(&self) -> bool {
        self.lines > 2 * self.entries.len() + MOST_IN_VAIN
    }

    /// The lines that hold.
    fn renewed(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for (digest, entry) in &self.entries {
            write!(text, "{digest} ")?;
            text.extend(&self.text[entry.clone()]);
            text.push(b'\n');
        }
        Ok(text)
    }
}

/// The digest that a whole line begins with, and where what follows it begins.
fn digest_of(line: &[u8]) -> Option<(Digest, usize)> {
    let line = line.strip_suffix(b"\n")?;
    let space = line.iter().position(|&byte| byte == b' ')?;
    let digest = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
    Some((digest, space + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> (tempfile::TempDir, Ledger<String>) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("inner/ledger"));
        (folder, ledger)
    }

    fn enter(ledger: &Ledger<String>, digest: &str, entry: &str) {
        ledger.enter(Digest::of(digest.as_bytes()), entry.to_owned());
    }

    fn found(ledger: &Ledger<String>, digest: &str) -> Option<String> {
        ledger.find(Digest::of(digest.as_bytes()))
    }

    #[test]
    fn the_last_entry_for_a_digest_holds_before_and_after_it_is_written() {
        let (_folder, ledger) = place();
        ledger.save().unwrap();
        assert!(!ledger.path.exists(), "there was nothing to write");
        for (digest, entry) in [("a", "one"), ("b", "two"), ("a", "three")] {
            enter(&ledger, digest, entry);
            ledger.save().unwrap();
        }
        let read = Ledger::at(ledger.path.clone());
        for ledger in [ledger, read] {
            assert_eq!(found(&ledger, "a").as_deref(), Some("three"));
            assert_eq!(found(&ledger, "b").as_deref(), Some("two"));
            assert_eq!(found(&ledger, "c"), None);
        }
    }

    #[test]
    fn a_damaged_line_is_passed_over_and_so_is_one_cut_short() {
        let (_folder, ledger) = place();
        for digest in ["a", "b", "c"] {
            enter(&ledger, digest, "entry");
        }
        ledger.save().unwrap();
        let text = fs::read_to_string(&ledger.path).unwrap();
        let damaged = text.replacen("entry", "untry", 1);
        fs::write(&ledger.path, &damaged[..damaged.len() - 1]).unwrap();
        let ledger = Ledger::at(ledger.path);
        let found = ["a", "b", "c"].map(|digest| found(&ledger, digest).is_some());
        assert_eq!(found, [false, true, false]);
    }

    #[test]
    fn a_file_of_mostly_outdated_lines_is_written_anew() {
        let (_folder, ledger) = place();
        for number in 0..MOST_IN_VAIN + 3 {
            enter(&ledger, "a", &number.to_string());
            ledger.save().unwrap();
        }
        let ledger = Ledger::at(ledger.path);
        assert_eq!(found(&ledger, "b"), None);
        enter(&ledger, "b", "new");
        ledger.save().unwrap();
        let lines = fs::read_to_string(&ledger.path).unwrap().lines().count();
        assert_eq!(lines, 2);
        let ledger = Ledger::at(ledger.path);
        let last = (MOST_IN_VAIN + 2).to_string();
        assert_eq!(found(&ledger, "a"), Some(last));
        assert_eq!(found(&ledger, "b").as_deref(), Some("new"));
    }
}
