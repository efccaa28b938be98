//! Parses the JSON value of a step in the room.

use std::collections::HashMap;

use bytes::Bytes;
use livekit_protocol::{DataPacket, ParticipantInfo, RpcError, data_packet};
use prost::Message as _;
use serde::Deserialize;
use serde_json::Value;

use super::{
    parse::{fields_of, message},
    step::{Publish, RoomStep, Rpc, Text},
};
use crate::{
    protocol::signal::MESSAGES,
    rtc::{Channel, Media, TrackKind},
};

pub(super) fn participant(value: &Value) -> Result<RoomStep, String> {
    let message = message("participant", &MESSAGES.participant, value)?;
    let info =
        ParticipantInfo::decode(&*message.encode_to_vec()).map_err(|error| error.to_string())?;
    if info.identity.is_empty() {
        return Err("participant must have an identity, such as {\"identity\":\"bob\"}".to_owned());
    }
    Ok(RoomStep::Participant(Box::new(info)))
}

pub(super) fn data(value: &Value) -> Result<RoomStep, String> {
    let encoded = Bytes::from(message("data", &MESSAGES.data_packet, value)?.encode_to_vec());
    let packet = DataPacket::decode(encoded.clone()).map_err(|error| error.to_string())?;
    if packet.value.is_none() {
        let example = r#"{"user":{"payload":"aGk="},"participantIdentity":"bob"}"#;
        return Err(format!("data must hold something, such as {example}"));
    }
    #[allow(deprecated)] // Here, as in the clients, it says which channel.
    let channel = match packet.kind == i32::from(data_packet::Kind::Lossy) {
        true => Channel::Lossy,
        false => Channel::Reliable,
    };
    Ok(RoomStep::Data(channel, encoded))
}

pub(super) fn text(value: &Value) -> Result<RoomStep, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        topic: String,
        text: String,
        from: String,
        #[serde(default)]
        attributes: HashMap<String, String>,
    }
    let Given { topic, text, from, attributes } = fields_of(value).map_err(|error| {
        let example = r#"{"topic":"lk.chat","text":"hi","from":"bob"}"#;
        format!("text must be such as {example}: {error}")
    })?;
    Ok(RoomStep::Text(Text { topic, content: text, from, attributes }))
}

pub(super) fn rpc(value: &Value) -> Result<RoomStep, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        method: String,
        answer: Option<String>,
        error: Option<Failure>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Failure {
        code: u32,
        #[serde(default)]
        message: String,
        #[serde(default)]
        data: String,
    }
    let example = r#"rpc must be such as {"method":"greet","answer":"hello"}"#;
    let Given { method, answer, error } =
        fields_of(value).map_err(|error| format!("{example}: {error}"))?;
    let answer = match (answer, error) {
        (Some(answer), None) => Ok(answer),
        (None, Some(Failure { code, message, data })) => Err(RpcError { code, message, data }),
        _ => return Err(format!("{example}, with either an answer or an error")),
    };
    Ok(RoomStep::Rpc(Rpc { method, answer }))
}

pub(super) fn publish(value: &Value) -> Result<RoomStep, String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        from: String,
        kind: String,
        #[serde(default)]
        name: String,
    }
    let Given { from, kind, name } = fields_of(value).map_err(|error| {
        let example = r#"{"from":"bob","kind":"audio","name":"mic"}"#;
        format!("publish must be such as {example}: {error}")
    })?;
    let kind = match kind.as_str() {
        "audio" => TrackKind::Audio,
        "video" => TrackKind::Video,
        _ => return Err(format!("publish must have the kind audio or video, not \"{kind}\"")),
    };
    Ok(RoomStep::Publish(Publish { from, kind, name }))
}

pub(super) fn media(value: &Value) -> Result<RoomStep, String> {
    match value.as_str() {
        Some("stop") => Ok(RoomStep::Media(Media::Stop)),
        Some("start") => Ok(RoomStep::Media(Media::Start)),
        Some("close") => Ok(RoomStep::Media(Media::Close)),
        _ => Err(format!("media must be \"stop\", \"start\" or \"close\", not {value}")),
    }
}
