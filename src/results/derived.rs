//! The names of columns that are made of other ones, as `bleu_delta` is of `bleu`.

use super::columns::is_own;

/// What a column says of the measure that it is named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Derived {
    /// Points more than the baseline.
    Delta,
    /// So many times the baseline's.
    Times,
    /// Whether `Times` is no more than the noise of the measurement.
    Noise,
    /// How probable a difference from the baseline that large is if there is none.
    P,
    /// The mean over samples of the test set.
    Mean,
    /// Half the width of the 95 % interval around that mean.
    Interval,
    /// The standard deviation over the rows that a mean is made of.
    Deviation,
    /// How many rows a mean is made of, where others of its group have no value.
    Known,
}

const SUFFIXES: [(&str, Derived); 8] = [
    ("_delta", Derived::Delta),
    ("_times", Derived::Times),
    ("_noise", Derived::Noise),
    ("_p", Derived::P),
    ("_mean", Derived::Mean),
    ("_ci", Derived::Interval),
    ("_sd", Derived::Deviation),
    ("_n", Derived::Known),
];

impl Derived {
    /// The measure that a column is derived from, and how. Only columns of a table of results have derived ones: a
    /// parameter may be called `dropout_p`.
    pub(super) fn of(column: &str) -> Option<(&str, Self)> {
        SUFFIXES.into_iter().find_map(|(suffix, derived)| {
            let measure = column.strip_suffix(suffix)?;
            is_own(measure).then_some((measure, derived))
        })
    }
}

impl Derived {
    /// The name of the column that says this of `measure`.
    pub(super) fn name(self, measure: &str) -> String {
        let found = SUFFIXES.iter().find(|(_, derived)| *derived == self);
        format!("{measure}{}", found.map_or("", |(suffix, _)| suffix))
    }
}

/// The name of the column that holds the standard deviation of a measure over the rows that its mean is made of.
pub fn deviation_of(measure: &str) -> String {
    Derived::Deviation.name(measure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_measures_have_derived_columns() {
        assert_eq!(Derived::of("bleu_p"), Some(("bleu", Derived::P)));
        assert_eq!(
            Derived::of("latency_ms_times"),
            Some(("latency_ms", Derived::Times))
        );
        for parameter in ["dropout_p", "warmup_times", "max_delta", "_p", "bleu"] {
            assert_eq!(Derived::of(parameter), None, "{parameter}");
        }
    }
}
