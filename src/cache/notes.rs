//! What is known of artifacts, so that a lookup need not read their manifests.
//!
//! A file of lines `KEY CHECK NOTE`, where NOTE is JSON and CHECK the beginning of its digest, that is only appended to;
//! of several lines for a key the last one holds. A note is believed while the manifest has the size and the time of
//! modification that it was noted with. It only saves time: whatever is wrong with the file, manifests say the same.

use super::{Digest, Key, Manifest};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No file system that is still in use has a coarser clock.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// How many lines the file may hold in vain, beside as many as there are artifacts, before it is written anew.
const MOST_IN_VAIN: usize = 1000;

/// The size and the time of modification of a file: it is taken for unchanged while it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Stamp {
    bytes: u64,
    modified_nanos: u64,
}

impl Stamp {
    /// That of a file; nothing if its system keeps no such time.
    pub(super) fn of(file: &Metadata) -> Option<Self> {
        let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            bytes: file.len(),
            modified_nanos: u64::try_from(modified.as_nanos()).ok()?,
        })
    }

    /// That of a file whose time was set to `modified`, unless its system keeps a coarser one: then another change
    /// could leave the same.
    pub(super) fn exact(path: &Path, modified: SystemTime) -> Option<Self> {
        let stamp = Self::of(&fs::metadata(path).ok()?)?;
        (stamp.modified() == modified).then_some(stamp)
    }

    /// When the file was modified.
    pub(super) fn modified(self) -> SystemTime {
        UNIX_EPOCH + Duration::from_nanos(self.modified_nanos)
    }

    /// Whether no further change can fall into the same tick of the file system's clock.
    pub(super) fn is_settled(self) -> bool {
        SystemTime::now() > self.modified() + COARSEST_CLOCK
    }
}

/// What a lookup asks of an artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Note {
    /// That of the manifest.
    pub(super) stamp: Stamp,
    /// The digest of its content.
    pub(super) content: Digest,
    /// Wall time that making it took.
    pub(super) seconds: f64,
    /// Its content and its records, with the size of each.
    pub(super) files: Vec<(String, u64)>,
}

impl Note {
    /// What a manifest with this stamp says.
    pub(super) fn of(manifest: &Manifest, stamp: Stamp) -> Self {
        let files = manifest.all_files();
        Self {
            stamp,
            content: manifest.content,
            seconds: manifest.provenance.seconds,
            files: files
                .map(|(name, file)| (name.clone(), file.bytes))
                .collect(),
        }
    }

    fn line(&self, key: Key) -> serde_json::Result<String> {
        let note = serde_json::to_string(self)?;
        let check = Digest::of(note.as_bytes()).short();
        Ok(format!("{key} {check} {note}\n"))
    }

    /// Reads what stands behind the key of a line.
    fn read(line: &[u8]) -> Option<Self> {
        let space = line.iter().position(|&byte| byte == b' ')?;
        let (check, note) = (&line[..space], &line[space + 1..]);
        if Digest::of(note).short().as_bytes() != check {
            return None;
        }
        serde_json::from_slice(note).ok()
    }
}

/// The notes on the artifacts of a cache.
#[derive(Debug)]
pub(super) struct Notes {
    path: PathBuf,
    file: OnceLock<File>,
    news: Mutex<News>,
}

/// The file as it was when it was first needed. Lines are read when they are asked for.
#[derive(Debug)]
struct File {
    text: Vec<u8>,
    /// Where the last line for each key says what it says.
    notes: HashMap<Key, Range<usize>>,
    lines: usize,
}

/// What was learned since.
#[derive(Debug, Default)]
struct News {
    notes: HashMap<Key, Note>,
    /// Those that are not written yet.
    unwritten: Vec<Key>,
    /// Whether the file was written anew.
    renewed: bool,
}

impl Notes {
    /// Those of the cache below `root`. Touches nothing.
    pub(super) fn at(root: &Path) -> Self {
        Self {
            path: root.join("notes"),
            file: OnceLock::new(),
            news: Mutex::default(),
        }
    }

    /// What is noted of an artifact, whose manifest has this stamp.
    pub(super) fn find(&self, key: Key, stamp: Stamp) -> Option<Note> {
        let file = self.file.get_or_init(|| File::read(&self.path));
        let new = self.news().notes.get(&key).cloned();
        let note = new.or_else(|| Note::read(&file.text[file.notes.get(&key)?.clone()]))?;
        (note.stamp == stamp).then_some(note)
    }

    /// Takes a note.
    pub(super) fn take(&self, key: Key, note: Note) {
        let mut news = self.news();
        news.notes.insert(key, note);
        news.unwritten.push(key);
    }

    /// The manifest that had the stamp `before` has another one now, and says the same.
    pub(super) fn renew(&self, key: Key, before: Stamp, now: Option<Stamp>) {
        if let Some((note, stamp)) = self.find(key, before).zip(now) {
            self.take(key, Note { stamp, ..note });
        }
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
        let mut text = Vec::new();
        for key in unwritten {
            if let Some(note) = news.notes.get(&key) {
                text.extend(note.line(key)?.into_bytes());
            }
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let outdated = self.file.get().filter(|file| file.is_mostly_in_vain());
        if let Some(file) = outdated.filter(|_| !news.renewed) {
            // What another process appends meanwhile is lost, and costs a look at a manifest.
            news.renewed = true;
            let mut renewed = tempfile::NamedTempFile::new_in(folder)?;
            renewed.write_all(&file.renewed()?)?;
            renewed.write_all(&text)?;
            renewed.persist(&self.path)?;
            return Ok(());
        }
        // One write to a file opened for appending: lines of two processes do not mix.
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        file.write_all(&text)
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File {
    fn read(path: &Path) -> Self {
        let text = fs::read(path).unwrap_or_default();
        let mut notes = HashMap::new();
        let (mut begin, mut lines) = (0, 0);
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let end = begin + line.len();
            if let Some((key, length)) = key_of(line) {
                notes.insert(key, begin + length..end - 1);
            }
            (begin, lines) = (end, lines + 1);
        }
        Self { text, notes, lines }
    }

    fn is_mostly_in_vain(&self) -> bool {
        self.lines > 2 * self.notes.len() + MOST_IN_VAIN
    }

    /// The lines that hold.
    fn renewed(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for (key, note) in &self.notes {
            write!(text, "{key} ")?;
            text.extend(&self.text[note.clone()]);
            text.push(b'\n');
        }
        Ok(text)
    }
}

/// The key that a whole line begins with, and where what follows it begins.
fn key_of(line: &[u8]) -> Option<(Key, usize)> {
    let line = line.strip_suffix(b"\n")?;
    let space = line.iter().position(|&byte| byte == b' ')?;
    let key = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
    Some((key, space + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Identity;

    fn note(modified_nanos: u64) -> Note {
        Note {
            stamp: stamp(modified_nanos),
            content: Digest::of(b"content"),
            seconds: 1.25,
            files: vec![("records/log.txt".to_owned(), 7)],
        }
    }

    fn stamp(modified_nanos: u64) -> Stamp {
        Stamp {
            bytes: 100,
            modified_nanos,
        }
    }

    fn key(of: &str) -> Key {
        Identity::key_of(of)
    }

    #[test]
    fn the_last_note_on_an_artifact_holds_for_the_manifest_that_it_was_made_of() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::at(folder.path());
        notes.save().unwrap();
        assert!(!notes.path.exists(), "there was nothing to write");
        for (of, modified) in [("a", 1), ("b", 2), ("a", 3)] {
            notes.take(key(of), note(modified));
            notes.save().unwrap();
        }
        for notes in [notes, Notes::at(folder.path())] {
            assert_eq!(notes.find(key("a"), stamp(3)), Some(note(3)));
            assert_eq!(notes.find(key("a"), stamp(1)), None);
            assert_eq!(notes.find(key("b"), stamp(2)), Some(note(2)));
            assert_eq!(notes.find(key("c"), stamp(2)), None);
        }
    }

    #[test]
    fn a_damaged_line_is_passed_over_and_so_is_one_cut_short() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::at(folder.path());
        for of in ["a", "b", "c"] {
            notes.take(key(of), note(1));
        }
        notes.save().unwrap();
        let text = fs::read_to_string(&notes.path).unwrap();
        let damaged = text.replacen("log.txt", "lag.txt", 1);
        fs::write(&notes.path, &damaged[..damaged.len() - 1]).unwrap();
        let notes = Notes::at(folder.path());
        let found = ["a", "b", "c"].map(|of| notes.find(key(of), stamp(1)).is_some());
        assert_eq!(found, [false, true, false]);
    }

    #[test]
    fn a_file_of_mostly_outdated_lines_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let notes = Notes::at(folder.path());
        for modified in 0..=(MOST_IN_VAIN as u64 + 2) {
            notes.take(key("a"), note(modified));
            notes.save().unwrap();
        }
        let notes = Notes::at(folder.path());
        assert_eq!(notes.find(key("b"), stamp(0)), None);
        notes.take(key("b"), note(5));
        notes.save().unwrap();
        let lines = fs::read_to_string(&notes.path).unwrap().lines().count();
        assert_eq!(lines, 2);
        let notes = Notes::at(folder.path());
        let last = MOST_IN_VAIN as u64 + 2;
        assert_eq!(notes.find(key("a"), stamp(last)), Some(note(last)));
        assert_eq!(notes.find(key("b"), stamp(5)), Some(note(5)));
    }

    #[test]
    fn a_file_is_settled_when_its_last_change_is_some_seconds_old() {
        let at = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap();
            stamp(since.as_nanos() as u64).is_settled()
        };
        let now = SystemTime::now();
        assert!(!at(now));
        assert!(!at(now + COARSEST_CLOCK));
        assert!(at(now - 2 * COARSEST_CLOCK));
    }
}
