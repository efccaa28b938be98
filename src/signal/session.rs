//! One signalling connection after its upgrade: plays the script, answers the client, and ends the
//! connection as the script says.

use std::time::Duration;

use bytes::Bytes;
use livekit_protocol::signal_request;
use tokio::time::Instant;

use super::{
    action::{Action, Ending},
    message,
    room::{self, Room, passed},
    step::{AnsweredRequests, Expected, RequestKind},
};
use crate::{
    connection::UpgradedConnection,
    journal::{Carrier, Recorder, Side},
    outcome::Play,
    protocol::{Format, needs_too_much_memory, signal::MESSAGES},
    rtc::Found,
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

/// What a connection waits for while it answers the client.
pub(super) struct WaitFor {
    pub(super) what: Option<Expected>,
    pub(super) deadline: Option<Instant>,
}

// === impl Session ===

impl Session {
    pub(super) fn new(actions: Vec<Action>, room: Room, deflate: Option<Deflate>) -> Self {
        Self { deflate, actions, room: Box::new(room) }
    }

    async fn run(self, connection: Box<UpgradedConnection>) {
        let mut connection = connection;
        let recorder = std::mem::replace(&mut connection.recorder, Recorder::none());
        let shutdown = connection.shutdown.clone();
        let socket = Socket::new(*connection, self.deflate);
        let answered = AnsweredRequests::All;
        let mut player = Player { socket, answered, shutdown, recorder, room: self.room };
        player.recorder.receives(&player.room.received());
        // On the heap, so that a socket needs this memory only until its script has been played.
        let ending = match Box::pin(player.script(self.actions)).await {
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

pub(super) struct Player {
    socket: Socket,
    answered: AnsweredRequests,
    shutdown: Shutdown,
    pub(super) recorder: Recorder,
    pub(super) room: Box<Room>,
}

impl Player {
    /// Sends a message of the signalling. It is written down before, so that a client that has it
    /// finds it there.
    pub(super) async fn send(&mut self, message: &Bytes) -> Result<(), SocketError> {
        self.recorder.message(Side::Server, Carrier::Signalling, message);
        self.socket.send(message).await
    }

    async fn script(&mut self, actions: Vec<Action>) -> Result<(), Ending> {
        for action in actions {
            match action {
                Action::Repeat(actions) => Box::pin(self.repeat(&actions)).await?,
                action => self.act(&action).await?,
            }
        }
        Ok(())
    }

    /// Plays these again and again. A round takes at least a moment, whatever is in it.
    async fn repeat(&mut self, actions: &[Action]) -> Result<(), Ending> {
        let expects = actions.iter().any(|action| matches!(action, Action::Expect { .. }));
        loop {
            let moment = after(Duration::from_millis(1));
            for action in actions {
                self.act(action).await?;
            }
            match expects {
                // What comes meanwhile may be what the next round expects.
                true => self.pause(moment).await?,
                false => self.listen(WaitFor { what: None, deadline: moment }).await?,
            }
        }
    }

    async fn act(&mut self, action: &Action) -> Result<(), Ending> {
        match action {
            Action::Join(message) => return self.greet(message).await,
            Action::Send(message) => self.send(message).await?,
            Action::Pong => self.send(&message::pong()).await?,
            Action::PongResp => self.send(&message::pong_resp(0)).await?,
            Action::Wait(wait) => {
                self.listen(WaitFor { what: None, deadline: after(*wait) }).await?;
            }
            Action::Pause(pause) => self.pause(after(*pause)).await?,
            Action::Expect { what: Expected::Connected, timeout } => {
                Box::pin(self.wait_for_the_client(timeout.and_then(after))).await?;
            }
            Action::Expect { what, timeout } => {
                let deadline = timeout.and_then(after);
                self.listen(WaitFor { what: Some(*what), deadline }).await?;
            }
            Action::Answer(answered) => self.answered.clone_from(answered),
            // On the heap, and only for those who have one, as what follows below.
            Action::InRoom(step) => Box::pin(self.act_in_room(step.clone())).await?,
            // There is none in another.
            Action::Repeat(_) => {}
            Action::End(ending) => return Err(ending.clone()),
        }
        Ok(())
    }

    async fn greet(&mut self, message: &Bytes) -> Result<(), Ending> {
        let found = self.room.found();
        match found {
            Found::End => return Err(Ending::Drop),
            Found::Nothing => return Ok(self.send(&room::unknown_client()).await?),
            Found::Room | Found::EndAfterGreeting => self.send(message).await?,
        }
        self.room.joined(message);
        if self.room.has_first_offer() {
            Box::pin(self.answer_first_offer()).await?;
        }
        match found {
            Found::EndAfterGreeting => Err(Ending::Drop),
            _ => Ok(()),
        }
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

    /// Reads nothing until then. What comes meanwhile is answered later.
    async fn pause(&mut self, end: Option<Instant>) -> Result<(), Ending> {
        tokio::select! {
            () = passed(end) => Ok(()),
            () = self.socket.peer_closed() => Err(Ending::Gone),
            () = self.shutdown.begun() => Err(Ending::shutdown()),
        }
    }

    /// Answers the client until what is waited for has come.
    pub(super) async fn listen(&mut self, until: WaitFor) -> Result<(), Ending> {
        loop {
            if until.what == Some(Expected::Connected) && self.room.is_open() {
                return Ok(());
            }
            let event = tokio::select! {
                event = self.socket.next() => event?,
                // What comes while the client settles may be what the next step expects.
                happened = self.room.next(), if until.what != Some(Expected::Settled) => {
                    match Box::pin(self.note(happened, until.what)).await? {
                        true => return Ok(()),
                        false => continue,
                    }
                }
                () = passed(until.deadline) => return Ok(()),
                () = self.shutdown.begun() => return Err(Ending::shutdown()),
            };
            if self.react(event, until.what).await? {
                return Ok(());
            }
        }
    }

    /// Answers an event, unless it is the expected one. Returns whether it is.
    async fn react(&mut self, event: Event, expected: Option<Expected>) -> Result<bool, Ending> {
        match event {
            Event::Close(_) if expected == Some(Expected::Close) => return Ok(true),
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
        expected: Option<Expected>,
    ) -> Result<bool, Ending> {
        self.recorder.message(Side::Client, Carrier::Signalling, &frame);
        // A megabyte of empty list elements would need hundreds of megabytes once decoded.
        if needs_too_much_memory(Format::Protobuf, &MESSAGES.request, &frame) {
            return Ok(false);
        }
        let kind = || RequestKind::of(&frame);
        if let Some(Expected::Request(request)) = expected
            && kind() == Some(request)
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
            Some(signal_request::Message::Simulate(wanted)) if self.room.connects() => {
                Box::pin(self.simulate(wanted)).await?;
                Ok(false)
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
