//! A client's peer connection.

#[path = "../../../src/rtc/crypto/mod.rs"]
mod crypto;

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_protocol::{DataPacket, UserPacket, data_packet::Value};
use prost::Message as _;
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpPendingOffer},
    channel::ChannelId,
    net::{Protocol, Receive},
};
use tokio::{net::UdpSocket, time::sleep_until};

/// No datagram of WebRTC is larger.
const MAX_DATAGRAM: usize = 2048;

pub(super) struct Peer {
    rtc: Rtc,
    udp: UdpSocket,
    here: SocketAddr,
    pending: Option<SdpPendingOffer>,
    /// The reliable channel, once it is open.
    channel: Option<ChannelId>,
    /// When the last message was sent.
    sent: Instant,
    answered: u32,
    slowest: Duration,
}

impl Peer {
    /// With its offer.
    pub(super) async fn new() -> io::Result<(Self, String)> {
        let udp = UdpSocket::bind("127.0.0.1:0").await?;
        let (here, now) = (udp.local_addr()?, Instant::now());
        let provider = Arc::new(crypto::provider());
        let mut rtc = RtcConfig::new().set_crypto_provider(provider).build(now);
        rtc.add_local_candidate(Candidate::host(here, "udp").map_err(io::Error::other)?);
        let mut changes = rtc.sdp_api();
        changes.add_channel("_reliable".to_owned());
        changes.add_channel("_lossy".to_owned());
        let (offer, pending) = changes.apply().ok_or_else(|| io::Error::other("no offer"))?;
        let (pending, slowest) = (Some(pending), Duration::ZERO);
        let peer = Self { rtc, udp, here, pending, channel: None, sent: now, answered: 0, slowest };
        Ok((peer, offer.to_sdp_string()))
    }

    pub(super) fn take(&mut self, answer: &str) -> io::Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer).map_err(io::Error::other)?;
        let pending = self.pending.take().ok_or_else(|| io::Error::other("no offer"))?;
        self.rtc.sdp_api().accept_answer(pending, answer).map_err(io::Error::other)
    }

    pub(super) fn is_open(&self) -> bool {
        self.channel.is_some()
    }

    /// How many messages have come back, and how long the slowest took.
    pub(super) fn answered(&self) -> (u32, Duration) {
        (self.answered, self.slowest)
    }

    /// Sends a message.
    pub(super) fn send(&mut self) -> io::Result<()> {
        let packet = UserPacket { payload: b"hi".to_vec(), ..UserPacket::default() };
        let packet = DataPacket { value: Some(Value::User(packet)), ..DataPacket::default() };
        let channel = self.channel.and_then(|id| self.rtc.channel(id));
        let mut channel = channel.ok_or_else(|| io::Error::other("the channel has closed"))?;
        self.sent = Instant::now();
        let taken = channel.write(true, &packet.encode_to_vec()).map_err(io::Error::other)?;
        taken.then_some(()).ok_or_else(|| io::Error::other("the channel takes no message"))
    }

    /// Goes on until then, or until so many messages have come back.
    pub(super) async fn go_on_until(&mut self, end: Instant, most: Option<u32>) -> io::Result<()> {
        while Instant::now() < end && most != Some(self.answered) {
            self.step(Some(end)).await?;
        }
        Ok(())
    }

    /// Sends what is to be sent, and waits for what is next: a datagram, its own time, or this moment.
    pub(super) async fn step(&mut self, end: Option<Instant>) -> io::Result<()> {
        let deadline = self.flush()?;
        let deadline = end.map_or(deadline, |end| end.min(deadline));
        let mut datagram = [0; MAX_DATAGRAM];
        let input = tokio::select! {
            came = self.udp.recv_from(&mut datagram) => {
                let (length, source) = came?;
                let came = Receive::new(Protocol::Udp, source, self.here, &datagram[..length]);
                Input::Receive(Instant::now(), came.map_err(io::Error::other)?)
            }
            () = sleep_until(deadline.into()) => Input::Timeout(Instant::now()),
        };
        self.rtc.handle_input(input).map_err(io::Error::other)
    }

    /// Sends what is to be sent. Returns until when there is nothing more to do.
    fn flush(&mut self) -> io::Result<Instant> {
        loop {
            match self.rtc.poll_output().map_err(io::Error::other)? {
                Output::Timeout(_) if !self.rtc.is_alive() => {
                    return Err(io::Error::other("the peer connection has ended"));
                }
                Output::Timeout(deadline) => return Ok(deadline),
                Output::Transmit(datagram) => {
                    // Lost where there is no room, as on any network.
                    let _ = self.udp.try_send_to(&datagram.contents, datagram.destination);
                }
                Output::Event(Event::ChannelOpen(id, label)) if label == "_reliable" => {
                    self.channel = Some(id);
                }
                Output::Event(Event::ChannelData(_)) => {
                    self.answered += 1;
                    self.slowest = self.slowest.max(self.sent.elapsed());
                }
                Output::Event(_) => {}
            }
        }
    }
}
