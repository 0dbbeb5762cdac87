//! fairseq's memory-mapped data sets: sentences of token numbers in `NAME.idx` and `NAME.bin` (SPEC §19.3).

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 9] = b"MMIDIDX\0\0";
const VERSION: u64 = 1;
const HEADER_BYTES: usize = 26;
/// An `i32` for the length and an `i64` for the offset.
const ENTRY_BYTES: usize = 12;

/// Dictionaries from this size on do not use [`TokenType::U16`].
const TOO_MANY_FOR_U16: usize = 65_500;

/// How a token is stored; the number is the one in the index file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say all")]
pub enum TokenType {
    U8 = 1,
    I8 = 2,
    I16 = 3,
    I32 = 4,
    I64 = 5,
    F64 = 6,
    /// The second number of the same type.
    F64Too = 7,
    U16 = 8,
    U32 = 9,
    U64 = 10,
}

/// Why a data set could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexedError {
    /// The file system refused.
    #[error("cannot access {}", path.display())]
    Io {
        /// The index or data file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The index does not begin as one.
    #[error("{} is not an index of a memory-mapped data set: it does not begin with `MMIDIDX`", path.display())]
    Magic {
        /// The index file.
        path: PathBuf,
    },
    /// The index has another version.
    #[error("{} has version {found}, expected {VERSION}", path.display())]
    Version {
        /// The index file.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// The index has an unknown type of token.
    #[error("{} has the type code {found}, expected 1 to 10", path.display())]
    Type {
        /// The index file.
        path: PathBuf,
        /// Its type code.
        found: u8,
    },
    /// A file is shorter or longer than what the index announces.
    #[error("{} has {found} bytes, expected {expected}{}", path.display(), cut_off(*found, *expected))]
    Size {
        /// The index or data file.
        path: PathBuf,
        /// The announced size in bytes.
        expected: u64,
        /// The size in bytes.
        found: u64,
    },
    /// An index entry that is impossible or does not follow from those before it.
    #[error("{}: sentence {sentence} has the {what} {found}, expected {expected}", path.display())]
    Entry {
        /// The index file.
        path: PathBuf,
        /// Number of the sentence, from 0.
        sentence: usize,
        /// `length` or `offset`.
        what: &'static str,
        /// What the index says.
        found: i64,
        /// What it should say.
        expected: String,
    },
    /// A stored number that is not a token.
    #[error("{}: sentence {sentence} holds a number that is no token: not whole, negative or above {}", path.display(), u32::MAX)]
    NoToken {
        /// The data file.
        path: PathBuf,
        /// Number of the sentence, from 0.
        sentence: usize,
    },
    /// A token that the chosen type cannot hold.
    #[error("cannot write {}: token {token} does not fit the type {token_type:?}", path.display())]
    DoesNotFit {
        /// The data file.
        path: PathBuf,
        /// The token.
        token: u32,
        /// The chosen type.
        token_type: TokenType,
    },
}

fn cut_off(found: u64, expected: u64) -> &'static str {
    if found < expected {
        "; it is cut off"
    } else {
        "; it does not belong to its index"
    }
}

impl TokenType {
    const ALL: [Self; 10] = [
        Self::U8,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::I64,
        Self::F64,
        Self::F64Too,
        Self::U16,
        Self::U32,
        Self::U64,
    ];

    /// The type that fairseq writes for a dictionary of this size.
    pub fn for_dictionary(size: usize) -> Self {
        if size < TOO_MANY_FOR_U16 {
            Self::U16
        } else {
            Self::I32
        }
    }

    /// The type with a code of the index file.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&known| known as u8 == code)
    }

    fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::F64Too => 8,
        }
    }

    /// Appends a token; says whether it fits.
    fn put(self, token: u32, out: &mut Vec<u8>) -> bool {
        macro_rules! put {
            ($number:ty) => {
                <$number>::try_from(token)
                    .map(|number| out.extend(number.to_le_bytes()))
                    .is_ok()
            };
        }
        match self {
            Self::U8 => put!(u8),
            Self::I8 => put!(i8),
            Self::I16 => put!(i16),
            Self::I32 => put!(i32),
            Self::I64 => put!(i64),
            Self::F64 | Self::F64Too => put!(f64),
            Self::U16 => put!(u16),
            Self::U32 => put!(u32),
            Self::U64 => put!(u64),
        }
    }

    /// The token in `bytes`, which are as many as the type has.
    fn get(self, bytes: &[u8]) -> Option<u32> {
        macro_rules! get {
            ($number:ty) => {
                u32::try_from(<$number>::from_le_bytes(bytes.try_into().ok()?)).ok()
            };
        }
        match self {
            Self::U8 => get!(u8),
            Self::I8 => get!(i8),
            Self::I16 => get!(i16),
            Self::I32 => get!(i32),
            Self::I64 => get!(i64),
            Self::F64 | Self::F64Too => whole(f64::from_le_bytes(bytes.try_into().ok()?)),
            Self::U16 => get!(u16),
            Self::U32 => get!(u32),
            Self::U64 => get!(u64),
        }
    }
}

fn whole(number: f64) -> Option<u32> {
    let token = number as u32;
    (f64::from(token) == number).then_some(token)
}

/// Writes `PREFIX.idx` and `PREFIX.bin`.
///
/// # Errors
/// [`IndexedError::DoesNotFit`] if a token is too large for the type, [`IndexedError::Io`] if a file cannot be
/// written.
pub fn write<'a>(
    prefix: &Path,
    token_type: TokenType,
    sentences: impl IntoIterator<Item = &'a [u32]>,
) -> Result<(), IndexedError> {
    let (index_path, data_path) = paths(prefix);
    let (mut lengths, mut offsets, mut data) = (Vec::new(), Vec::new(), Vec::new());
    let mut sentence_count: u64 = 0;
    for sentence in sentences {
        sentence_count += 1;
        lengths.extend((sentence.len() as i32).to_le_bytes());
        offsets.extend((data.len() as i64).to_le_bytes());
        if let Some(&token) = sentence
            .iter()
            .find(|token| !token_type.put(**token, &mut data))
        {
            return Err(IndexedError::DoesNotFit {
                path: data_path,
                token,
                token_type,
            });
        }
    }
    let index = [
        &MAGIC[..],
        &VERSION.to_le_bytes(),
        &[token_type as u8],
        &sentence_count.to_le_bytes(),
        &lengths,
        &offsets,
    ]
    .concat();
    write_file(index_path, &index)?;
    write_file(data_path, &data)
}

/// Reads `PREFIX.idx` and `PREFIX.bin`.
///
/// # Errors
/// [`IndexedError`] if a file is missing, is something else, is cut off, or if the two do not belong together.
pub fn read(prefix: &Path) -> Result<Vec<Vec<u32>>, IndexedError> {
    let (index_path, data_path) = paths(prefix);
    let index = Index::parse(&read_file(&index_path)?, index_path)?;
    let data = read_file(&data_path)?;
    require_size(&data_path, data.len(), index.data_bytes())?;
    let mut rest = &data[..];
    let mut sentences = Vec::with_capacity(index.lengths.len());
    for (sentence, &length) in index.lengths.iter().enumerate() {
        let (bytes, after) = rest.split_at(length * index.token_type.bytes());
        rest = after;
        let tokens = bytes.chunks_exact(index.token_type.bytes());
        let tokens: Option<Vec<u32>> = tokens.map(|token| index.token_type.get(token)).collect();
        sentences.push(tokens.ok_or_else(|| IndexedError::NoToken {
            path: data_path.clone(),
            sentence,
        })?);
    }
    Ok(sentences)
}

struct Index {
    token_type: TokenType,
    /// Tokens of each sentence.
    lengths: Vec<usize>,
}

impl Index {
    fn parse(bytes: &[u8], path: PathBuf) -> Result<Self, IndexedError> {
        if !bytes.starts_with(MAGIC) {
            return Err(IndexedError::Magic { path });
        }
        let Some((version, code, sentence_count, entries)) = fields(bytes) else {
            return Err(IndexedError::Size {
                path,
                expected: HEADER_BYTES as u64,
                found: bytes.len() as u64,
            });
        };
        if version != VERSION {
            let found = version;
            return Err(IndexedError::Version { path, found });
        }
        let Some(token_type) = TokenType::from_code(code) else {
            return Err(IndexedError::Type { path, found: code });
        };
        let entry_bytes = sentence_count.saturating_mul(ENTRY_BYTES as u64);
        let expected = entry_bytes.saturating_add(HEADER_BYTES as u64);
        require_size(&path, bytes.len(), expected)?;
        let lengths = lengths(entries, token_type).map_err(|entry| entry.at(path))?;
        Ok(Self {
            token_type,
            lengths,
        })
    }

    fn data_bytes(&self) -> u64 {
        (self.lengths.iter().sum::<usize>() * self.token_type.bytes()) as u64
    }
}

/// Version, type code, number of sentences, and the entries that follow them.
fn fields(bytes: &[u8]) -> Option<(u64, u8, u64, &[u8])> {
    let (version, rest) = bytes.get(MAGIC.len()..)?.split_first_chunk()?;
    let (&code, rest) = rest.split_first()?;
    let (sentence_count, entries) = rest.split_first_chunk()?;
    Some((
        u64::from_le_bytes(*version),
        code,
        u64::from_le_bytes(*sentence_count),
        entries,
    ))
}

/// An entry that cannot be, before the file is known.
struct WrongEntry {
    sentence: usize,
    what: &'static str,
    found: i64,
    expected: String,
}

impl WrongEntry {
    fn at(self, path: PathBuf) -> IndexedError {
        IndexedError::Entry {
            path,
            sentence: self.sentence,
            what: self.what,
            found: self.found,
            expected: self.expected,
        }
    }
}

fn lengths(entries: &[u8], token_type: TokenType) -> Result<Vec<usize>, WrongEntry> {
    let sentence_count = entries.len() / ENTRY_BYTES;
    let (lengths, offsets) = entries.split_at(sentence_count * size_of::<i32>());
    let mut next_offset = 0;
    let entries = lengths.as_chunks().0.iter().zip(offsets.as_chunks().0);
    entries
        .enumerate()
        .map(|(sentence, (&length, &offset))| {
            let (length, offset) = (i32::from_le_bytes(length), i64::from_le_bytes(offset));
            let tokens = usize::try_from(length).map_err(|_| WrongEntry {
                sentence,
                what: "length",
                found: length.into(),
                expected: "0 or more".to_owned(),
            })?;
            if offset != next_offset {
                return Err(WrongEntry {
                    sentence,
                    what: "offset",
                    found: offset,
                    expected: next_offset.to_string(),
                });
            }
            next_offset += (tokens * token_type.bytes()) as i64;
            Ok(tokens)
        })
        .collect()
}

fn require_size(path: &Path, found: usize, expected: u64) -> Result<(), IndexedError> {
    let found = found as u64;
    if found == expected {
        return Ok(());
    }
    Err(IndexedError::Size {
        path: path.to_owned(),
        expected,
        found,
    })
}

/// The index file and the data file of a data set.
pub(crate) fn paths(prefix: &Path) -> (PathBuf, PathBuf) {
    // `with_extension` would take a language for an extension.
    let with = |suffix: &str| {
        let mut name: OsString = prefix.into();
        name.push(suffix);
        PathBuf::from(name)
    };
    (with(".idx"), with(".bin"))
}

fn read_file(path: &Path) -> Result<Vec<u8>, IndexedError> {
    fs::read(path).map_err(|source| IndexedError::Io {
        path: path.to_owned(),
        source,
    })
}

fn write_file(path: PathBuf, bytes: &[u8]) -> Result<(), IndexedError> {
    fs::write(&path, bytes).map_err(|source| IndexedError::Io { path, source })
}

#[cfg(test)]
mod tests;
