//! A SIP dial that fails: the status of the callee's side as a Twirp error (contract, section 8).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;
use livekit_protocol::{SipStatus, SipStatusCode};
use prost::Message;
use prost_types::Any;
use serde::Serialize;

use super::{Case, Step};
use crate::{api::twirp, control, outcome::Reply, reference::Reference};

pub(super) fn fault(case: &Case<'_>) -> Step {
    match &case.control.sip_status {
        Some(status) if case.dials => Step::end(reply(status, case.reference)),
        _ => Step::pass(),
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
struct Code {
    name: &'static str,
    http: StatusCode,
    grpc: i32,
}

fn reply(given: &control::SipStatus, reference: Reference) -> Reply {
    // The protocol's codes have 32 bits; a wider one is cut as the reference cuts it.
    #[allow(clippy::cast_possible_truncation)]
    let number = given.code as i32;
    let full_name = full_name(number);
    let name = full_name.strip_prefix("SIP_STATUS_").unwrap_or(&full_name);
    let text = given.status.as_str();
    let said = if text.is_empty() { format!(" ({name})") } else { format!(": {text}") };
    let prefix = match reference {
        Reference::Latest => "",
        Reference::August2026 => "twirp error unknown: ",
    };
    let msg = format!("{prefix}sip status: {number}{said}");
    let Some(code) = code(number, reference) else {
        return newline(twirp::error(StatusCode::OK, "", &msg));
    };
    let meta = Meta {
        error_details: details(code, number, text, name),
        sip_status: if text.is_empty() { &full_name } else { text },
        sip_status_code: number.to_string(),
    };
    newline(twirp::error_with(code.http, code.name, &msg, Some(meta)))
}

/// The reference ends this body, and no other, with a newline.
fn newline(reply: Reply) -> Reply {
    let body = [&reply.body[..], b"\n"].concat().into();
    Reply { body, ..reply }
}

/// The enum value's name, or the number where the enum has none.
fn full_name(number: i32) -> String {
    match SipStatusCode::try_from(number) {
        Ok(code) => code.as_str_name().to_owned(),
        Err(_) => number.to_string(),
    }
}

/// The base64 of the status that carries the `livekit.SIPStatus`.
fn details(code: Code, number: i32, text: &str, name: &str) -> String {
    let status = SipStatus { code: number, status: text.to_owned() };
    let shown = if text.is_empty() { name } else { text };
    let rpc = RpcStatus {
        code: code.grpc,
        message: format!("sip status {number}: {shown}"),
        details: vec![Any {
            type_url: "type.googleapis.com/livekit.SIPStatus".to_owned(),
            value: status.encode_to_vec(),
        }],
    };
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
