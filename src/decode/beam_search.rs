//! Beam search, as fairseq does it (SPEC §15).

use super::candidates::{Candidate, best};
use super::proposer::{Continuation, End, Proposer, Rules};
use crate::config::Search;
use crate::text::vocabulary::EOS;

/// A finished translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// Token ids, with the end of the sentence.
    pub tokens: Vec<u32>,
    /// Log-probability over length to the power of the length penalty.
    pub score: f64,
    /// Log-probability of each token.
    pub positional_scores: Vec<f64>,
}

/// A token of a hypothesis.
#[derive(Debug, Clone, Copy)]
struct Link {
    /// Where the token before it stands among the links; none before the first.
    before: Option<usize>,
    token: u32,
    /// Cumulative log-probability.
    total: f64,
}

/// A sentence that is being translated.
struct Sentence {
    /// Its place in the batch.
    index: usize,
    /// Tokens of all hypotheses that there were: those that share a beginning share its links.
    links: Vec<Link>,
    /// The newest link of each live hypothesis; none at the first step, when there is one hypothesis.
    live: Vec<Option<usize>>,
    finished: Vec<Translation>,
}

/// The most steps that a translation of a sentence of `src_len` tokens may take after its first.
///
/// `src_len` is that of the longest sentence of its batch, `max_positions` the model's limit.
pub fn longest(search: &Search, src_len: usize, max_positions: usize) -> usize {
    let limit = search.max_length_a.get() * src_len as f64 + search.max_length_b as f64;
    (limit.floor() as usize).min(max_positions.saturating_sub(1))
}

/// The finished translations of every sentence of a batch, best first. They end at step `limit`, counted from 0.
pub fn beam_search(
    proposer: &mut impl Proposer,
    sources: &[&[u32]],
    search: &Search,
    limit: usize,
) -> Vec<Vec<Translation>> {
    if sources.is_empty() {
        return Vec::new();
    }
    let beam = search.beam.get();
    proposer.begin(sources);
    let mut sentences: Vec<Sentence> = (0..sources.len()).map(Sentence::new).collect();
    let mut done: Vec<Vec<Translation>> = vec![Vec::new(); sources.len()];
    for step in 0..=limit {
        let newest: Vec<u32> = sentences.iter().flat_map(Sentence::newest).collect();
        let proposals = proposer.propose(&newest, rules(search, step, limit), 2 * beam);
        let mut proposed = proposals.rows();
        let (mut places, mut rows) = (Vec::new(), Vec::new());
        let mut first_row = 0;
        let mut going_on = Vec::with_capacity(sentences.len());
        for (place, mut sentence) in sentences.into_iter().enumerate() {
            let hypotheses = sentence.live.len();
            let from = sentence.advance(proposed.by_ref().take(hypotheses), search);
            if sentence.finished.len() >= beam || step == limit {
                let index = sentence.index;
                done[index] = sentence.best_first();
            } else {
                rows.extend(from.into_iter().map(|hypothesis| first_row + hypothesis));
                places.push(place);
                going_on.push(sentence);
            }
            first_row += hypotheses;
        }
        sentences = going_on;
        if sentences.is_empty() {
            break;
        }
        proposer.go_on(&places, &rows);
    }
    done
}

/// What may come at a step.
fn rules(search: &Search, step: usize, limit: usize) -> Rules {
    let end = if step == limit {
        End::Required
    } else if step < search.min_length {
        End::Forbidden
    } else {
        End::Allowed
    };
    Rules {
        end,
        unknown_penalty: search.unknown_penalty.get() as f32,
    }
}

impl Sentence {
    fn new(index: usize) -> Self {
        Self {
            index,
            links: Vec::new(),
            live: vec![None],
            finished: Vec::new(),
        }
    }

    /// The newest token of each live hypothesis; the first is the end of a sentence.
    fn newest(&self) -> impl Iterator<Item = u32> {
        let token = |link: &Option<usize>| link.map_or(EOS, |link| self.links[link].token);
        self.live.iter().map(token)
    }

    /// The cumulative log-probability up to a link.
    fn total(&self, link: Option<usize>) -> f64 {
        link.map_or(0.0, |link| self.links[link].total)
    }

    /// Takes the best continuations; returns the hypotheses that the new live ones came from.
    fn advance<'a>(
        &mut self,
        proposed: impl Iterator<Item = &'a [Continuation]>,
        search: &Search,
    ) -> Vec<usize> {
        let beam = search.beam.get();
        let totals = self.live.iter().map(|&link| self.total(link));
        let candidates = best(proposed, totals, 2 * beam);
        let mut live = Vec::with_capacity(beam);
        let mut from = Vec::with_capacity(beam);
        for (rank, candidate) in candidates.iter().enumerate() {
            let before = self.live[candidate.hypothesis];
            let ends = candidate.token == EOS;
            if ends
                && rank < beam
                && self.finished.len() < beam
                && candidate.total > f64::NEG_INFINITY
            {
                let finished = self.finish(before, candidate, search.length_penalty.get());
                self.finished.push(finished);
            } else if !ends && live.len() < beam {
                live.push(Some(self.links.len()));
                from.push(candidate.hypothesis);
                self.links.push(Link {
                    before,
                    token: candidate.token,
                    total: candidate.total,
                });
            }
        }
        self.live = live;
        from
    }

    /// The translation that ends behind a link.
    fn finish(
        &self,
        mut link: Option<usize>,
        last: &Candidate,
        length_penalty: f64,
    ) -> Translation {
        let (mut tokens, mut positional_scores) = (vec![last.token], Vec::new());
        let mut total = last.total;
        while let Some(Link {
            before,
            token,
            total: earlier,
        }) = link.map(|link| self.links[link])
        {
            tokens.push(token);
            positional_scores.push(total - earlier);
            (total, link) = (earlier, before);
        }
        positional_scores.push(total);
        tokens.reverse();
        positional_scores.reverse();
        Translation {
            score: last.total / (tokens.len() as f64).powf(length_penalty),
            tokens,
            positional_scores,
        }
    }

    /// Its finished translations, best first.
    fn best_first(mut self) -> Vec<Translation> {
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished
    }
}
