//! What beam search asks of a model: which tokens may come next, and how likely they are.

use crate::text::vocabulary::PAD;

/// Translates a batch of sentences one position after another.
///
/// Rows are the hypotheses of the sentences that are left, sentence after sentence, as many for each.
pub trait Proposer {
    /// Begins with some sentences, each of which has one empty hypothesis.
    ///
    /// # Panics
    /// Perhaps, if a sentence has no token but padding: there is nothing to attend to. Text without a word has its end.
    fn begin(&mut self, sentences: &[&[u32]]);

    /// The `count` best continuations of each row, whose newest token is given.
    fn propose(&mut self, newest: &[u32], rules: Rules, count: usize) -> Proposals;

    /// Goes on with some of the sentences, each by its place among those that were left, and with some of the rows.
    fn go_on(&mut self, sentences: &[usize], rows: &[usize]);
}

/// How a sentence may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By anything but its end.
    Forbidden,
    /// By anything.
    Allowed,
    /// By its end alone.
    Required,
}

/// What may come at a step. Padding may never come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Whether the sentence may end.
    pub end: End,
    /// Taken from the log-probability of the unknown word.
    pub unknown_penalty: f32,
}

/// A token that may come next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Continuation {
    /// The token.
    pub token: u32,
    /// Its log-probability; minus infinity if it may not come.
    pub log_probability: f32,
}

/// What takes the places of a row that has too few continuations.
const HOPELESS: Continuation = Continuation {
    token: PAD,
    log_probability: f32::NEG_INFINITY,
};

/// The best continuations of each row, best first, of equal scores the lower token first; as many for every row.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposals {
    count: usize,
    entries: Vec<Continuation>,
}

impl Proposals {
    /// No row yet, `count` continuations for each.
    pub(super) fn new(count: usize) -> Self {
        Self {
            count,
            entries: Vec::new(),
        }
    }

    /// Adds a row, whose continuations come in their order.
    pub(super) fn push(&mut self, row: impl Iterator<Item = Continuation>) {
        let end = self.entries.len() + self.count;
        self.entries.extend(row.take(self.count));
        self.entries.resize(end, HOPELESS);
    }

    /// Row after row.
    pub fn rows(&self) -> impl Iterator<Item = &[Continuation]> {
        self.entries.chunks_exact(self.count)
    }
}
