//! How sure differences between scores are, from the translations that test stages have left in the cache.

use super::grid::Grid;
use crate::cache::{Cache, Lookup};
use crate::metrics::bleu::BleuStatistics;
use crate::metrics::chrf::Chrf;
use crate::metrics::significance::{Resampled, Samples, Statistics};
use crate::results::derived::Derived;
use crate::results::{Values, translated_lines};

/// How test sets are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// How many samples.
    pub samples: usize,
    /// What decides which sentences they draw.
    pub seed: u64,
}

/// The scores that are sampled.
pub(super) const SCORES: [&str; 2] = ["bleu", "chrf"];

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
/// baseline) for BLEU and chrF.
///
/// # Errors
/// Why there is no row beside the baseline of which that can be said; nothing is added then.
pub(super) fn add(
    grid: &mut Grid,
    baseline: &Grid,
    cache: &Cache,
    how: Bootstrap,
) -> Result<(), String> {
    let others: Vec<usize> = (0..grid.height)
        .filter(|row| grid.text("row", *row) != baseline.text("row", 0))
        .collect();
    if is_average(baseline, 0) {
        return Err(of_averages("the baseline is an average"));
    }
    if !others.is_empty() && others.iter().all(|row| is_average(grid, *row)) {
        return Err(of_averages("all rows beside the baseline are averages"));
    }
    let base = Translations::of(baseline, 0, cache);
    let base = base.ok_or_else(|| absent("the baseline", baseline.words("artifact")))?;
    let samples = Samples::of(base.references.len(), how.samples, how.seed);
    let samples = samples.ok_or("the test set has too many sentences")?;
    let base_scores = base.score(&samples);
    let mut findings = vec![[Finding::default(); 2]; grid.height];
    let (mut at_hand, mut found) = (false, false);
    for (row, finding) in findings.iter_mut().enumerate() {
        let Some(translations) = Translations::of(grid, row, cache) else {
            continue;
        };
        at_hand |= others.contains(&row);
        if translations.references != base.references {
            continue;
        }
        found |= others.contains(&row);
        *finding = if translations == base {
            // Nothing differs, so there is nothing to be sure of.
            base_scores.findings(None)
        } else {
            translations.score(&samples).findings(Some(&base_scores))
        };
    }
    if !found {
        return Err(match at_hand {
            true => "the other rows have other references than the baseline".to_owned(),
            false => absent("a row beside the baseline", grid.words("artifact")),
        });
    }
    for (place, name) in SCORES.into_iter().enumerate() {
        let column = |of: fn(&Finding) -> Option<f64>| {
            Values::Float(findings.iter().map(|finding| of(&finding[place])).collect())
        };
        for (derived, values) in [
            (Derived::Interval, column(|finding| finding.half_width)),
            (Derived::Mean, column(|finding| finding.mean)),
            (Derived::P, column(|finding| finding.p)),
        ] {
            grid.put_behind(name, &derived.name(name), values);
        }
    }
    Ok(())
}

/// Whether a row is made of several.
pub(super) fn is_average(grid: &Grid, row: usize) -> bool {
    let n = grid.values("n").and_then(|values| values.number(row));
    n.is_some_and(|n| n > 1.0)
}

fn of_averages(which: &str) -> String {
    format!(
        "{which}, whose spread says more than samples of the test set do; `--each` compares single rows"
    )
}

/// That there is nothing to sample, and why: no artifact is named, or the cache does not have it.
fn absent(whose: &str, artifacts: &[Option<String>]) -> String {
    match artifacts.iter().flatten().next() {
        Some(_) => format!("the cache does not have the translations of {whose}"),
        None => format!("the table names no artifact, where translations of {whose} would be"),
    }
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
