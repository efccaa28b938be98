//! The client, as its room knows it.

use livekit_protocol::ParticipantPermission;

use crate::{auth::VideoGrants, signal::message::Join};

#[derive(Debug, Default)]
pub(in crate::signal) struct Guest {
    pub(super) rights: Rights,
    /// Whether one peer connection does for both ways.
    pub(super) single: bool,
    /// Whether it is back, and may have a peer connection already.
    pub(super) resumes: bool,
    /// A hash of its token.
    pub(super) token: u64,
    pub(super) identity: String,
    /// What the server says that it speaks.
    pub(super) protocol: i32,
}

/// What the client's token lets it do.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::signal) struct Rights {
    publish: bool,
    publish_data: bool,
    subscribe: bool,
}

impl Guest {
    /// The client that joins like this.
    pub(in crate::signal) fn new(
        join: &Join,
        rights: Rights,
        token: u64,
        single: bool,
        resumes: bool,
    ) -> Self {
        let identity = join.identity.clone();
        Self { rights, single, resumes, token, identity, protocol: join.protocol }
    }
}

impl Rights {
    pub(in crate::signal) fn of(grants: &VideoGrants) -> Self {
        let publish = grants.can_publish.unwrap_or(true);
        let publish_data = grants.can_publish_data.unwrap_or(publish);
        Self { publish, publish_data, subscribe: grants.can_subscribe.unwrap_or(true) }
    }

    pub(super) fn permission(self) -> ParticipantPermission {
        ParticipantPermission {
            can_publish: self.publish,
            can_publish_data: self.publish_data,
            can_subscribe: self.subscribe,
            ..ParticipantPermission::default()
        }
    }
}
