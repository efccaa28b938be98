//! A client whose data is answered, to see whether it is disturbed; and noise to disturb it with.

use std::net::SocketAddr;

use livekit_protocol::{
    DataPacket, UserPacket, data_packet::Value, signal_request::Message as Request,
    signal_response::Message as Response,
};
use serde_json::json;
use str0m::channel::ChannelId;

use super::{
    peer::{Peer, described, first_answer, joined},
    program::Program,
    socket::{Dial, Socket},
};

/// Bytes that look random, and are the same in every run.
pub struct Noise(pub u64);

impl Noise {
    pub fn number(&mut self) -> u64 {
        for shift in [(13, false), (7, true), (17, false)] {
            self.0 ^= if shift.1 { self.0 >> shift.0 } else { self.0 << shift.0 };
        }
        self.0
    }

    /// At most so many bytes, and at least one.
    pub fn bytes(&mut self, most: u64) -> Vec<u8> {
        let length = 1 + self.number() % most;
        (0..length).map(|_| self.number().to_be_bytes()[3]).collect()
    }
}

/// A connected client whose data is answered.
pub struct Guest {
    pub socket: Socket,
    pub peer: Peer,
    /// Once it is connected.
    pub reliable: Option<ChannelId>,
    pub server: SocketAddr,
    /// The server's ICE user fragment for this client.
    pub fragment: String,
}

impl Guest {
    pub fn connect(program: &Program) -> Self {
        let mut guest = Self::answered(program);
        guest.connects();
        guest
    }

    /// A client that has its answer, and has not sent a datagram yet.
    pub fn answered(program: &Program) -> Self {
        let mut socket = dial(program).connect();
        joined(&mut socket);
        let (mut peer, offer) = Peer::new();
        socket.request(Request::Offer(described(offer, 1)));
        let sdp = first_answer(&mut socket, 1);
        peer.takes(&sdp);
        let fragment = after(&sdp, "a=ice-ufrag:").to_owned();
        Self { socket, peer, reliable: None, server: candidate(&sdp), fragment }
    }

    pub fn connects(&mut self) {
        self.reliable = Some(self.peer.connects()[0]);
    }

    /// Sends a message, and gets one back.
    pub fn is_answered(&mut self) {
        let packet = UserPacket { payload: b"hi".to_vec(), ..UserPacket::default() };
        let packet = DataPacket { value: Some(Value::User(packet)), ..DataPacket::default() };
        self.peer.says(self.channel(), &packet);
        let Some(Value::User(answer)) = self.peer.packet().value else { panic!("no answer") };
        assert_eq!(answer.payload, b"ho");
    }

    pub fn channel(&self) -> ChannelId {
        self.reliable.expect("a connected client")
    }

    /// Its signalling goes on.
    pub fn is_heard(&mut self) {
        self.socket.request(Request::Ping(1));
        while !matches!(self.socket.message(), Response::Pong(_)) {}
    }
}

/// A room in which every message of the client is answered with one.
pub fn dial(program: &Program) -> Dial {
    let answer = json!({"data": {"user": {"payload": "aG8="}}});
    let steps = json!([{"greet": {}}, {"repeat": [{"expectData": "user"}, answer]}]);
    Dial::at(program.address(0)).script(&steps)
}

/// The rest of the line that begins like this.
fn after<'a>(sdp: &'a str, name: &str) -> &'a str {
    sdp.lines().find_map(|line| line.strip_prefix(name)).expect("the line")
}

/// Where the server's peer connections are.
fn candidate(sdp: &str) -> SocketAddr {
    let fields: Vec<_> = after(sdp, "a=candidate:").split(' ').collect();
    format!("{}:{}", fields[4], fields[5]).parse().expect("an address")
}
