//! How strictly requests are authorized.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// How strictly requests are authorized (`docs/BEHAVIOUR.md`, Tokens and grants).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Auth {
    /// Every request needs a valid token with the method's grants.
    Strict,
    /// A JWT is checked as in [`Auth::Strict`]. A request without a token, or with a placeholder that
    /// is not a JWT, is served with a warning.
    #[default]
    Lenient,
    /// Tokens are not checked.
    Off,
}

impl Auth {
    pub(crate) const NAMES: [&str; 3] = ["strict", "lenient", "off"];
}

impl FromStr for Auth {
    type Err = UnknownAuth;

    fn from_str(name: &str) -> Result<Self, UnknownAuth> {
        match name.to_ascii_lowercase().as_str() {
            "strict" => Ok(Self::Strict),
            "lenient" => Ok(Self::Lenient),
            "off" => Ok(Self::Off),
            _ => Err(UnknownAuth),
        }
    }
}

impl fmt::Display for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Strict => "strict",
            Self::Lenient => "lenient",
            Self::Off => "off",
        })
    }
}

/// The text does not name an [`Auth`].
#[derive(Debug, thiserror::Error)]
#[error("must be strict, lenient or off")]
#[non_exhaustive]
pub struct UnknownAuth;
