//! How the numbers of a column are shown, which its name tells: in percent, in thousands, in units of time.

#[cfg(feature = "tables")]
use super::derived::Derived;

/// Numbers of one size: what they are multiplied by, how many decimals they have, and what stands behind them.
struct Scale {
    factor: f64,
    decimals: usize,
    behind: &'static str,
}

impl Scale {
    const SHARE: Self = Self::new(100.0, 1, " %");
    const TIMES: Self = Self::new(1.0, 2, " x");

    const fn new(factor: f64, decimals: usize, behind: &'static str) -> Self {
        Self {
            factor,
            decimals,
            behind,
        }
    }

    /// That of a count: four digits at most, and the prefix of its thousands.
    fn of_count(count: f64) -> Self {
        let prefixes = [" k", " M", " G", " T", " P"];
        let mut scale = Self::new(1.0, 0, "");
        for behind in prefixes {
            if count * scale.factor < 999.95 {
                break;
            }
            scale = Self::new(scale.factor / 1000.0, 2, behind);
        }
        if scale.decimals > 0 && count * scale.factor >= 99.995 {
            scale.decimals = 1;
        }
        scale
    }

    /// That of a time in milliseconds: three digits.
    #[cfg(feature = "tables")]
    fn of_milliseconds(time: f64) -> Self {
        let decimals = match time {
            _ if time < 10.0 => 2,
            _ if time < 100.0 => 1,
            _ => 0,
        };
        Self::new(1.0, decimals, " ms")
    }

    fn write(&self, number: f64) -> String {
        let (number, decimals) = (self.factor * number, self.decimals);
        format!("{number:.decimals$}{}", self.behind)
    }
}

/// A count with four digits at most and the prefix of its thousands: `39.47 M`.
pub(super) fn scaled(count: u64) -> String {
    Scale::of_count(count as f64).write(count as f64)
}

/// A share with one decimal: `49.8 %`.
pub(super) fn percent(share: f64) -> String {
    Scale::SHARE.write(share)
}

/// A ratio with two decimals: `1.97 x`.
pub(super) fn times(ratio: f64) -> String {
    Scale::TIMES.write(ratio)
}

/// A time in its two largest units: `2 h 05 min`, `3 min 20 s`, `4.2 s`, `12 ms`.
pub fn duration(seconds: f64) -> String {
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours} h {minutes:02} min")
    } else {
        format!("{minutes} min {seconds:02} s")
    }
}

/// What the numbers of a column are, and so how they are shown.
#[cfg(feature = "tables")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// BLEU and chrF, 0 to 100.
    Score,
    /// Points more than others.
    Difference,
    /// So many times the baseline's.
    Ratio,
    /// 0 to 1.
    Probability,
    /// A part of a whole, 0 to 1, shown in percent.
    Share,
    /// How many, with the prefix of its thousands.
    Count,
    /// So many a second.
    PerSecond,
    /// So many times better.
    Times,
    /// Milliseconds.
    Milliseconds,
    /// Seconds, shown in the units that they come to.
    Seconds,
    /// Shown as they are.
    Plain,
}

#[cfg(feature = "tables")]
impl Unit {
    /// What stands in the column of that name.
    pub(super) fn of(column: &str) -> Self {
        if let Some((measure, derived)) = Derived::of(column) {
            return match derived {
                Derived::Delta => Self::Difference,
                Derived::Times => Self::Ratio,
                Derived::P => Self::Probability,
                Derived::Mean | Derived::Interval | Derived::Deviation => Self::of(measure),
                Derived::Noise | Derived::Known => Self::Plain,
            };
        }
        match column {
            "bleu" | "chrf" | "tokenized_bleu" => Self::Score,
            "parameters" | "original_parameters" | "flops" => Self::Count,
            "asked_ratio" | "parameter_ratio" => Self::Share,
            "decode_sentences_per_second" | "decode_tokens_per_second" => Self::PerSecond,
            "flops_ratio" | "speed_up" | "batch_speed_up" => Self::Times,
            "latency_ms" | "latency_least_ms" | "latency_most_ms" | "batch_ms"
            | "batch_least_ms" | "batch_most_ms" => Self::Milliseconds,
            "seconds" => Self::Seconds,
            _ if column.starts_with("seconds.") => Self::Seconds,
            _ => Self::Plain,
        }
    }

    /// A mean with the standard deviation behind it, both with the digits and the unit of the mean. Counts that are all
    /// the same have none.
    pub(super) fn with_deviation(self, mean: f64, deviation: f64) -> Option<String> {
        let scale = self.scale(mean)?;
        let text = scale.write(mean);
        Some(match self {
            Self::Count if deviation == 0.0 => text,
            _ => format!("{text} ± {}", scale.write(deviation)),
        })
    }

    /// The number as people read it; nothing where it stands as it is.
    pub(super) fn shown(self, number: f64) -> Option<String> {
        match self {
            Self::Difference => Some(format!("{number:+.2}")),
            Self::Seconds => Some(duration(number)),
            _ => Some(self.scale(number)?.write(number)),
        }
    }

    /// The scale of a number of that size; nothing where there is none for all of them.
    fn scale(self, number: f64) -> Option<Scale> {
        Some(match self {
            Self::Score => Scale::new(1.0, 2, ""),
            Self::Ratio => Scale::new(1.0, 3, ""),
            Self::Probability => Scale::new(1.0, 4, ""),
            Self::Share => Scale::SHARE,
            Self::Count => Scale::of_count(number),
            Self::PerSecond => Scale::new(1.0, 1, ""),
            Self::Times => Scale::TIMES,
            Self::Milliseconds => Scale::of_milliseconds(number),
            Self::Difference | Self::Seconds | Self::Plain => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_scaled_to_a_readable_size() {
        let expected = [
            (0, "0"),
            (999, "999"),
            (1000, "1.00 k"),
            (39_469_056, "39.47 M"),
            (99_518_469_500, "99.52 G"),
            (199_518_469_500, "199.5 G"),
            (999_999_999, "1.00 G"),
        ];
        for (count, text) in expected {
            assert_eq!(scaled(count), text);
        }
    }

    #[test]
    fn durations_use_two_units() {
        let expected = [
            (0.0123, "12 ms"),
            (4.24, "4.2 s"),
            (59.97, "1 min 00 s"),
            (200.0, "3 min 20 s"),
            (3599.6, "1 h 00 min"),
            (7500.0, "2 h 05 min"),
        ];
        for (seconds, text) in expected {
            assert_eq!(duration(seconds), text);
        }
    }

    #[cfg(feature = "tables")]
    #[test]
    fn a_deviation_has_the_unit_and_the_digits_of_its_mean() {
        let expected = [
            ("bleu", 30.0, 0.126, "30.00 ± 0.13"),
            ("bleu", 30.0, 0.0, "30.00 ± 0.00"),
            ("parameters", 861_342.0, 340.0, "861.3 k ± 0.3 k"),
            ("parameters", 861_342.0, 0.0, "861.3 k"),
            ("parameters", 10.7, 0.6, "11 ± 1"),
            ("latency_ms", 12.34, 0.456, "12.3 ms ± 0.5 ms"),
        ];
        for (column, mean, deviation, text) in expected {
            let shown = Unit::of(column).with_deviation(mean, deviation);
            assert_eq!(shown.as_deref(), Some(text), "{column}");
        }
    }

    #[cfg(feature = "tables")]
    #[test]
    fn every_time_of_a_table_is_shown_as_one() {
        for column in crate::results::columns(&[]) {
            if column.name.ends_with("_ms") {
                assert_eq!(
                    Unit::of(&column.name),
                    Unit::Milliseconds,
                    "{}",
                    column.name
                );
            }
        }
    }
}
