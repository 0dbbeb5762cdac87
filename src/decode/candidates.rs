//! The best continuations of a sentence's hypotheses.

use super::proposer::Continuation;

/// A continuation of a live hypothesis by one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// The hypothesis, within its sentence.
    pub(super) hypothesis: usize,
    /// The token.
    pub(super) token: u32,
    /// Cumulative log-probability with the token.
    pub(super) total: f64,
}

/// The `count` best continuations, best first; of equal ones the first by hypothesis, then by token.
///
/// `proposed` are the continuations of each hypothesis, best first, `cumulative` is its log-probability so far.
pub(super) fn best<'a>(
    proposed: impl Iterator<Item = &'a [Continuation]>,
    cumulative: impl Iterator<Item = f64>,
    count: usize,
) -> Vec<Candidate> {
    let mut best: Vec<Candidate> = Vec::with_capacity(count + 1);
    for (hypothesis, (row, before)) in proposed.zip(cumulative).enumerate() {
        for continuation in row {
            let total = before + f64::from(continuation.log_probability);
            if best.len() == count && best.last().is_some_and(|worst| total <= worst.total) {
                break;
            }
            let place = best.partition_point(|candidate| candidate.total >= total);
            best.insert(
                place,
                Candidate {
                    hypothesis,
                    token: continuation.token,
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
        let continuation = |token, log_probability| Continuation {
            token,
            log_probability,
        };
        let rows = [
            [continuation(0, -1.0), continuation(1, -2.0)],
            [continuation(0, -1.0), continuation(1, -1.0)],
        ];
        let rows = rows.iter().map(|row| row.as_slice());
        let found = best(rows, [0.0, 0.0].into_iter(), 3);
        let places: Vec<_> = found.iter().map(|c| (c.hypothesis, c.token)).collect();
        assert_eq!(places, [(0, 0), (1, 0), (1, 1)]);
    }
}
