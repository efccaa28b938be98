//! Who is asking, and whether they may (`docs/BEHAVIOUR.md`, Tokens and grants).

mod authorize;
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
mod mode;
mod need;
mod room_config;
mod shape;
mod token;

pub(crate) use authorize::{Denial, authorize};
pub(crate) use claims::Claims;
pub(crate) use error::TokenError;
pub use grants::{AgentGrants, Grants, SipGrants, VideoGrants};
pub use mode::{Auth, UnknownAuth};
pub(crate) use need::{Need, Scope};
pub use token::sign;
pub(crate) use token::{Token, Verifier};
