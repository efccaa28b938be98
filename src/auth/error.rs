//! Why a token is refused, in the terms of the person who made it. An error quotes only names and types
//! of claims, the algorithm and times, since a token is secret.

use std::fmt;

use super::{date::approximate, mistake::TokenMistake};
use crate::go_json::{JsonType, SyntaxError};

/// A part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenPart {
    Header,
    Claims,
    Signature,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("the request has no token")]
    Absent,
    #[error("the token is not a JWT: a JWT has three parts with dots between them, not {parts}")]
    Opaque { parts: usize },
    #[error("{0}")]
    Mistake(TokenMistake),
    #[error("the token does not decode: {part} is not base64url: {problem}")]
    Base64 { part: TokenPart, problem: &'static str },
    #[error("the token does not decode: {part} is not JSON: {error}")]
    Json { part: TokenPart, error: SyntaxError },
    #[error("the token does not decode: {part} is {}, it must be an object", kind.described())]
    NotAnObject { part: TokenPart, kind: JsonType },
    #[error("the token's header has a number that is too large")]
    HeaderNumber,
    #[error("the token's header has no alg, it must be \"HS256\"")]
    NoAlgorithm,
    #[error("the token's alg is {}, it must be the string \"HS256\"", .0.described())]
    AlgorithmType(JsonType),
    #[error("the token's alg is {0}, it must be \"HS256\"")]
    Algorithm(String),
    #[error(
        "the token does not decode: the claim {} {} {}, it must be {expected}",
        Path { of, name }, if *holds { "holds" } else { "is" }, kind.described()
    )]
    Claim {
        /// The object that the claim is in; empty for the token itself.
        of: &'static str,
        name: &'static str,
        /// Whether the wrong value is an element of the claim, and not the claim itself.
        holds: bool,
        kind: JsonType,
        expected: &'static str,
    },
    #[error(
        "the token does not decode: the claim roomConfig is not a livekit.RoomConfiguration in JSON"
    )]
    RoomConfig,
    #[error("the token has no signature")]
    NoSignature,
    #[error("the token is not signed with this server's API secret")]
    Signature,
    #[error("the token has no claim exp, which says when it expires")]
    NoExpiry,
    #[error("the token has expired{} (exp)", Ago(*.0))]
    Expired(u64),
    #[error("the token is not valid yet: it will be in {} (nbf)", approximate(*.0))]
    NotYet(u64),
}

impl fmt::Display for TokenPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Header => "its header",
            Self::Claims => "its second part, the claims,",
            Self::Signature => "its signature",
        })
    }
}

/// A claim as a path, such as `video.room`.
struct Path<'a> {
    of: &'a str,
    name: &'a str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            "" => formatter.write_str(self.name),
            of => write!(formatter, "{of}.{}", self.name),
        }
    }
}

/// How long ago a token expired. A time that 64 bits can't hold counts as longer ago than any date.
struct Ago(u64);

impl fmt::Display for Ago {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ..100_000_000_000 => write!(formatter, " {} ago", approximate(self.0)),
            _ => formatter.write_str(": its time does not fit into 64 bits"),
        }
    }
}
