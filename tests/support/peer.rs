//! A client's peer connection, over UDP on loopback.

#[path = "../../src/rtc/crypto/mod.rs"]
mod crypto;

use std::{
    collections::VecDeque,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_mock::Mock;
use livekit_protocol::{
    DataPacket, JoinRequest, ParticipantInfo, SessionDescription, participant_info::State,
    signal_request::Message as Request, signal_response::Message as Response,
};
use prost::Message as _;
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    change::{SdpAnswer, SdpApi, SdpOffer, SdpPendingOffer},
    channel::ChannelId,
    format::Codec,
    ice::StunMessage,
    media::Mid,
    net::{Protocol, Receive},
    rtp::RtpWrite,
};

use super::{
    socket::{Dial, Socket},
    tap::Tap,
};

/// Longer than any connection takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client's peer connection.
pub struct Peer {
    pub rtc: Rtc,
    udp: UdpSocket,
    pub tap: Tap,
    /// Whether its checks that nominate a path are lost.
    pub nominates_nothing: bool,
    pub pending: Option<SdpPendingOffer>,
}

impl Peer {
    /// With the offer of a client that has two data channels.
    pub fn new() -> (Self, String) {
        let mut peer = Self::silent();
        let offer = peer.offers(|changes| {
            changes.add_channel("_reliable".to_owned());
            changes.add_channel("_lossy".to_owned());
        });
        (peer, offer)
    }

    /// One whose offer, with this id, is the first on this connection, and is answered.
    pub fn offered(socket: &mut Socket, id: u32) -> Self {
        let (mut peer, offer) = Self::new();
        socket.request(Request::Offer(described(offer, id)));
        peer.takes(&first_answer(socket, id));
        peer
    }

    pub fn takes(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("an SDP");
        let pending = self.pending.take().expect("an offer");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("an answer that fits");
    }

    /// Goes on until something has happened; `None` if the server has closed the connection before.
    pub fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> Option<T> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match self.step() {
                Output::Timeout(_) if !self.rtc.is_alive() => return None,
                Output::Timeout(deadline) => self.waits(deadline),
                Output::Transmit(_) => {}
                Output::Event(event) => {
                    if let Some(found) = wanted(event) {
                        return Some(found);
                    }
                }
            }
        }
        panic!("nothing came in {PATIENCE:?}");
    }

    /// Takes what comes next, or the time if nothing does.
    fn waits(&mut self, deadline: Instant) {
        let mut buffer = [0; 2048];
        let wait = deadline.saturating_duration_since(Instant::now());
        let wait = wait.clamp(Duration::from_millis(1), PATIENCE);
        self.udp.set_read_timeout(Some(wait)).expect("a timeout");
        match self.udp.recv_from(&mut buffer) {
            Ok((length, source)) => {
                let here = self.udp.local_addr().expect("an address");
                let came = Receive::new(Protocol::Udp, source, here, &buffer[..length]);
                let input = Input::Receive(Instant::now(), came.expect("a datagram"));
                self.rtc.handle_input(input).expect("taken");
            }
            Err(_) => self.rtc.handle_input(Input::Timeout(Instant::now())).expect("taken"),
        }
    }

    /// Whether nothing comes back any more.
    pub fn finds_a_dead_path(&mut self) -> bool {
        self.rtc.handle_input(Input::Timeout(Instant::now())).expect("taken");
        while let Output::Transmit(_) | Output::Event(_) = self.step() {}
        self.udp.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
        self.udp.recv_from(&mut [0; 2048]).is_err()
    }

    /// The next output. What is to be sent is sent.
    fn step(&mut self) -> Output {
        let output = self.rtc.poll_output().expect("a live connection");
        if let Output::Transmit(datagram) = &output
            && !(self.nominates_nothing && nominates(&datagram.contents))
        {
            self.udp.send_to(&datagram.contents, datagram.destination).expect("sent");
        }
        output
    }

    /// Waits until both data channels are open.
    pub fn connects(&mut self) -> [ChannelId; 2] {
        let (mut reliable, mut lossy) = (None, None);
        self.until(|event| {
            if let Event::ChannelOpen(id, label) = event {
                *(if label == "_reliable" { &mut reliable } else { &mut lossy }) = Some(id);
            }
            Some([reliable?, lossy?])
        })
        .expect("open channels")
    }

    /// The next packet that comes on a data channel.
    pub fn packet(&mut self) -> DataPacket {
        let message = self.until(|event| match event {
            Event::ChannelData(message) => Some(message),
            _ => None,
        });
        let message = message.expect("a live connection");
        DataPacket::decode(&*message.data).expect("a packet")
    }

    /// Sends a packet.
    pub fn says(&mut self, channel: ChannelId, packet: &DataPacket) {
        let mut channel = self.rtc.channel(channel).expect("an open channel");
        assert!(channel.write(true, &packet.encode_to_vec()).expect("a live connection"));
        while let Output::Transmit(_) | Output::Event(_) = self.step() {}
    }

    /// Sends bytes from its address that are not of the peer connection.
    pub fn throws(&self, bytes: &[u8], to: SocketAddr) {
        self.udp.send_to(bytes, to).expect("sent");
    }

    /// Sends bytes inside of DTLS, in place of SCTP.
    pub fn smuggles(&mut self, bytes: Vec<u8>) {
        self.tap.sends_now(bytes);
        self.rtc.handle_input(Input::Timeout(Instant::now())).expect("taken");
        while let Output::Transmit(_) | Output::Event(_) = self.step() {}
    }

    /// Sends so many packets of nothing to hear, once it is connected.
    pub fn sends_audio(&mut self, mid: Mid, packets: u32) {
        let agreed = self.rtc.media(mid).expect("a place").remote_pts().to_vec();
        let params = self.rtc.codec_config().params();
        let opus = params.iter().find(|params| params.spec().codec == Codec::Opus);
        let pt = opus.map(str0m::format::PayloadParams::pt).filter(|pt| agreed.contains(pt));
        for number in 1..=packets {
            let mut api = self.rtc.direct_api();
            let stream = api.stream_tx_by_mid(mid, None).expect("a stream");
            let (number, now) = (u64::from(number), Instant::now());
            let time = u32::try_from(number).unwrap_or(0) * 960;
            let pt = pt.expect("Opus");
            stream.write_rtp(RtpWrite::new(pt, number.into(), time, now, vec![0xf8, 0xff, 0xfe]));
            self.rtc.handle_input(Input::Timeout(now)).expect("taken");
            while let Output::Transmit(_) | Output::Event(_) = self.step() {}
        }
    }

    /// A new offer, with what has changed.
    pub fn offers(&mut self, change: impl FnOnce(&mut SdpApi<'_>)) -> String {
        let mut changes = self.rtc.sdp_api();
        change(&mut changes);
        let (offer, pending) = changes.apply().expect("an offer");
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    /// The answer to an offer of the server.
    pub fn answers(&mut self, offer: &str) -> String {
        let offer = SdpOffer::from_sdp_string(offer).expect("an SDP");
        self.rtc.sdp_api().accept_offer(offer).expect("an offer that fits").to_sdp_string()
    }

    /// One that has offered nothing.
    pub fn silent() -> Self {
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a UDP port");
        let tap = Tap::default();
        let provider = Arc::new(tap.clone().into_provider(crypto::provider()));
        // As packets, so that a test sees what has come.
        let config = RtcConfig::new().set_crypto_provider(provider).set_rtp_mode(true);
        let mut rtc = config.build(Instant::now());
        let address = udp.local_addr().expect("an address");
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        Self { rtc, udp, tap, nominates_nothing: false, pending: None }
    }
}

/// A client whose room is connected.
pub struct Client {
    pub socket: Socket,
    pub peer: Peer,
    pub reliable: ChannelId,
    pub lossy: ChannelId,
    /// Who joined before that.
    early: VecDeque<ParticipantInfo>,
}

impl Client {
    pub fn connect(dial: &Dial) -> Self {
        let mut socket = dial.connect();
        joined(&mut socket);
        let (mut peer, offer) = Peer::new();
        socket.request(Request::Offer(described(offer, 1)));
        let mut early = VecDeque::new();
        let sdp = loop {
            match socket.message() {
                Response::Update(update) => early.extend(update.participants),
                Response::Answer(answer) => break answer.sdp,
                other => panic!("{other:?}"),
            }
        };
        early.retain(|participant: &ParticipantInfo| participant.identity != "alice");
        peer.takes(&sdp);
        let [reliable, lossy] = peer.connects();
        Self { socket, peer, reliable, lossy, early }
    }

    /// The next participant of whom the client is told.
    pub fn participant(&mut self) -> ParticipantInfo {
        self.early.pop_front().unwrap_or_else(|| {
            let Response::Update(mut update) = self.socket.message() else { panic!("no update") };
            update.participants.remove(0)
        })
    }
}

pub fn start() -> Mock {
    Mock::builder().regions(1).start_blocking().expect("a server on a free port")
}

/// A request to join with this offer in it.
pub fn joins_with(offer: String, id: u32) -> JoinRequest {
    JoinRequest { publisher_offer: Some(described(offer, id)), ..JoinRequest::default() }
}

pub fn described(sdp: String, id: u32) -> SessionDescription {
    SessionDescription { r#type: "offer".to_owned(), sdp, id, ..SessionDescription::default() }
}

/// The text of the first answer, which is to the offer with this id. Before it, the client is told that
/// it is in the room.
pub fn first_answer(socket: &mut Socket, id: u32) -> String {
    let Response::Update(update) = socket.message() else { panic!("no update") };
    let [alice] = &update.participants[..] else { panic!("{update:?}") };
    assert_eq!((alice.identity.as_str(), alice.name.as_str()), ("alice", "Alice"));
    assert_eq!(alice.state(), State::Active);
    assert!(alice.permission.as_ref().expect("permissions").can_publish);
    answer(socket, id)
}

/// The text of the answer to the offer with this id.
pub fn answer(socket: &mut Socket, id: u32) -> String {
    let Response::Answer(answer) = socket.message() else { panic!("no answer") };
    assert_eq!((answer.r#type.as_str(), answer.id), ("answer", id));
    answer.sdp
}

pub fn joined(socket: &mut Socket) {
    assert!(matches!(socket.message(), Response::Join(_)));
}

/// Whether it is a check of a path that nominates it.
fn nominates(datagram: &[u8]) -> bool {
    StunMessage::parse(datagram).is_ok_and(|message| message.use_candidate())
}
