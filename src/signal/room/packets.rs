//! The packets on data channels that the server writes by itself: text streams, and answers to RPC.

use bytes::Bytes;
use livekit_protocol::{
    DataPacket, RpcAck, RpcError, RpcRequest, RpcResponse,
    data_packet::Value,
    data_stream::{Chunk, Header, OperationType, TextHeader, Trailer, header::ContentHeader},
    rpc_response,
};
use prost::Message as _;

use crate::{
    clock,
    protocol::{Format, needs_too_much_memory, signal::MESSAGES},
    signal::step::{Rpc, Text},
};

/// As much as clients put into a chunk of a stream.
const CHUNK: usize = 15_000;

/// The packets of a text stream, in their order.
pub(super) fn text(text: Text, stream_id: &str) -> Vec<Bytes> {
    let Text { topic, content, from, attributes } = text;
    let stream_id = stream_id.to_owned();
    let header = Header {
        stream_id: stream_id.clone(),
        timestamp: i64::try_from(clock::now().as_millis()).unwrap_or(i64::MAX),
        topic,
        attributes,
        mime_type: "text/plain".to_owned(),
        total_length: Some(content.len() as u64),
        content_header: Some(ContentHeader::TextHeader(TextHeader {
            operation_type: OperationType::Create.into(),
            ..TextHeader::default()
        })),
        ..Header::default()
    };
    let chunk = |(index, content): (u64, &str)| {
        Value::StreamChunk(Chunk {
            stream_id: stream_id.clone(),
            chunk_index: index,
            content: content.into(),
            ..Chunk::default()
        })
    };
    let trailer = Trailer { stream_id: stream_id.clone(), ..Trailer::default() };
    [Value::StreamHeader(header)]
        .into_iter()
        .chain((0..).zip(pieces(&content)).map(chunk))
        .chain([Value::StreamTrailer(trailer)])
        .map(|value| packet(&from, Vec::new(), value))
        .collect()
}

/// Pieces of a text that fit into chunks. None ends within a character.
fn pieces(mut text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let end = (0..=CHUNK.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        let (piece, rest) = text.split_at(end.unwrap_or(text.len()));
        pieces.push(piece);
        text = rest;
    }
    pieces
}

/// A packet of the client, if it can be read.
pub(super) fn read(bytes: &Bytes) -> Option<DataPacket> {
    if needs_too_much_memory(Format::Protobuf, &MESSAGES.data_packet, bytes) {
        return None;
    }
    DataPacket::decode(bytes.clone()).ok()
}

/// How a call is answered: by who was called, or not at all where there is nobody.
pub(super) fn rpc(
    request: RpcRequest,
    called: &str,
    client: &str,
    known: Option<&Rpc>,
    present: bool,
) -> Vec<Bytes> {
    let value = match known {
        Some(Rpc { answer: Ok(payload), .. }) => rpc_response::Value::Payload(payload.clone()),
        Some(Rpc { answer: Err(error), .. }) => rpc_response::Value::Error(error.clone()),
        None if present => rpc_response::Value::Error(unsupported()),
        None => return Vec::new(),
    };
    let ack = RpcAck { request_id: request.id.clone() };
    let response = RpcResponse { request_id: request.id, value: Some(value) };
    [Value::RpcAck(ack), Value::RpcResponse(response)]
        .map(|value| packet(called, vec![client.to_owned()], value))
        .into()
}

/// What clients answer to a call of a method that they don't have.
fn unsupported() -> RpcError {
    RpcError {
        code: 1400,
        message: "Method not supported at destination".to_owned(),
        ..RpcError::default()
    }
}

fn packet(from: &str, to: Vec<String>, value: Value) -> Bytes {
    let packet = DataPacket {
        participant_identity: from.to_owned(),
        destination_identities: to,
        value: Some(value),
        ..DataPacket::default()
    };
    packet.encode_to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_all_of_a_text() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1] {
            let text = "a".repeat(length) + "ä€";
            let pieces = pieces(&text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.iter().all(|piece| piece.len() <= CHUNK));
        }
    }
}
