//! Settings in environment variables. They often come from a file, a form or a script, so there may be
//! blanks, line ends or quotes around them.

use std::{collections::BTreeMap, ffi::OsString};

use super::{
    row::{VARIABLE_PREFIX, variable_of},
    rows::rows,
};

/// How similar two names must be for one to be a misspelling of the other, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.6;
/// The longest name that is compared. Longer ones would take too much time.
const MAX_NAME: usize = 100;

/// The variables with the prefix of settings.
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
    /// The value of the setting with this name. If it consists of blanks, it counts as unset, as an empty
    /// one does.
    pub(super) fn get(&self, name: &str) -> Value<'_> {
        match self.0.get(&variable_of(name)).map(|value| value.to_str()) {
            None => Value::Unset,
            Some(None) => Value::NotText,
            Some(Some(text)) => match text.trim() {
                "" => Value::Unset,
                trimmed => Value::Text(trimmed),
            },
        }
    }

    /// Whether there were blanks or line ends around the value.
    pub(super) fn is_trimmed(&self, name: &str) -> bool {
        let text = self.0.get(&variable_of(name)).and_then(|value| value.to_str());
        text.is_some_and(|text| text != text.trim())
    }

    /// A sentence for each variable whose name is similar to that of a setting. Others are not mentioned,
    /// since test suites have variables of their own with this prefix.
    pub(super) fn mistyped(&self) -> Vec<String> {
        self.0.keys().filter_map(|name| mistyped(name)).collect()
    }
}

fn mistyped(variable: &str) -> Option<String> {
    // Without the prefix, which would make any two names similar.
    let given = variable.strip_prefix(VARIABLE_PREFIX)?;
    let upper = given.to_ascii_uppercase();
    let similarity = |known: &str| strsim::normalized_damerau_levenshtein(&upper, known);
    let known = rows().map(|row| row.name.to_ascii_uppercase());
    let (_, meant) = known
        .filter(|_| given.len() <= MAX_NAME)
        .map(|known| (similarity(&known), known))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .max_by(|left, right| left.0.total_cmp(&right.0))?;
    (given != meant).then(|| {
        format!(
            "{variable} is not a variable of this program: for {given}, did you mean \"{meant}\"?"
        )
    })
}

/// Whether the value is in quotes, which a shell would have removed.
pub(super) fn is_quoted(value: &str) -> bool {
    value.len() > 1
        && ['"', '\''].iter().any(|quote| value.starts_with(*quote) && value.ends_with(*quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_line_ends_are_not_part_of_a_value() {
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
            assert_eq!(variables.get("api_secret"), value, "{given:?}");
            assert_eq!(variables.is_trimmed("api_secret"), given.trim() != given, "{given:?}");
            assert_eq!(variables.get("auth"), Value::Unset);
        }
    }

    #[test]
    fn quotes_must_be_the_same_at_both_ends() {
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

    #[test]
    fn a_misspelt_name_gets_a_suggestion() {
        for (name, meant) in [
            ("PORT", Some("PORTS")),
            ("ADVERTISEHOST", Some("ADVERTISE_HOST")),
            ("log_level", Some("LOG_LEVEL")),
            ("LOG_LEVEL", None),
            ("ADDRESS_OF_MINE", None),
            ("", None),
        ] {
            let said = mistyped(&format!("{VARIABLE_PREFIX}{name}"));
            let hint = meant.map(|meant| format!("for {name}, did you mean \"{meant}\"?"));
            assert_eq!(said.is_some(), hint.is_some(), "{said:?}");
            assert!(said.unwrap_or_default().ends_with(&hint.unwrap_or_default()), "{name}");
        }
        assert_eq!(mistyped(&format!("{VARIABLE_PREFIX}{}", "x".repeat(100_000))), None);
    }
}
