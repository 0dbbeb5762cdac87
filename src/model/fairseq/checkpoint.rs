//! The file: its tensors and its configuration, without a thought of what they mean.
//!
//! Pickles can name any function to be called while they are loaded. The reader calls none: it knows those that
//! rebuild tensors and dictionaries, and keeps the name of every other.

use super::error::Problem;
use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PickleValue, PytorchReader, Tensor};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Tensors by their names.
pub(super) type Tensors = BTreeMap<String, Raw>;

/// Values of fairseq's configuration by their keys.
pub(super) type Settings = HashMap<String, PickleValue>;

/// What a checkpoint holds that a model needs.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// The state dictionary.
    pub(super) tensors: Tensors,
    /// How the model was trained; none where the file does not say so in plain values, as where it holds an object
    /// of the class `argparse.Namespace`.
    pub(super) settings: Option<Settings>,
}

/// A dense array of the file, rows first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Raw {
    /// Length of each axis.
    pub(super) shape: Vec<usize>,
    /// The type in the file.
    pub(super) dtype: DType,
    /// The entries.
    pub(super) numbers: Numbers,
}

/// Entries of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    /// Of any width in the file.
    Floats(Vec<f32>),
    /// Of any width in the file.
    Integers(Vec<i64>),
}

/// The key of a whole checkpoint that the state dictionary stands under.
const MODEL: &str = "model";

impl Checkpoint {
    /// Reads a whole checkpoint, or a state dictionary alone.
    pub(super) fn open(path: &Path) -> Result<Self, Problem> {
        let root = match PytorchReader::read_pickle_data(path, None)? {
            PickleValue::Dict(root) => root,
            other => return Err(no_model(describe(&other))),
        };
        let reader = match root.get(MODEL) {
            Some(PickleValue::Dict(_)) => PytorchReader::with_top_level_key(path, MODEL)?,
            Some(other) => {
                let found = format!("a dictionary whose `{MODEL}` is {}", describe(other));
                return Err(no_model(found));
            }
            None if root.keys().any(|key| key.starts_with("encoder.")) => PytorchReader::new(path)?,
            None => return Err(no_model("a dictionary of something else".to_owned())),
        };
        let room = std::fs::metadata(path)?.len();
        let tensors = reader
            .into_tensors()
            .into_iter()
            .map(|(name, tensor)| Ok((name, Raw::read(&tensor, room)?)))
            .collect::<Result<Tensors, Problem>>()?;
        Ok(Self {
            tensors,
            settings: settings(root),
        })
    }
}

fn no_model(found: String) -> Problem {
    Problem::NoModel { found }
}

/// The configuration, which older releases of fairseq keep in `args` and newer ones in `cfg.model`.
fn settings(mut root: Settings) -> Option<Settings> {
    dictionary(&mut root, "args").or_else(|| dictionary(&mut dictionary(&mut root, "cfg")?, MODEL))
}

/// Takes the dictionary under a key out, if there is one.
fn dictionary(values: &mut Settings, key: &str) -> Option<Settings> {
    match values.remove(key) {
        Some(PickleValue::Dict(dictionary)) => Some(dictionary),
        _ => None,
    }
}

fn describe(value: &PickleValue) -> String {
    match value {
        PickleValue::None => "nothing".to_owned(),
        PickleValue::List(_) => "a list".to_owned(),
        PickleValue::Dict(_) => "a dictionary".to_owned(),
        PickleValue::Unsupported(class) => format!("a `{class}`"),
        other => format!("{other:?}"),
    }
}

impl Raw {
    /// Reads a tensor of a file of `room` bytes.
    fn read(tensor: &Tensor, room: u64) -> Result<Self, Problem> {
        if tensor.byte_len() as u64 > room {
            return Err(Problem::Expanded {
                tensor: tensor.name.clone(),
                bytes: tensor.byte_len(),
            });
        }
        let bytes = tensor.read()?;
        let dtype = tensor.dtype();
        use Numbers::{Floats, Integers};
        let numbers = match dtype {
            DType::F64 => Floats(each(&bytes, |b| f64::from_ne_bytes(b) as f32)),
            DType::F32 => Floats(each(&bytes, f32::from_ne_bytes)),
            DType::F16 => Floats(each(&bytes, |b| f16::from_ne_bytes(b).to_f32())),
            DType::BF16 => Floats(each(&bytes, |b| bf16::from_ne_bytes(b).to_f32())),
            DType::I64 => Integers(each(&bytes, i64::from_ne_bytes)),
            DType::I32 => Integers(each(&bytes, |b| i32::from_ne_bytes(b).into())),
            DType::I16 => Integers(each(&bytes, |b| i16::from_ne_bytes(b).into())),
            DType::I8 => Integers(each(&bytes, |b| i8::from_ne_bytes(b).into())),
            DType::U64 => Integers(each(&bytes, |b| u64::from_ne_bytes(b).cast_signed())),
            DType::U32 => Integers(each(&bytes, |b| u32::from_ne_bytes(b).into())),
            DType::U16 => Integers(each(&bytes, |b| u16::from_ne_bytes(b).into())),
            DType::U8 | DType::Bool => Integers(each(&bytes, |[b]| b.into())),
        };
        Ok(Self {
            shape: tensor.shape().to_vec(),
            dtype,
            numbers,
        })
    }

    /// Whether it has no entries.
    pub(super) fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }
}

/// What `read` makes of every `N` bytes.
fn each<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|&number| read(number)).collect()
}
