//! Compares the WebSocket with another implementation, in the classes of Autobahn's suite, one row
//! for each case. The same bytes are sent to the mock and to a tungstenite server, and both must
//! answer as the row says. If tungstenite answers differently, the row says how and why. The
//! reasons of close frames are not compared. Compression is tested in `ci/websocket`, since
//! tungstenite does not have it, and what a strict client sees in `websocket_client.rs`.

mod support;

use std::slice;

use support::{
    differential::{Heard, case, check, closes, parts, request, skipped},
    socket::Frame,
};

const MEBIBYTE: usize = 1 << 20;

fn rsv(bits: u8, frame: Frame) -> Frame {
    Frame { rsv: bits, ..frame }
}

fn unmasked(frame: Frame) -> Frame {
    Frame { masked: false, ..frame }
}

fn announced(length: usize) -> Frame {
    Frame { length: Some(length as u64), ..Frame::binary([]) }
}

fn pong(payload: impl Into<Vec<u8>>) -> Heard {
    Heard::Pong(payload.into())
}

/// A small request; its contents do not matter.
fn small() -> Frame {
    Frame::binary(request(1, 64))
}

const ANSWERED: [Heard; 1] = [Heard::Answer(1)];

// === The classes ===

const MINIMAL: &str = "it takes a length in more bytes than needed, which RFC 6455 forbids to send";

#[test]
fn class_1_framing() {
    let lengths = [20, 64, 124, 125, 126, 127, 128, 254, 255, 256, 65_534, 65_535, 65_536, 65_540];
    let answered = lengths.map(|length| {
        case(format!("binary of {length} bytes"), &[Frame::binary(request(1, length))], ANSWERED)
    });
    let texts = [0, 1, 125, 126, 127, 128, 65_535, 65_536].map(|length| {
        skipped(format!("text of {length} bytes"), &[Frame::text("t".repeat(length))])
    });
    let by_bytes = [20, 125, 126, 1000].map(|length| {
        case(format!("binary of {length} bytes"), &[Frame::binary(request(1, length))], ANSWERED)
            .chopped()
    });
    let masked = |mask: [u8; 4]| {
        let payload = small().payload;
        let bytes = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        let frame = [&[0x82, 0x80 | 64][..], &mask, &bytes.collect::<Vec<u8>>()].concat();
        case(format!("the mask {mask:?}"), &[], ANSWERED).sending(frame)
    };
    let others = [
        skipped("an empty binary message", &[Frame::binary([])]),
        skipped("a message that is no request", &[Frame::binary([0xff; 9])]),
        case(
            "two messages",
            &[small(), Frame::binary(request(2, 64))],
            [Heard::Answer(1), Heard::Answer(2)],
        ),
        masked([0; 4]),
        masked([0xff; 4]),
        masked([0, 0, 0, 1]),
        closes("an unmasked message", &[unmasked(small())], 1002),
        closes("an unmasked ping", &[unmasked(Frame::ping(""))], 1002),
        closes("an unmasked close frame", &[unmasked(Frame::close(1000, b""))], 1002),
        closes("a length with its first bit set", &[], 1002)
            .sending([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
            .but_tungstenite(
                [Heard::Close(Some(1009))],
                "it is a length to it, and too large: either code fits",
            ),
        closes("five bytes, told in sixteen bits", &[], 1002)
            .sending([0x82, 0xfe, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5])
            .but_tungstenite([], MINIMAL),
        closes("five bytes, told in 64 bits", &[], 1002)
            .sending([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1, 2, 3, 4, 5])
            .but_tungstenite([], MINIMAL),
    ];
    check(answered.into_iter().chain(texts).chain(by_bytes).chain(others));
}

#[test]
fn class_2_pings_and_pongs() {
    let lengths = [0, 1, 4, 124, 125];
    let pings = lengths.map(|length| {
        let payload: Vec<u8> = (0..=255).rev().cycle().take(length).collect();
        case(format!("a ping of {length} bytes"), &[Frame::ping(payload.clone())], [pong(payload)])
    });
    let ten: Vec<u8> = (0..10).collect();
    let frames: Vec<Frame> = ten.iter().map(|number| Frame::ping([*number])).collect();
    let in_turn =
        case("ten pings", &frames, ten.iter().map(|number| pong([*number])).collect::<Vec<_>>());
    let others = [
        in_turn.chopped(),
        in_turn,
        case(
            "a ping of bytes that are no text",
            &[Frame::ping([0, 0xff, 0xfe, 0xc3])],
            [pong([0, 0xff, 0xfe, 0xc3])],
        ),
        closes("a ping of 126 bytes", &[Frame::ping([7; 126])], 1002),
        closes("a pong of 126 bytes", &[Frame::new(10, [7; 126])], 1002),
        closes("a ping in parts", &[Frame::ping("x").open()], 1002),
        closes("a pong in parts", &[Frame::new(10, "x").open()], 1002),
        skipped("a pong to nothing", &[Frame::new(10, "")]),
        skipped("a pong with a payload", &[Frame::new(10, [7; 125])]),
        case("a pong, then a ping", &[Frame::new(10, "x"), Frame::ping("y")], [pong("y")]),
    ];
    check(pings.into_iter().chain(others));
}

/// RSV1 is for compression, which half of the connections have. These frames are wrong with and
/// without it.
#[test]
fn class_3_reserved_bits() {
    let bits = [0x10, 0x20, 0x30, 0x50, 0x60, 0x70];
    let messages =
        bits.map(|bits| closes(format!("{bits:#x} on a message"), &[rsv(bits, small())], 1002));
    let texts = bits
        .map(|bits| closes(format!("{bits:#x} on a text"), &[rsv(bits, Frame::text("t"))], 1002));
    let control = [8, 9, 10].into_iter().flat_map(|opcode| {
        [0x10, 0x20, 0x40, 0x70].map(|bits| {
            closes(
                format!("{bits:#x} on opcode {opcode}"),
                &[rsv(bits, Frame::new(opcode, ""))],
                1002,
            )
        })
    });
    let continued = [0x10, 0x20, 0x40, 0x70].map(|bits| {
        closes(
            format!("{bits:#x} on a continuation"),
            &[Frame::binary("x").open(), rsv(bits, Frame::new(0, "x"))],
            1002,
        )
    });
    let after = case(
        "a message, then a bad one",
        &[small(), rsv(0x20, small())],
        [Heard::Answer(1), Heard::Close(Some(1002))],
    );
    check(messages.into_iter().chain(texts).chain(control).chain(continued).chain([after]));
}

#[test]
fn class_4_opcodes() {
    let reserved = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
    let empty =
        reserved.map(|opcode| closes(format!("opcode {opcode}"), &[Frame::new(opcode, "")], 1002));
    let full = reserved.map(|opcode| {
        closes(format!("opcode {opcode} with a payload"), &[Frame::new(opcode, [7; 200])], 1002)
    });
    let between = reserved.map(|opcode| {
        let frames = [small(), Frame::new(opcode, ""), Frame::ping("never read")];
        case(
            format!("opcode {opcode} after a message"),
            &frames,
            [Heard::Answer(1), Heard::Close(Some(1002))],
        )
    });
    let inside = reserved.map(|opcode| {
        closes(
            format!("opcode {opcode} in a message"),
            &[small().open(), Frame::new(opcode, "")],
            1002,
        )
    });
    check(empty.into_iter().chain(full).chain(between).chain(inside));
}

#[test]
fn class_5_fragmentation() {
    let whole = Frame::binary(request(1, 300));
    let mut with_pings = parts(&whole, 100);
    with_pings.insert(1, Frame::ping("one"));
    with_pings.insert(3, Frame::ping("two"));
    let mut with_pong = parts(&whole, 100);
    with_pong.insert(2, Frame::new(10, "x"));
    let pinged =
        case("pings between the parts", &with_pings, [pong("one"), pong("two"), Heard::Answer(1)]);
    let empty = |opcode| Frame::new(opcode, "").open();
    let lengths = [1, 2, 100, 299]
        .map(|length| case(format!("parts of {length} bytes"), &parts(&whole, length), ANSWERED));
    let others = [
        pinged.chopped(),
        pinged,
        case("a pong between the parts", &with_pong, ANSWERED),
        case(
            "empty parts around the message",
            &[
                empty(2),
                empty(0),
                Frame::new(0, whole.payload.clone()).open(),
                empty(0),
                Frame::new(0, ""),
            ],
            ANSWERED,
        ),
        skipped("parts of nothing", &[empty(2), empty(0), Frame::new(0, "")]),
        skipped("a text in parts", &parts(&Frame::text("t".repeat(300)), 100)),
        skipped("a message that does not end", &[whole.clone().open()]),
        case(
            "two messages in parts",
            &[parts(&whole, 100), parts(&Frame::binary(request(2, 300)), 100)].concat(),
            [Heard::Answer(1), Heard::Answer(2)],
        ),
        closes("a continuation of nothing", &[Frame::new(0, "x")], 1002),
        closes("an open continuation of nothing", &[Frame::new(0, "x").open()], 1002),
        closes("a message in a message", &[small().open(), small()], 1002),
        closes("a text in a message", &[small().open(), Frame::text("t")], 1002),
        closes("a message begun in a message", &[small().open(), small().open()], 1002),
        case(
            "a continuation after the end",
            &[parts(&whole, 100), vec![Frame::new(0, "x")]].concat(),
            [Heard::Answer(1), Heard::Close(Some(1002))],
        ),
    ];
    check(lengths.into_iter().chain(others));
}

#[test]
fn class_6_utf8() {
    let sound: [&[u8]; 9] = [
        "κόσμε".as_bytes(),
        b"\0",
        b"\x7f",
        b"\xc2\x80",
        b"\xe0\xa0\x80",
        b"\xef\xbf\xbf",
        b"\xed\x9f\xbf\xee\x80\x80",
        b"\xf0\x90\x80\x80",
        b"\xf4\x8f\xbf\xbf",
    ];
    let broken: [(&str, &[u8]); 14] = [
        ("a lone continuation byte", b"\x80"),
        ("a first byte without its second", b"\xc3"),
        ("two bytes of three", b"\xe2\x82"),
        ("three bytes of four", b"\xf0\x9f\x98"),
        ("a first byte and a letter", b"\xc3a"),
        ("an overlong slash", b"\xc0\xaf"),
        ("an overlong slash of three bytes", b"\xe0\x80\xaf"),
        ("an overlong slash of four bytes", b"\xf0\x80\x80\xaf"),
        ("a high surrogate", b"\xed\xa0\x80"),
        ("a low surrogate", b"\xed\xbf\xbf"),
        ("a pair of surrogates", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("more than there are code points", b"\xf4\x90\x80\x80"),
        ("five bytes", b"\xf8\x88\x80\x80\x80"),
        ("bytes that never occur", b"\xfe\xff"),
    ];
    let whole = sound.map(|text| skipped(format!("{text:x?}"), &[Frame::text(text)]));
    // A character may be split between two frames.
    let parted = sound
        .map(|text| skipped(format!("{text:x?}, a byte a part"), &parts(&Frame::text(text), 1)));
    let refused = broken.map(|(name, text)| closes(name, &[Frame::text(text)], 1007));
    let refused_in_parts = broken.map(|(name, text)| {
        closes(format!("{name}, a byte a part"), &parts(&Frame::text(text), 1), 1007)
    });
    let among_letters = broken.map(|(name, text)| {
        closes(
            format!("{name} among letters"),
            &[Frame::text([b"abc", text, b"def"].concat())],
            1007,
        )
    });
    let others = [
        skipped("a message of such bytes", &[Frame::binary(b"\xfe\xff")]),
        skipped("a broken text that goes on", &[Frame::text(b"\xfe\xff").open()]).but_tungstenite(
            [Heard::Close(Some(1007))],
            "it closes on the first bad byte, the mock at the message's end: text is skipped, and checked whole",
        ),
    ];
    check(
        whole
            .into_iter()
            .chain(parted)
            .chain(refused)
            .chain(refused_in_parts)
            .chain(among_letters)
            .chain(others),
    );
}

#[test]
fn class_7_closing() {
    let echoed =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999];
    let echoed =
        echoed.map(|code| closes(format!("the code {code}"), &[Frame::close(code, b"")], code));
    let refused = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
    let refused =
        refused.map(|code| closes(format!("the code {code}"), &[Frame::close(code, b"")], 1002));
    let bye = Frame::close(1000, b"bye");
    let others = [
        closes("the code 1014", &[Frame::close(1014, b"")], 1014).but_tungstenite(
            [Heard::Close(Some(1002))],
            "it does not know the code yet, which IANA has registered since the RFC",
        ),
        case("no code", &[Frame::new(8, "")], [Heard::Close(None)]),
        closes("a reason, which is not echoed", slice::from_ref(&bye), 1000),
        closes("the longest reason", &[Frame::close(1000, &[b'r'; 123])], 1000),
        closes("too long a reason", &[Frame::close(1000, &[b'r'; 124])], 1002),
        closes("half a code", &[Frame::new(8, [3])], 1002),
        closes("a reason that is no text", &[Frame::close(1000, b"\xfe\xff")], 1007),
        closes("a reason that ends in a character", &[Frame::close(1000, b"\xe2\x82")], 1007),
        closes("a close frame in parts", &[bye.clone().open()], 1002),
        closes("a message after it", &[bye.clone(), small()], 1000),
        closes("a ping after it", &[bye.clone(), Frame::ping("x")], 1000),
        closes("a second one", &[bye.clone(), Frame::close(1001, b"")], 1000),
        closes("a bad frame after it", &[bye.clone(), Frame::new(3, "")], 1000),
        closes("a close frame in a message", &[small().open(), bye.clone()], 1000),
        case(
            "a message before it",
            &[small(), bye.clone()],
            [Heard::Answer(1), Heard::Close(Some(1000))],
        ),
        closes("byte by byte", &[bye], 1000).chopped(),
    ];
    check(echoed.into_iter().chain(refused).chain(others));
}

#[test]
fn class_9_limits() {
    let lengths = [64 << 10, 256 << 10, MEBIBYTE];
    let whole = lengths.map(|length| {
        case(format!("{length} bytes"), &[Frame::binary(request(1, length))], ANSWERED)
    });
    let texts = lengths.map(|length| {
        skipped(format!("{length} bytes of text"), &[Frame::text("t".repeat(length))])
    });
    let parted = [1 << 10, 64 << 10, MEBIBYTE - 1].map(|part| {
        case(
            format!("a mebibyte in parts of {part} bytes"),
            &parts(&Frame::binary(request(1, MEBIBYTE)), part),
            ANSWERED,
        )
    });
    let many = case("a thousand messages", &vec![small(); 1000], vec![Heard::Answer(1); 1000]);
    let halves =
        [Frame::binary(vec![0; MEBIBYTE / 2]).open(), Frame::new(0, vec![0; MEBIBYTE / 2]).open()];
    let others = [
        many,
        case("twenty bytes, byte by byte", &[Frame::binary(request(1, 20))], ANSWERED).chopped(),
        closes("a byte more", &[Frame::binary(vec![0; MEBIBYTE + 1])], 1009),
        closes("a byte more, announced", &[announced(MEBIBYTE + 1)], 1009),
        closes("a byte more of text", &[Frame::text("t".repeat(MEBIBYTE + 1))], 1009),
        closes("a terabyte, announced", &[announced(1 << 40)], 1009),
        closes("a byte more in parts", &[&halves[..], &[Frame::new(0, [0])]].concat(), 1009),
        closes(
            "a byte more in a part that goes on",
            &[&halves[..], &[Frame::new(0, [0]).open()]].concat(),
            1009,
        ),
        case(
            "a ping in the largest message",
            &[&halves[..], &[Frame::ping("x"), Frame::new(0, "")]].concat(),
            [pong("x")],
        ),
    ];
    check(whole.into_iter().chain(texts).chain(parted).chain(others));
}
