//! Reads protojson's `google.protobuf.Duration` and `Timestamp` as seconds and nanoseconds.

/// Ten thousand years, in seconds.
const MAX_DURATION: i64 = 315_576_000_000;
const NANOS: usize = 9;

/// `90s`, `-1.5s`, `+.5s`.
pub(super) fn duration(text: &str) -> Option<(i64, i32)> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = match number.as_bytes().first()? {
        b'-' => (true, &number[1..]),
        b'+' => (false, &number[1..]),
        _ => (false, number),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let plain = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if number.is_empty() || !plain(whole) || !plain(fraction) || leading_zero {
        return None;
    }
    let seconds: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos = nanoseconds(fraction).filter(|_| seconds <= MAX_DURATION)?;
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

/// A fraction of at most nine digits.
fn nanoseconds(fraction: &str) -> Option<i32> {
    (fraction.len() <= NANOS).then(|| format!("{fraction:0<NANOS$}").parse().ok())?
}

/// RFC 3339 as Go reads it: an hour may have one digit, and a comma may replace the point.
pub(super) fn timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, time) = text.split_once('T')?;
    let days = days(date)?;
    let (hour, rest) = leading(time, if time.as_bytes().get(1) == Some(&b':') { 1 } else { 2 })?;
    let (minute, rest) = leading(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = leading(rest.strip_prefix(':')?, 2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (nanos, zone) = fraction(rest)?;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?;
    // From year 1 to year 9999.
    (-62_135_596_800..=253_402_300_799).contains(&seconds).then_some((seconds, nanos))
}

/// Days since 1970.
fn days(date: &str) -> Option<i64> {
    let (year, rest) = leading(date, 4)?;
    let (month, rest) = leading(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = leading(rest.strip_prefix('-')?, 2)?;
    if !rest.is_empty() || !(1..=12).contains(&month) || !(1..=length(year, month)).contains(&day) {
        return None;
    }
    // Years are counted from March, so that the leap day is the last day of a year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468)
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The nanoseconds of a fraction, if there is one, and the text after it. After a point there may be nine
/// digits at most. After a comma there may be more, but they do not count.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let digits = text.bytes().skip(1).take_while(u8::is_ascii_digit).count();
    if !text.starts_with(['.', ',']) || digits == 0 {
        return Some((0, text));
    }
    if text.starts_with('.') && digits > NANOS {
        return None;
    }
    let (fraction, zone) = text[1..].split_at(digits);
    Some((nanoseconds(&fraction[..digits.min(NANOS)])?, zone))
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'Z' => return (zone.len() == 1).then_some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = leading(&zone[1..], 2)?;
    let (minutes, rest) = leading(rest.strip_prefix(':')?, 2)?;
    (rest.is_empty() && hours <= 24 && minutes <= 60).then(|| sign * (hours * 3600 + minutes * 60))
}

/// The number in the first `count` digits, and the text after it.
fn leading(text: &str, count: usize) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| plain)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("90s", Some((90, 0))),
            ("1.s", Some((1, 0))),
            (".5s", Some((0, 500_000_000))),
            (".s", Some((0, 0))),
            ("+1s", Some((1, 0))),
            ("-0s", Some((0, 0))),
            ("-1.000000001s", Some((-1, -1))),
            ("315576000000s", Some((315_576_000_000, 0))),
            ("315576000001s", None),
            ("1.0000000001s", None),
            ("01s", None),
            ("1e2s", None),
            ("-s", None),
            ("s", None),
            ("1", None),
            ("1S", None),
            ("", None),
            ("1.5.s", None),
            ("é", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn timestamps() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some((0, 0))),
            ("2026-01-01T00:00:00Z", Some((1_767_225_600, 0))),
            ("2024-02-29T23:59:59.5Z", Some((1_709_251_199, 500_000_000))),
            ("2026-01-01T01:00:00+01:00", Some((1_767_225_600, 0))),
            ("2025-12-31T23:30:00-00:30", Some((1_767_225_600, 0))),
            ("9999-12-31T23:59:59.999999999Z", Some((253_402_300_799, 999_999_999))),
            ("0001-01-01T00:00:00Z", Some((-62_135_596_800, 0))),
            ("2026-01-01T0:00:00Z", Some((1_767_225_600, 0))),
            ("2026-01-01T00:00:00,5Z", Some((1_767_225_600, 500_000_000))),
            ("0000-12-31T23:59:59Z", None),
            ("2026-01-01", None),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01T00:00:00z", None),
            ("2026-01-01 00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("2026-01-01T00:00:60Z", None),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-01-01T00:00:00.1234567891Z", None),
            ("2026-01-01T00:00:00.Z", None),
            ("2026-01-01T00:00:00+0100", None),
            ("2026-01-01T00:00:00+25:00", None),
            ("+026-01-01T00:00:00Z", None),
            ("", None),
            ("é026-01-01T00:00:00Z", None),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }
}
