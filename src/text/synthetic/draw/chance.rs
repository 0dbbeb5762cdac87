//! Choosing.

use super::Draw;

impl Draw {
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.stream.next_f64() < probability
    }

    pub(super) fn pick<T>(&mut self, items: &'static [T]) -> &'static T {
        &items[self.stream.below(items.len())]
    }

    /// One of the items that fit; there is one for every class and tense.
    pub(super) fn pick_where<T>(
        &mut self,
        items: &'static [T],
        fits: impl Fn(&T) -> bool,
    ) -> &'static T {
        let fitting: Vec<&T> = items.iter().filter(|item| fits(item)).collect();
        fitting[self.stream.below(fitting.len())]
    }

    /// One of the items, as likely as its weight says.
    pub(super) fn weighted<'t, T>(&mut self, items: &'t [(usize, T)]) -> &'t T {
        let by_weight = |(weight, item): &'t (usize, T)| std::iter::repeat_n(item, *weight);
        let tickets: Vec<&T> = items.iter().flat_map(by_weight).collect();
        tickets[self.stream.below(tickets.len())]
    }
}
