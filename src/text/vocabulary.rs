//! Dictionaries: the symbols of one language side and their numbers (SPEC §19, step 7).

use rustc_hash::FxHashMap;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Begins a sentence.
pub const BOS: u32 = 0;
/// Fills a sentence up to the length of its batch.
pub const PAD: u32 = 1;
/// Ends every sentence.
pub const EOS: u32 = 2;
/// Any symbol that the dictionary does not have.
pub const UNK: u32 = 3;

/// How an unknown symbol is written in a hypothesis that is scored (SPEC §16).
pub const UNKNOWN_IN_HYPOTHESIS: &str = "UNKNOWNTOKENINHYP";
/// How an unknown symbol is written in a reference that is scored (SPEC §16): never as in a hypothesis.
pub const UNKNOWN_IN_REFERENCE: &str = "UNKNOWNTOKENINREF";

/// How dictionaries and texts write [`UNK`].
pub const UNKNOWN: &str = "<unk>";

/// In the order of [`BOS`], [`PAD`], [`EOS`], [`UNK`].
const SPECIALS: [&str; 4] = ["<s>", "<pad>", "</s>", UNKNOWN];

/// What fairseq writes at the end of a line whose symbol takes the place of an earlier one.
const OVERWRITE: &str = "#fairseq:overwrite";

/// The symbols of one side, most frequent first, after the four special ones.
///
/// Text that spells a special symbol is not special: it is encoded as an unknown symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    /// The symbols with their counts; the number of one is its position.
    symbols: Vec<(String, u64)>,
    numbers: FxHashMap<String, u32>,
}

/// Why a dictionary file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryError {
    /// The file system refused.
    #[error("cannot access the dictionary {}", path.display())]
    Io {
        /// The dictionary file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line without a symbol and its count.
    #[error(
        "{}, line {line}: expected a symbol and its count, separated by a blank, found `{found}`",
        path.display()
    )]
    Entry {
        /// The dictionary file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// The line.
        found: String,
    },
    /// A line that redefines a symbol.
    #[error(
        "{}, line {line}: `{OVERWRITE}` is not supported; expected every symbol once, and no special one",
        path.display()
    )]
    Overwrite {
        /// The dictionary file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
    },
    /// A symbol that is listed twice, or special.
    #[error("{}, line {line}: the symbol `{symbol}` is already defined", path.display())]
    Duplicate {
        /// The dictionary file.
        path: PathBuf,
        /// Number of the second line with the symbol, from 1.
        line: usize,
        /// The symbol.
        symbol: String,
    },
}

impl Dictionary {
    /// Every symbol of the lines, most frequent first, equally frequent ones by code points; then symbols that
    /// no text has, until the size with the special ones is a multiple of `multiple_of`.
    pub fn build<'a>(lines: impl IntoIterator<Item = &'a str>, multiple_of: NonZeroUsize) -> Self {
        let symbols = lines.into_iter().flat_map(str::split_whitespace);
        Self::of_counts(symbols.map(|symbol| (symbol, 1)), multiple_of)
    }

    /// The same of symbols and how often each occurs; a symbol may come several times.
    pub(crate) fn of_counts<'a>(
        symbols: impl IntoIterator<Item = (&'a str, u64)>,
        multiple_of: NonZeroUsize,
    ) -> Self {
        let mut counts: FxHashMap<&str, u64> = FxHashMap::default();
        for (symbol, count) in symbols {
            *counts.entry(symbol).or_default() += count;
        }
        let mut ordered: Vec<(&str, u64)> = counts.into_iter().collect();
        ordered.sort_unstable_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then(a.cmp(b)));
        let mut dictionary = Self::of_specials();
        for (symbol, count) in ordered {
            dictionary.add(symbol, count);
        }
        dictionary.pad(multiple_of);
        dictionary
    }

    fn of_specials() -> Self {
        Self {
            symbols: SPECIALS
                .iter()
                .map(|&symbol| (symbol.to_owned(), 0))
                .collect(),
            numbers: FxHashMap::default(),
        }
    }

    /// Adds a symbol unless the dictionary has it; says whether it did.
    fn add(&mut self, symbol: &str, count: u64) -> bool {
        let is_new = !SPECIALS.contains(&symbol) && !self.numbers.contains_key(symbol);
        if is_new {
            self.numbers
                .insert(symbol.to_owned(), self.symbols.len() as u32);
            self.symbols.push((symbol.to_owned(), count));
        }
        is_new
    }

    fn pad(&mut self, multiple_of: NonZeroUsize) {
        let mut index = 0;
        while !self.len().is_multiple_of(multiple_of.get()) {
            self.add(&format!("madeupword{index:04}"), 0);
            index += 1;
        }
    }

    /// Number of symbols, special ones included.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a dictionary always has the special symbols"
    )]
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// The number of a symbol; [`UNK`] if there is none.
    pub fn number(&self, symbol: &str) -> u32 {
        self.numbers.get(symbol).copied().unwrap_or(UNK)
    }

    /// The symbol with a number, if there is one.
    pub fn symbol(&self, number: u32) -> Option<&str> {
        self.symbols
            .get(number as usize)
            .map(|(symbol, _)| symbol.as_str())
    }

    /// Where another dictionary gives other numbers to symbols, in words; nothing if nowhere.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.len() != other.len() {
            let (own, other) = (self.len(), other.len());
            return Some(format!("it has {other} symbols, expected {own}"));
        }
        let mut pairs = self.symbols.iter().zip(&other.symbols).enumerate();
        let (number, ((own, _), (other, _))) = pairs.find(|(_, ((a, _), (b, _)))| a != b)?;
        Some(format!(
            "its symbol {number} is `{other}`, expected `{own}`"
        ))
    }

    /// The numbers of a line's symbols, and [`EOS`].
    pub fn encode(&self, line: &str) -> Vec<u32> {
        self.numbers(line).chain([EOS]).collect()
    }

    /// The numbers of a line's symbols.
    pub(crate) fn numbers(&self, line: &str) -> impl Iterator<Item = u32> {
        line.split_whitespace().map(|symbol| self.number(symbol))
    }

    /// The symbols of a sentence separated by blanks, without [`BOS`], [`PAD`] and [`EOS`], and with `unknown`
    /// for [`UNK`] and for numbers outside the dictionary.
    pub fn decode(&self, sentence: &[u32], unknown: &str) -> String {
        let mut line = String::new();
        for &number in sentence
            .iter()
            .filter(|number| !matches!(**number, BOS | PAD | EOS))
        {
            if !line.is_empty() {
                line.push(' ');
            }
            let known = self.symbol(number).filter(|_| number != UNK);
            line.push_str(known.unwrap_or(unknown));
        }
        line
    }

    /// Reads a file that [`Dictionary::write`] or fairseq wrote: a symbol and its count a line, special symbols
    /// left out.
    ///
    /// # Errors
    /// [`DictionaryError`] if the file is unreadable, or a line has no count, a symbol that was there before, or
    /// the word that it should take that one's place.
    pub fn read(path: &Path) -> Result<Self, DictionaryError> {
        let text = fs::read_to_string(path).map_err(|source| DictionaryError::Io {
            path: path.to_owned(),
            source,
        })?;
        let mut dictionary = Self::of_specials();
        for (index, line) in text.split_terminator('\n').enumerate() {
            if line.trim_end().ends_with(OVERWRITE) {
                return Err(DictionaryError::Overwrite {
                    path: path.to_owned(),
                    line: index + 1,
                });
            }
            let (symbol, count) = entry_on(line).ok_or_else(|| DictionaryError::Entry {
                path: path.to_owned(),
                line: index + 1,
                found: line.to_owned(),
            })?;
            if !dictionary.add(symbol, count) {
                return Err(DictionaryError::Duplicate {
                    path: path.to_owned(),
                    line: index + 1,
                    symbol: symbol.to_owned(),
                });
            }
        }
        Ok(dictionary)
    }

    /// Writes the symbols with their counts, special ones left out.
    ///
    /// # Errors
    /// [`DictionaryError::Io`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), DictionaryError> {
        fs::write(path, self.to_text()).map_err(|source| DictionaryError::Io {
            path: path.to_owned(),
            source,
        })
    }

    fn to_text(&self) -> String {
        let entries = self.symbols.iter().skip(SPECIALS.len());
        entries
            .map(|(symbol, count)| format!("{symbol} {count}\n"))
            .collect()
    }
}

fn entry_on(line: &str) -> Option<(&str, u64)> {
    let (symbol, count) = line.trim_end().rsplit_once(' ')?;
    let count = count.parse().ok()?;
    (!symbol.is_empty()).then_some((symbol, count))
}

/// Puts the subwords of a line together to words (SPEC §16).
pub fn join_subwords(line: &str) -> String {
    let joined = format!("{line} ").replace("@@ ", "");
    joined.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    fn built(lines: &[&str], multiple_of: usize) -> Dictionary {
        Dictionary::build(
            lines.iter().copied(),
            NonZeroUsize::new(multiple_of).unwrap(),
        )
    }

    fn read(text: &str) -> Result<Dictionary, DictionaryError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dict.xx.txt");
        fs::write(&path, text).unwrap();
        Dictionary::read(&path)
    }

    #[test]
    fn frequent_symbols_come_first_and_equal_ones_by_code_point() {
        assert_eq!(
            built(&["b a c c", "é B"], 1).to_text(),
            "c 2\nB 1\na 1\nb 1\né 1\n"
        );
    }

    #[test]
    fn the_size_is_padded_to_a_multiple() {
        assert_eq!(
            built(&["a"], 8).to_text(),
            "a 1\nmadeupword0000 0\nmadeupword0001 0\nmadeupword0002 0\n"
        );
        assert_eq!(built(&["a b c d"], 8).len(), 8);
    }

    #[test]
    fn a_word_that_looks_made_up_is_not_added_twice() {
        assert_eq!(
            built(&["madeupword0000"], 6).to_text(),
            "madeupword0000 1\nmadeupword0001 0\n"
        );
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dictionary = built(&["ein Haus , ein \u{feff} \u{200b}"], 8);
        assert_eq!(read(&dictionary.to_text()).unwrap(), dictionary);
    }

    #[test]
    fn the_first_symbol_that_differs_is_named() {
        let dictionary = built(&["a a b"], 1);
        assert_eq!(dictionary.difference(&built(&["a b b"], 1)), {
            let words = "its symbol 4 is `b`, expected `a`";
            Some(words.to_owned())
        });
        let fewer = dictionary.difference(&built(&["a"], 1));
        assert_eq!(fewer.as_deref(), Some("it has 5 symbols, expected 6"));
        assert_eq!(
            dictionary.difference(&built(&["a a a b b"], 1)),
            None,
            "counts are no numbers"
        );
    }

    #[test]
    fn text_that_spells_a_special_symbol_is_unknown() {
        let dictionary = built(&["<pad> x"], 1);
        assert_eq!(dictionary.encode("<pad> x y"), [UNK, 4, UNK, EOS]);
        assert_eq!(dictionary.len(), 5);
    }

    #[test]
    fn decoding_leaves_out_what_frames_a_sentence() {
        let dictionary = built(&["x y"], 1);
        assert_eq!(
            dictionary.decode(&[BOS, 5, UNK, 4, 99, EOS, PAD], "?"),
            "y ? x ?"
        );
    }

    #[test]
    fn a_symbol_that_is_defined_twice_is_named() {
        let error = read("a 2\nb 1\na 1\n").unwrap_err().to_string();
        assert!(
            error.ends_with("line 3: the symbol `a` is already defined"),
            "{error}"
        );
        assert!(matches!(
            read("<unk> 1\n"),
            Err(DictionaryError::Duplicate { line: 1, .. })
        ));
    }

    #[test]
    fn a_line_that_overwrites_a_symbol_is_refused() {
        let error = read("a 2\n<unk> 1 #fairseq:overwrite\n").unwrap_err();
        let error = error.to_string();
        assert!(
            error.ends_with(
                "line 2: `#fairseq:overwrite` is not supported; expected every symbol once, and no special one"
            ),
            "{error}"
        );
    }

    #[test]
    fn a_line_without_a_count_is_named() {
        for (text, line) in [("a\n", 1), ("a 1\nb x\n", 2), ("a 1\n\n", 2), (" 1\n", 1)] {
            let error = read(text).unwrap_err();
            assert!(
                matches!(error, DictionaryError::Entry { line: at, .. } if at == line),
                "{text:?}: {error}"
            );
        }
    }

    #[test]
    fn subwords_are_joined_even_when_the_last_word_is_unfinished() {
        assert_eq!(
            join_subwords("ein haus@@ boot im was@@"),
            "ein hausboot im was"
        );
    }
}
