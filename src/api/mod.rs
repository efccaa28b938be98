//! An API call, from its bytes to what it ends in (`docs/BEHAVIOUR.md`, An API call, step by step).

mod body;
mod codec;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod method;
mod newer;
mod populate;
pub(crate) mod regions;
pub(crate) mod schema;
pub(crate) mod twirp;
mod weight;

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use crate::{
    auth::{self, Denial, Scope, Token},
    control::{self, Control},
    fault::{self, Case},
    outcome::{Outcome, RegionHeader, Reply},
    region::Region,
    server::Server,
    warning::{NEAR, Warnings, similarity},
};
pub(crate) use codec::{Format, from_json};
pub(crate) use weight::too_heavy;

use codec::Decoded;
use schema::Method;

/// A call as it came.
pub(crate) struct Call<'a> {
    /// What follows the Twirp prefix: `livekit.RoomService/CreateRoom`.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// The pipeline: decode, control, strictness, authorize, then the faults in their order, then the
/// answer. Pure: the edge waits and writes.
pub(crate) fn answer(server: &Server, region: &Region, call: Call<'_>) -> Outcome {
    let Call { path, headers, body } = call;
    // What an answer copies is not longer than what it is copied from, or not much.
    let room = body.len();
    let mut warnings = Warnings::default();
    let format = Format::of(headers);
    let method = server.schema.find(path);
    let request = method.map(|method| body::read(method, format, headers, &body, &mut warnings));
    // It has had its use: its memory is the answer's.
    drop(body);
    let token = Token::from_headers(headers);
    let control = control::read(headers, token.issuer(), &mut warnings);
    warn_of_useless_fields(server, &control, method, &mut warnings);
    let scripted = method.and_then(|method| scripted(method, &control, &mut warnings));

    if let Some(reply) = strict_error(server, &control, path, method, &warnings) {
        return Outcome::from(reply).with(warnings);
    }
    if method.is_none() {
        warnings.add(format_args!("{}; answered empty", unknown_method(path)));
    }
    if let Some(method) = method
        && let Err(denial) =
            authorize(server, &control, &token, method, request.as_ref(), &mut warnings)
    {
        return Outcome::from(refused(denial, &mut warnings)).with(warnings);
    }
    let case = Case {
        control: &control,
        region,
        reference: server.reference,
        dials: method.is_some_and(Method::dials),
        transfers: method.is_some_and(Method::transfers),
        latency: method.map_or(Duration::ZERO, |method| latency(method, request.as_ref())),
    };
    let outcome = fault::apply(&case, || {
        let body = match method {
            Some(method) => answered(method, format, request, scripted, room),
            None => format.empty(),
        };
        let future = control.future_field == Some(true);
        let body = if future { format.with_future_field(&body) } else { body };
        Reply::new(StatusCode::OK, format.content(), body).in_region(RegionHeader::Index)
    });
    outcome.with(warnings)
}

/// The scripted answer, if it is one for this method.
fn scripted(method: &Method, control: &Control, warnings: &mut Warnings) -> Option<DynamicMessage> {
    let json = control.response.as_ref()?.get();
    let name = method.output.full_name();
    match codec::from_json(&method.output, json.as_bytes()) {
        Ok(Decoded { message, unknown, .. }) => {
            for sentence in unknown.sentences(name) {
                warnings.add(format_args!("response: {sentence}"));
            }
            Some(message)
        }
        Err(error) => {
            warnings.add(format_args!(
                "response: is no {name}, the populated answer is given: {error}"
            ));
            None
        }
    }
}

/// Says which parts of a control this call has no use for. What another region would use is useful.
fn warn_of_useless_fields(
    server: &Server,
    control: &Control,
    method: Option<&Method>,
    warnings: &mut Warnings,
) {
    server.warn_of_unknown_regions(control, warnings);
    if control.sip_status.is_some() && !method.is_some_and(schema::Method::dials) {
        warnings.add(
            "sipStatus counts only for CreateSIPParticipant and TransferSIPParticipant; ignored",
        );
    }
    if control.sip_transfer.is_some() {
        match method.is_some_and(schema::Method::transfers) {
            false => warnings.add("sipTransfer counts only for TransferSIPParticipant; ignored"),
            // One key may hold both, each for its method.
            true if control.sip_status.is_some() => {
                warnings.note("sipStatus: sipTransfer is answered in its place");
            }
            true => {}
        }
    }
    if control.response.is_some() && method.is_none() {
        warnings.add("response counts only for a method that the protocol has; ignored");
    }
}

/// What the strict server answers in place of serving leniently.
fn strict_error(
    server: &Server,
    control: &Control,
    path: &str,
    method: Option<&Method>,
    warnings: &Warnings,
) -> Option<Reply> {
    if method.is_none() && server.is_strict(control) {
        return Some(twirp::error(StatusCode::NOT_FOUND, "bad_route", &unknown_method(path)));
    }
    server.refusal(control, warnings).map(|refusal| twirp::malformed(&refusal))
}

/// Says that there is no such method, and which one may be meant.
fn unknown_method(path: &str) -> String {
    match nearest(path) {
        Some(call) => format!("no such method: \"{path}\", did you mean \"{call}\"?"),
        None => format!(
            "no such method: \"{path}\"; a call is SERVICE/METHOD, such as livekit.RoomService/CreateRoom"
        ),
    }
}

/// The method of the protocol whose own name is nearest to the one asked for; its service's name
/// decides between equals.
fn nearest(path: &str) -> Option<String> {
    let path = path.trim_matches('/');
    let (service, method) = path.rsplit_once('/').unwrap_or(("", path));
    let likeness = |(known_service, known): &(&str, &str)| {
        let method = similarity(method, known);
        (method, similarity(service, known_service))
    };
    let rated = schema::calls().map(|call| (likeness(&call), call));
    let near = rated.filter(|((method, _), _)| *method >= NEAR);
    let (_, (service, method)) = near.max_by(|(left, _), (right, _)| {
        left.0.total_cmp(&right.0).then(left.1.total_cmp(&right.1))
    })?;
    Some(format!("{service}/{method}"))
}

fn authorize(
    server: &Server,
    control: &Control,
    token: &Token<'_>,
    method: &Method,
    request: Option<&DynamicMessage>,
    warnings: &mut Warnings,
) -> Result<(), Denial> {
    if control.skip_auth == Some(true) {
        return Ok(());
    }
    let room = text(request, method.room.as_ref());
    let destination = text(request, method.destination_room.as_ref());
    let scope = Scope { room: &room, destination_room: &destination };
    let mode = control.auth.unwrap_or(server.auth);
    auth::authorize(mode, token, &server.verifier, method.rule.needs, &scope, warnings)
}

fn refused(denial: Denial, warnings: &mut Warnings) -> Reply {
    let (status, code, reason) = match denial {
        Denial::Unauthenticated(reason) => (StatusCode::UNAUTHORIZED, "unauthenticated", reason),
        Denial::PermissionDenied(reason) => (StatusCode::FORBIDDEN, "permission_denied", reason),
    };
    warnings.add(format_args!("{code}: {reason}"));
    twirp::error(status, code, &format!("mock: {code}"))
}

fn latency(method: &Method, request: Option<&DynamicMessage>) -> Duration {
    let asked =
        value(request, method.wait_until_answered.as_ref()).and_then(|value| value.as_bool());
    method.rule.dial.latency(asked == Some(true))
}

/// The scripted answer, else the populated one.
fn answered(
    method: &Method,
    format: Format,
    request: Option<DynamicMessage>,
    scripted: Option<DynamicMessage>,
    room: usize,
) -> Bytes {
    match scripted {
        Some(response) => format.encode(&response, 0),
        None => method.answer.to(request, format, room),
    }
}

/// A string field of the request; empty where there is none.
fn text<'a>(request: Option<&'a DynamicMessage>, field: Option<&FieldDescriptor>) -> Cow<'a, str> {
    match value(request, field) {
        Some(Cow::Borrowed(Value::String(text))) => Cow::Borrowed(text),
        Some(Cow::Owned(Value::String(text))) => Cow::Owned(text),
        _ => Cow::Borrowed(""),
    }
}

fn value<'a>(
    request: Option<&'a DynamicMessage>,
    field: Option<&FieldDescriptor>,
) -> Option<Cow<'a, Value>> {
    Some(request?.get_field(field?))
}
