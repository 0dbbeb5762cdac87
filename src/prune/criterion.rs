//! What entries are ranked by, beside SRP's own score. Every ranking is read like a gradient: the largest go first.

use crate::groups::Groups;
use crate::model::parameters::{Axis, parameters_of};
use crate::model::state::{Array, State};
use crate::random::Stream;
use crate::shape::Shape;

/// Ranks entries by how little the loss changes without them, to first order, for better or worse.
pub fn by_absolute_gradient(gradients: &Groups<Vec<f32>>) -> Groups<Vec<f32>> {
    gradients.map(|_, values| values.iter().map(|value| -value.abs()).collect())
}

/// Ranks entries by the L2 norm of what slicing would remove with each: rows, columns, biases and layer norms of all
/// tensors that belong to its group (SPEC §12).
pub fn by_magnitude(state: &State, shape: &Shape) -> Groups<Vec<f32>> {
    let table = parameters_of(shape);
    shape.groups().map(|name, &size| {
        let mut squares = vec![0.0; size];
        for parameter in &table {
            let axes = parameter.axes.iter().enumerate();
            let of_group = axes.filter(|(_, axis)| **axis == Axis::Group(name));
            // A tensor that lost all its entries is in no state.
            if let Some(array) = state.get(&parameter.name) {
                of_group.for_each(|(axis, _)| add_squares(array, axis, &mut squares));
            }
        }
        squares.iter().map(|sum| -sum.sqrt() as f32).collect()
    })
}

/// Adds the squares of all entries at each index of an axis to the sum of that index.
fn add_squares(array: &Array, axis: usize, sums: &mut [f64]) {
    let inner: usize = array.shape[axis + 1..].iter().product();
    for (position, &entry) in array.data.iter().enumerate() {
        sums[position / inner % array.shape[axis]] += f64::from(entry) * f64::from(entry);
    }
}

/// Ranks entries at random: another order in every `round`, drawn for each group by its name.
pub fn at_random(sizes: &Groups<usize>, seed: u64, round: u64) -> Groups<Vec<f32>> {
    sizes.map(|name, &size| {
        let mut stream = Stream::indexed(seed, &format!("random ranking of {name}"), round);
        (0..size).map(|_| stream.next_f64() as f32).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_summed_along_the_other_axes() {
        let array = Array {
            shape: vec![2, 3],
            data: vec![1., 2., 3., 4., 5., 6.],
        };
        let (mut rows, mut columns) = ([0.0; 2], [1.0, 0.0, 0.0]);
        add_squares(&array, 0, &mut rows);
        add_squares(&array, 1, &mut columns);
        assert_eq!(rows, [14.0, 77.0]);
        assert_eq!(columns, [18.0, 29.0, 45.0]);
    }

    #[test]
    fn a_taylor_score_does_not_ask_for_the_sign() {
        let gradients = Groups::build(1, 1, |_| vec![-2.0, 0.5, 1.0]);
        let ranked = by_absolute_gradient(&gradients);
        assert_eq!(ranked.encoder.embedding, [-2.0, -0.5, -1.0]);
    }

    #[test]
    fn a_random_ranking_differs_by_group_and_round_only() {
        let sizes = Groups::build(1, 1, |_| 8);
        let first = at_random(&sizes, 1, 0);
        assert_eq!(first, at_random(&sizes, 1, 0));
        assert_ne!(first, at_random(&sizes, 1, 1));
        assert_ne!(first.encoder.embedding, first.decoder.embedding);
    }
}
