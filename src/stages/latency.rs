//! How fast a model translates batches of a fixed size.

use crate::metrics::report::FixedBatch;
use std::time::Instant;

/// The sizes that are measured: one sentence as it comes, and many at once.
const BATCHES: [usize; 2] = [1, 128];

/// Sentences of a pass, unless a batch holds more.
const SENTENCES: usize = 16;

/// Passes that count; one more comes before them.
const RUNS: usize = 5;

/// Measures every batch size on sentences from all over a test set. `translate` is given a batch at a time, as places in
/// the test set.
///
/// # Errors
/// Those of `translate`.
pub(super) fn measure<E>(
    sentences: usize,
    mut translate: impl FnMut(&[usize]) -> Result<(), E>,
) -> Result<Vec<FixedBatch>, E> {
    let mut measured = Vec::new();
    for batch in BATCHES {
        let sample = spread(sentences, batch.max(SENTENCES));
        if sample.is_empty() {
            continue;
        }
        let mut run = || sample.chunks(batch).try_for_each(&mut translate);
        run()?;
        let mut seconds = [0.0; RUNS];
        for seconds in &mut seconds {
            let started = Instant::now();
            run()?;
            *seconds = started.elapsed().as_secs_f64();
        }
        measured.push(summary(batch, sample.len(), seconds));
    }
    Ok(measured)
}

/// At most `count` of the numbers below `all`, evenly spread.
fn spread(all: usize, count: usize) -> Vec<usize> {
    let count = count.min(all);
    (0..count).map(|index| index * all / count).collect()
}

fn summary(batch: usize, sentences: usize, mut seconds: [f64; RUNS]) -> FixedBatch {
    seconds.sort_by(f64::total_cmp);
    let each = |seconds: f64| seconds * 1e3 / sentences as f64;
    FixedBatch {
        batch,
        sentences,
        runs: RUNS,
        median_ms: each(seconds[RUNS / 2]),
        least_ms: each(seconds[0]),
        most_ms: each(seconds[RUNS - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_warmed_up_and_measured_on_sentences_from_all_over() {
        let mut calls = Vec::new();
        let measured = measure(1000, |batch| {
            calls.push(batch.to_vec());
            Ok::<(), ()>(())
        });
        let measured = measured.unwrap();
        let sizes: Vec<_> = measured.iter().map(|m| (m.batch, m.sentences)).collect();
        assert_eq!(sizes, [(1, 16), (128, 128)]);
        let (alone, together) = calls.split_at(16 * (1 + RUNS));
        assert_eq!([&alone[0], &alone[1], &alone[15]], [&[0], &[62], &[937]]);
        assert!(alone.iter().all(|batch| batch.len() == 1));
        assert!(together.iter().all(|batch| batch.len() == 128));
        assert_eq!(together.len(), 1 + RUNS);
    }

    #[test]
    fn a_small_test_set_is_taken_whole_and_an_empty_one_not_at_all() {
        assert_eq!(spread(3, 16), [0, 1, 2]);
        assert_eq!(measure(0, |_| Ok::<(), ()>(())), Ok(Vec::new()));
    }

    #[test]
    fn times_are_those_of_a_sentence() {
        let measured = summary(1, 10, [5.0, 1.0, 2.0, 4.0, 3.0]);
        let times = (measured.least_ms, measured.median_ms, measured.most_ms);
        assert_eq!(times, (100.0, 300.0, 500.0));
    }

    #[test]
    fn who_is_stopped_measures_nothing() {
        assert_eq!(measure(5, |_| Err("stopped")), Err("stopped"));
    }
}
