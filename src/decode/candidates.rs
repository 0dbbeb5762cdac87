//! The best continuations of a sentence's hypotheses.

/// A continuation of a live hypothesis by one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// The hypothesis, within its sentence.
    pub(super) hypothesis: usize,
    /// The token.
    pub(super) token: usize,
    /// Cumulative log-probability with the token.
    pub(super) total: f64,
}

/// The `count` best continuations, best first; of equal ones the first by hypothesis, then by token.
///
/// # Shapes
/// - `log_probabilities`: one row of `[vocab]` a hypothesis
/// - `cumulative`: one a hypothesis
pub(super) fn best<'a>(
    log_probabilities: impl Iterator<Item = &'a [f32]>,
    cumulative: &[f64],
    count: usize,
) -> Vec<Candidate> {
    let mut best: Vec<Candidate> = Vec::with_capacity(count + 1);
    for (hypothesis, (row, &before)) in log_probabilities.zip(cumulative).enumerate() {
        for (token, &log_probability) in row.iter().enumerate() {
            let total = before + f64::from(log_probability);
            if best.len() == count && best.last().is_some_and(|worst| total <= worst.total) {
                continue;
            }
            let place = best.partition_point(|candidate| candidate.total >= total);
            best.insert(
                place,
                Candidate {
                    hypothesis,
                    token,
                    total,
                },
            );
            best.truncate(count);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_candidates_come_in_order() {
        let rows = [[-1.0_f32, -2.0], [-1.0, -1.0]];
        let found = best(rows.iter().map(|row| row.as_slice()), &[0.0, 0.0], 3);
        let places: Vec<_> = found.iter().map(|c| (c.hypothesis, c.token)).collect();
        assert_eq!(places, [(0, 0), (1, 0), (1, 1)]);
    }
}
