//! What goes in and out of a peer connection.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use bytes::Bytes;

/// A data channel that LiveKit's clients have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Reliable,
    Lossy,
}

/// Who describes a peer connection first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    Client,
    /// The client has a peer connection of its own for what it is sent.
    Server,
}

/// Something that has happened on a peer connection.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "rtc"), allow(dead_code))] // Nothing happens there.
pub(crate) enum Report {
    /// A channel can be written to.
    Opened(Channel),
    /// A message has come on one of the channels.
    Data(Channel, Bytes),
    /// The client is to answer this.
    Offer(Description),
    /// It is over: one side has closed it, or a fault has ended it.
    Ended,
}

/// SDP, and which of its media are which tracks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) sdp: String,
    /// The mid of each published track, and the track's id.
    pub(crate) tracks: Vec<(String, String)>,
}

/// What a client that comes back finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Found {
    /// All as it was.
    #[default]
    Room,
    /// A server that knows nothing of it.
    Nothing,
    /// A connection that ends again, once it is greeted.
    EndAfterGreeting,
    /// A connection that ends again at once.
    End,
}

/// What is done to the path of all packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// It goes dead: nothing comes and nothing goes.
    Stop,
    /// It is back.
    Start,
    /// The connection is closed, and the client is told.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TrackKind {
    /// Silence.
    Audio,
    /// A still picture.
    Video,
}

/// A track that this side publishes.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "rtc"), allow(dead_code))]
pub(crate) struct Track {
    pub(crate) kind: TrackKind,
    /// The id of its stream, by which clients find who publishes it.
    pub(crate) stream: String,
    pub(crate) id: String,
}

/// How much media has come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received(Arc<(AtomicU64, AtomicU64)>);

impl Received {
    #[cfg_attr(not(feature = "rtc"), allow(dead_code))]
    pub(super) fn add(&self, bytes: usize) {
        self.0.0.fetch_add(1, Relaxed);
        self.0.1.fetch_add(bytes as u64, Relaxed);
    }

    /// Packets, and the bytes in them.
    pub(crate) fn total(&self) -> (u64, u64) {
        (self.0.0.load(Relaxed), self.0.1.load(Relaxed))
    }
}

impl Channel {
    /// The label that its clients give it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Reliable => "_reliable",
            Self::Lossy => "_lossy",
        }
    }

    #[cfg_attr(not(feature = "rtc"), allow(dead_code))]
    pub(super) fn labelled(label: &str) -> Option<Self> {
        [Self::Reliable, Self::Lossy].into_iter().find(|channel| channel.label() == label)
    }
}
