//! What holds for any bytes that are sent over a WebSocket. The property test below and a fuzz target
//! share it.

use super::reader::Reader;

/// Any bytes give the same events in parts of any size. An odd first byte means compression.
pub(crate) fn websocket(data: &[u8]) {
    let [first, bytes @ ..] = data else { return };
    let compressed = first % 2 == 1;
    let whole = events(compressed, bytes, bytes.len());
    for size in [1, 2, 3, 7, usize::from(*first)] {
        assert_eq!(events(compressed, bytes, size), whole, "in parts of {size}");
    }
}

/// The events of bytes that come in parts of this size, up to the first error.
fn events(compressed: bool, bytes: &[u8], size: usize) -> Vec<String> {
    let mut parts = bytes.chunks(size.max(1));
    let mut reader = Reader::new(compressed, parts.next().unwrap_or_default());
    let mut events = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(event)) => events.push(format!("{event:?}")),
            Ok(None) => match parts.next() {
                Some(part) => reader.buffer().extend_from_slice(part),
                None => return events,
            },
            Err(error) => {
                events.push(format!("{error:?}"));
                return events;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use proptest::{collection::vec, prelude::*};
    use sockudo_ws::frame::{FrameHeader, OpCode};

    use super::*;
    use crate::arbitrary::damaged;

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
