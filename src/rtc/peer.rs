//! One peer connection. It runs as a task of its own, so that a fault in it ends no other.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Instant};

use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError,
    change::SdpOffer,
    channel::ChannelId,
    crypto::from_feature_flags,
    net::{DatagramRecv, Protocol, Receive},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep_until,
};

use super::{
    lines::{Datagram, Number},
    report::{Channel, Media, Report},
    socket::Socket,
};

/// What SDP or a candidate may have, in bytes.
const MAX_TEXT: usize = 64 << 10;
/// A client finds a few of them, and this side needs none.
const MAX_CANDIDATES: usize = 32;
/// What waits for a peer, or for whoever has it. More datagrams or messages are lost.
const MAX_DATAGRAMS: usize = 64;
const MAX_ORDERS: usize = 32;
const MAX_NEWS: usize = 32;

#[derive(Debug)]
enum Order {
    Answer(String, oneshot::Sender<Result<String, String>>),
    Candidate(String),
    Media(Media),
}

/// Whoever has it has the peer connection: it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    orders: mpsc::Sender<Order>,
    news: mpsc::Receiver<Report>,
}

struct Session {
    rtc: Rtc,
    socket: Arc<Socket>,
    number: Number,
    channels: HashMap<ChannelId, Channel>,
    candidates: usize,
    /// Whether the path is dead.
    stopped: bool,
    news: mpsc::Sender<Report>,
}

// === impl Peer ===

impl Peer {
    /// `None` if there are too many.
    pub(super) fn start(socket: Arc<Socket>) -> Option<Self> {
        let (datagrams, incoming) = mpsc::channel(MAX_DATAGRAMS);
        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let (told, news) = mpsc::channel(MAX_NEWS);
        let number = socket.lines.open(datagrams)?;
        tokio::spawn(Session::new(socket, number, told).run(incoming, ordered));
        Some(Self { orders, news })
    }

    /// The answer to an offer: the first one, or a later one of the same session.
    ///
    /// # Errors
    /// It is no offer, or one that does not fit what was agreed on before. The sentence says why.
    pub(crate) async fn answer(&self, offer: String) -> Result<String, String> {
        check_size("an offer", &offer)?;
        let (reply, answered) = oneshot::channel();
        let ended = || "the peer connection has ended".to_owned();
        self.orders.send(Order::Answer(offer, reply)).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// Takes a candidate of the client, as a line of SDP.
    ///
    /// # Errors
    /// It is too large.
    pub(crate) fn candidate(&self, candidate: String) -> Result<(), String> {
        check_size("a candidate", &candidate)?;
        // This side needs none, since the client is the one that looks for a path.
        let _ = self.orders.try_send(Order::Candidate(candidate));
        Ok(())
    }

    /// Stops, starts or closes it. A client that floods it with candidates may miss that.
    pub(crate) fn media(&self, media: Media) {
        let _ = self.orders.try_send(Order::Media(media));
    }

    /// Waits for what happens next on it.
    pub(crate) async fn next(&mut self) -> Report {
        self.news.recv().await.unwrap_or(Report::Ended)
    }
}

fn check_size(what: &str, text: &str) -> Result<(), String> {
    match text.len() {
        0..=MAX_TEXT => Ok(()),
        length => Err(format!("{what} has {length} bytes; at most {MAX_TEXT} are read")),
    }
}

// === impl Session ===

impl Session {
    fn new(socket: Arc<Socket>, number: Number, news: mpsc::Sender<Report>) -> Self {
        let mut rtc = RtcConfig::new()
            .set_crypto_provider(Arc::new(from_feature_flags()))
            .set_ice_lite(true)
            // Packets are only counted, so nothing needs to be put together from them.
            .set_rtp_mode(true)
            .build(Instant::now());
        for candidate in socket.addresses.candidates() {
            rtc.add_local_candidate(candidate);
        }
        Self { rtc, socket, number, channels: HashMap::new(), candidates: 0, stopped: false, news }
    }

    async fn run(
        mut self,
        mut datagrams: mpsc::Receiver<Datagram>,
        mut orders: mpsc::Receiver<Order>,
    ) {
        while let Ok(Some(deadline)) = self.flush() {
            let went_on = tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => { self.obey(order); Ok(()) }
                    None => return self.hang_up(),
                },
                Some((source, datagram)) = datagrams.recv() => self.receive(source, &datagram),
                () = sleep_until(deadline.into()) => self.rtc.handle_input(Input::Timeout(Instant::now())),
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
                    return Ok(self.rtc.is_alive().then_some(deadline));
                }
                // On a dead path it is lost.
                Output::Transmit(_) if self.stopped => {}
                Output::Transmit(datagram) => {
                    self.socket.send(self.number, datagram.destination, &datagram.contents);
                }
                Output::Event(event) => self.tell(event),
            }
        }
        Ok(None)
    }

    fn tell(&mut self, event: Event) {
        let news = match event {
            Event::Connected => Some(Report::Connected),
            Event::ChannelOpen(id, label) => {
                self.channels.extend(Channel::labelled(&label).map(|channel| (id, channel)));
                None
            }
            Event::ChannelClose(id) => {
                self.channels.remove(&id);
                None
            }
            Event::ChannelData(message) => {
                let channel = self.channels.get(&message.id);
                channel.map(|channel| Report::Data(*channel, message.data.into()))
            }
            _ => None,
        };
        if let Some(news) = news {
            // It is lost where nobody reads: what waits here is bounded.
            let _ = self.news.try_send(news);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Answer(offer, reply) => {
                let answer = self.answer(&offer);
                let credentials = self.rtc.direct_api().local_ice_credentials();
                self.socket.lines.name(self.number, &credentials.ufrag);
                let _ = reply.send(answer);
            }
            Order::Candidate(candidate) if self.candidates < MAX_CANDIDATES => {
                self.candidates += 1;
                // What can't be read, such as a name of mDNS, is found when it sends something.
                if let Ok(candidate) = Candidate::from_sdp_string(&candidate) {
                    self.rtc.add_remote_candidate(candidate);
                }
            }
            Order::Candidate(_) => {}
            Order::Media(Media::Close) => self.hang_up(),
            Order::Media(media) => self.stopped = media == Media::Stop,
        }
    }

    fn answer(&mut self, offer: &str) -> Result<String, String> {
        let offer = SdpOffer::from_sdp_string(offer)
            .map_err(|error| format!("the offer can't be read as SDP: {error}"))?;
        let answer = self.rtc.sdp_api().accept_offer(offer);
        let answer = answer.map_err(|error| format!("the offer can't be accepted: {error}"))?;
        Ok(answer.to_sdp_string())
    }

    fn receive(&mut self, source: SocketAddr, datagram: &[u8]) -> Result<(), RtcError> {
        if self.stopped {
            return Ok(());
        }
        // What is no datagram of WebRTC is skipped.
        let Ok(contents) = DatagramRecv::try_from(datagram) else { return Ok(()) };
        let destination = self.socket.addresses.reached_from(source);
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        let input = Input::Receive(Instant::now(), receive);
        if self.rtc.accepts(&input) { self.rtc.handle_input(input) } else { Ok(()) }
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
