//! How methods differ, besides their messages: a table with a row for a method, or for all methods of a
//! service. The first row that fits counts (`docs/BEHAVIOUR.md`, An API call, step by step).

use std::time::Duration;

use crate::auth::Need::{self, *};

/// How a method behaves.
#[derive(Debug)]
pub(crate) struct Rule {
    service: &'static str,
    method: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) dial: Dial,
    /// How many levels of nested messages are filled in the answer that the reference leaves empty.
    pub(crate) levels: usize,
}

/// Whether a method dials a SIP callee, and whether it waits for the callee to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dial {
    No,
    /// It transfers a call, and waits.
    Transfers,
    /// It calls, and waits if the request has `wait_until_answered`.
    Calls,
}

/// How long a callee takes to answer.
const DIAL_LATENCY: Duration = Duration::from_secs(11);

impl Dial {
    /// How long the method takes, unless a control says otherwise.
    pub(crate) fn latency(self, wait_until_answered: bool) -> Duration {
        match self {
            Self::Transfers => DIAL_LATENCY,
            Self::Calls if wait_until_answered => DIAL_LATENCY,
            _ => Duration::ZERO,
        }
    }
}

const ANY: &str = "*";

#[rustfmt::skip] // A table.
static RULES: &[Rule] = &[
    rule("livekit.RoomService", "CreateRoom", &[RoomCreate]),
    rule("livekit.RoomService", "DeleteRoom", &[RoomCreate]),
    rule("livekit.RoomService", "ListRooms", &[RoomList]),
    rule("livekit.RoomService", "ForwardParticipant", &[RoomAdmin, DestinationRoom]),
    rule("livekit.RoomService", "MoveParticipant", &[RoomAdmin, DestinationRoom]),
    rule("livekit.RoomService", ANY, &[RoomAdmin]),
    rule("livekit.AgentDispatchService", ANY, &[RoomAdmin]).deep(),
    rule("livekit.Connector", ANY, &[RoomCreate]),
    rule("livekit.Egress", ANY, &[RoomRecord]),
    rule("livekit.Ingress", ANY, &[IngressAdmin]),
    rule("livekit.SIP", "CreateSIPParticipant", &[SipCall]).dialling(Dial::Calls),
    rule("livekit.SIP", "TransferSIPParticipant", &[SipCall, RoomAdmin]).dialling(Dial::Transfers),
    rule("livekit.SIP", ANY, &[SipAdmin]),
    rule("livekit.PhoneNumberService", ANY, &[SipAdmin]).deep(),
    rule("livekit.CloudAgent", ANY, &[AgentAdmin]).deep(),
    rule("livekit.AgentSimulation", ANY, &[AgentSimulationAdmin]).deep(),
    // Replay, and services that the protocol gains: any valid token.
    rule(ANY, ANY, &[]).deep(),
];

const fn rule(service: &'static str, method: &'static str, needs: &'static [Need]) -> Rule {
    Rule { service, method, needs, dial: Dial::No, levels: 0 }
}

impl Rule {
    const fn dialling(self, dial: Dial) -> Self {
        Self { dial, ..self }
    }

    /// For a service that the reference answers with empty messages: its clients need nested messages.
    const fn deep(self) -> Self {
        Self { levels: 3, ..self }
    }

    /// The rule of a method, by the full name of its service and its own name.
    pub(crate) fn of(service: &str, method: &str) -> &'static Self {
        RULES
            .iter()
            .find(|rule| {
                [service, ANY].contains(&rule.service) && [method, ANY].contains(&rule.method)
            })
            .unwrap_or(&RULES[RULES.len() - 1])
    }
}
