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
    /// It is over: the client closed it, or nothing came from it for too long.
    Ended,
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
