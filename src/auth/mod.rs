//! Who is asking, and whether they may (`docs/BEHAVIOUR.md`, Tokens and grants).

mod base64url;
mod claims;
mod crypto;
mod date;
mod error;
#[cfg(test)]
mod go_rules;
mod grants;
mod hint;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod need;
mod room_config;
mod shape;
mod token;

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::warning::Warnings;

pub(crate) use claims::Claims;
pub(crate) use error::TokenError;
pub use grants::{AgentGrants, Grants, SipGrants, VideoGrants};
pub(crate) use need::{Need, Scope};
pub use token::sign;
pub(crate) use token::{Jwt, Token, Verifier};

/// How strictly requests are authorized.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Every request needs a valid token with the method's grants.
    Strict,
    /// A real token is checked like in [`Auth::Strict`]; none, or a placeholder, is served with a
    /// warning.
    #[default]
    Lenient,
    /// No token is looked at.
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

/// A word that names no [`Auth`].
#[derive(Debug, thiserror::Error)]
#[error("must be strict, lenient or off")]
#[non_exhaustive]
pub struct UnknownAuth;

/// Why a request is turned away, with the reason for the log and the warning header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Unauthenticated(String),
    PermissionDenied(String),
}

/// Decides by the mode, the token and what the method needs; leniency leaves a warning.
pub(crate) fn authorize(
    mode: Auth,
    token: &Token<'_>,
    verifier: &Verifier,
    needs: &[Need],
    scope: &Scope<'_>,
    warnings: &mut Warnings,
) -> Result<(), Refusal> {
    let jwt = match (mode, token) {
        (Auth::Off, _) => return Ok(()),
        (_, Token::Jwt(jwt)) => jwt,
        (Auth::Lenient, _) => {
            warnings.add(format_args!(
                "served without authorization: {token}; strict auth answers 401"
            ));
            return Ok(());
        }
        (Auth::Strict, _) => return Err(Refusal::Unauthenticated(token.to_string())),
    };
    let claims =
        verifier.verify(jwt).map_err(|error| Refusal::Unauthenticated(error.to_string()))?;
    match needs.iter().find(|need| !need.met_by(claims, scope)) {
        None => Ok(()),
        Some(need) => Err(Refusal::PermissionDenied(need.unmet(jwt, claims, scope))),
    }
}
