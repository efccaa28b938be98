//! Tokens: from a header to claims that can be trusted, and back for tests that need one.

use std::{
    collections::HashMap,
    fmt,
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, EncodingKey, Header, dangerous, errors::ErrorKind};
use serde::{Deserialize, Deserializer, Serialize};
use signature::Verifier as _;

use super::crypto::{self, Hs256};

/// Seconds by which a client's clock may be off.
const LEEWAY: f64 = 60.0;

/// What came as a token, before anything is checked.
#[allow(clippy::large_enum_variant)] // One a request, which never moves.
pub(crate) enum Token<'a> {
    Absent,
    /// Something that is no JWT, such as the placeholder `test-token`.
    Opaque,
    Jwt(Jwt<'a>),
}

/// A JWT. Its claims are decoded once: they say what to do before anyone asks whether they can be
/// trusted.
pub(crate) struct Jwt<'a> {
    text: &'a str,
    claims: Result<Claims, TokenError>,
}

impl<'a> Token<'a> {
    /// `Authorization: Bearer <token>`, the prefix as spelled here, or the bare token.
    pub(crate) fn from_headers(headers: &'a HeaderMap) -> Self {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Self::Absent;
        };
        let Ok(value) = value.to_str() else {
            return Self::Opaque;
        };
        Self::from_text(value.strip_prefix("Bearer ").unwrap_or(value))
    }

    /// A token as it stands; three parts parted by dots or it is no JWT.
    pub(crate) fn from_text(text: &'a str) -> Self {
        match text.trim() {
            "" => Self::Absent,
            text if text.split('.').count() == 3 => Self::Jwt(Jwt::decoded(text)),
            _ => Self::Opaque,
        }
    }

    /// What the token says, verified or not.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Jwt(jwt) => jwt.claims.as_ref().ok(),
            _ => None,
        }
    }

    /// The API key, verified or not: the claim `iss`.
    pub(crate) fn issuer(&self) -> Option<&str> {
        match self {
            Self::Jwt(jwt) => jwt.issuer(),
            _ => None,
        }
    }
}

impl<'a> Jwt<'a> {
    fn decoded(text: &'a str) -> Self {
        Self { text, claims: dangerous::insecure_decode_claims(text).map_err(TokenError::from) }
    }

    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims.as_ref().ok().map(|claims| claims.iss.as_str())
    }
}

impl fmt::Display for Token<'_> {
    /// What came, never the token itself.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absent => "the request has no token",
            Self::Opaque => "the token is no JWT",
            Self::Jwt(_) => "the token is a JWT",
        })
    }
}

/// The claims that this server reads, of the many that a LiveKit token may hold. One that is `null`
/// counts as not given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Claims {
    /// Seconds since 1970, which may have a fraction.
    exp: Option<f64>,
    nbf: Option<f64>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) iss: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sub: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) jti: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) metadata: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) attributes: HashMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) video: VideoGrants,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sip: SipGrants,
    #[serde(deserialize_with = "or_default")]
    pub(crate) agent: AgentGrants,
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What a token allows, as in its claims `video`, `sip` and `agent` (contract, section 6).
///
/// A plain value: set the fields that a test needs and leave the rest to `..Default::default()`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The claim `video`: rooms, recording, ingress.
    #[serde(default)]
    pub video: VideoGrants,
    /// The claim `sip`: trunks, rules, calls.
    #[serde(default)]
    pub sip: SipGrants,
    /// The claim `agent`: deployments and simulations.
    #[serde(default)]
    pub agent: AgentGrants,
}

/// The claim `video`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(clippy::struct_excessive_bools)] // The protocol's own shape.
#[allow(missing_docs)] // The names are the grants' own.
pub struct VideoGrants {
    pub room_create: bool,
    pub room_list: bool,
    pub room_record: bool,
    pub room_admin: bool,
    pub room_join: bool,
    pub room: String,
    pub destination_room: String,
    pub ingress_admin: bool,
}

/// The claim `sip`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct SipGrants {
    pub admin: bool,
    pub call: bool,
}

/// The claim `agent`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct AgentGrants {
    pub admin: bool,
    pub simulation_admin: bool,
}

impl Grants {
    /// Every grant there is, for one room.
    pub fn all(room: impl Into<String>) -> Self {
        let room = room.into();
        Self {
            video: VideoGrants {
                room_create: true,
                room_list: true,
                room_record: true,
                room_admin: true,
                room_join: true,
                destination_room: room.clone(),
                room,
                ingress_admin: true,
            },
            sip: SipGrants { admin: true, call: true },
            agent: AgentGrants { admin: true, simulation_admin: true },
        }
    }
}

/// Why a token is refused; never holds any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the request has no token")]
    Absent,
    #[error("the token is no JWT")]
    Opaque,
    #[error("the token is not signed with this server's API secret")]
    Signature,
    #[error("the token is signed with another algorithm than HS256")]
    Algorithm,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYet,
    #[error("the token has no exp claim")]
    NoExpiry,
    #[error("the token does not decode")]
    Malformed,
    #[error(
        "the token does not decode: its algorithm is unknown, or a claim has another type than LiveKit gives it (each attribute is a string)"
    )]
    Type,
}

impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Self::Algorithm,
            ErrorKind::Json(error) if error.is_data() => Self::Type,
            _ => Self::Malformed,
        }
    }
}

/// Checks tokens against one API secret: HS256, `exp` required, 60 s of leeway, any issuer.
pub(crate) struct Verifier {
    /// The secret's share of the work is done.
    mac: Hs256,
    /// A header that says HS256, as it stands in a token: a client sends the same one with each.
    header: OnceLock<String>,
}

impl Verifier {
    pub(crate) fn new(secret: &str) -> Self {
        Self { mac: Hs256::new(secret.as_bytes()), header: OnceLock::new() }
    }

    /// The claims of a token that can be trusted. `jsonwebtoken::decode` would check the same, but
    /// read the header and the claims twice, after they were read for the API key.
    pub(crate) fn verify<'a>(&self, jwt: &'a Jwt<'_>) -> Result<&'a Claims, TokenError> {
        let (signed, signature) = jwt.text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, _) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        if self.header.get().is_none_or(|known| known != header) {
            if jsonwebtoken::decode_header(jwt.text)?.alg != Algorithm::HS256 {
                return Err(TokenError::Algorithm);
            }
            // Of several clients' headers the first is remembered.
            let _ = self.header.set(header.to_owned());
        }
        let claims = jwt.claims.as_ref().map_err(|error| *error)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
        if self.mac.verify(signed.as_bytes(), &signature).is_err() {
            return Err(TokenError::Signature);
        }
        claims.check_time(now().as_secs_f64())?;
        Ok(claims)
    }

    /// [`Verifier::verify`], for a caller that keeps the claims.
    pub(crate) fn claims(&self, token: Token<'_>) -> Result<Claims, TokenError> {
        let jwt = match token {
            Token::Absent => return Err(TokenError::Absent),
            Token::Opaque => return Err(TokenError::Opaque),
            Token::Jwt(jwt) => jwt,
        };
        self.verify(&jwt)?;
        jwt.claims
    }
}

impl Claims {
    fn check_time(&self, now: f64) -> Result<(), TokenError> {
        let exp = self.exp.ok_or(TokenError::NoExpiry)?;
        if exp < now - LEEWAY {
            return Err(TokenError::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf > now + LEEWAY) {
            return Err(TokenError::NotYet);
        }
        Ok(())
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

/// Signs a token for ten minutes as the SDKs do: HS256, the key as `iss`, the identity as `sub`.
///
/// # Panics
/// Never: the claims are plain data and HS256 takes a secret of any length.
pub fn sign(key: &str, secret: &str, identity: &str, grants: &Grants) -> String {
    #[derive(Serialize)]
    struct Signed<'a> {
        iss: &'a str,
        sub: &'a str,
        nbf: u64,
        exp: u64,
        #[serde(flatten)]
        grants: &'a Grants,
    }
    crypto::install();
    let now = now().as_secs();
    let claims =
        Signed { iss: key, sub: identity, nbf: now.saturating_sub(10), exp: now + 600, grants };
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .expect("claims that serialize")
}
