//! Which release of the reference server this one answers as (`docs/BEHAVIOUR.md`, References).

use std::{fmt, str::FromStr};

/// A release of the reference.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reference {
    /// The newest, of October 2026, which SDKs released since September are tested against.
    #[default]
    Latest,
    /// That of August 2026, to the byte, for SDKs of that age.
    August2026,
}

impl Reference {
    pub(crate) const NAMES: [&str; 2] = ["latest", "2026-08"];
}

impl FromStr for Reference {
    type Err = UnknownReference;

    fn from_str(name: &str) -> Result<Self, UnknownReference> {
        match name.to_ascii_lowercase().as_str() {
            "latest" => Ok(Self::Latest),
            "2026-08" => Ok(Self::August2026),
            _ => Err(UnknownReference),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Latest => "latest",
            Self::August2026 => "2026-08",
        })
    }
}

/// A word that names no [`Reference`].
#[derive(Debug, thiserror::Error)]
#[error("must be latest or 2026-08")]
#[non_exhaustive]
pub struct UnknownReference;
