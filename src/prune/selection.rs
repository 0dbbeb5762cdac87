//! Which entries go: those whose removal the loss minds least (SPEC §7).

use super::Counts;
use crate::groups::{GroupName, Groups, Side};
use std::collections::BTreeMap;

/// The entries to remove, ascending, as indices into the current groups.
///
/// `scores` are gradients of the loss with respect to connectivity: the largest go first, and of equal ones the
/// first in the order of [`Groups::names`]. Embedding dimensions compete within their side, head dimensions
/// within their head, neurons with all neurons of the model.
///
/// # Panics
/// If more is to be removed than there is.
pub fn select(scores: &Groups<Vec<f32>>, counts: &Counts, heads: usize) -> Groups<Vec<usize>> {
    let mut neurons = select_neurons(scores, counts.neurons);
    scores.map(|name, values| match name {
        GroupName::Embedding(Side::Encoder) => largest(values, counts.encoder_dims),
        GroupName::Embedding(Side::Decoder) => largest(values, counts.decoder_dims),
        GroupName::Qk(..) => largest_of_each_head(values, counts.qk_per_head, heads),
        GroupName::Vo(..) => largest_of_each_head(values, counts.vo_per_head, heads),
        GroupName::FeedForward(..) => neurons.remove(&name).unwrap_or_default(),
    })
}

/// All indices, that of the largest value first; of equal values the first one first.
fn descending(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    order
}

/// The indices of the `count` largest values, ascending; of equal values the first.
fn largest(values: &[f32], count: usize) -> Vec<usize> {
    let mut chosen = descending(values)[..count].to_vec();
    chosen.sort_unstable();
    chosen
}

fn largest_of_each_head(values: &[f32], count: usize, heads: usize) -> Vec<usize> {
    let width = values.len() / heads;
    (0..heads)
        .flat_map(|head| {
            let start = head * width;
            largest(&values[start..start + width], count)
                .into_iter()
                .map(move |index| start + index)
        })
        .collect()
}

fn select_neurons(scores: &Groups<Vec<f32>>, count: usize) -> BTreeMap<GroupName, Vec<usize>> {
    let mut chosen = BTreeMap::<GroupName, Vec<usize>>::new();
    for &(name, index) in &neurons_in_order(scores)[..count] {
        chosen.entry(name).or_default().push(index);
    }
    chosen
        .values_mut()
        .for_each(|indices| indices.sort_unstable());
    chosen
}

/// All feed-forward neurons of the model with their layers, in the order in which [`select`] removes them.
pub(super) fn neurons_in_order(scores: &Groups<Vec<f32>>) -> Vec<(GroupName, usize)> {
    let places: Vec<(GroupName, usize)> = scores
        .iter()
        .filter(|(name, _)| matches!(name, GroupName::FeedForward(..)))
        .flat_map(|(name, values)| (0..values.len()).map(move |index| (name, index)))
        .collect();
    let values: Vec<f32> = places
        .iter()
        .map(|&(name, index)| scores.get(name)[index])
        .collect();
    let order = descending(&values).into_iter();
    order.map(|place| places[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_go_in_order() {
        assert_eq!(largest(&[0.0, 1.0, 0.0, 0.0, -1.0], 3), [0, 1, 2]);
        assert_eq!(largest_of_each_head(&[0.0, 1.0, 5.0, 5.0], 1, 2), [1, 2]);
    }

    #[test]
    fn neurons_of_all_layers_compete() {
        let scores = Groups::build(1, 1, |name| match name {
            GroupName::FeedForward(Side::Encoder, _) => vec![3.0, 0.0, 1.0],
            GroupName::FeedForward(Side::Decoder, _) => vec![2.0, 1.0],
            _ => vec![0.0; 2],
        });
        let counts = Counts {
            neurons: 3,
            ..Counts::default()
        };
        let selected = select(&scores, &counts, 2);
        assert_eq!(selected.encoder.layers[0].feed_forward, [0, 2]);
        assert_eq!(selected.decoder.layers[0].feed_forward, [0]);
        assert!(selected.encoder.embedding.is_empty());
    }
}
