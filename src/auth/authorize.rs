//! Whether a call may be made (`docs/BEHAVIOUR.md`, Tokens and grants).

use super::{
    mode::Auth,
    need::{Need, RequestedRooms},
    token::{Token, Verifier},
};
use crate::warning::Warnings;

/// Why a request is refused. The text is for the log and the warning header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    Unauthenticated(String),
    PermissionDenied(String),
}

/// Decides by the mode, the token and the grants that the method needs. In lenient mode, a request
/// that strict mode refuses gets a warning.
pub(crate) fn authorize(
    mode: Auth,
    token: &Token<'_>,
    verifier: &Verifier,
    needs: &[Need],
    rooms: &RequestedRooms<'_>,
    warnings: &mut Warnings,
) -> Result<(), Denial> {
    let jwt = match (mode, token) {
        (Auth::Off, _) => return Ok(()),
        (_, Token::Jwt(jwt)) => jwt,
        (Auth::Lenient, _) => {
            warnings.add(format_args!(
                "served without authorization: {token}; strict auth answers 401"
            ));
            return Ok(());
        }
        (Auth::Strict, _) => return Err(Denial::Unauthenticated(token.to_string())),
    };
    let claims =
        verifier.verify(jwt).map_err(|error| Denial::Unauthenticated(error.to_string()))?;
    match needs.iter().find(|need| !need.met_by(claims, rooms)) {
        None => Ok(()),
        Some(need) => Err(Denial::PermissionDenied(need.unmet(jwt, claims, rooms))),
    }
}
