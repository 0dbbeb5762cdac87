//! Why a checkpoint of fairseq is not taken.

use crate::groups::Side;
use crate::model::LoadError;
use pytorch_reader::{DType, PytorchError};
use std::path::PathBuf;

/// A checkpoint that srp cannot take a model from.
#[derive(Debug, thiserror::Error)]
#[error("cannot take a model from `{}`", path.display())]
pub struct FairseqError {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    #[source]
    pub problem: Box<Problem>,
}

/// What is wrong with a checkpoint. Keys are those of the architecture in the experiment file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read, is cut short, or is in no format of PyTorch.
    #[error("it is not a whole PyTorch checkpoint")]
    Unreadable(#[from] PytorchError),
    /// The file is read, and has no state dictionary.
    #[error("it holds {found}, expected a dictionary with `model`, or the tensors of a model")]
    NoModel {
        /// What it holds.
        found: String,
    },
    /// The numbers of a tensor cannot be read.
    #[error("the numbers of a tensor cannot be read")]
    Numbers(#[from] std::io::Error),
    /// A tensor with more numbers than the file has room for: all rows of a view can be the same few bytes.
    #[error("tensor `{tensor}` would take {bytes} bytes, more than the whole file")]
    Expanded {
        /// The tensor.
        tensor: String,
        /// Its size.
        bytes: usize,
    },
    /// A tensor of numbers that cannot be what its name says.
    #[error("tensor `{tensor}` holds {found:?}, expected {expected}")]
    NumberType {
        /// The tensor.
        tensor: String,
        /// What it holds.
        found: DType,
        /// What it should hold.
        expected: &'static str,
    },
    /// A tensor of a kind of model that srp does not have.
    #[error("tensor `{tensor}` is of {model}")]
    Foreign {
        /// The tensor.
        tensor: String,
        /// The kind of model, and what srp has instead.
        model: &'static str,
    },
    /// The checkpoint's own configuration says something else.
    #[error("the model was trained with `{key}` = {found}, expected {expected}: {reason}")]
    Setting {
        /// The key of fairseq's configuration.
        key: &'static str,
        /// Its value.
        found: String,
        /// The value that it must have.
        expected: String,
        /// Why it must.
        reason: &'static str,
    },
    /// Another number of layers.
    #[error("the {side} has {found} layers, `{side}-layers` says {expected}")]
    Layers {
        /// Which half.
        side: Side,
        /// Layers in the checkpoint.
        found: usize,
        /// Layers of the architecture.
        expected: usize,
    },
    /// The data set has another dictionary than the model was trained with.
    #[error(
        "the {language} dictionary has {symbols} symbols, the checkpoint's table `{tensor}` {rows} rows"
    )]
    Vocabulary {
        /// `source` or `target`.
        language: &'static str,
        /// Entries of the dictionary.
        symbols: usize,
        /// The table.
        tensor: String,
        /// Its rows.
        rows: usize,
    },
    /// A group with more entries than the unpruned model has.
    #[error("tensor `{tensor}` has {found} {lines}, more than `{key}` = {original}")]
    Wider {
        /// The tensor.
        tensor: String,
        /// Its size.
        found: usize,
        /// `rows` or `columns`.
        lines: &'static str,
        /// The key that says the original size.
        key: &'static str,
        /// The original size.
        original: usize,
    },
    /// An attention module whose rows cannot be shared among its heads.
    #[error("tensor `{tensor}` has {rows} rows, no multiple of `heads` = {heads}")]
    Heads {
        /// The tensor.
        tensor: String,
        /// Its rows.
        rows: usize,
        /// Heads of the architecture.
        heads: usize,
    },
    /// A tensor that does not fit the others.
    #[error("tensor `{tensor}` has shape {found:?}, expected {expected:?}: {decided_by}")]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it should have.
        expected: Vec<usize>,
        /// Where the expected sizes come from.
        decided_by: String,
    },
    /// Tensors are missing, or there are others.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A narrower model that does not say which positions it keeps.
    #[error(
        "the {side} is {width} wide, `d-model` says {original}, and no `{side}.pos_emb_mask` says what was kept"
    )]
    NoColumns {
        /// Which half.
        side: Side,
        /// Its width.
        width: usize,
        /// Width of the unpruned model.
        original: usize,
    },
    /// A list of kept columns that cannot be.
    #[error("tensor `{tensor}` must be {width} different columns below {original}")]
    Columns {
        /// The list.
        tensor: String,
        /// How many columns are kept.
        width: usize,
        /// Width of the unpruned model.
        original: usize,
    },
    /// A checkpoint from the middle of a pruning period.
    #[error(
        "tensor `{0}` is not all 1: the checkpoint was saved while pruning, before its model was cut"
    )]
    Fading(String),
    /// A tied model whose checkpoint has a projection of its own.
    #[error(
        "tensor `{tensor}` is not the decoder's embedding table: set `output-projection = \"separate\"`"
    )]
    NotTied {
        /// The projection.
        tensor: &'static str,
    },
    /// Numbers that no model can have.
    #[error("tensor `{0}` holds a number that is not finite")]
    NotFinite(String),
    /// An architecture that cannot be.
    #[error("no model has this architecture: {0}")]
    Impossible(&'static str),
}
