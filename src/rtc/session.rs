//! What runs behind a peer connection: a task of its own, so that a fault in it ends no other.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    media::Direction,
    net::{DatagramRecv, Protocol, Receive},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep_until,
};

use super::{
    channels::Channels,
    crypto,
    lines::{Datagram, Number},
    news::Teller,
    nomination::nominating,
    report::{Begins, Channel, Description, Media, Received, Report, Track},
    sdp,
    socket::Socket,
    tracks::Tracks,
};

/// A client finds a few of them, and this side needs none.
const MAX_CANDIDATES: usize = 32;

#[derive(Debug)]
pub(super) enum Order {
    Answer(String, oneshot::Sender<Result<Description, String>>),
    /// The client's answer.
    Accept(String),
    Candidate(String),
    Agree,
    Send(Channel, Bytes),
    Publish(Track),
    Media(Media),
}

pub(super) struct Session {
    rtc: Rtc,
    socket: Arc<Socket>,
    number: Number,
    begins: Begins,
    /// An offer that the client has not answered.
    offered: Option<SdpPendingOffer>,
    channels: Channels,
    tracks: Tracks,
    candidates: usize,
    connected: bool,
    /// Whether the path is dead.
    stopped: bool,
    received: Received,
    news: Teller,
}

impl Session {
    pub(super) fn new(
        socket: Arc<Socket>,
        number: Number,
        begins: Begins,
        received: Received,
        news: Teller,
    ) -> Self {
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::new(crypto::provider()))
            .set_ice_lite(true)
            // Packets are only counted, so nothing needs to be put together from them.
            .set_rtp_mode(true)
            .build(Instant::now());
        for candidate in socket.addresses.candidates() {
            rtc.add_local_candidate(candidate);
        }
        Self {
            rtc,
            socket,
            number,
            begins,
            offered: None,
            channels: Channels::default(),
            tracks: Tracks::default(),
            candidates: 0,
            connected: false,
            stopped: false,
            received,
            news,
        }
    }

    pub(super) async fn run(
        mut self,
        mut datagrams: mpsc::Receiver<Datagram>,
        mut orders: mpsc::Receiver<Order>,
    ) {
        while let Ok(Some(deadline)) = self.flush() {
            let went_on = tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return self.hang_up(),
                },
                Some((source, datagram)) = datagrams.recv() => self.receive(source, &datagram),
                () = sleep_until(deadline.into()) => self.wake(),
            };
            if went_on.is_err() {
                return;
            }
        }
    }

    /// Sends and tells what there is. Returns when something is to be done again; `None` if never.
    fn flush(&mut self) -> Result<Option<Instant>, RtcError> {
        while self.rtc.is_alive() {
            match self.rtc.poll_output()? {
                // A closed connection ends with a last output.
                Output::Timeout(deadline) => {
                    return Ok(self.rtc.is_alive().then(|| self.earlier(deadline)));
                }
                // On a dead path it is lost.
                Output::Transmit(_) if self.stopped => {}
                Output::Transmit(datagram) => {
                    self.socket.send(self.number, datagram.destination, &datagram.contents);
                }
                Output::Event(event) => self.tell(event)?,
            }
        }
        Ok(None)
    }

    /// The deadline, or when the next packet of a track is due.
    fn earlier(&self, deadline: Instant) -> Instant {
        let due = self.tracks.due().filter(|_| self.connected);
        due.map_or(deadline, |due| due.min(deadline))
    }

    fn wake(&mut self) -> Result<(), RtcError> {
        self.rtc.handle_input(Input::Timeout(Instant::now()))?;
        if self.connected {
            self.tracks.send(&mut self.rtc);
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) -> Result<(), RtcError> {
        match event {
            Event::Connected => self.connected = true,
            Event::ChannelOpen(id, label) => {
                if let Some(channel) = self.channels.opened(id, &label) {
                    self.news.tell(Report::Opened(channel));
                    self.channels.send(&mut self.rtc)?;
                }
            }
            Event::ChannelClose(id) => self.channels.closed(id),
            Event::ChannelBufferedAmountLow(_) => self.channels.send(&mut self.rtc)?,
            Event::ChannelData(message) => {
                if let Some(channel) = self.channels.with(message.id) {
                    self.news.tell(Report::Data(channel, message.data.into()));
                }
            }
            Event::RtpPacket(packet) => self.received.add(packet.payload.len()),
            _ => {}
        }
        Ok(())
    }

    fn obey(&mut self, order: Order) -> Result<(), RtcError> {
        match order {
            Order::Answer(offer, reply) => {
                let answer = self.answer(&offer);
                self.name();
                let _ = reply.send(answer);
            }
            Order::Accept(answer) => self.accept(&answer),
            Order::Candidate(candidate) => self.take_candidate(&candidate),
            Order::Agree => Channels::agree(&mut self.rtc),
            Order::Send(channel, message) => {
                self.channels.push(channel, message);
                self.channels.send(&mut self.rtc)?;
            }
            Order::Publish(track) => {
                self.tracks.push(track);
                self.offer();
            }
            Order::Media(Media::Close) => self.hang_up(),
            Order::Media(media) => self.stopped = media == Media::Stop,
        }
        Ok(())
    }

    /// Datagrams to this session are known by its user fragment.
    fn name(&mut self) {
        let credentials = self.rtc.direct_api().local_ice_credentials();
        self.socket.lines.name(self.number, &credentials.ufrag);
    }

    fn answer(&mut self, offer: &str) -> Result<Description, String> {
        let offer = SdpOffer::from_sdp_string(&sdp::needed(offer))
            .map_err(|error| format!("the offer can't be read as SDP: {error}"))?;
        let answer = self.rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|error| format!("the offer can't be accepted: {error}"))?;
        Ok(self.tracks.answer(&self.rtc, &answer.to_sdp_string()))
    }

    /// Offers the client the tracks that wait, unless it has to answer an offer first.
    fn offer(&mut self) {
        if self.begins == Begins::Client || self.offered.is_some() {
            return;
        }
        let mut changes = self.rtc.sdp_api();
        let mut placed = Vec::new();
        while let Some(track) = self.tracks.pop() {
            let (stream, id) = (track.stream.clone(), track.id.clone());
            let kind = track.kind.media();
            let mid = changes.add_media(kind, Direction::SendOnly, Some(stream), Some(id), None);
            placed.push((track, mid));
        }
        let Some((offer, pending)) = changes.apply() else { return };
        for (track, mid) in placed {
            self.tracks.place(track, mid);
        }
        self.offered = Some(pending);
        self.name();
        let sdp = offer.to_sdp_string();
        self.news.tell(Report::Offer(Description { sdp, tracks: self.tracks.places() }));
    }

    fn accept(&mut self, answer: &str) {
        let Some(pending) = self.offered.take() else { return };
        let accepted =
            SdpAnswer::from_sdp_string(&sdp::needed(answer)).map_err(|error| error.to_string());
        let accepted = accepted.and_then(|answer| {
            let taken = self.rtc.sdp_api().accept_answer(pending, answer);
            taken.map_err(|error| error.to_string())
        });
        if let Err(problem) = accepted {
            tracing::warn!("signalling: an answer is not taken: {problem}");
        }
        self.offer();
    }

    fn take_candidate(&mut self, candidate: &str) {
        self.candidates += 1;
        if self.candidates > MAX_CANDIDATES {
            return;
        }
        // What can't be read, such as a name of mDNS, is found when it sends something.
        if let Ok(candidate) = Candidate::from_sdp_string(candidate) {
            self.rtc.add_remote_candidate(candidate);
        }
    }

    fn receive(&mut self, source: SocketAddr, datagram: &[u8]) -> Result<(), RtcError> {
        if self.stopped {
            return Ok(());
        }
        let nominating = self.nominating(datagram);
        let datagram = nominating.as_deref().unwrap_or(datagram);
        // What is no datagram of WebRTC is skipped.
        let Ok(contents) = DatagramRecv::try_from(datagram) else { return Ok(()) };
        let destination = self.socket.addresses.reached_from(source);
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        let input = Input::Receive(Instant::now(), receive);
        if self.rtc.accepts(&input) { self.rtc.handle_input(input) } else { Ok(()) }
    }

    /// Of the paths that lead to a connection, the first will do.
    fn nominating(&mut self, datagram: &[u8]) -> Option<Vec<u8>> {
        if self.connected {
            return None;
        }
        nominating(datagram, &self.rtc.direct_api().local_ice_credentials().pass)
    }

    /// Tells the client that it is over.
    fn hang_up(&mut self) {
        if self.rtc.close().is_ok() {
            let _ = self.flush();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.socket.lines.close(self.number);
    }
}
