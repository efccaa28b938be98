//! What a token allows, as a plain value: what tests write and what methods need.

use serde::{Deserialize, Serialize};

/// What a token allows, as in its claims `video`, `sip` and `agent`
/// (`docs/BEHAVIOUR.md`, Tokens and grants).
///
/// A plain value: set the fields that a test needs and leave the rest to `..Default::default()`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// The claim `video`: rooms, recording, ingress.
    #[serde(default)]
    pub video: VideoGrants,
    /// The claim `sip`: trunks, rules, calls.
    #[serde(default)]
    pub sip: SipGrants,
    /// The claim `agent`: deployments and simulations.
    #[serde(default)]
    pub agent: AgentGrants,
}

/// The claim `video`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(clippy::struct_excessive_bools)] // The protocol's own shape.
#[allow(missing_docs)] // The names are the grants' own.
pub struct VideoGrants {
    pub room_create: bool,
    pub room_list: bool,
    pub room_record: bool,
    pub room_admin: bool,
    pub room_join: bool,
    pub room: String,
    pub destination_room: String,
    pub ingress_admin: bool,
}

/// The claim `sip`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct SipGrants {
    pub admin: bool,
    pub call: bool,
}

/// The claim `agent`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct AgentGrants {
    pub admin: bool,
    pub simulation_admin: bool,
}

impl Grants {
    /// Every grant there is, for one room.
    pub fn all(room: impl Into<String>) -> Self {
        let room = room.into();
        Self {
            video: VideoGrants {
                room_create: true,
                room_list: true,
                room_record: true,
                room_admin: true,
                room_join: true,
                destination_room: room.clone(),
                room,
                ingress_admin: true,
            },
            sip: SipGrants { admin: true, call: true },
            agent: AgentGrants { admin: true, simulation_admin: true },
        }
    }
}
