//! The claim `roomConfig`, which holds a message of the protocol. This server does not use it, but
//! refuses a token in which it does not decode.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use super::error::TokenError;
use crate::{go_json::Raw, protocol::from_json};

static MESSAGE: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let descriptors: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/token.bin"));
    let pool = DescriptorPool::decode(descriptors).expect("descriptors that the build has checked");
    pool.get_message_by_name("livekit.RoomConfiguration").expect("the root of the set")
});

pub(super) fn check(value: Raw<'_>) -> Result<(), TokenError> {
    if value.is_null() {
        return Ok(());
    }
    from_json(&MESSAGE, value.bytes()).map(drop).map_err(|_| TokenError::RoomConfig)
}
