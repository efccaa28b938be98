//! Numbers of protojson: an integer may be written as `1e2`, as `1.0` or as a string.

use super::lexer::{JsonToken, Lexer};

/// The most digits that an integer of 64 bits has.
const MAX_DIGITS: usize = 20;

/// The number that a token holds, be it a number or a string.
pub(super) fn text<'t>(token: &'t JsonToken<'_>) -> Option<&'t str> {
    match token {
        JsonToken::Number(number) => Some(number),
        JsonToken::String(text) => quoted(text),
        _ => None,
    }
}

/// The number in a string that holds nothing else, not even blanks.
fn quoted(text: &str) -> Option<&str> {
    match Lexer::of(text.as_bytes()).next() {
        Ok(JsonToken::Number(number)) if number == text => Some(number),
        _ => None,
    }
}

/// The number in plain digits, if it is an integer.
pub(super) fn integer(number: &str) -> Option<String> {
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        // As in the reference, a letter without digits is no exponent.
        Some((mantissa, "")) => (mantissa, ""),
        Some((mantissa, exponent)) => (mantissa, exponent),
        None => (digits, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.is_empty() && fraction.is_empty() {
        return Some("0".to_owned());
    }
    let exponent: i32 = if exponent.is_empty() { 0 } else { exponent.parse().ok()? };
    let digits = shifted(whole, fraction, exponent)?;
    Some(if negative { format!("-{digits}") } else { digits })
}

/// The digits with the point moved by the exponent, if there is no fraction then.
fn shifted(whole: &str, fraction: &str, exponent: i32) -> Option<String> {
    let places = usize::try_from(exponent.unsigned_abs()).ok()?;
    if exponent < 0 {
        let (kept, cut) = whole.split_at_checked(whole.len().checked_sub(places)?)?;
        let exact = fraction.is_empty() && cut.bytes().all(|digit| digit == b'0');
        return exact.then(|| kept.to_owned());
    }
    let zeros = places.checked_sub(fraction.len())?;
    if whole.len() + places > MAX_DIGITS {
        return None;
    }
    Some(format!("{whole}{fraction}{}", "0".repeat(zeros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_many_forms() {
        for (number, expected) in [
            ("0", Some("0")),
            ("-0", Some("0")),
            ("0.0", Some("0")),
            ("0e9", Some("0")),
            ("12", Some("12")),
            ("-12", Some("-12")),
            ("1.0", Some("1")),
            ("1.50e1", Some("15")),
            ("0.5e1", Some("5")),
            ("1E+2", Some("100")),
            ("100e-2", Some("1")),
            ("1e", Some("1")),
            ("1e+", None),
            ("1.5", None),
            ("1.5e-1", None),
            ("15e-1", None),
            ("1e-1", None),
            ("1e19", Some("10000000000000000000")),
            ("1e20", None),
            ("1e99999999999", None),
        ] {
            assert_eq!(integer(number).as_deref(), expected, "{number}");
        }
    }

    #[test]
    fn a_string_may_hold_a_number() {
        for (text, expected) in [
            ("12", Some("12")),
            ("12 x", None),
            ("12,", None),
            (" 12", None),
            ("12 ", None),
            ("", None),
            ("+1", None),
            ("0x10", None),
            ("true", None),
        ] {
            assert_eq!(quoted(text), expected, "{text}");
        }
    }
}
