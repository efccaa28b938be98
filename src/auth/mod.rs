//! Who makes a request, and whether they may make it (`docs/BEHAVIOUR.md`, Tokens and grants).

mod access_token;
mod authorize;
mod base64url;
mod claims;
mod crypto;
mod date;
mod error;
#[cfg(test)]
mod go_rules;
mod grant;
mod grants;
mod hint;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod mistake;
mod mode;
mod need;
mod room_config;

mod token;

pub use access_token::AccessToken;
pub(crate) use authorize::{Denial, authorize};
pub(crate) use claims::Claims;
pub(crate) use error::TokenError;
pub use grants::{
    AgentEndpointGrants, AgentGrants, AgentThreadGrants, Grants, InferenceGrants,
    ObservabilityGrants, SipGrants, VideoGrants,
};
pub use mode::{Auth, UnknownAuth};
pub(crate) use need::{Need, RequestedRooms};
pub(crate) use token::{Token, Verifier};
