//! One signalling connection after its upgrade: plays the script, answers the client, and ends the
//! connection as the script says.

use std::{cell::LazyCell, time::Duration, vec};

use bytes::Bytes;
use livekit_protocol::signal_request;
use tokio::time::{Instant, sleep_until};

use super::{
    message::{self, Join},
    room::Room,
    step::{AnsweredRequests, Expected, Outgoing, RequestKind, Step},
};
use crate::{
    connection::UpgradedConnection,
    control::LeaveAction,
    journal::{Recorder, Side},
    outcome::Play,
    protocol::{Format, needs_too_much_memory, signal::MESSAGES},
    rtc::{Media, Report},
    shutdown::Shutdown,
    websocket::{Deflate, Event, Socket, SocketError},
};

/// The close codes that the server uses unless a script says otherwise.
const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;

/// Everything that a connection needs, prepared before its upgrade.
#[derive(Debug)]
pub(super) struct Session {
    deflate: Option<Deflate>,
    pub(super) actions: Vec<Action>,
    /// On the heap, as it moves from the session to its player.
    room: Box<Room>,
}

/// A step, prepared for one connection: whatever can be encoded in advance is encoded.
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
    Media(Media),
    End(Ending),
}

/// How a connection ends.
#[derive(Debug)]
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

/// What a connection waits for while it answers the client.
struct WaitFor {
    what: Option<Expected>,
    deadline: Option<Instant>,
}

// === impl Session ===

impl Session {
    /// Prepares the steps for a client that joins.
    pub(super) fn new(
        steps: Vec<Step>,
        join: &Join,
        reconnects: bool,
        leave: LeaveAction,
        room: Room,
        deflate: Option<Deflate>,
    ) -> Self {
        // Encoded once, even if it is sent often: a script is short, and a join may be long.
        let joined = LazyCell::new(|| join.joined());
        let reconnected = LazyCell::new(|| join.reconnected());
        let ready = |step| match step {
            Step::Greet if reconnects => Some(Action::Join(reconnected.clone())),
            Step::Greet | Step::Send(Outgoing::Join) => Some(Action::Join(joined.clone())),
            Step::Send(Outgoing::Reconnect) => Some(Action::Join(reconnected.clone())),
            Step::Send(Outgoing::Leave) => Some(Action::Send(message::leave(leave))),
            Step::Send(Outgoing::Pong) => Some(Action::Pong),
            Step::Send(Outgoing::PongResp) => Some(Action::PongResp),
            Step::Send(Outgoing::Encoded(message)) => Some(Action::Send(message)),
            Step::Wait(wait) => Some(Action::Wait(wait)),
            Step::Pause(pause) => Some(Action::Pause(pause)),
            Step::Expect { what, timeout } => Some(Action::Expect { what, timeout }),
            Step::Answer(answered) => Some(Action::Answer(answered)),
            Step::Media(media) => Some(Action::Media(media)),
            Step::Close { code, reason } => {
                Some(Action::End(Ending::Close { code: Some(code), reason }))
            }
            Step::Drop => Some(Action::End(Ending::Drop)),
            Step::Reset => Some(Action::End(Ending::Reset)),
            // Both have been decided before the upgrade.
            Step::Refuse(_) | Step::OnReconnect(_) => None,
        };
        Self {
            deflate,
            actions: steps.into_iter().filter_map(ready).collect(),
            room: Box::new(room),
        }
    }

    async fn run(self, connection: Box<UpgradedConnection>) {
        let mut connection = connection;
        let recorder = std::mem::replace(&mut connection.recorder, Recorder::none());
        let shutdown = connection.shutdown.clone();
        let socket = Socket::new(*connection, self.deflate);
        let answered = AnsweredRequests::All;
        let mut player = Player { socket, answered, shutdown, recorder, room: self.room };
        let ending = match player.script(self.actions.into_iter()).await {
            // After the script, the server answers until the client ends the connection.
            Ok(()) => player.listen(WaitFor { what: None, deadline: None }).await.err(),
            Err(ending) => Some(ending),
        };
        // On the heap, so that a socket needs this memory only at its end.
        Box::pin(player.end(ending.unwrap_or(Ending::Gone))).await;
    }
}

impl Play for Session {
    fn play(self: Box<Self>, connection: Box<UpgradedConnection>) {
        tokio::spawn(self.run(connection));
    }
}

struct Player {
    socket: Socket,
    answered: AnsweredRequests,
    shutdown: Shutdown,
    recorder: Recorder,
    room: Box<Room>,
}

impl Player {
    /// Sends a message of the signalling. It is written down before, so that a client that has it
    /// finds it there.
    async fn send(&mut self, message: &Bytes) -> Result<(), SocketError> {
        self.recorder.message(Side::Server, message);
        self.socket.send(message).await
    }

    async fn script(&mut self, actions: vec::IntoIter<Action>) -> Result<(), Ending> {
        for action in actions {
            match action {
                Action::Join(message) => {
                    self.send(&message).await?;
                    self.room.joined(&message);
                    // On the heap, and only for those who have one, as what follows below.
                    if self.room.has_first_offer() {
                        Box::pin(self.answer_first_offer()).await?;
                    }
                }
                Action::Send(message) => self.send(&message).await?,
                Action::Pong => self.send(&message::pong()).await?,
                Action::PongResp => self.send(&message::pong_resp(0)).await?,
                Action::Wait(wait) => {
                    self.listen(WaitFor { what: None, deadline: after(wait) }).await?;
                }
                Action::Pause(pause) => self.pause(pause).await?,
                Action::Expect { what, timeout } => {
                    let deadline = timeout.and_then(after);
                    self.listen(WaitFor { what: Some(what), deadline }).await?;
                }
                Action::Answer(answered) => self.answered = answered,
                Action::Media(media) => self.room.media(media),
                Action::End(ending) => return Err(ending),
            }
        }
        Ok(())
    }

    async fn answer_first_offer(&mut self) -> Result<(), SocketError> {
        if !self.answered.includes(RequestKind::named("offer").ok()) {
            return Ok(());
        }
        match self.room.answer_first_offer().await {
            Some(answer) => self.send_of_room(&answer).await,
            None => Ok(()),
        }
    }

    async fn react_to_room(&mut self, request: signal_request::Message) -> Result<(), SocketError> {
        match self.room.answer(request).await {
            Some(answer) => self.send_of_room(&answer).await,
            None => Ok(()),
        }
    }

    /// Sends an answer that is about the room. The first one makes the client a part of it.
    async fn send_of_room(&mut self, answer: &Bytes) -> Result<(), SocketError> {
        if let Some(activation) = self.room.activation() {
            self.send(&activation).await?;
        }
        self.send(answer).await
    }

    /// Something has happened on the peer connection. Each data packet of the client passes here.
    fn note(&mut self, report: Report) {
        match report {
            Report::Connected => tracing::debug!("signalling: a peer connection is up"),
            Report::Data(channel, packet) => {
                tracing::debug!("signalling: {} bytes on {}", packet.len(), channel.label());
            }
            Report::Ended => self.room.ended(),
        }
    }

    /// Reads nothing for this time. What comes meanwhile is answered later.
    async fn pause(&mut self, pause: Duration) -> Result<(), Ending> {
        tokio::select! {
            () = passed(after(pause)) => Ok(()),
            () = self.socket.peer_closed() => Err(Ending::Gone),
            () = self.shutdown.begun() => Err(Ending::shutdown()),
        }
    }

    /// Answers the client until what is waited for has come.
    async fn listen(&mut self, until: WaitFor) -> Result<(), Ending> {
        loop {
            let event = tokio::select! {
                event = self.socket.next() => event?,
                report = self.room.next() => {
                    self.note(report);
                    continue;
                }
                () = passed(until.deadline) => return Ok(()),
                () = self.shutdown.begun() => return Err(Ending::shutdown()),
            };
            if self.react(event, until.what.as_ref()).await? {
                return Ok(());
            }
        }
    }

    /// Answers an event, unless it is the expected one. Returns whether it is.
    async fn react(&mut self, event: Event, expected: Option<&Expected>) -> Result<bool, Ending> {
        match event {
            Event::Close(_) if expected == Some(&Expected::Close) => return Ok(true),
            Event::Close(code) => return Err(Ending::Answered(code)),
            Event::Ping(payload) => self.socket.pong(&payload).await?,
            // The signalling uses binary messages. Others are skipped.
            Event::Text | Event::Pong => {}
            Event::Binary(frame) => return self.react_to_request(frame, expected).await,
        }
        Ok(false)
    }

    async fn react_to_request(
        &mut self,
        frame: Bytes,
        expected: Option<&Expected>,
    ) -> Result<bool, Ending> {
        self.recorder.message(Side::Client, &frame);
        // A megabyte of empty list elements would need hundreds of megabytes once decoded.
        if needs_too_much_memory(Format::Protobuf, &MESSAGES.request, &frame) {
            return Ok(false);
        }
        let kind = || RequestKind::of(&frame);
        if let Some(Expected::Request(request)) = expected
            && kind() == Some(*request)
        {
            return Ok(true);
        }
        if self.answered != AnsweredRequests::All && !self.answered.includes(kind()) {
            return Ok(false);
        }
        match message::request(frame) {
            Some(signal_request::Message::Leave(_)) => {
                self.room.left();
                Err(Ending::Close { code: Some(NORMAL), reason: String::new() })
            }
            Some(request) => {
                if let Some(answer) = message::answer(&request) {
                    self.send(&answer).await?;
                } else {
                    Box::pin(self.react_to_room(request)).await?;
                }
                Ok(false)
            }
            None => Ok(false),
        }
    }

    async fn end(mut self, ending: Ending) {
        self.write_down(&ending);
        self.room.keep();
        match ending {
            Ending::Answered(code) => self.socket.close(code, "").await,
            Ending::Close { code, reason } => self.socket.close(code, &reason).await,
            Ending::Drop => self.socket.end().await,
            Ending::Reset => self.socket.reset(),
            Ending::Gone => {}
        }
    }

    fn write_down(&mut self, ending: &Ending) {
        let (by, how, code, reason) = match ending {
            Ending::Close { code, reason } => (Side::Server, "close", *code, reason.as_str()),
            Ending::Answered(code) => (Side::Client, "close", *code, ""),
            Ending::Drop => (Side::Server, "drop", None, ""),
            Ending::Reset => (Side::Server, "reset", None, ""),
            Ending::Gone => (Side::Client, "drop", None, ""),
        };
        self.recorder.closed(by, how, code, reason);
    }
}

impl Ending {
    fn shutdown() -> Self {
        Self::Close { code: Some(GOING_AWAY), reason: "the server is shutting down".to_owned() }
    }
}

impl From<SocketError> for Ending {
    fn from(failure: SocketError) -> Self {
        match failure {
            SocketError::Violation(code, why) => {
                Self::Close { code: Some(code), reason: why.to_owned() }
            }
            SocketError::Gone => Self::Gone,
        }
    }
}

/// A moment in the future; `None` if it is too far in the future.
fn after(wait: Duration) -> Option<Instant> {
    Instant::now().checked_add(wait)
}

/// Waits for the deadline, or forever if there is none.
async fn passed(deadline: Option<Instant>) {
    match deadline {
        // On the heap, since most sockets have no timer.
        Some(deadline) => Box::pin(sleep_until(deadline)).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of_future<Run>(_: fn(Session, Box<UpgradedConnection>) -> Run) -> usize {
        size_of::<Run>()
    }

    #[test]
    fn a_socket_is_small() {
        let size = size_of_future(Session::run);
        assert!(size <= 2048, "{size} bytes");
    }
}
