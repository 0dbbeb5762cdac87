//! Numbers that only some values of their type make sense for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number outside the range that its key allows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct NotInRange {
    /// The allowed range in words.
    pub expected: &'static str,
    /// What was found.
    pub found: f64,
}

macro_rules! ranged {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $holds:expr, [$($bound:literal = $value:literal),*]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "f64", into = "f64")]
        #[schemars(extend($($bound = $value),*))]
        pub struct $name(f64);

        impl $name {
            /// The plain number.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = NotInRange;

            fn try_from(value: f64) -> Result<Self, NotInRange> {
                let holds: fn(f64) -> bool = $holds;
                if holds(value) {
                    Ok(Self(value))
                } else {
                    Err(NotInRange { expected: $expected, found: value })
                }
            }
        }

        impl From<$name> for f64 {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

ranged!(
    /// Remaining parameters over original parameters: 0.2 keeps 20 % (SPEC §6). Above 0, at most 1.
    CompressionRate,
    "a compression rate above 0 and at most 1",
    |rate| rate > 0.0 && rate <= 1.0,
    ["exclusiveMinimum" = 0, "maximum" = 1]
);

ranged!(
    /// A probability or share: at least 0, below 1.
    Probability,
    "a probability of at least 0 and below 1",
    |p| (0.0..1.0).contains(&p),
    ["minimum" = 0, "exclusiveMaximum" = 1]
);

ranged!(
    /// A finite number above 0.
    Positive,
    "a number above 0",
    |x| x > 0.0 && x.is_finite(),
    ["exclusiveMinimum" = 0]
);

ranged!(
    /// A finite number that is not negative.
    NotNegative,
    "a number of at least 0",
    |x| x >= 0.0 && x.is_finite(),
    ["minimum" = 0]
);

ranged!(
    /// Any number but infinity and "not a number".
    Finite,
    "a finite number",
    f64::is_finite,
    []
);

ranged!(
    /// The longer of two lengths over the shorter: at least 1.
    LengthRatio,
    "a ratio of at least 1",
    |ratio| ratio >= 1.0,
    ["minimum" = 1]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_rate_keeps_something_and_at_most_everything() {
        for good in [1e-9, 0.2, 1.0] {
            assert_eq!(CompressionRate::try_from(good).unwrap().get(), good);
        }
        for bad in [0.0, -0.1, 1.0001, f64::NAN] {
            assert!(CompressionRate::try_from(bad).is_err(), "{bad} was taken");
        }
    }
}
