//! Strangers and clients that send what they should not, while others are connected.
#![cfg(feature = "rtc")]

mod support;

use std::net::UdpSocket;

use livekit_protocol::{
    TrickleRequest, signal_request::Message as Request, signal_response::Message as Response,
};
use serde_json::json;
use support::{
    guest::{Guest, Noise, dial},
    peer::{Peer, answer, described, first_answer, joined},
    program::Program,
};

/// What a flood may leave behind, in KiB: the noise of the allocator, and a few buffers.
#[cfg(target_os = "linux")]
const SLACK_KIB: usize = 4 << 10;

fn stranger() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").expect("a UDP port")
}

/// A binding request to the session with this user fragment, whose integrity is wrong.
fn stun(fragment: &str) -> Vec<u8> {
    let name = format!("{fragment}:who");
    let mut attributes = attribute(0x0006, name.as_bytes());
    attributes.extend(attribute(0x0024, &[0x6e, 0, 1, 0xff]));
    attributes.extend(attribute(0x802a, &[7; 8]));
    attributes.extend(attribute(0x0008, &[9; 20]));
    let mut message = vec![0, 1];
    message.extend(u16::try_from(attributes.len()).expect("a short message").to_be_bytes());
    message.extend([0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    message.extend(attributes);
    message
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short value");
    let mut bytes = [&kind.to_be_bytes()[..], &length.to_be_bytes(), value].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A record of DTLS that announces more than it has.
fn half_a_record(noise: &mut Noise) -> Vec<u8> {
    let kind = 20 + noise.bytes(1)[0] % 4;
    let head = [kind, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0x00];
    [&head[..], &noise.bytes(100)].concat()
}

#[tokio::test]
async fn strangers_are_not_heard() {
    let program = Program::start(&[]).await;
    let mut guest = Guest::connect(&program);
    guest.is_answered();
    let (stranger, mut noise) = (stranger(), Noise(16));
    let fragment = guest.fragment.clone();
    let mut flood = |guest: &mut Guest| {
        for number in 0..1000 {
            let datagram = match number % 5 {
                0 => noise.bytes(1400),
                1 => stun("nobody"),
                2 => stun(&fragment),
                3 => stun(&fragment)[..28].to_vec(),
                _ => half_a_record(&mut noise),
            };
            stranger.send_to(&datagram, guest.server).expect("sent");
            if number % 100 == 0 {
                guest.is_answered();
            }
        }
        guest.is_answered();
    };
    // What is taken once is no leak.
    flood(&mut guest);
    #[cfg(target_os = "linux")]
    let before = program.memory("VmRSS");
    for _ in 0..4 {
        flood(&mut guest);
    }
    #[cfg(target_os = "linux")]
    {
        let grown = program.memory("VmRSS").saturating_sub(before);
        assert!(grown <= SLACK_KIB, "{grown} KiB more after a flood");
    }
    stranger.set_nonblocking(true).expect("a socket");
    assert!(stranger.recv_from(&mut [0; 2048]).is_err(), "a stranger is answered");
}

/// A session counts the addresses at which it answers. Nobody else can use them up.
#[tokio::test]
async fn strangers_who_know_a_user_fragment_keep_nobody_out() {
    let program = Program::start(&[]).await;
    let mut guest = Guest::answered(&program);
    for _ in 0..40 {
        let (stranger, mut noise) = (stranger(), Noise(3));
        for datagram in [stun(&guest.fragment), half_a_record(&mut noise), noise.bytes(1400)] {
            stranger.send_to(&datagram, guest.server).expect("sent");
        }
    }
    guest.connects();
    guest.is_answered();
}

#[tokio::test]
async fn a_fault_of_one_session_ends_no_other() {
    let program = Program::start(&[]).await;
    let (mut faulty, mut sound) = (Guest::connect(&program), Guest::connect(&program));
    let mut noise = Noise(5);
    for number in 0..500 {
        let bytes = match number % 3 {
            0 => noise.bytes(1400),
            1 => half_a_record(&mut noise),
            _ => stun(&faulty.fragment),
        };
        faulty.peer.throws(&bytes, faulty.server);
        if number % 50 == 0 {
            sound.is_answered();
        }
    }
    sound.is_answered();
    faulty.is_heard();
    Guest::connect(&program).is_answered();
}

#[tokio::test]
async fn data_that_is_no_packet_is_skipped() {
    let program = Program::start(&[]).await;
    let mut guest = Guest::connect(&program);
    let mut noise = Noise(8);
    for number in 0..200 {
        let message = noise.bytes(if number % 20 == 0 { 60_000 } else { 200 });
        let reliable = guest.channel();
        let mut channel = guest.peer.rtc.channel(reliable).expect("an open channel");
        channel.write(number % 2 == 0, &message).expect("a live connection");
        if number % 10 == 0 {
            guest.is_answered();
        }
    }
    guest.is_heard();
}

#[tokio::test]
async fn a_flood_of_offers_on_one_connection_is_answered() {
    const OFFERS: u32 = 300;
    let program = Program::start(&[]).await;
    let mut other = Guest::connect(&program);
    let mut socket = dial(&program).connect();
    joined(&mut socket);
    let (mut peer, offer) = Peer::new();
    socket.request(Request::Offer(described(offer.clone(), 1)));
    let sdp = first_answer(&mut socket, 1);
    for id in 2..OFFERS {
        socket.request(Request::Offer(described(offer.clone(), id)));
    }
    other.is_answered();
    for id in 2..OFFERS {
        answer(&mut socket, id);
    }
    peer.takes(&sdp);
    peer.connects();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn peer_connections_are_bounded() {
    const MOST: usize = 2000;
    raise_descriptor_limit();
    let mut program = Program::start(&[]).await;
    let mut other = Guest::connect(&program);
    let (_, offer) = Peer::new();
    // With the one that is connected, it is one too many.
    let mut sockets: Vec<_> = (0..MOST)
        .map(|_| {
            let mut socket = dial(&program).connect();
            socket.request(Request::Offer(described(offer.clone(), 1)));
            socket
        })
        .collect();
    let said = program.logs("there are too many peer connections already").await;
    assert!(said.contains("WARN") && said.contains("an offer is not answered"), "{said}");
    let last = sockets.last_mut().expect("a socket");
    last.request(Request::Ping(1));
    while !matches!(last.message(), Response::Pong(_)) {}
    other.is_answered();
}

/// Both this process and the server have a descriptor for each connection.
#[cfg(target_os = "linux")]
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("a limit that can be raised");
}

#[tokio::test]
async fn descriptions_and_candidates_are_at_most_64_kib() {
    let mut program = Program::start(&[]).await;
    let mut guest = Guest::connect(&program);
    let long = "x".repeat(65_537);
    guest.socket.request(Request::Offer(described(long.clone(), 2)));
    program.logs("an offer has 65537 bytes; at most 65536 are read").await;
    let candidate_init = json!({"candidate": long}).to_string();
    let trickle = TrickleRequest { candidate_init, ..TrickleRequest::default() };
    guest.socket.request(Request::Trickle(trickle));
    program.logs("a candidate has 65537 bytes; at most 65536 are read").await;
    guest.is_heard();
    guest.is_answered();
}
