//! Work on many lines by several threads.

use std::ops::Range;
use std::thread;

/// Cuts `0..length` into as many ranges as there are threads, and works on each of them on a thread of its own; what
/// the work gave, in the order of the ranges. Nothing may depend on where the cuts are.
pub(crate) fn in_ranges<Out: Send>(
    threads: usize,
    length: usize,
    work: impl Fn(Range<usize>) -> Out + Sync,
) -> Vec<Out> {
    let each = length.div_ceil(threads.max(1)).max(1);
    let ranges = (0..length).step_by(each);
    let mut ranges = ranges.map(|start| start..length.min(start + each));
    let Some(first) = ranges.next() else {
        return Vec::new();
    };
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = ranges
            .map(|range| scope.spawn(move || work(range)))
            .collect();
        let mut done = vec![work(first)];
        for other in others {
            match other.join() {
                Ok(out) => done.push(out),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

/// What `work` makes of each item, in their order; on each thread `start` makes what the work needs there.
pub(crate) fn map<Item: Sync, State, Out: Send>(
    threads: usize,
    items: &[Item],
    start: impl Fn() -> State + Sync,
    work: impl Fn(&mut State, &Item) -> Out + Sync,
) -> Vec<Out> {
    let done = in_ranges(threads, items.len(), |range| -> Vec<Out> {
        let mut state = start();
        items[range]
            .iter()
            .map(|item| work(&mut state, item))
            .collect()
    });
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_in_order() {
        for length in [0, 1, 2, 7, 100] {
            let items: Vec<usize> = (0..length).collect();
            for threads in [0, 1, 2, 3, 8, 1000] {
                let out = map(threads, &items, || 1, |one, item| item + *one);
                assert_eq!(
                    out,
                    (1..=length).collect::<Vec<_>>(),
                    "{length} on {threads}"
                );
            }
        }
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn a_panic_of_a_thread_is_that_of_the_caller() {
        in_ranges(4, 4, |range| assert!(!range.contains(&2), "the third"));
    }
}
