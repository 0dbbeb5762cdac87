//! How sure differences between scores are, from the translations that test stages have left in the cache.

use super::grid::Grid;
use crate::cache::{Cache, Lookup};
use crate::metrics::bleu::BleuStatistics;
use crate::metrics::chrf::Chrf;
use crate::metrics::significance::{Resampled, Samples, Statistics};
use crate::results::{Values, translated_lines};

/// How test sets are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// How many samples.
    pub samples: usize,
    /// What decides which sentences they draw.
    pub seed: u64,
}

/// The translations of a test set.
#[derive(PartialEq)]
struct Translations {
    hypotheses: Vec<String>,
    references: Vec<String>,
}

/// A system on all samples.
struct Scores {
    bleu: Resampled,
    chrf: Resampled,
}

/// What is known of one row.
#[derive(Clone, Copy, Default)]
struct Finding {
    mean: Option<f64>,
    half_width: Option<f64>,
    p: Option<f64>,
}

/// Adds to each row whose translations are at hand, as are those of `baseline`, the columns `NAME_mean` and `NAME_ci`
/// (mean over samples, and half the width of the 95 % interval) and `NAME_p` (that of its difference from the
/// baseline) for BLEU and chrF. Adds nothing, and says so, if there is no such row beside the baseline.
pub(super) fn add(grid: &mut Grid, baseline: &Grid, cache: &Cache, how: Bootstrap) -> bool {
    let Some(base) = Translations::of(baseline, 0, cache) else {
        return false;
    };
    let Some(samples) = Samples::of(base.references.len(), how.samples, how.seed) else {
        return false;
    };
    let base_scores = base.score(&samples);
    let mut findings = vec![[Finding::default(); 2]; grid.height];
    let mut found = false;
    for (row, finding) in findings.iter_mut().enumerate() {
        let Some(translations) = Translations::of(grid, row, cache) else {
            continue;
        };
        if translations.references != base.references {
            continue;
        }
        found |= grid.text("row", row) != baseline.text("row", 0);
        *finding = if translations == base {
            // Nothing differs, so there is nothing to be sure of.
            base_scores.findings(None)
        } else {
            translations.score(&samples).findings(Some(&base_scores))
        };
    }
    if found {
        for (place, name) in ["bleu", "chrf"].into_iter().enumerate() {
            let column = |of: fn(&Finding) -> Option<f64>| {
                Values::Float(findings.iter().map(|finding| of(&finding[place])).collect())
            };
            grid.put_behind(
                name,
                &format!("{name}_ci"),
                column(|finding| finding.half_width),
            );
            grid.put_behind(
                name,
                &format!("{name}_mean"),
                column(|finding| finding.mean),
            );
            grid.put_behind(name, &format!("{name}_p"), column(|finding| finding.p));
        }
    }
    found
}

impl Translations {
    /// Those that the artifact of a row holds, if it is in the cache.
    fn of(grid: &Grid, row: usize, cache: &Cache) -> Option<Self> {
        let key = grid.text("artifact", row)?.parse().ok()?;
        let Lookup::Whole(artifact) = cache.lookup(key) else {
            return None;
        };
        let read = |name| translated_lines(&artifact.path().join(name));
        let translations = Self {
            hypotheses: read("hypotheses.txt")?,
            references: read("references.txt")?,
        };
        let fit = translations.hypotheses.len() == translations.references.len();
        fit.then_some(translations)
    }

    fn score(&self, samples: &Samples) -> Scores {
        Scores {
            bleu: samples.score(&self.counted(BleuStatistics::add)),
            chrf: samples.score(&self.counted(Chrf::add)),
        }
    }

    /// What a score needs of each sentence.
    fn counted<S: Statistics>(&self, add: fn(&mut S, &str, &str)) -> Vec<S> {
        let pairs = self.hypotheses.iter().zip(&self.references);
        let one = |(hypothesis, reference): (&String, &String)| {
            let mut statistics = S::default();
            add(&mut statistics, hypothesis, reference);
            statistics
        };
        pairs.map(one).collect()
    }
}

impl Scores {
    fn findings(&self, baseline: Option<&Self>) -> [Finding; 2] {
        let finding = |of: fn(&Self) -> &Resampled| {
            let interval = of(self).interval();
            Finding {
                mean: interval.map(|interval| interval.mean),
                half_width: interval.map(|interval| interval.half_width),
                p: baseline.map(|baseline| of(self).p_value(of(baseline))),
            }
        };
        [
            finding(|scores| &scores.bleu),
            finding(|scores| &scores.chrf),
        ]
    }
}
