//! From values to places, and the values worth a tick.

/// How values are spaced along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spacing {
    /// By their difference.
    #[default]
    Linear,
    /// By their ratio; values that are not above 0 have no place.
    Log,
}

/// By how much of themselves values differ at least, if an axis is to tell them apart.
const SAME: f64 = 1e-6;

/// Maps values to places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    spacing: Spacing,
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// A scale on which all values have a place between `start` and `end`, with a margin; what has no place is passed
    /// over.
    pub(super) fn around(
        values: impl Iterator<Item = f64>,
        spacing: Spacing,
        start: f64,
        end: f64,
    ) -> Self {
        let warped = values.filter_map(|value| warp(spacing, value));
        let (low, high) = warped.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let same = SAME * low.abs().max(high.abs());
        let (low, high) = match high - low {
            difference if difference > same => (low - 0.06 * difference, high + 0.06 * difference),
            // A single value stands in the middle of something.
            difference if difference >= 0.0 => {
                let around = if low == 0.0 { 1.2 } else { 0.12 * low.abs() };
                (low - around, high + around)
            }
            _ => (0.0, 1.0),
        };
        Self {
            spacing,
            from: low,
            to: high,
            start,
            end,
        }
    }

    /// A linear scale from one value to another.
    pub(super) fn linear(from: f64, to: f64, start: f64, end: f64) -> Self {
        Self {
            spacing: Spacing::Linear,
            from,
            to: if to > from { to } else { from + 1.0 },
            start,
            end,
        }
    }

    /// The place of a value, if it has one.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let share = (warp(self.spacing, value)? - self.from) / (self.to - self.from);
        Some(self.start + share * (self.end - self.start))
    }

    /// Round values with their places and names, about `gap` pixels apart or more.
    pub(super) fn ticks(&self, gap: f64) -> Vec<(f64, String)> {
        let most = ((self.end - self.start).abs() / gap).max(2.0);
        let (values, step) = match self.spacing {
            Spacing::Log if self.to - self.from >= 0.6 => self.ratios(most),
            Spacing::Log => steps(10f64.powf(self.from), 10f64.powf(self.to), most),
            Spacing::Linear => steps(self.from, self.to, most),
        };
        let names = names(&values, step);
        let placed = values.into_iter().zip(names);
        placed
            .filter_map(|(value, name)| Some((self.place(value)?, name)))
            .collect()
    }

    /// 1, 2 and 5 of each power of ten, or only the powers if those were too many; and the least distance.
    fn ratios(&self, most: f64) -> (Vec<f64>, f64) {
        let within = |digits: &[f64]| -> Vec<f64> {
            let powers = self.from.floor() as i32..=self.to.ceil() as i32;
            let all = powers.flat_map(|power| digits.iter().map(move |d| d * 10f64.powi(power)));
            all.filter(|value| (self.from..=self.to).contains(&value.log10()))
                .collect()
        };
        let [fine, coarse] = [within(&[1.0, 2.0, 5.0]), within(&[1.0])];
        let chosen = if fine.len() as f64 <= most || coarse.len() < 2 {
            fine
        } else {
            coarse
        };
        let least = chosen.first().copied().unwrap_or(1.0);
        (chosen, least)
    }
}

fn warp(spacing: Spacing, value: f64) -> Option<f64> {
    let warped = match spacing {
        Spacing::Linear => value,
        Spacing::Log => value.log10(),
    };
    warped.is_finite().then_some(warped)
}

/// About `most` multiples of a round number between two values, three at least; and the round number.
fn steps(from: f64, to: f64, most: f64) -> (Vec<f64>, f64) {
    let least = (to - from) / most;
    let power = 10f64.powf(least.log10().floor());
    let round = [10.0, 5.0, 2.0, 1.0, 0.5].map(|digit| digit * power);
    let multiples = |step: f64| -> Vec<f64> {
        let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
        // Not by adding up, which would gather errors.
        (first..=last).map(|i| i as f64 * step).collect()
    };
    let mut found = (Vec::new(), 1.0);
    for step in round.into_iter().filter(|step| step.is_normal()) {
        if found.0.len() < 3 || step >= least * 0.999 {
            found = (multiples(step), step);
        }
    }
    found
}

/// Names of ticks that are `step` apart: with the prefix of thousands, and as many decimals as tell them apart. Powers of
/// ten where those end.
fn names(values: &[f64], step: f64) -> Vec<String> {
    let largest = values
        .iter()
        .fold(0.0, |most: f64, value| most.max(value.abs()));
    if largest > 0.0 && !(0.01..1e15).contains(&largest) {
        return values.iter().map(|value| scientific(*value)).collect();
    }
    let (unit, prefix) = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")]
        .into_iter()
        .find(|(unit, _)| largest >= *unit)
        .unwrap_or((1.0, ""));
    let decimals = (-(step / unit).log10() - 1e-9).ceil().clamp(0.0, 6.0) as usize;
    values
        .iter()
        .map(|value| match value / unit {
            0.0 => "0".to_owned(),
            number => format!("{number:.decimals$}{prefix}"),
        })
        .collect()
}

/// `5e-4`.
fn scientific(value: f64) -> String {
    let text = format!("{value:.2e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => {
            let digits = digits.trim_end_matches('0').trim_end_matches('.');
            match digits {
                "0" => "0".to_owned(),
                digits => format!("{digits}e{power}"),
            }
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(scale: Scale, gap: f64) -> Vec<String> {
        scale.ticks(gap).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn ticks_are_round_and_named_shortly() {
        let scale = |from, to| Scale::linear(from, to, 0.0, 500.0);
        assert_eq!(
            named(scale(18.2, 41.9), 80.0),
            ["20", "25", "30", "35", "40"]
        );
        assert_eq!(
            named(scale(250_000.0, 1_800_000.0), 100.0),
            ["0.5 M", "1.0 M", "1.5 M"]
        );
        assert_eq!(
            named(scale(0.0, 1.0), 100.0),
            ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(named(scale(0.0, 5e-4), 200.0), ["0", "2e-4", "4e-4"]);
        assert_eq!(named(scale(-1e300, 1e300), 200.0), ["-1e300", "0", "1e300"]);
    }

    #[test]
    fn ratios_have_equal_distances() {
        let values = [1e5, 1e7];
        let scale = Scale::around(values.into_iter(), Spacing::Log, 0.0, 112.0);
        let places = [1e5, 1e6, 1e7].map(|value| scale.place(value).unwrap());
        assert!((places[1] - places[0] - (places[2] - places[1])).abs() < 1e-9);
        assert_eq!(scale.place(0.0), None);
        assert_eq!(named(scale, 50.0), ["0.1 M", "1.0 M", "10.0 M"]);
    }

    #[test]
    fn a_single_value_and_none_at_all_have_a_scale() {
        let one = Scale::around([3.0].into_iter(), Spacing::Linear, 0.0, 100.0);
        assert_eq!(one.place(3.0), Some(50.0));
        let none = Scale::around([f64::NAN].into_iter(), Spacing::Linear, 0.0, 100.0);
        assert_eq!(none.place(0.5), Some(50.0));
        assert_eq!(none.place(f64::NAN), None);
    }

    #[test]
    fn values_that_are_all_but_equal_have_ticks_that_differ() {
        let rounded = [41.196246, 41.196246 + 1e-13].into_iter();
        let rounded = Scale::around(rounded, Spacing::Linear, 0.0, 300.0);
        assert_eq!(named(rounded, 60.0), ["38", "40", "42", "44", "46"]);
        for (low, high) in [(41.0, 41.001), (1_722_880.0, 1_722_910.0), (-5e-9, 5e-9)] {
            let names = named(
                Scale::around([low, high].into_iter(), Spacing::Linear, 0.0, 300.0),
                60.0,
            );
            let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
            assert!(names.len() > 2, "{names:?}");
        }
        let zero = Scale::around([0.0; 4].into_iter(), Spacing::Linear, 0.0, 300.0);
        assert!(named(zero, 60.0).contains(&"0".to_owned()));
    }
}
