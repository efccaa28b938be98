//! A SIP dial that fails: the status of the callee's side as a Twirp error
//! (`docs/BEHAVIOUR.md`, SIP errors).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use livekit_protocol::{SipStatus, SipStatusCode};
use prost::Message;
use prost_types::Any;
use serde::Serialize;

use super::case::{Case, Effect};
use crate::{control, outcome::Reply, protocol::twirp, reference::Reference};

pub(super) fn fault(case: &Case<'_>) -> Effect {
    match &case.control.sip_status {
        Some(status) if case.dials => Effect::end(reply(status, case.reference)),
        _ => Effect::pass(),
    }
}

/// `google.rpc.Status`, which no package of the tree has.
#[derive(Clone, PartialEq, Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[derive(Serialize)]
struct Meta<'a> {
    error_details: String,
    sip_status: &'a str,
    sip_status_code: String,
}

/// A Twirp code with its HTTP status and gRPC's number for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) name: &'static str,
    pub(super) http: StatusCode,
    pub(super) grpc: i32,
}

/// A SIP status as an error tells it.
pub(super) struct Status<'a> {
    number: i32,
    /// The enum value's name, or the number where the enum has none.
    full_name: String,
    text: &'a str,
}

impl<'a> Status<'a> {
    pub(super) fn new(code: i64, text: &'a str) -> Self {
        // The protocol's codes have 32 bits; a wider one is cut as the reference cuts it.
        #[allow(clippy::cast_possible_truncation)]
        let number = code as i32;
        let known = SipStatusCode::try_from(number);
        let full_name = known.map_or_else(|_| number.to_string(), |code| code.as_str_name().into());
        Self { number, full_name, text }
    }

    /// `sip status: 486 (BUSY_HERE)`, or with the text in the name's place.
    pub(super) fn said(&self) -> String {
        match self.text {
            "" => format!("sip status: {} ({})", self.number, self.name()),
            text => format!("sip status: {}: {text}", self.number),
        }
    }

    /// The text, else the full name.
    pub(super) fn shown(&self) -> &str {
        if self.text.is_empty() { &self.full_name } else { self.text }
    }

    pub(super) fn number(&self) -> String {
        self.number.to_string()
    }

    pub(super) fn message(&self) -> SipStatus {
        SipStatus { code: self.number, status: self.text.to_owned() }
    }

    /// The Twirp code that the SIP code becomes; none for a success.
    pub(super) fn code(&self, reference: Reference) -> Option<Code> {
        code(self.number, reference)
    }

    fn name(&self) -> &str {
        self.full_name.strip_prefix("SIP_STATUS_").unwrap_or(&self.full_name)
    }
}

fn reply(given: &control::SipStatus, reference: Reference) -> Reply {
    let status = Status::new(given.code, &given.status);
    let prefix = match reference {
        Reference::Latest => "",
        Reference::August2026 => "twirp error unknown: ",
    };
    let msg = format!("{prefix}{}", status.said());
    let Some(code) = status.code(reference) else {
        return newline(twirp::error(StatusCode::OK, "", &msg));
    };
    let text = if status.text.is_empty() { status.name() } else { status.text };
    let message = format!("sip status {}: {text}", status.number);
    let detail = status.message().encode_to_vec();
    let meta = Meta {
        error_details: details(code, message, "livekit.SIPStatus", detail),
        sip_status: status.shown(),
        sip_status_code: status.number(),
    };
    newline(twirp::error_with(code.http, code.name, &msg, Some(meta)))
}

/// The reference ends this body, and no other, with a newline.
fn newline(reply: Reply) -> Reply {
    let body = [&reply.body[..], b"\n"].concat().into();
    Reply { body, ..reply }
}

/// The base64 of the `google.rpc.Status` that carries this message as its one detail.
pub(super) fn details(code: Code, message: String, name: &str, value: Vec<u8>) -> String {
    let detail = Any { type_url: format!("type.googleapis.com/{name}"), value };
    let rpc = RpcStatus { code: code.grpc, message, details: vec![detail] };
    STANDARD.encode(rpc.encode_to_vec())
}

/// The Twirp code that a SIP code becomes; none for a success.
#[rustfmt::skip] // A table.
fn code(sip: i32, reference: Reference) -> Option<Code> {
    let (name, http, grpc) = match sip {
        200..300 => return None,
        301 | 302 | 404 | 410 | 481 | 604 => ("not_found", StatusCode::NOT_FOUND, 5),
        401 | 402 | 403 | 433 | 470 | 603 | 607 | 608 => ("permission_denied", StatusCode::FORBIDDEN, 7),
        407 | 428 | 436 | 437 | 438 | 494 => ("unauthenticated", StatusCode::UNAUTHORIZED, 16),
        408 | 504 => ("deadline_exceeded", StatusCode::REQUEST_TIMEOUT, 4),
        416 => ("out_of_range", StatusCode::BAD_REQUEST, 11),
        480 | 486 if reference == Reference::August2026 => ("resource_exhausted", StatusCode::TOO_MANY_REQUESTS, 8),
        440 | 600 => ("resource_exhausted", StatusCode::TOO_MANY_REQUESTS, 8),
        487 | 491 => ("aborted", StatusCode::CONFLICT, 10),
        505 | 513 => ("invalid_argument", StatusCode::BAD_REQUEST, 3),
        409 | 412 | 480 | 482 | 483 | 486 | 500..600 => ("failed_precondition", StatusCode::PRECONDITION_FAILED, 9),
        300..700 => ("invalid_argument", StatusCode::BAD_REQUEST, 3),
        _ => ("unknown", StatusCode::INTERNAL_SERVER_ERROR, 2),
    };
    Some(Code { name, http, grpc })
}
