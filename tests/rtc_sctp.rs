//! Clients that have a connection of DTLS, and send what they should not inside of it.
#![cfg(feature = "rtc")]

mod support;

use str0m::channel::ChannelConfig;
use support::{
    guest::{Guest, Noise},
    program::Program,
    sctp::{beginning, chunk, data, init, packet, sized_chunk},
};

/// Types of chunks that there are, and one that there is not.
const KINDS: [u8; 19] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 64, 130, 192, 194];
/// The protocol of the messages that open a data channel.
const OPENING: u32 = 50;

/// How much a flood may add, in KiB: the noise of the allocator, and a few buffers.
#[cfg(target_os = "linux")]
const SLACK_KIB: usize = 1 << 10;

/// A client that knows its association.
struct Vandal {
    guest: Guest,
    head: [u8; 8],
}

impl Vandal {
    fn connect(program: &Program) -> Self {
        let mut guest = Guest::connect(program);
        guest.is_answered();
        let head = guest.peer.tap.head();
        Self { guest, head }
    }

    /// Sends chunks of its association.
    fn sends(&mut self, chunks: &[u8]) {
        self.guest.peer.smuggles(packet(self.head, chunks));
    }
}

/// Ends the server, which must have had no fault of its own.
async fn ends_sound(program: Program) {
    program.signal("TERM").await;
    let log = program.whole_log().await;
    assert!(!log.contains("panicked"), "{log}");
}

/// What is no packet of SCTP, or a packet of no association.
fn no_packet(vandal: &Vandal, noise: &mut Noise, number: usize) -> Vec<u8> {
    let mut sound = packet(vandal.head, &data(1, 0, OPENING, &[3; 12]));
    match number % 5 {
        0 => noise.bytes(1100),
        1 => sound[..=number % (sound.len() - 1)].to_vec(),
        2 => {
            sound[8] ^= 1;
            sound
        }
        3 => {
            packet([&vandal.head[..4], &[9; 4]].concat().try_into().expect("a head"), &sound[12..])
        }
        _ => packet(beginning(vandal.head), &init(0, 1)[..4 + number % 16]),
    }
}

/// A chunk that is longer than its packet, or shorter than its own head.
fn of_wrong_length(noise: &mut Noise, number: usize) -> Vec<u8> {
    let length = [0, 3, 5, 0x7fff, 0xffff][number % 5];
    sized_chunk(KINDS[number % KINDS.len()], 0, length, &noise.bytes(40))
}

#[tokio::test]
async fn what_is_no_packet_is_skipped() {
    let program = Program::start(&[]).await;
    let (mut sound, mut vandal) = (Guest::connect(&program), Vandal::connect(&program));
    let mut noise = Noise(21);
    for number in 0..500 {
        let bytes = no_packet(&vandal, &mut noise, number);
        vandal.guest.peer.smuggles(bytes);
        if number % 25 == 0 {
            vandal.guest.is_answered();
        }
    }
    vandal.guest.is_answered();
    sound.is_answered();
    ends_sound(program).await;
}

#[tokio::test]
async fn chunks_of_a_wrong_length_are_skipped() {
    let program = Program::start(&[]).await;
    let (mut sound, mut vandal) = (Guest::connect(&program), Vandal::connect(&program));
    let mut noise = Noise(22);
    for number in 0..300 {
        vandal.sends(&of_wrong_length(&mut noise, number));
        if number % 20 == 0 {
            sound.is_answered();
        }
    }
    vandal.guest.is_heard();
    Guest::connect(&program).is_answered();
    ends_sound(program).await;
}

#[tokio::test]
async fn noise_in_any_chunk_disturbs_no_other() {
    let program = Program::start(&[]).await;
    let mut sound = Guest::connect(&program);
    let mut noise = Noise(23);
    for kind in KINDS {
        let mut vandal = Vandal::connect(&program);
        for _ in 0..50 {
            let flags = noise.bytes(1)[0];
            vandal.sends(&chunk(kind, flags, &noise.bytes(60)));
        }
        sound.is_answered();
        vandal.guest.is_heard();
    }
    Guest::connect(&program).is_answered();
    ends_sound(program).await;
}

/// The words that open a data channel, and that say that it is open.
#[tokio::test]
async fn words_about_channels_that_make_no_sense_disturb_no_other() {
    let program = Program::start(&[]).await;
    let (mut sound, mut vandal) = (Guest::connect(&program), Vandal::connect(&program));
    let (mut noise, mut number) = (Noise(24), vandal.guest.peer.tap.last_number());
    for stream in 0..100_u16 {
        let mut word = noise.bytes(60);
        word[0] = stream.to_be_bytes()[1] % 5;
        number = number.wrapping_add(1);
        vandal.sends(&data(number, stream, OPENING, &word));
        // A label that is longer than the word, and one that is no text.
        for (length, label) in [(0xff, b"ab"), (2, &[0xc3, 0x28])] {
            let word = [&[3, 0, 0, 0, 0, 0, 0, 0, 0, length, 0, 0][..], label].concat();
            number = number.wrapping_add(1);
            vandal.sends(&data(number, 100 + stream, OPENING, &word));
        }
        if stream % 10 == 0 {
            sound.is_answered();
        }
    }
    vandal.guest.is_heard();
    Guest::connect(&program).is_answered();
    ends_sound(program).await;
}

/// A client may send them before its association, too.
#[tokio::test]
async fn beginnings_without_streams_disturb_no_other() {
    let program = Program::start(&[]).await;
    let mut sound = Guest::connect(&program);
    let head = beginning([0x13, 0x88, 0x13, 0x88, 0, 0, 0, 0]);
    for (tag, streams) in [(1, 0), (0, 1), (0, 0)] {
        let mut vandal = Guest::answered(&program);
        vandal.peer.tap.sends_first(packet(head, &init(tag, streams)));
        vandal.connects();
        vandal.is_answered();
    }
    sound.is_answered();
    ends_sound(program).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_flood_of_beginnings_takes_no_memory() {
    let program = Program::start(&[]).await;
    let (mut sound, mut vandal) = (Guest::connect(&program), Vandal::connect(&program));
    let before = program.memory("VmRSS");
    let head = beginning(vandal.head);
    for tag in 1..=10_000 {
        vandal.guest.peer.smuggles(packet(head, &init(tag, 1)));
        if tag % 40 == 0 {
            vandal.guest.is_answered();
        }
    }
    let grown = program.memory("VmRSS").saturating_sub(before);
    assert!(grown <= SLACK_KIB, "{grown} KiB more after a flood");
    sound.is_answered();
    ends_sound(program).await;
}

#[tokio::test]
async fn a_channel_of_too_many_is_not_opened() {
    let mut program = Program::start(&[]).await;
    let (mut sound, mut vandal) = (Guest::connect(&program), Guest::connect(&program));
    // The first ids are those of its own two channels, and a client has every other one.
    for number in 0..200 {
        vandal.peer.rtc.direct_api().create_data_channel(ChannelConfig::default());
        if number < 100 && number % 20 == 0 {
            vandal.is_answered();
        }
    }
    vandal.peer.smuggles(Vec::new());
    let said = program.logs("is not read; ids are 0 to 255").await;
    assert!(said.contains("WARN"), "{said}");
    vandal.is_heard();
    sound.is_answered();
    ends_sound(program).await;
}
