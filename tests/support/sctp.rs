//! Packets of SCTP (RFC 9260), right or wrong.

const DATA: u8 = 0;
const INIT: u8 = 1;

/// A packet after these ports and this verification tag.
pub fn packet(head: [u8; 8], chunks: &[u8]) -> Vec<u8> {
    let mut packet = [&head[..], &[0; 4], chunks].concat();
    let sum = checksum(&packet);
    packet[8..12].copy_from_slice(&sum.to_le_bytes());
    packet
}

pub fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).expect("a short value");
    let mut chunk = sized_chunk(kind, flags, length, value);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// A chunk that says that it is as long as this.
pub fn sized_chunk(kind: u8, flags: u8, length: u16, value: &[u8]) -> Vec<u8> {
    [&[kind, flags][..], &length.to_be_bytes(), value].concat()
}

/// A beginning by whoever has this tag, with so many streams each way.
pub fn init(tag: u32, streams: u16) -> Vec<u8> {
    let (window, number) = (1_u32 << 20, 1_u32);
    let [streams, tag] = [&streams.to_be_bytes()[..], &tag.to_be_bytes()];
    let value = [tag, &window.to_be_bytes(), streams, streams, &number.to_be_bytes()].concat();
    chunk(INIT, 0, &value)
}

/// A whole message on a stream, the first one on it.
pub fn data(number: u32, stream: u16, protocol: u32, message: &[u8]) -> Vec<u8> {
    let head = [&number.to_be_bytes()[..], &stream.to_be_bytes(), &[0, 0]].concat();
    chunk(DATA, 3, &[&head[..], &protocol.to_be_bytes(), message].concat())
}

/// The head of a packet that begins an association: it has no tag.
pub fn beginning(head: [u8; 8]) -> [u8; 8] {
    [head[0], head[1], head[2], head[3], 0, 0, 0, 0]
}

/// CRC-32C.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    })
}
