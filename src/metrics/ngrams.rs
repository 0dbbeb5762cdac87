//! Counting n-grams that two sequences share.

use std::collections::HashMap;
use std::hash::Hash;

/// How many n-grams of `order` a sequence of `len` items has.
pub(super) fn total(len: usize, order: usize) -> u64 {
    (len + 1).saturating_sub(order) as u64
}

/// How many n-grams of `order` in `hypothesis` also stand in `reference`, each at most as often as there.
pub(super) fn matches<T: Eq + Hash>(hypothesis: &[T], reference: &[T], order: usize) -> u64 {
    let mut left: HashMap<&[T], u64> = HashMap::with_capacity(reference.len());
    for ngram in reference.windows(order) {
        *left.entry(ngram).or_default() += 1;
    }
    let mut found = 0;
    for ngram in hypothesis.windows(order) {
        if let Some(count) = left.get_mut(ngram).filter(|count| **count > 0) {
            *count -= 1;
            found += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_clipped_to_the_reference() {
        assert_eq!(matches(&[1, 1, 1, 2], &[1, 2, 1], 1), 3);
        assert_eq!(matches(&[1, 2, 1, 2], &[1, 2], 2), 1);
        assert_eq!(matches(&[1, 2], &[1, 2], 3), 0);
    }

    #[test]
    fn short_sequences_have_no_long_ngrams() {
        assert_eq!([1, 2, 3, 4].map(|order| total(3, order)), [3, 2, 1, 0]);
        assert_eq!(total(0, 1), 0);
    }
}
