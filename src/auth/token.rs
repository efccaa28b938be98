//! From a header to claims that can be trusted.

use std::{fmt, sync::OnceLock, time::Duration};

use http::{HeaderMap, header::AUTHORIZATION};

use super::{
    base64url,
    claims::Claims,
    crypto::Hs256,
    error::{Part, TokenError},
    shape::Oddity,
};
use crate::{clock::now, go_json};

/// What came as a token, before anything is checked.
#[allow(clippy::large_enum_variant)] // One a request, which never moves.
pub(crate) enum Token<'a> {
    Absent,
    /// Something else than a JWT, such as the placeholder `test-token`, and why it is none.
    Opaque(TokenError),
    Jwt(Jwt<'a>),
}

/// A JWT. Its claims are decoded once: they say what to do before anyone asks whether they can be
/// trusted.
pub(crate) struct Jwt<'a> {
    text: &'a str,
    parts: [&'a str; 3],
    /// Whether `Bearer` stood before it.
    after_scheme: bool,
    claims: Result<Claims, TokenError>,
}

// === impl Token ===

impl<'a> Token<'a> {
    /// `Authorization: Bearer <token>`, the prefix as spelled here, or the bare token.
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

    /// A token as it stands, where no blank around it is passed over.
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
            let claims = decode(Part::Claims, claims).and_then(|claims| Claims::read(&claims));
            return Self::Jwt(Jwt { text, parts, after_scheme, claims });
        }
        let parts = TokenError::Opaque { parts: text.split('.').count() };
        Self::Opaque(Oddity::of(text, after_scheme).map_or(parts, TokenError::Odd))
    }

    /// What the token says, verified or not.
    pub(crate) fn claims(&self) -> Option<&Claims> {
        match self {
            Self::Jwt(jwt) => jwt.claims.as_ref().ok(),
            _ => None,
        }
    }

    /// The same verdict for what is not even text: nothing in it can decode.
    fn not_text(value: &[u8]) -> Self {
        let parts = value.split(|byte| *byte == b'.').count();
        Self::read(if parts == 3 { "?.?.?" } else { "?" }, true)
    }

    /// The API key, verified or not: the claim `iss`.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims().map(|claims| claims.iss.as_str())
    }
}

fn decode(part: Part, text: &str) -> Result<Vec<u8>, TokenError> {
    base64url::decode(text).map_err(|problem| TokenError::Base64 { part, problem })
}

impl fmt::Display for Token<'_> {
    /// What came, never the token itself.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => TokenError::Absent.fmt(formatter),
            Self::Opaque(why) => why.fmt(formatter),
            Self::Jwt(_) => formatter.write_str("the token is a JWT"),
        }
    }
}

// === impl Jwt ===

impl Jwt<'_> {
    /// The claims as they stand, for a closer look at a token that lacks something.
    pub(super) fn payload(&self) -> Vec<u8> {
        decode(Part::Claims, self.parts[1]).unwrap_or_default()
    }

    /// What stands around the token explains better why no part of it decodes.
    fn explained(&self, error: TokenError) -> TokenError {
        match error {
            TokenError::Base64 { .. } | TokenError::Json { part: Part::Header, .. } => {
                Oddity::of(self.text, self.after_scheme).map_or(error, TokenError::Odd)
            }
            error => error,
        }
    }
}

// === impl Verifier ===

/// Checks tokens against one API secret: HS256, `exp` required, 60 s of leeway, any issuer.
pub(crate) struct Verifier {
    mac: Hs256,
    /// A header that says HS256, as it stands in a token: a client sends the same one with each.
    header: OnceLock<String>,
}

impl Verifier {
    pub(crate) fn new(secret: &str) -> Self {
        Self { mac: Hs256::new(secret), header: OnceLock::new() }
    }

    /// The claims of a token that can be trusted.
    pub(crate) fn verify<'a>(&self, jwt: &'a Jwt<'_>) -> Result<&'a Claims, TokenError> {
        self.check(jwt).map_err(|error| jwt.explained(error))
    }

    fn check<'a>(&self, jwt: &'a Jwt<'_>) -> Result<&'a Claims, TokenError> {
        let [header, claims, signature] = jwt.parts;
        let signed = &jwt.text[..=header.len() + claims.len()];
        if self.header.get().is_none_or(|known| known != header) {
            check_header(&decode(Part::Header, header)?)?;
            // Of several clients' headers the first is remembered.
            let _ = self.header.set(header.to_owned());
        }
        let claims = jwt.claims.as_ref().map_err(Clone::clone)?;
        match decode(Part::Signature, signature)? {
            none if none.is_empty() => return Err(TokenError::NoSignature),
            sound if self.mac.has_signed(signed.as_bytes(), &sound) => {}
            _ => return Err(TokenError::Signature),
        }
        claims.check_time(now())?;
        Ok(claims)
    }

    /// [`Verifier::verify`], for a caller that keeps the claims.
    pub(crate) fn claims(&self, token: Token<'_>) -> Result<Claims, TokenError> {
        let jwt = match token {
            Token::Absent => return Err(TokenError::Absent),
            Token::Opaque(why) => return Err(why),
            Token::Jwt(jwt) => jwt,
        };
        self.verify(&jwt)?;
        jwt.claims
    }
}

/// Whether the header, which may hold whatever else it likes, names HS256. Here names count in
/// their own case.
fn check_header(header: &[u8]) -> Result<(), TokenError> {
    let part = Part::Header;
    let header = go_json::parse(header).map_err(|fault| TokenError::Json { part, fault })?;
    if header.is_null() {
        return Err(TokenError::NoAlgorithm);
    }
    let kind = header.kind();
    let members = header.members().ok_or(TokenError::NoObject { part, kind })?;
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

/// The name of an algorithm, if it may be one.
fn shown(name: &str) -> String {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match name.len() {
        1..=10 if letters => format!("\"{name}\""),
        0 => "empty".to_owned(),
        _ => "unknown".to_owned(),
    }
}

impl Claims {
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
