//! An API call, from its bytes to what it ends in (`docs/BEHAVIOUR.md`, An API call, step by step).

mod body;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod unknown;

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use crate::{
    auth::{self, Denial, RequestedRooms},
    exchange::Exchange,
    fault::{self, Case},
    outcome::{Content, Outcome, RegionHeader, Reply},
    protocol::{Decoded, Format, from_json, twirp},
    schema::{Method, Schema},
    warning::Warnings,
};

/// A call, read.
pub(crate) struct Call<'a> {
    format: Format,
    /// What an answer copies is not longer than what it is copied from, or not much.
    length: usize,
    known: Option<Known<'a>>,
}

/// A call of a method that there is.
struct Known<'a> {
    method: &'a Method,
    request: DynamicMessage,
    scripted: Option<DynamicMessage>,
}

impl<'a> Call<'a> {
    /// `path` is what follows the Twirp prefix: `livekit.RoomService/CreateRoom`.
    pub(crate) fn read(
        exchange: &mut Exchange<'_>,
        schema: &'a Schema,
        path: &str,
        body: Bytes,
    ) -> Self {
        let format = Format::of(&exchange.parts.headers);
        let length = body.len();
        let method = schema.find(path);
        let request = method.map(|method| body::read(method, format, exchange, &body));
        // It has had its use: its memory is the answer's.
        drop(body);
        warn_of_useless_fields(exchange, method);
        let scripted = method.and_then(|method| scripted(method, exchange));
        if method.is_none() {
            let why = unknown::method(path, schema);
            if exchange.is_strict() {
                let reply = twirp::error(StatusCode::NOT_FOUND, "bad_route", &why);
                exchange.refuse_strictly_with(reply);
            } else {
                exchange.warnings.add(format_args!("{why}; answered empty"));
            }
        }
        let known = method.zip(request);
        let known = known.map(|(method, request)| Known { method, request, scripted });
        Self { format, length, known }
    }

    /// Authorizes, then runs the faults in their order, then answers.
    pub(crate) fn answer(self, exchange: &mut Exchange<'_>) -> Outcome {
        if let Some(known) = &self.known
            && let Err(denial) = known.authorize(exchange)
        {
            return denied(denial, &mut exchange.warnings).into();
        }
        let Exchange { control, region, server, .. } = &*exchange;
        let method = self.known.as_ref().map(|known| known.method);
        let case = Case {
            control,
            region,
            reference: server.reference,
            dials: method.is_some_and(Method::dials),
            transfers: method.is_some_and(Method::transfers),
            latency: self.known.as_ref().map_or(Duration::ZERO, Known::latency),
            failures: exchange.failures(),
            chance: exchange.chance,
        };
        let future = control.future_field == Some(true);
        fault::apply(&case, || {
            let (format, body) = (self.format, self.body());
            let body = if future { format.with_future_field(&body) } else { body };
            Reply::new(StatusCode::OK, content(format), body).in_region(RegionHeader::Index)
        })
    }

    /// The scripted answer, else the populated one.
    fn body(self) -> Bytes {
        match self.known {
            Some(Known { scripted: Some(response), .. }) => self.format.encode(&response, 0),
            Some(Known { method, request, .. }) => {
                method.answer.to(Some(request), self.format, self.length)
            }
            None => self.format.empty(),
        }
    }
}

impl Known<'_> {
    fn authorize(&self, exchange: &mut Exchange<'_>) -> Result<(), Denial> {
        let Exchange { server, control, token, warnings, .. } = exchange;
        if control.skip_auth == Some(true) {
            return Ok(());
        }
        let room = self.text(self.method.room.as_ref());
        let destination = self.text(self.method.destination_room.as_ref());
        let rooms = RequestedRooms { room: &room, destination_room: &destination };
        let mode = control.auth.unwrap_or(server.auth);
        auth::authorize(mode, token, &server.verifier, self.method.rule.needs, &rooms, warnings)
    }

    fn latency(&self) -> Duration {
        let asked = self.value(self.method.wait_until_answered.as_ref());
        let asked = asked.and_then(|value| value.as_bool());
        self.method.rule.dial.latency(asked == Some(true))
    }

    /// A string field of the request; empty where there is none.
    fn text(&self, field: Option<&FieldDescriptor>) -> Cow<'_, str> {
        match self.value(field) {
            Some(Cow::Borrowed(Value::String(text))) => Cow::Borrowed(text),
            Some(Cow::Owned(Value::String(text))) => Cow::Owned(text),
            _ => Cow::Borrowed(""),
        }
    }

    fn value(&self, field: Option<&FieldDescriptor>) -> Option<Cow<'_, Value>> {
        Some(self.request.get_field(field?))
    }
}

/// The scripted answer, if it is one for this method.
fn scripted(method: &Method, exchange: &mut Exchange<'_>) -> Option<DynamicMessage> {
    let Exchange { control, warnings, .. } = exchange;
    let json = control.response.as_ref()?.get();
    let name = method.output.full_name();
    match from_json(&method.output, json.as_bytes()) {
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
fn warn_of_useless_fields(exchange: &mut Exchange<'_>, method: Option<&Method>) {
    let Exchange { control, warnings, .. } = exchange;
    if control.sip_status.is_some() && !method.is_some_and(Method::dials) {
        warnings.add(
            "sipStatus counts only for CreateSIPParticipant and TransferSIPParticipant; ignored",
        );
    }
    if control.sip_transfer.is_some() {
        match method.is_some_and(Method::transfers) {
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

fn denied(denial: Denial, warnings: &mut Warnings) -> Reply {
    let (status, code, reason) = match denial {
        Denial::Unauthenticated(reason) => (StatusCode::UNAUTHORIZED, "unauthenticated", reason),
        Denial::PermissionDenied(reason) => (StatusCode::FORBIDDEN, "permission_denied", reason),
    };
    warnings.add(format_args!("{code}: {reason}"));
    twirp::error(status, code, &format!("mock: {code}"))
}

fn content(format: Format) -> Content {
    match format {
        Format::Json => Content::Json,
        Format::Protobuf => Content::Protobuf,
    }
}
