//! The messages of a connection, and how it ended.

use std::time::Duration;

use bytes::Bytes;

use crate::rtc::Received;

/// So many messages of one connection are kept. Later ones are counted.
const MAX_MESSAGES: usize = 200;
/// What a message takes beside its bytes.
const OVERHEAD: usize = 64;

/// Who did something on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// This server.
    Server,
}

/// A message of a signalling connection, or a packet on a data channel behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallMessage {
    /// When it was sent or came, since the call came.
    pub at: Duration,
    /// Who sent it.
    pub from: Side,
    /// The name of its field in `SignalRequest` or `SignalResponse`, such as `join`; `unknown` if it
    /// has none; `data` for a packet on a data channel.
    pub kind: String,
    /// The field's value, or the `DataPacket`, as protojson, without any secret; empty if it can't be
    /// read.
    pub json: String,
}

/// How a signalling connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallClose {
    /// Who ended it.
    pub by: Side,
    /// `close`: by a close frame; `drop`: without one; `reset`: by a reset of TCP.
    pub how: &'static str,
    /// The code of the close frame, if it had one.
    pub code: Option<u16>,
    /// The reason in it; empty if it had none.
    pub reason: String,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Since the call came.
    pub(super) at: Duration,
    pub(super) from: Side,
    pub(super) carrier: Carrier,
    pub(super) bytes: Bytes,
}

/// What a message has come on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    Signalling,
    Data,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Messages {
    pub(super) kept: Vec<Message>,
    pub(super) lost: usize,
    pub(super) close: Option<Close>,
    /// What has come beside them.
    pub(super) media: Option<Received>,
    bytes: usize,
}

/// How a connection ended.
#[derive(Debug, Clone)]
pub(super) struct Close {
    pub(super) by: Side,
    pub(super) how: &'static str,
    pub(super) code: Option<u16>,
    pub(super) reason: Box<str>,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl Messages {
    pub(super) fn push(&mut self, message: Message) {
        if self.kept.len() == MAX_MESSAGES {
            self.lost += 1;
            return;
        }
        self.bytes += message.bytes.len();
        self.kept.push(message);
    }

    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.bytes + OVERHEAD * self.kept.capacity()
    }
}
