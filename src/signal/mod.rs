//! The signalling (`docs/BEHAVIOUR.md`, Signalling): what a connection is to play is read, then it is
//! upgraded or refused.

mod action;
mod control;
mod in_room;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod message;
mod parse;
mod parse_room;
mod room;
mod scenario;
mod script;
mod session;
mod simulate;
mod step;

use std::time::Duration;

use http::StatusCode;
use livekit_protocol::JoinRequest;

use crate::{
    auth::{Claims, Token, TokenError},
    control::{Control, FailMode},
    exchange::{Client, Exchange},
    fault::{self, Case},
    outcome::{Content, End, Outcome, Reply},
    region::Region,
    warning::{Warnings, suggestion},
    websocket::Handshake,
};
use action::Preparation;
use message::Join;
use room::{Guest, Rights, Room};
use script::Script;
use session::Session;
use step::{Refusal, Step};

/// A client's wish to connect, read.
pub(crate) struct Connect {
    client: Client,
    steps: Vec<Step>,
}

impl Connect {
    pub(crate) fn read(exchange: &mut Exchange<'_>) -> Self {
        if let Some(FailMode::Truncate | FailMode::Drip) = exchange.control.fail_mode {
            // No mistake: a control in the API key goes with calls too.
            exchange
                .warnings
                .note("failMode truncate and drip have no effect on signalling: nothing fails");
        }
        let client = exchange.client.take().map(|client| *client).unwrap_or_default();
        let Exchange { control, warnings, .. } = exchange;
        Self { steps: steps(control, client.reconnects, warnings), client }
    }

    /// `/rtc` and `/rtc/v1`.
    pub(crate) fn upgrade(self, exchange: &mut Exchange<'_>) -> Outcome {
        let token = exchange.token.hash();
        let claims = match verified(exchange) {
            Ok(claims) => claims,
            Err(error) => {
                exchange.warnings.add(error);
                return Reply::text(StatusCode::UNAUTHORIZED, "invalid token").into();
            }
        };
        let mut problem = None;
        let Exchange { server, parts, control, region, .. } = &*exchange;
        let outcome = fault::apply_to_signal(&case(exchange), || {
            if let Some(refusal) = self.refusal() {
                return End::Reply(refused(refusal, &refusal.body));
            }
            let handshake = match Handshake::read(parts) {
                Ok(handshake) => handshake,
                Err(why) => {
                    problem = Some(why);
                    return End::Reply(Reply::text(StatusCode::BAD_REQUEST, "Bad Request\n"));
                }
            };
            let Self { mut client, steps } = self;
            let peers = server.peers.clone().filter(|_| control.rtc != Some(false));
            let rights = Rights::of(&claims.grants.video);
            // Clients of this path have one peer connection for both ways.
            let single = parts.uri.path().ends_with("/v1");
            let first_offer = client.join_request.publisher_offer.take();
            let mut join = join(claims, client.join_request, region);
            if let Some(protocol) = control.protocol {
                join.protocol = protocol.into();
            }
            if steps.iter().any(Step::answers_calls) {
                join.version = message::VERSION_WITH_CALLS;
            }
            let guest = Guest::new(&join, rights, token, single, client.reconnects);
            let room = Room::new(peers, guest, first_offer);
            join.permission = room.permission_with_join();
            let leave = control.leave_action.unwrap_or_default();
            handshake.upgrade(|deflate| {
                let prepare = Preparation::new(&join, client.reconnects, leave);
                Session::new(prepare.actions(steps), room, deflate)
            })
        });
        if let Some(problem) = problem {
            exchange.warnings.add(problem);
        }
        outcome
    }

    /// `/rtc/validate` and `/rtc/v1/validate`: what the upgrade would say, where browsers can read it.
    pub(crate) fn validate(self, exchange: &mut Exchange<'_>) -> Outcome {
        if let Err(error) = verified(exchange) {
            let text = format!("invalid token: {error}");
            return Reply::new(StatusCode::UNAUTHORIZED, Content::Text, text).into();
        }
        fault::apply_to_signal(&case(exchange), || {
            End::Reply(match self.refusal() {
                Some(refusal) => {
                    refused(refusal, refusal.validate_body.as_ref().unwrap_or(&refusal.body))
                }
                None => Reply::text(StatusCode::OK, "success"),
            })
        })
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self.steps.first() {
            Some(Step::Refuse(refusal)) => Some(refusal),
            _ => None,
        }
    }
}

/// The names of all scenarios.
pub(crate) fn scenario_names() -> impl Iterator<Item = &'static str> {
    scenario::names()
}

/// Says what of a control can't be played.
pub(crate) fn check(control: &Control, warnings: &mut Warnings) {
    // Not without need: the scenarios and the messages are decoded for it.
    if control.signal.is_some() || control.script.is_some() {
        let _ = steps(control, false, warnings);
    }
}

/// The steps of the script, or of the scenario, that the control names; those of `happy` where it
/// names none that there is.
fn steps(control: &Control, reconnects: bool, warnings: &mut Warnings) -> Vec<Step> {
    if control.script.is_some() && control.signal.is_some() {
        warnings.add("signal: has no effect beside a script");
    }
    if let Some(script) = &control.script {
        match Script::parse(script.get()) {
            Ok(script) => return script.steps(reconnects),
            Err(problem) => {
                warnings.add(format_args!("script: happy is played instead: {problem}"));
            }
        }
    }
    let name = control.signal.as_deref().filter(|_| control.script.is_none());
    named(name, warnings).map(|script| script.steps(reconnects)).unwrap_or_default()
}

/// The script of a scenario.
fn named(name: Option<&str>, warnings: &mut Warnings) -> Option<&'static Script> {
    let script = name.and_then(scenario::script);
    if let Some(name) = name.filter(|_| script.is_none()) {
        let hint = suggestion(name, scenario::names());
        warnings
            .add(format_args!("signal: there is no scenario \"{name}\"{hint}; happy is played"));
    }
    script.or_else(|| scenario::script(scenario::HAPPY))
}

/// The claims, of a token that can be trusted: nobody is let in without one.
fn verified(exchange: &mut Exchange<'_>) -> Result<Claims, TokenError> {
    exchange.server.verifier.claims(std::mem::replace(&mut exchange.token, Token::Absent))
}

fn case<'a>(exchange: &'a Exchange<'_>) -> Case<'a> {
    Case {
        control: &exchange.control,
        region: exchange.region,
        reference: exchange.server.reference,
        dials: false,
        transfers: false,
        latency: Duration::ZERO,
        failures: exchange.failures(),
        chance: exchange.chance,
    }
}

fn refused(refusal: &Refusal, body: &str) -> Reply {
    if body.is_empty() {
        return Reply::empty(refusal.status);
    }
    Reply::new(refusal.status, Content::Text, body.to_owned()).fit_for_status()
}

/// Who joins: the token says it, and a client may add to it or put its own in place.
fn join(mut claims: Claims, request: JoinRequest, region: &Region) -> Join {
    if request == JoinRequest::default() {
        return Join::new(claims, &region.name);
    }
    let mut attributes = std::mem::take(&mut claims.attributes);
    attributes.extend(request.participant_attributes);
    let metadata = [request.metadata, std::mem::take(&mut claims.metadata)];
    let metadata = metadata.into_iter().find(|metadata| !metadata.is_empty()).unwrap_or_default();
    Join { metadata, attributes, ..Join::new(claims, &region.name) }
}
