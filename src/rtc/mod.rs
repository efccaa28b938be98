//! Peer connections of WebRTC, on one UDP socket of the process. There is no signalling in here: an offer
//! comes as a text, and its answer is one. Media that comes is counted and thrown away.

#[cfg(feature = "rtc")]
mod address;
#[cfg(feature = "rtc")]
mod channels;
#[cfg(feature = "rtc")]
mod crypto;
#[cfg(feature = "rtc")]
mod datagram;
#[cfg(all(any(test, feature = "fuzzing"), feature = "rtc"))]
pub(crate) mod invariants;
#[cfg(feature = "rtc")]
mod kept;
#[cfg(feature = "rtc")]
mod lines;
#[cfg(feature = "rtc")]
mod news;
#[cfg(feature = "rtc")]
mod nomination;
#[cfg(not(feature = "rtc"))]
mod none;
#[cfg(feature = "rtc")]
mod peer;
#[cfg(feature = "rtc")]
mod peers;
mod report;
#[cfg(feature = "rtc")]
mod sdp;
#[cfg(feature = "rtc")]
mod session;
#[cfg(feature = "rtc")]
mod socket;
#[cfg(feature = "rtc")]
mod tracks;

#[cfg(not(feature = "rtc"))]
pub(crate) use none::{Kept, Peer, Peers};
pub(crate) use report::{
    Begins, Channel, Description, Found, Media, Received, Report, Track, TrackKind,
};
#[cfg(feature = "rtc")]
pub(crate) use {kept::Kept, peer::Peer, peers::Peers};
