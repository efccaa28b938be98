//! Common mistakes in sending a token: a misspelt scheme, quotes, blanks.

use std::fmt;

/// Why a text is not a token. It quotes nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenMistake {
    /// Another scheme, or a misspelt one, as it was sent.
    Scheme(String),
    SchemeTwice,
    SchemeAlone,
    /// The scheme is not followed by exactly one space.
    NotOneSpace,
    Quoted,
    Blanks,
}

/// First words that may be quoted, since they can't be a secret.
const SCHEMES: [&str; 9] =
    ["bearer", "token", "basic", "jwt", "digest", "apikey", "api-key", "livekit", "authorization"];

impl TokenMistake {
    /// The mistake in `text`. `stripped` says whether `Bearer ` was removed before it.
    pub(super) fn of(text: &str, stripped: bool) -> Option<Self> {
        let is_quote = |character| matches!(character, '"' | '\'' | '`');
        if text.starts_with(is_quote) || (text.ends_with(is_quote) && !text.contains(' ')) {
            return Some(Self::Quoted);
        }
        if let Some((word, _)) = text.split_once(char::is_whitespace) {
            return Some(match scheme(word) {
                Some("bearer") if stripped => Self::SchemeTwice,
                Some("bearer") if word == "Bearer" => Self::NotOneSpace,
                Some(_) => Self::Scheme(word.to_owned()),
                None => Self::Blanks,
            });
        }
        match text.get(..6).filter(|start| start.eq_ignore_ascii_case("bearer")) {
            Some(_) if text.len() == 6 => Some(Self::SchemeAlone),
            // The header of every JWT begins like this.
            Some(_) if text[6..].trim_start_matches([':', '=', ',']).starts_with("eyJ") => {
                Some(Self::NotOneSpace)
            }
            _ => None,
        }
    }
}

fn scheme(word: &str) -> Option<&'static str> {
    let bare = word.trim_end_matches([':', '=', ',']);
    SCHEMES.into_iter().find(|scheme| scheme.eq_ignore_ascii_case(bare))
}

impl fmt::Display for TokenMistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(word) => {
                write!(formatter, "the scheme is \"{word}\", it must be spelled \"Bearer\"")
            }
            Self::SchemeTwice => formatter.write_str("\"Bearer\" is given twice before the token"),
            Self::SchemeAlone => formatter.write_str("no token follows the scheme \"Bearer\""),
            Self::NotOneSpace => formatter.write_str("one space must follow the scheme \"Bearer\""),
            Self::Quoted => formatter.write_str("the token is in quotes, it must have none"),
            Self::Blanks => formatter.write_str("the token has white space in it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_mistake() {
        for (text, stripped, mistake) in [
            ("a.b.c", true, None),
            ("test-token", false, None),
            (
                "bearer a.b.c",
                false,
                Some("the scheme is \"bearer\", it must be spelled \"Bearer\""),
            ),
            ("BEARER  x", false, Some("the scheme is \"BEARER\", it must be spelled \"Bearer\"")),
            ("Bearer: x", false, Some("the scheme is \"Bearer:\", it must be spelled \"Bearer\"")),
            ("Token abc", false, Some("the scheme is \"Token\", it must be spelled \"Bearer\"")),
            ("hunter2 abc", false, Some("the token has white space in it")),
            ("Bearer\ta.b.c", false, Some("one space must follow the scheme \"Bearer\"")),
            ("BearereyJ.b.c", false, Some("one space must follow the scheme \"Bearer\"")),
            ("Bearer a.b.c", true, Some("\"Bearer\" is given twice before the token")),
            ("Bearer", false, Some("no token follows the scheme \"Bearer\"")),
            ("\"a.b.c\"", true, Some("the token is in quotes, it must have none")),
            ("\"Bearer a.b.c\"", false, Some("the token is in quotes, it must have none")),
            ("a. b.c", true, Some("the token has white space in it")),
        ] {
            let found = TokenMistake::of(text, stripped).map(|mistake| mistake.to_string());
            assert_eq!(found.as_deref(), mistake, "{text}");
        }
    }
}
