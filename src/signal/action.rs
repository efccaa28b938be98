//! The steps of a script, prepared for one connection.

use std::{cell::OnceCell, time::Duration};

use bytes::Bytes;

use super::{
    message::{self, Join},
    step::{AnsweredRequests, Expected, Outgoing, RoomStep, Step},
};
use crate::control::LeaveAction;

/// A step of which all that can be encoded in advance is encoded.
#[derive(Debug)]
pub(super) enum Action {
    /// The client has joined, or is back. An offer that came with its request is answered.
    Join(Bytes),
    Send(Bytes),
    Pong,
    PongResp,
    Wait(Duration),
    Pause(Duration),
    Expect {
        what: Expected,
        timeout: Option<Duration>,
    },
    Answer(AnsweredRequests),
    InRoom(RoomStep),
    Repeat(Vec<Action>),
    End(Ending),
}

/// How a connection ends.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    Close {
        code: Option<u16>,
        reason: String,
    },
    /// The client closes it, and its close frame is answered.
    Answered(Option<u16>),
    /// Normally, but without a close frame.
    Drop,
    /// By a RST.
    Reset,
    /// The client has ended it.
    Gone,
}

/// Prepares steps for a client that joins, or is back.
pub(super) struct Preparation<'a> {
    join: &'a Join,
    reconnects: bool,
    leave: LeaveAction,
    // Encoded once, even if they are sent often: a script is short, and a join may be long.
    joined: OnceCell<Bytes>,
    reconnected: OnceCell<Bytes>,
}

impl<'a> Preparation<'a> {
    pub(super) fn new(join: &'a Join, reconnects: bool, leave: LeaveAction) -> Self {
        Self { join, reconnects, leave, joined: OnceCell::new(), reconnected: OnceCell::new() }
    }

    pub(super) fn actions(&self, steps: Vec<Step>) -> Vec<Action> {
        steps.into_iter().filter_map(|step| self.action(step)).collect()
    }

    fn action(&self, step: Step) -> Option<Action> {
        Some(match step {
            Step::Greet if self.reconnects => Action::Join(self.reconnected()),
            Step::Greet | Step::Send(Outgoing::Join) => Action::Join(self.joined()),
            Step::Send(Outgoing::Reconnect) => Action::Join(self.reconnected()),
            Step::Send(Outgoing::Leave) => Action::Send(message::leave(self.leave)),
            Step::Send(Outgoing::Pong) => Action::Pong,
            Step::Send(Outgoing::PongResp) => Action::PongResp,
            Step::Send(Outgoing::Greeting(message)) => Action::Join(message),
            Step::Send(Outgoing::Encoded(message)) => Action::Send(message),
            Step::Wait(wait) => Action::Wait(wait),
            Step::Pause(pause) => Action::Pause(pause),
            Step::Expect { what, timeout } => Action::Expect { what, timeout },
            Step::Answer(answered) => Action::Answer(answered),
            Step::InRoom(step) => Action::InRoom(step),
            Step::Repeat(steps) => Action::Repeat(self.actions(steps)),
            Step::Close { code, reason } => Action::End(Ending::Close { code: Some(code), reason }),
            Step::Drop => Action::End(Ending::Drop),
            Step::Reset => Action::End(Ending::Reset),
            // Both have been decided before the upgrade.
            Step::Refuse(_) | Step::OnReconnect(_) => return None,
        })
    }

    fn joined(&self) -> Bytes {
        self.joined.get_or_init(|| self.join.joined()).clone()
    }

    fn reconnected(&self) -> Bytes {
        self.reconnected.get_or_init(|| self.join.reconnected()).clone()
    }
}
