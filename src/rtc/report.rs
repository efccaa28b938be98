//! What a peer connection tells.

use bytes::Bytes;

/// A data channel that LiveKit's clients open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Reliable,
    Lossy,
}

/// Something that has happened on a peer connection.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "rtc"), allow(dead_code))] // Nothing happens there.
pub(crate) enum Report {
    Connected,
    /// A message has come on one of the channels.
    Data(Channel, Bytes),
    /// It is over: one side has closed it, or a fault has ended it.
    Ended,
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
