//! `exp` and `nbf`: seconds since 1970, as a number or as a number in quotes.

use std::time::Duration;

use crate::go_json::Raw;

/// By how many seconds a client's clock may be wrong.
const LEEWAY: i64 = 60;
/// The seconds from the year 1 to 1970. Go counts time from the year 1, in 64 bits that wrap.
const YEAR_ONE: i64 = 62_135_596_800;

/// A moment, in whole seconds since the year 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date(i64);

impl Date {
    /// The date that a claim holds, without fractions of a second. `None` if it is not a date.
    pub(super) fn read(value: Raw<'_>) -> Option<Self> {
        let seconds: f64 = match value.number() {
            Some(number) => number.parse().ok()?,
            None => quoted_number(value)?,
        };
        seconds.is_finite().then(|| Self::from_seconds(seconds))
    }

    /// Seconds that 64 bits can't hold become the smallest number, as they do on the reference's
    /// processors.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // As Go converts.
    fn from_seconds(seconds: f64) -> Self {
        let fits = (-(2_f64.powi(63))..2_f64.powi(63)).contains(&seconds);
        let seconds = if fits { seconds.floor() as i64 } else { i64::MIN };
        Self(seconds.wrapping_add(YEAR_ONE))
    }

    /// How long ago this was, if that is longer than the leeway.
    pub(super) fn past(self, now: Duration) -> Option<u64> {
        let passed = seconds(now).saturating_sub(self.0);
        (self.0.saturating_add(LEEWAY) <= seconds(now)).then(|| passed.unsigned_abs())
    }

    /// How far ahead this is, if that is longer than the leeway.
    pub(super) fn ahead(self, now: Duration) -> Option<u64> {
        let left = self.0.saturating_sub(seconds(now));
        (self.0.saturating_sub(LEEWAY) > seconds(now)).then(|| left.unsigned_abs())
    }
}

fn quoted_number(value: Raw<'_>) -> Option<f64> {
    let text = value.string()?;
    // Only what JSON calls a number: no blanks, no plus sign, no "inf".
    crate::go_json::parse(text.as_bytes())
        .ok()?
        .number()
        .filter(|number| *number == text)?
        .parse()
        .ok()
}

fn seconds(now: Duration) -> i64 {
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(YEAR_ONE)
}

/// A length of time, rounded down to the largest unit of which there are at least two.
pub(super) fn approximate(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] =
        [(365 * 86_400, "years"), (86_400, "days"), (3600, "hours"), (60, "minutes")];
    let (length, unit) =
        UNITS.into_iter().find(|(length, _)| seconds >= 2 * length).unwrap_or((1, "seconds"));
    format!("{} {unit}", seconds / length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go_json::parse;

    const NOW: Duration = Duration::from_millis(1_800_000_000_500);

    fn read(text: &str) -> Option<Date> {
        Date::read(parse(text.as_bytes()).expect(text))
    }

    #[test]
    fn past_begins_after_the_leeway() {
        for (text, passed) in [
            ("1799999941", None),
            ("1799999940", Some(60)),
            ("1799999940.9", Some(60)),
            ("\"1799999941\"", None),
            ("\"1.799999941e9\"", None),
            ("1800000600000", None),
            ("9223371974719178752", None),
            ("-0.5", Some(1_800_000_001)),
        ] {
            assert_eq!(read(text).expect(text).past(NOW), passed, "{text}");
        }
    }

    #[test]
    fn a_date_beyond_64_bits_is_in_the_past() {
        for text in ["9223371974719179776", "9223372036854775808", "1e300", "-1e300"] {
            assert!(read(text).expect(text).past(NOW) > Some(1 << 60), "{text}");
        }
    }

    #[test]
    fn ahead_begins_after_the_leeway() {
        for (text, ahead) in [
            ("1800000060", None),
            ("1800000060.9", None),
            ("1800000061", Some(61)),
            ("1e300", None),
            ("-1", None),
        ] {
            assert_eq!(read(text).expect(text).ahead(NOW), ahead, "{text}");
        }
    }

    #[test]
    fn accepts_only_numbers() {
        for text in [
            "\"\"",
            "\" 1\"",
            "\"1 \"",
            "\"+1\"",
            "\"x\"",
            "\"inf\"",
            "\"0x1\"",
            "\"01\"",
            "1e400",
            "\"1e400\"",
            "true",
            "[1]",
            "{}",
            "\"\\\"1\\\"\"",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn lengths_are_given_in_suitable_units() {
        for (seconds, expected) in [
            (90, "90 seconds"),
            (120, "2 minutes"),
            (7199, "119 minutes"),
            (7200, "2 hours"),
            (200_000, "2 days"),
            (1_800_000_000, "57 years"),
        ] {
            assert_eq!(approximate(seconds), expected);
        }
    }
}
