//! Reads tokens from requests, and verifies them.

use std::{
    borrow::Cow,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::OnceLock,
    time::Duration,
};

use http::{HeaderMap, header::AUTHORIZATION};
use serde::Serialize;

use super::{
    base64url,
    claims::Claims,
    crypto::Hs256,
    error::{TokenError, TokenPart},
    grants::Grants,
    mistake::TokenMistake,
};
use crate::{clock::now, go_json};

/// The most of a token's claims that is kept, in bytes.
const MAX_KEPT: usize = 16 << 10;

/// What a request sent as its token, not verified.
#[allow(clippy::large_enum_variant)] // There is one for each request, and it is never moved.
pub(crate) enum Token<'a> {
    Absent,
    /// Something that is not a JWT, such as the placeholder `test-token`, and why it is not.
    Opaque(TokenError),
    Jwt(Jwt<'a>),
}

/// A JWT. Its claims are decoded at once, because they may hold a control, which counts whether or not
/// the token can be verified.
pub(crate) struct Jwt<'a> {
    text: &'a str,
    parts: [&'a str; 3],
    /// Whether `Bearer` stood before it.
    after_scheme: bool,
    claims: Result<Claims, TokenError>,
}

// === impl Token ===

impl<'a> Token<'a> {
    /// The token in `Authorization: Bearer <token>`, with the scheme spelled like this or without any.
    pub(crate) fn from_headers(headers: &'a HeaderMap) -> Self {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Self::Absent;
        };
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else {
            return Self::not_text(value.as_bytes());
        };
        match value.strip_prefix("Bearer ") {
            Some(token) => Self::read(token.trim(), true),
            None => Self::read(value.trim(), false),
        }
    }

    /// The text as a token. Blanks around it are part of it.
    pub(crate) fn from_text(text: &'a str) -> Self {
        Self::read(text, false)
    }

    /// A JWT has three parts with dots between them.
    fn read(text: &'a str, after_scheme: bool) -> Self {
        if text.is_empty() {
            return Self::Absent;
        }
        let mut parts = text.split('.');
        if let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        {
            let parts = [header, claims, signature];
            let claims = decode(TokenPart::Claims, claims).and_then(|claims| Claims::read(&claims));
            return Self::Jwt(Jwt { text, parts, after_scheme, claims });
        }
        let parts = TokenError::Opaque { parts: text.split('.').count() };
        Self::Opaque(TokenMistake::of(text, after_scheme).map_or(parts, TokenError::Mistake))
    }

    /// The claims, verified or not.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Jwt(jwt) => jwt.claims.as_ref().ok(),
            _ => None,
        }
    }

    /// A hash of its text: the same token has the same, as long as this process runs.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        if let Self::Jwt(jwt) = self {
            jwt.text.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The claims in base64url, for the journal: without what is long in them, if they are long.
    pub(crate) fn kept_claims(&self) -> Option<Cow<'a, str>> {
        let Self::Jwt(jwt) = self else { return None };
        let claims = jwt.parts[1];
        if claims.len() <= MAX_KEPT {
            return Some(claims.into());
        }
        let short = jwt.claims.as_ref().ok()?.without_what_is_long();
        let short = base64url::encode(short);
        (short.len() <= MAX_KEPT).then(|| short.into())
    }

    /// A value that is not UTF-8. It is refused as a text with as many dots would be.
    fn not_text(value: &[u8]) -> Self {
        let parts = value.split(|byte| *byte == b'.').count();
        Self::read(if parts == 3 { "?.?.?" } else { "?" }, true)
    }

    /// The API key, which is the claim `iss`, verified or not.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims().map(|claims| claims.iss.as_str())
    }
}

fn decode(part: TokenPart, text: &str) -> Result<Vec<u8>, TokenError> {
    base64url::decode(text).map_err(|problem| TokenError::Base64 { part, problem })
}

impl fmt::Display for Token<'_> {
    /// Describes the token without quoting it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => TokenError::Absent.fmt(formatter),
            Self::Opaque(error) => error.fmt(formatter),
            Self::Jwt(_) => formatter.write_str("the token is a JWT"),
        }
    }
}

// === impl Jwt ===

impl Jwt<'_> {
    /// The claims as JSON, to look for the reason why a grant is missing.
    pub(super) fn payload(&self) -> Vec<u8> {
        decode(TokenPart::Claims, self.parts[1]).unwrap_or_default()
    }

    /// Replaces the error by a mistake around the token, such as quotes, that explains it better.
    fn explain(&self, error: TokenError) -> TokenError {
        match error {
            TokenError::Base64 { .. } | TokenError::Json { part: TokenPart::Header, .. } => {
                TokenMistake::of(self.text, self.after_scheme).map_or(error, TokenError::Mistake)
            }
            error => error,
        }
    }
}

// === impl Verifier ===

/// Checks tokens against one API secret: HS256, `exp` required, 60 s of leeway, any issuer.
pub(crate) struct Verifier {
    mac: Hs256,
    /// An encoded header that was found to name HS256. Clients send the same one with every token.
    header: OnceLock<String>,
}

impl Verifier {
    pub(crate) fn new(secret: &str) -> Self {
        Self { mac: Hs256::new(secret), header: OnceLock::new() }
    }

    /// The claims, if the token is valid.
    pub(crate) fn verify<'a>(&self, jwt: &'a Jwt<'_>) -> Result<&'a Claims, TokenError> {
        self.check(jwt).map_err(|error| jwt.explain(error))
    }

    fn check<'a>(&self, jwt: &'a Jwt<'_>) -> Result<&'a Claims, TokenError> {
        let [header, claims, signature] = jwt.parts;
        let signed = &jwt.text[..=header.len() + claims.len()];
        if self.header.get().is_none_or(|known| known != header) {
            check_header(&decode(TokenPart::Header, header)?)?;
            // If clients send different headers, the first one is remembered.
            let _ = self.header.set(header.to_owned());
        }
        let claims = jwt.claims.as_ref().map_err(Clone::clone)?;
        match decode(TokenPart::Signature, signature)? {
            empty if empty.is_empty() => return Err(TokenError::NoSignature),
            signature if self.mac.verify(signed.as_bytes(), &signature) => {}
            _ => return Err(TokenError::Signature),
        }
        claims.check_time(now())?;
        Ok(claims)
    }

    /// Like [`Verifier::verify`], but returns the claims themselves.
    pub(crate) fn claims(&self, token: Token<'_>) -> Result<Claims, TokenError> {
        let jwt = match token {
            Token::Absent => return Err(TokenError::Absent),
            Token::Opaque(error) => return Err(error),
            Token::Jwt(jwt) => jwt,
        };
        self.verify(&jwt)?;
        jwt.claims
    }
}

/// Whether the header names HS256. It may hold anything else, too. Unlike in the claims, the case of
/// names counts.
fn check_header(header: &[u8]) -> Result<(), TokenError> {
    let part = TokenPart::Header;
    let header = go_json::parse(header).map_err(|error| TokenError::Json { part, error })?;
    if header.is_null() {
        return Err(TokenError::NoAlgorithm);
    }
    let kind = header.kind();
    let members = header.members().ok_or(TokenError::NotAnObject { part, kind })?;
    if header.has_huge_number() {
        return Err(TokenError::HeaderNumber);
    }
    let (_, algorithm) =
        members.filter(|(name, _)| name.text() == "alg").last().ok_or(TokenError::NoAlgorithm)?;
    match algorithm.string() {
        Some(name) if name == "HS256" => Ok(()),
        Some(name) => Err(TokenError::Algorithm(shown(&name))),
        None => Err(TokenError::AlgorithmType(algorithm.kind())),
    }
}

/// The name of an algorithm, quoted only if it looks like one.
fn shown(name: &str) -> String {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match name.len() {
        1..=10 if letters => format!("\"{name}\""),
        0 => "empty".to_owned(),
        _ => "unknown".to_owned(),
    }
}

impl Claims {
    /// The claims in base64url, of whatever token.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        Self::read(&base64url::decode(text).ok()?).ok()
    }

    /// Who it is and what is allowed, as JSON.
    fn without_what_is_long(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Short<'a> {
            iss: &'a str,
            sub: &'a str,
            name: &'a str,
            #[serde(flatten)]
            grants: &'a Grants,
        }
        let Self { iss, sub, name, grants, .. } = self;
        // Strings and bools always serialize.
        serde_json::to_vec(&Short { iss, sub, name, grants }).unwrap_or_default()
    }

    fn check_time(&self, now: Duration) -> Result<(), TokenError> {
        let exp = self.exp.ok_or(TokenError::NoExpiry)?;
        if let Some(passed) = exp.past(now) {
            return Err(TokenError::Expired(passed));
        }
        match self.nbf.and_then(|nbf| nbf.ahead(now)) {
            Some(left) => Err(TokenError::NotYet(left)),
            None => Ok(()),
        }
    }
}
