//! A model's numbers off the device: named arrays, and the file that holds them.

use burn::tensor::{Tensor, backend::Backend};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Named arrays: the parameters of a model, or one number for each of them.
pub type State = BTreeMap<String, Array>;

/// A dense array, rows first.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// The entries; as many as the product of `shape`.
    pub data: Vec<f32>,
}

impl Array {
    /// A tensor's entries, off its device.
    pub fn of<B: Backend, const D: usize>(tensor: Tensor<B, D>) -> Self {
        let shape = tensor.dims().to_vec();
        match tensor.into_data().convert::<f32>().into_vec() {
            Ok(data) => Self { shape, data },
            Err(error) => panic!("32-bit floats are not what they were converted to: {error:?}"),
        }
    }

    /// The entries at `kept` along an axis, in that order.
    ///
    /// # Panics
    /// If the array has no such axis, or an index is beyond it.
    pub fn select(&self, axis: usize, kept: &[usize]) -> Self {
        let inner: usize = self.shape[axis + 1..].iter().product();
        let length = self.shape[axis];
        let mut data = Vec::with_capacity(self.data.len() / length.max(1) * kept.len());
        for block in self.data.chunks_exact((length * inner).max(1)) {
            for &index in kept {
                data.extend_from_slice(&block[index * inner..(index + 1) * inner]);
            }
        }
        let mut shape = self.shape.clone();
        shape[axis] = kept.len();
        Self { shape, data }
    }
}

/// A file of tensors that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is not in the safetensors format, or is cut short.
    #[error("`{}` is not a whole safetensors file", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the reader met.
        #[source]
        source: safetensors::SafeTensorError,
    },
    /// A tensor has another number type than 32-bit floats.
    #[error("tensor `{name}` of `{}` holds {found:?}, expected F32", path.display())]
    Dtype {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its number type.
        found: Dtype,
    },
}

/// Reads a safetensors file of 32-bit floats.
///
/// # Errors
/// If the file cannot be read, is not whole, or holds other numbers.
pub fn read(path: &Path) -> Result<State, StateError> {
    let bytes = std::fs::read(path).map_err(|source| StateError::Io {
        action: "read",
        path: path.into(),
        source,
    })?;
    let format = |source| StateError::Format {
        path: path.into(),
        source,
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(format)?;
    tensors
        .iter()
        .map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(StateError::Dtype {
                    path: path.into(),
                    name: name.to_owned(),
                    found: view.dtype(),
                });
            }
            let data = view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            Ok((
                name.to_owned(),
                Array {
                    shape: view.shape().to_vec(),
                    data,
                },
            ))
        })
        .collect()
}

/// Writes a safetensors file; equal states give equal bytes.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, state: &State) -> Result<(), StateError> {
    let bytes: BTreeMap<&str, Vec<u8>> = state
        .iter()
        .map(|(name, array)| {
            (
                name.as_str(),
                array.data.iter().flat_map(|x| x.to_le_bytes()).collect(),
            )
        })
        .collect();
    let format = |source| StateError::Format {
        path: path.into(),
        source,
    };
    let views = state
        .iter()
        .map(|(name, array)| {
            let view = TensorView::new(Dtype::F32, array.shape.clone(), &bytes[name.as_str()]);
            view.map(|view| (name.as_str(), view))
        })
        .collect::<Result<BTreeMap<_, _>, _>>()
        .map_err(format)?;
    let file = safetensors::serialize(views, None).map_err(format)?;
    std::fs::write(path, file).map_err(|source| StateError::Io {
        action: "write",
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn select_keeps_rows_or_columns() {
        let array = Array {
            shape: vec![2, 3],
            data: vec![1., 2., 3., 4., 5., 6.],
        };
        assert_eq!(
            array.select(0, &[1]),
            Array {
                shape: vec![1, 3],
                data: vec![4., 5., 6.]
            }
        );
        assert_eq!(
            array.select(1, &[0, 2]),
            Array {
                shape: vec![2, 2],
                data: vec![1., 3., 4., 6.]
            }
        );
        assert_eq!(
            array.select(1, &[]),
            Array {
                shape: vec![2, 0],
                data: vec![]
            }
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.safetensors");
        let state = State::from([(
            "a".to_owned(),
            Array {
                shape: vec![2, 1],
                data: vec![1.5, -0.25],
            },
        )]);
        write(&path, &state).unwrap();
        assert_eq!(read(&path).unwrap(), state);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(
            message.contains("not a whole safetensors file"),
            "{message}"
        );
    }
}
