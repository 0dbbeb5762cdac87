//! Token embeddings and sinusoidal positions.

use super::transformer::Loader;
use crate::kernels::Kernels;
use burn::module::{Module, Param};
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};

/// Token id of padding, and the offset of positions (SPEC §3).
pub(super) const PAD: usize = 1;

/// The table of one side, and the positions that are added to it.
#[derive(Module, Debug)]
pub(super) struct Embedding<B: Backend> {
    weight: Param<Tensor<B, 2>>,
    positions: Positions<B>,
}

/// The position table, cut to the kept columns; not trained.
#[derive(Module, Debug)]
struct Positions<B: Backend> {
    table: Tensor<B, 2>,
    factor: f64,
}

impl<B: Kernels> Embedding<B> {
    pub(super) fn load(loader: &Loader<'_, B>, prefix: &str, columns: &[usize]) -> Self {
        let d_model = loader.original_d_model();
        let rows = PAD + 1 + loader.max_positions();
        let table = position_table(rows, d_model, columns);
        let table = TensorData::new(table, [rows, columns.len()]);
        Self {
            weight: loader.present(&format!("{prefix}.weight")),
            positions: Positions {
                table: Tensor::from_data(table, loader.device()),
                factor: (d_model as f64).sqrt(),
            },
        }
    }

    /// Embeds tokens at positions. Where `present` is 0, the lookup trains nothing: padding learns only as a word
    /// that could be predicted (SPEC §17, D26).
    ///
    /// # Shapes
    /// - `tokens`, `positions`: `[rows]`
    /// - `present`: `[rows, 1]`
    /// - returns: `[rows, d_model]`
    pub(super) fn forward(
        &self,
        tokens: Tensor<B, 1, Int>,
        positions: Tensor<B, 1, Int>,
        present: Option<&Tensor<B, 2>>,
    ) -> Tensor<B, 2> {
        let (table, factor) = (self.weight.val(), self.positions.factor);
        let words = B::lookup(table, tokens, factor, present.cloned());
        words + B::lookup(self.positions.table.clone(), positions, 1.0, None)
    }

    /// The table, `[vocab, d_model]`.
    pub(super) fn weight(&self) -> &Param<Tensor<B, 2>> {
        &self.weight
    }
}

/// Sinusoidal positions of the original width, of which only some columns are kept (SPEC §3, "Positions").
///
/// Returns `[rows, columns.len()]`, rows first.
pub fn position_table(rows: usize, d_model: usize, columns: &[usize]) -> Vec<f32> {
    let half = d_model / 2;
    let decrement = 10_000_f64.ln() / (half as f64 - 1.0).max(1.0);
    let entry = |position: usize, column: usize| {
        let frequency = |i: usize| (-(i as f64) * decrement).exp();
        match column {
            _ if position == PAD => 0.0,
            c if c < half => (position as f64 * frequency(c)).sin(),
            c if c < 2 * half => (position as f64 * frequency(c - half)).cos(),
            _ => 0.0,
        }
    };
    (0..rows)
        .flat_map(|row| columns.iter().map(move |&column| entry(row, column) as f32))
        .collect()
}
