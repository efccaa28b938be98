//! Single values of a control, taken out of its JSON or made from a caller's.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::go_json::{self, Raw};

/// Why a value was left out or bent; the sentence goes on after the field's name.
pub(super) type Problem = String;

/// Puts what was read into its place, which stays as it is where nothing was.
pub(super) fn put<T>(place: &mut Option<T>, read: Result<T, Problem>) -> Result<(), Problem> {
    *place = Some(read?);
    Ok(())
}

/// An integer of 64 bits, written without a point or an exponent.
pub(super) fn integer(value: Raw<'_>) -> Result<i64, Problem> {
    let number = value.number().and_then(|number| number.parse().ok());
    number.ok_or_else(|| wrong_type("an integer", value))
}

pub(super) fn integers(value: Raw<'_>) -> Result<Vec<i64>, Problem> {
    let wrong = || wrong_type("a list of integers such as [0,1]", value);
    let items = value.items().ok_or_else(wrong)?;
    items.map(|item| integer(item).map_err(|_| wrong())).collect()
}

pub(super) fn string(value: Raw<'_>) -> Result<String, Problem> {
    value.string().map(Into::into).ok_or_else(|| wrong_type("a string", value))
}

pub(super) fn strings(value: Raw<'_>) -> Result<Vec<String>, Problem> {
    let wrong = || wrong_type("a list of strings", value);
    let items = value.items().ok_or_else(wrong)?;
    items.map(|item| string(item).map_err(|_| wrong())).collect()
}

pub(super) fn boolean(value: Raw<'_>) -> Result<bool, Problem> {
    value.bool().ok_or_else(|| wrong_type("true or false", value))
}

/// A value whose meaning is read elsewhere.
pub(super) fn as_it_stands(value: Raw<'_>) -> Result<Box<RawValue>, Problem> {
    serde_json::from_slice(value.bytes())
        .map_err(|error| format!("can't be read: {error}; ignored"))
}

/// A caller's value as JSON.
pub(crate) fn written(value: &impl Serialize) -> Result<Box<RawValue>, Problem> {
    serde_json::value::to_raw_value(value).map_err(|error| format!("has no JSON form: {error}"))
}

/// Names in a sentence: `status, drop or delay`.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

pub(super) fn wrong_type(expected: &str, value: Raw<'_>) -> Problem {
    format!("must be {expected}, not {}; ignored", shown(value))
}

/// A value as it stands, cut to what a sentence can hold.
pub(super) fn shown(value: Raw<'_>) -> String {
    cut(&go_json::valid_utf8(value.bytes()))
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
