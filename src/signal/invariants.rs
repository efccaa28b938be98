//! What holds for all that the signalling reads. The property tests below and the fuzz targets
//! share it.

use std::io::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use livekit_protocol::{
    JoinRequest, SignalResponse, WrappedJoinRequest, wrapped_join_request::Compression as Wrapping,
};
use prost::Message as _;

use super::{
    join_request,
    message::Joining,
    script::{SCHEMA, Script},
    session::{Move, Session},
    socket::Reader,
};
use crate::{
    api::{Format, too_heavy},
    control::LeaveAction,
    warning::Warnings,
};

/// Any script: what it sends is a message of the server, and a problem is told in a sentence.
pub(crate) fn script(text: &str) {
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(problem) => return check_problem(&problem),
    };
    for reconnects in [false, true] {
        let steps = script.steps(reconnects);
        let action = LeaveAction::default();
        for next in Session::moves(steps, &Joining::default(), reconnects, action) {
            if let Move::Send(message) = next {
                SignalResponse::decode(message).expect("a message of the server");
            }
        }
    }
}

/// Any parameter.
pub(crate) fn join_request(parameter: &str) {
    let decoded = join_request::decode(parameter);
    decoded.problems.iter().for_each(|problem| check_problem(&problem.what));
}

/// Any bytes as a request, however it is wrapped: read as the protocol's own decoder reads it. Of
/// the spellings of base64, what a real server takes is taken without a word.
pub(crate) fn joining(request: &[u8]) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(request).expect("memory");
    let gzipped = gzip.finish().expect("memory");
    let expected = JoinRequest::decode(request).ok();
    for (compression, bytes) in [(Wrapping::None, request), (Wrapping::Gzip, &gzipped)] {
        let wrapped =
            WrappedJoinRequest { compression: compression.into(), join_request: bytes.to_vec() };
        let wrapped = wrapped.encode_to_vec();
        let (real, standard) = (URL_SAFE.encode(&wrapped), STANDARD.encode(&wrapped));
        // A plus that nobody escaped arrives as a space.
        for parameter in [URL_SAFE_NO_PAD.encode(&wrapped), standard.replace('+', " "), standard] {
            let odd = parameter != real;
            check_joining(&parameter, odd, expected.as_ref(), request);
        }
        check_joining(&real, false, expected.as_ref(), request);
    }
}

/// A parameter that holds this request, of base64 that a real server does not take, or does.
fn check_joining(parameter: &str, odd: bool, expected: Option<&JoinRequest>, request: &[u8]) {
    let decoded = join_request::decode(parameter);
    decoded.problems.iter().for_each(|problem| check_problem(&problem.what));
    let odd_base64 = decoded.problems.iter().filter(|problem| !problem.what.starts_with("ignored"));
    assert_eq!(odd_base64.count(), usize::from(odd), "{parameter}");
    if decoded.problems.len() > usize::from(odd) {
        let heavy = too_heavy(Format::Protobuf, &SCHEMA.joining, request);
        assert!(expected.is_none() || heavy || request.len() > 1 << 20, "{decoded:?}");
    } else {
        assert_eq!(Some(&decoded.request), expected);
    }
}

/// Whether there is compression (odd), then any bytes: the same events however they are parted.
pub(crate) fn websocket(data: &[u8]) {
    let [first, bytes @ ..] = data else { return };
    let compressed = first % 2 == 1;
    let whole = events(compressed, bytes, bytes.len());
    for size in [1, 2, 3, 7, usize::from(*first)] {
        assert_eq!(events(compressed, bytes, size), whole, "in parts of {size}");
    }
}

/// What the reader makes of the bytes when they come in parts of this size, up to its failure.
fn events(compressed: bool, bytes: &[u8], size: usize) -> Vec<String> {
    let mut parts = bytes.chunks(size.max(1));
    let mut reader = Reader::new(compressed, parts.next().unwrap_or_default());
    let mut events = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(event)) => events.push(format!("{event:?}")),
            Ok(None) => match parts.next() {
                Some(part) => reader.room().extend_from_slice(part),
                None => return events,
            },
            Err(failure) => {
                events.push(format!("{failure:?}"));
                return events;
            }
        }
    }
}

fn check_problem(problem: &str) {
    let mut warnings = Warnings::default();
    warnings.add(problem);
    warnings.assert_sound();
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::{collection::vec, prelude::*};
    use serde_json::{Value, json};
    use sockudo_ws::frame::{FrameHeader, OpCode};

    use super::*;
    use crate::arbitrary::{damaged, damaged_text, json_value};

    fn step() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!({"greet": {}})),
            Just(json!({"drop": {}})),
            Just(json!({"reset": {}})),
            (0..10_000_u32).prop_map(|time| json!({"wait": time})),
            (0..10_000_u32).prop_map(|time| json!({"pause": time})),
            (1000..5000_u16, ".{0,20}")
                .prop_map(|(code, reason)| json!({"close": {"code": code, "reason": reason}})),
            prop_oneof![Just("leave"), Just("ping"), Just("syncState"), Just("close")]
                .prop_map(|name| json!({"expect": name, "timeout": 5})),
            any::<bool>().prop_map(|all| json!({"answer": all})),
            prop_oneof![Just("join"), Just("leave"), Just("pong"), Just("reconnect")]
                .prop_map(|name| json!({"send": {name: {}}})),
            any::<i64>().prop_map(|time| json!({"send": {"pong": time.to_string()}})),
            json_value().prop_map(|value| json!({"send": value})),
        ]
    }

    fn frame() -> impl Strategy<Value = Vec<u8>> {
        let opcode = prop_oneof![
            Just(OpCode::Binary),
            Just(OpCode::Text),
            Just(OpCode::Continuation),
            Just(OpCode::Ping),
            Just(OpCode::Pong),
            Just(OpCode::Close),
        ];
        let payload = prop_oneof![
            4 => vec(any::<u8>(), 0..20),
            2 => vec(prop_oneof![Just(b'a'), Just(0xc3), Just(0xa9)], 0..20),
            1 => vec(Just(0), 120..300),
        ];
        (opcode, payload, prop::bool::weighted(0.8), prop::bool::weighted(0.2), any::<[u8; 4]>())
            .prop_map(|(opcode, mut payload, fin, rsv1, mask)| {
                let mut bytes = BytesMut::new();
                let (payload_len, mask_of) = (payload.len() as u64, Some(mask));
                FrameHeader {
                    fin,
                    rsv1,
                    rsv2: false,
                    rsv3: false,
                    opcode,
                    masked: true,
                    payload_len,
                    mask: mask_of,
                }
                .encode(&mut bytes);
                for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
                    *byte ^= mask;
                }
                bytes.extend_from_slice(&payload);
                bytes.to_vec()
            })
    }

    proptest! {
        #[test]
        fn any_script(text in prop_oneof![
            ".{0,60}".boxed(),
            json_value().prop_map(|value| value.to_string()).boxed(),
            damaged_text(vec(step(), 0..6).prop_map(|steps| Value::from(steps).to_string())).boxed(),
        ]) {
            script(&text);
        }

        #[test]
        fn a_sound_script_has_its_steps(waits in vec(0..10_000_u32, 0..20), closes in any::<bool>()) {
            let mut steps: Vec<Value> = waits.iter().map(|wait| json!({"wait": wait})).collect();
            if closes {
                steps.push(json!({"onReconnect": [{"drop": {}}]}));
            }
            let script = Script::parse(&Value::from(steps).to_string()).expect("a sound script");
            prop_assert_eq!(script.steps(false).len(), waits.len());
            prop_assert_eq!(script.steps(true).len(), waits.len() + usize::from(closes));
        }

        #[test]
        fn any_join_request(parameter in "[A-Za-z0-9+/_= -]{0,80}", bytes in vec(any::<u8>(), 0..80)) {
            join_request(&parameter);
            joining(&bytes);
        }

        #[test]
        fn a_sound_join_request(
            metadata in ".{0,20}", attributes in prop::collection::hash_map(".{0,8}", ".{0,8}", 0..4),
            reconnect in any::<bool>(),
        ) {
            let request =
                JoinRequest { metadata, participant_attributes: attributes, reconnect, ..JoinRequest::default() };
            joining(&request.encode_to_vec());
        }

        #[test]
        fn any_frames(
            first in any::<u8>(),
            bytes in prop_oneof![
                vec(any::<u8>(), 0..100).boxed(),
                vec(frame(), 0..6).prop_map(|frames| frames.concat()).boxed(),
                damaged(vec(frame(), 0..6).prop_map(|frames| frames.concat())).boxed(),
            ],
        ) {
            websocket(&[&[first], &bytes[..]].concat());
        }
    }
}
