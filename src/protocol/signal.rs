//! The descriptors of the signalling's messages, and of the data in rooms.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

pub(crate) struct Messages {
    pub(crate) request: MessageDescriptor,
    pub(crate) response: MessageDescriptor,
    pub(crate) join_request: MessageDescriptor,
    pub(crate) participant: MessageDescriptor,
    pub(crate) data_packet: MessageDescriptor,
}

pub(crate) static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
    let descriptors: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/signal.bin"));
    let pool = DescriptorPool::decode(descriptors).expect("descriptors that the build has checked");
    let message = |name| pool.get_message_by_name(name).expect("a message of the set");
    Messages {
        request: message("livekit.SignalRequest"),
        response: message("livekit.SignalResponse"),
        join_request: message("livekit.JoinRequest"),
        participant: message("livekit.ParticipantInfo"),
        data_packet: message("livekit.DataPacket"),
    }
});
