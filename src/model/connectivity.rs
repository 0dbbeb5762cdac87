//! Connectivity vectors as tensors.

use crate::groups::Groups;
use burn::tensor::{Tensor, backend::Backend};

/// The connectivity vector of each group; none where the group is empty.
pub type Connectivity<B> = Groups<Option<Tensor<B, 1>>>;

/// Connectivity vectors that change nothing.
pub fn ones<B: Backend>(sizes: &Groups<usize>, device: &B::Device) -> Connectivity<B> {
    sizes.map(|_, &size| (size > 0).then(|| Tensor::ones([size], device)))
}

/// Multiplies each row by a connectivity vector, where there is one.
///
/// # Shapes
/// - `x`: `[rows, size]`
/// - `c`: `[size]`
pub(super) fn scale<B: Backend>(x: Tensor<B, 2>, c: Option<&Tensor<B, 1>>) -> Tensor<B, 2> {
    match c {
        Some(c) => x * c.clone().unsqueeze::<2>(),
        None => x,
    }
}
