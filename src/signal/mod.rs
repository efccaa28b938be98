//! The signalling half
//! (`docs/BEHAVIOUR.md`, Signalling): a request is read, told what it asks for, and
//! upgraded or refused; then its script is played.

mod caller;
mod control;
mod handshake;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod join_request;
mod message;
mod scenario;
mod script;
mod session;
mod socket;

use std::time::Duration;

use http::{StatusCode, request::Parts};
use livekit_protocol::JoinRequest;

use crate::{
    auth::Claims,
    control::Control,
    fault::{self, Case},
    outcome::{Content, End, Outcome, Reply},
    region::Region,
    server::Server,
    warning::{Warnings, suggestion},
};
use caller::Caller;
use message::Joining;
use script::{Refusal, Script, Step};
use socket::Deflate;

pub(crate) use session::Session;

/// A request for `/rtc`, `/rtc/v1` or the validation of either.
#[derive(Clone, Copy)]
pub(crate) struct Dial<'a> {
    pub(crate) server: &'a Server,
    pub(crate) region: &'a Region,
    pub(crate) parts: &'a Parts,
    /// Whether it is for `/rtc/v1`.
    pub(crate) v1: bool,
}

/// `/rtc` and `/rtc/v1`.
pub(crate) fn answer(dial: Dial<'_>) -> Outcome {
    let mut warnings = Warnings::default();
    let (caller, steps) = match read(dial, &mut warnings) {
        Ok(read) => read,
        Err(reply) => return Outcome::from(reply).with(warnings),
    };
    let Caller { claims, control, joining, reconnects, .. } = caller;
    let claims = match claims {
        Ok(claims) => claims,
        Err(error) => {
            warnings.add(error);
            let reply = Reply::text(StatusCode::UNAUTHORIZED, "invalid token");
            return Outcome::from(reply).with(warnings);
        }
    };
    let Dial { region, parts, .. } = dial;
    let outcome = fault::apply_to_signal(&case(dial, &control), || {
        if let Some(Step::Refuse(refusal)) = steps.first() {
            return End::Reply(refused(refusal, &refusal.body));
        }
        let accept = match handshake::accept(parts) {
            Ok(accept) => accept,
            Err(problem) => {
                warnings.add(problem);
                return End::Reply(Reply::text(StatusCode::BAD_REQUEST, "Bad Request\n"));
            }
        };
        let joining = joined(claims, joining, region);
        let action = control.leave_action.unwrap_or_default();
        let moves = Session::moves(steps, &joining, reconnects, action);
        let deflate = Deflate::negotiate(&parts.headers);
        handshake::upgrade(accept, Session { deflate, moves })
    });
    outcome.with(warnings)
}

/// `/rtc/validate` and `/rtc/v1/validate`: what the upgrade would say, where browsers can read it.
pub(crate) fn validate(dial: Dial<'_>) -> Outcome {
    let mut warnings = Warnings::default();
    let (caller, steps) = match read(dial, &mut warnings) {
        Ok(read) => read,
        Err(reply) => return Outcome::from(reply).with(warnings),
    };
    if let Err(error) = caller.claims {
        let text = format!("invalid token: {error}");
        let reply = Reply::new(StatusCode::UNAUTHORIZED, Content::Text, text);
        return Outcome::from(reply).with(warnings);
    }
    let outcome = fault::apply_to_signal(&case(dial, &caller.control), || {
        End::Reply(match steps.first() {
            Some(Step::Refuse(refusal)) => {
                refused(refusal, refusal.validate_body.as_ref().unwrap_or(&refusal.body))
            }
            _ => Reply::text(StatusCode::OK, "success"),
        })
    });
    outcome.with(warnings)
}

/// Who calls and what is to be played, unless that is settled without looking at the token.
fn read(dial: Dial<'_>, warnings: &mut Warnings) -> Result<(Caller, Vec<Step>), Reply> {
    let caller = Caller::read(dial.server, dial.parts, dial.v1, warnings);
    // Before all else: a server without the path knows neither tokens nor strictness on it.
    if dial.v1 && caller.control.v1 == Some(false) {
        return Err(Reply::text(StatusCode::NOT_FOUND, "404 page not found\n"));
    }
    let steps = steps(&caller, warnings);
    // Then strictness, where the API has it: what is wrong with a test is said whoever asks.
    match strict_error(dial.server, &caller, warnings) {
        Some(reply) => Err(reply),
        None => Ok((caller, steps)),
    }
}

/// The steps of the script, or of the scenario, that the control names; those of `happy` where it
/// names none that there is.
fn steps(caller: &Caller, warnings: &mut Warnings) -> Vec<Step> {
    let Caller { control, reconnects, .. } = caller;
    if control.script.is_some() && control.signal.is_some() {
        warnings.add("signal: has no effect beside a script");
    }
    if let Some(script) = &control.script {
        match Script::parse(script.get()) {
            Ok(script) => return script.steps(*reconnects),
            Err(problem) => {
                warnings.add(format_args!("script: happy is played instead: {problem}"));
            }
        }
    }
    let name = control.signal.as_deref().filter(|_| control.script.is_none());
    let named = name.and_then(scenario::script);
    if let Some(name) = name.filter(|_| named.is_none()) {
        let hint = suggestion(name, scenario::names());
        warnings
            .add(format_args!("signal: there is no scenario \"{name}\"{hint}; happy is played"));
    }
    let script = named.or_else(|| scenario::script(scenario::HAPPY));
    script.map(|script| script.steps(*reconnects)).unwrap_or_default()
}

fn case<'a>(dial: Dial<'a>, control: &'a Control) -> Case<'a> {
    let (region, reference) = (dial.region, dial.server.reference);
    Case { control, region, reference, dials: false, transfers: false, latency: Duration::ZERO }
}

/// What the strict server answers: a real server's own words where it refuses the same.
fn strict_error(server: &Server, caller: &Caller, warnings: &Warnings) -> Option<Reply> {
    let refusal = server.refusal(&caller.control, warnings)?;
    let status = StatusCode::BAD_REQUEST;
    Some(match caller.refusal {
        Some(text) => Reply::text(status, text),
        None => Reply::new(status, Content::Text, refusal),
    })
}

fn refused(refusal: &Refusal, body: &str) -> Reply {
    if body.is_empty() {
        return Reply::empty(refusal.status);
    }
    Reply::new(refusal.status, Content::Text, body.to_owned()).settled()
}

/// Who joins: the token says it, and a client may add to it or put its own in place.
fn joined(mut claims: Claims, request: JoinRequest, region: &Region) -> Joining {
    if request == JoinRequest::default() {
        return Joining::new(claims, &region.name);
    }
    let mut attributes = std::mem::take(&mut claims.attributes);
    attributes.extend(request.participant_attributes);
    let metadata = [request.metadata, std::mem::take(&mut claims.metadata)];
    let metadata = metadata.into_iter().find(|metadata| !metadata.is_empty()).unwrap_or_default();
    Joining { metadata, attributes, ..Joining::new(claims, &region.name) }
}
