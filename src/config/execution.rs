//! How stages are run, which has no part in what they make: devices, tries and time limits. No key holds any of it.

use super::DeviceChoice;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// `[resources]`: what a run may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Resources {
    /// The devices that stages run on: a GPU works on one stage at a time, the CPU on as many as `jobs` leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<DeviceChoice>>,
    /// Most stages that run at the same time; by default as many as there are devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<NonZeroUsize>,
}

impl Resources {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What stands beside the kind in `[stages.NAME]`: how often and how long the stage is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Attempts {
    /// How often the stage is tried again when it fails; each try goes on from what the one before has kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
    /// How long one try may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<TimeLimit>,
}

impl Attempts {
    /// The keys of a stage's table that are read from it, beside that of its kind.
    pub const KEYS: [&str; 2] = ["retry", "timeout"];

    /// Whether nothing is said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What suits both, for stages that turn out to be one: the more patient of each.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            retry: self.retry.max(other.retry),
            timeout: self
                .timeout
                .zip(other.timeout)
                .map(|(one, two)| one.max(two)),
        }
    }
}

/// A length of time above 0: a number of seconds, or words such as `"90 min"` and `"1h 30m"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeLimit(Duration);

impl TimeLimit {
    /// The limit of so much time, unless that is none.
    pub fn new(time: Duration) -> Option<Self> {
        (!time.is_zero()).then_some(Self(time))
    }

    /// The time.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl Serialize for TimeLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for TimeLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ATimeLimit)
    }
}

impl JsonSchema for TimeLimit {
    fn schema_name() -> Cow<'static, str> {
        "TimeLimit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"], "exclusiveMinimum": 0 })
    }
}

struct ATimeLimit;

impl ATimeLimit {
    fn limit<E: de::Error>(
        self,
        time: Option<Duration>,
        found: de::Unexpected<'_>,
    ) -> Result<TimeLimit, E> {
        let limit = time.and_then(TimeLimit::new);
        limit.ok_or_else(|| E::invalid_value(found, &self))
    }
}

impl Visitor<'_> for ATimeLimit {
    type Value = TimeLimit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time above 0: seconds, or words like \"90 min\" or \"1h 30m\"")
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<TimeLimit, E> {
        let time = u64::try_from(seconds).ok().map(Duration::from_secs);
        self.limit(time, de::Unexpected::Signed(seconds))
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<TimeLimit, E> {
        let time = Duration::from_secs(seconds);
        self.limit(Some(time), de::Unexpected::Unsigned(seconds))
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<TimeLimit, E> {
        let time = Duration::try_from_secs_f64(seconds).ok();
        self.limit(time, de::Unexpected::Float(seconds))
    }

    fn visit_str<E: de::Error>(self, words: &str) -> Result<TimeLimit, E> {
        let time = words.parse::<jiff::SignedDuration>().ok();
        let time = time.and_then(|time| Duration::try_from(time).ok());
        self.limit(time, de::Unexpected::Str(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Result<Duration, toml::de::Error> {
        let attempts: Attempts = toml::from_str(&format!("timeout = {text}"))?;
        Ok(attempts.timeout.unwrap().get())
    }

    #[test]
    fn a_time_limit_is_seconds_or_words() {
        assert_eq!(limit("90").unwrap(), Duration::from_secs(90));
        assert_eq!(limit("0.5").unwrap(), Duration::from_millis(500));
        assert_eq!(limit("\"90 min\"").unwrap(), Duration::from_secs(5400));
        assert_eq!(limit("\"1h 30m\"").unwrap(), Duration::from_secs(5400));
    }

    #[test]
    fn what_is_no_time_is_told_what_is() {
        for text in ["0", "-1", "nan", "\"\"", "\"soon\"", "\"-1h\"", "true"] {
            let error = limit(text).unwrap_err().to_string();
            assert!(error.contains("a time above 0"), "{text}: {error}");
        }
    }

    #[test]
    fn of_two_limits_the_more_patient_holds() {
        let one: Attempts = toml::from_str("retry = 2\ntimeout = 1").unwrap();
        let two: Attempts = toml::from_str("timeout = 3").unwrap();
        let both = one.or(two);
        assert_eq!((both.retry, both.timeout), (Some(2), two.timeout));
        assert_eq!(one.or(Attempts::default()).timeout, None);
    }
}
