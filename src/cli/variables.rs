//! Variables of the environment: settings that a file, a form or a script has passed on, often with
//! something around them.

use std::{collections::BTreeMap, ffi::OsString};

use super::flags;
use crate::warning::suggestion;

/// What the variables' names begin with; the flag's name follows.
const VARIABLE_PREFIX: &str = "LK_TEST_SERVER_";

/// The variables that are settings by their prefix.
#[derive(Debug)]
pub(super) struct Variables(BTreeMap<String, OsString>);

/// What a variable holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Unset,
    NotText,
    /// Without the blanks and line ends around it.
    Text(&'a str),
}

impl FromIterator<(OsString, OsString)> for Variables {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(all: T) -> Self {
        let named = |(name, value): (OsString, _)| (name.to_string_lossy().into_owned(), value);
        let all = all.into_iter().map(named);
        Self(all.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX)).collect())
    }
}

impl Variables {
    /// The setting's value; one of blanks alone counts as unset, as an empty one does.
    pub(super) fn get(&self, flag: &str) -> Value<'_> {
        match self.0.get(&variable_of(flag)).map(|value| value.to_str()) {
            None => Value::Unset,
            Some(None) => Value::NotText,
            Some(Some(text)) => match text.trim() {
                "" => Value::Unset,
                trimmed => Value::Text(trimmed),
            },
        }
    }

    /// Whether there was more in the variable than its value.
    pub(super) fn is_trimmed(&self, flag: &str) -> bool {
        let text = self.0.get(&variable_of(flag)).and_then(|value| value.to_str());
        text.is_some_and(|text| text != text.trim())
    }

    /// A sentence for each variable that is nearly a setting. Suites have variables of this prefix
    /// for themselves, which are not told of.
    pub(super) fn mistyped(&self) -> Vec<String> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let known: Vec<String> = flags::names().iter().map(|flag| variable_of(flag)).collect();
        let unknown = self.0.keys().filter(|name| !known.contains(name));
        unknown.filter_map(|name| mistyped(name, &known)).collect()
    }
}

fn mistyped(name: &str, known: &[String]) -> Option<String> {
    // The prefix is left out: with it, any two would look alike.
    let end = |name| str::strip_prefix(name, VARIABLE_PREFIX);
    let hint = suggestion(end(name)?, known.iter().filter_map(|name| end(name)));
    let end = end(name)?;
    (!hint.is_empty()).then(|| format!("{name} is no variable of this program: for {end}{hint}"))
}

/// Whether the value stands in quotes, which a shell would have taken away.
pub(super) fn is_quoted(value: &str) -> bool {
    value.len() > 1
        && ['"', '\''].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote))
}

/// `--ports` is `LK_TEST_SERVER_PORTS`, and so on.
pub(super) fn variable_of(flag: &str) -> String {
    format!(
        "{VARIABLE_PREFIX}{}",
        flag.trim_start_matches('-').replace('-', "_").to_ascii_uppercase()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_line_ends_are_no_part_of_a_value() {
        for (given, value) in [
            ("secret", Value::Text("secret")),
            (" secret", Value::Text("secret")),
            ("secret\n", Value::Text("secret")),
            ("\t my secret \r\n", Value::Text("my secret")),
            ("' secret '", Value::Text("' secret '")),
            ("", Value::Unset),
            (" \r\n", Value::Unset),
        ] {
            let name = OsString::from("LK_TEST_SERVER_API_SECRET");
            let variables = Variables::from_iter([(name, OsString::from(given))]);
            assert_eq!(variables.get("--api-secret"), value, "{given:?}");
            assert_eq!(variables.is_trimmed("--api-secret"), given.trim() != given, "{given:?}");
            assert_eq!(variables.get("--auth"), Value::Unset);
        }
    }

    #[test]
    fn quotes_are_around_a_value_or_are_none() {
        for (value, quoted) in [
            ("'secret'", true),
            ("\"secret\"", true),
            ("''", true),
            ("'", false),
            ("it's", false),
            ("'secret", false),
            ("'secret\"", false),
        ] {
            assert_eq!(is_quoted(value), quoted, "{value}");
        }
    }
}
