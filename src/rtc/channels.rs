//! The data channels of a peer connection, and what waits to be sent on them.

use std::collections::VecDeque;

use bytes::Bytes;
use str0m::{
    Rtc, RtcError,
    channel::{ChannelConfig, ChannelId, Reliability},
};

use super::report::Channel;

/// What may wait on a channel, in bytes: until it opens, or while its client takes nothing.
const MAX_WAITING: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Channels {
    reliable: Line,
    lossy: Line,
}

#[derive(Debug, Default)]
struct Line {
    id: Option<ChannelId>,
    waiting: VecDeque<Bytes>,
    bytes: usize,
}

impl Channels {
    /// Makes the channels that both sides know without a word, with the ids that servers since
    /// protocol 18 give them.
    pub(super) fn agree(rtc: &mut Rtc) {
        let reliable = ChannelConfig {
            label: Channel::Reliable.label().to_owned(),
            negotiated: Some(100),
            ..ChannelConfig::default()
        };
        let lossy = ChannelConfig {
            label: Channel::Lossy.label().to_owned(),
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            negotiated: Some(101),
            ..ChannelConfig::default()
        };
        let data_tracks = ChannelConfig {
            label: "_data_track".to_owned(),
            negotiated: Some(102),
            ..lossy.clone()
        };
        for config in [reliable, lossy, data_tracks] {
            rtc.direct_api().create_data_channel(config);
        }
    }

    /// A channel has opened. Returns which, if it is one of LiveKit's.
    pub(super) fn opened(&mut self, id: ChannelId, label: &str) -> Option<Channel> {
        let channel = Channel::labelled(label)?;
        self.line(channel).id = Some(id);
        Some(channel)
    }

    pub(super) fn closed(&mut self, id: ChannelId) {
        for line in [&mut self.reliable, &mut self.lossy] {
            line.id = line.id.filter(|known| *known != id);
        }
    }

    pub(super) fn with(&self, id: ChannelId) -> Option<Channel> {
        [(Channel::Reliable, &self.reliable), (Channel::Lossy, &self.lossy)]
            .into_iter()
            .find(|(_, line)| line.id == Some(id))
            .map(|(channel, _)| channel)
    }

    /// Takes a message, to be sent when the channel can take it.
    pub(super) fn push(&mut self, channel: Channel, message: Bytes) {
        let line = self.line(channel);
        if line.bytes + message.len() > MAX_WAITING {
            tracing::warn!(
                "signalling: {} bytes for {} are lost: the client takes too little",
                message.len(),
                channel.label()
            );
            return;
        }
        line.bytes += message.len();
        line.waiting.push_back(message);
    }

    /// Sends what can be sent.
    pub(super) fn send(&mut self, rtc: &mut Rtc) -> Result<(), RtcError> {
        self.reliable.send(rtc)?;
        self.lossy.send(rtc)
    }

    fn line(&mut self, channel: Channel) -> &mut Line {
        match channel {
            Channel::Reliable => &mut self.reliable,
            Channel::Lossy => &mut self.lossy,
        }
    }
}

impl Line {
    fn send(&mut self, rtc: &mut Rtc) -> Result<(), RtcError> {
        while let Some(message) = self.waiting.front()
            && let Some(mut channel) = self.id.and_then(|id| rtc.channel(id))
            && channel.write(true, message)?
        {
            self.bytes -= message.len();
            self.waiting.pop_front();
        }
        Ok(())
    }
}
