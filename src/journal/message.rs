//! The messages of a connection, and how it ended.

use std::time::Duration;

use bytes::Bytes;

/// So many messages of one connection are kept. Later ones are counted.
const MAX_MESSAGES: usize = 200;
/// What a message takes beside its bytes.
const OVERHEAD: usize = 64;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Since the call came.
    pub(super) at: Duration,
    pub(super) from: Side,
    pub(super) bytes: Bytes,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Messages {
    pub(super) kept: Vec<Message>,
    pub(super) lost: usize,
    pub(super) close: Option<Close>,
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
