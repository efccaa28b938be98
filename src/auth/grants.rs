//! What a token allows, as LiveKit names it (`docs/BEHAVIOUR.md`, Tokens and grants).

use serde::Serialize;

use super::grant::{GrantClaim, GrantSlot, grant_claim, grant_claims, is_default};

grant_claims! {
    /// What a token allows: all the claims that LiveKit has for grants.
    ///
    /// ```
    /// use livekit_mock::{Grants, SipGrants, VideoGrants};
    ///
    /// let one = VideoGrants::new().room_join().room("lobby");
    /// let several = Grants::new().video(one.clone()).sip(SipGrants::new().call());
    /// assert_eq!(Grants::from(one).video, several.video);
    /// ```
    Grants {
        /// Rooms, recording, ingress.
        video: VideoGrants = "video",
        /// Trunks, dispatch rules, calls.
        sip: SipGrants = "sip",
        /// Agents of LiveKit Cloud: deployments, simulations.
        agent: AgentGrants = "agent",
        /// The HTTP endpoints of agents.
        agent_endpoint: AgentEndpointGrants = "agentEndpoint",
        /// The threads of agents.
        agent_thread: AgentThreadGrants = "agentThread",
        /// LiveKit Inference.
        inference: InferenceGrants = "inference",
        /// LiveKit's observability.
        observability: ObservabilityGrants = "observability",
    }
}

grant_claim! {
    /// The claim `video`: rooms, recording, ingress, and what a participant may do in a room.
    VideoGrants {
        /// Create and delete rooms; connect calls of WhatsApp and Twilio.
        room_create: flag = "roomCreate",
        /// List rooms.
        room_list: flag = "roomList",
        /// Record and stream: all of egress.
        room_record: flag = "roomRecord",
        /// Moderate the room that `room` names.
        room_admin: flag = "roomAdmin",
        /// Join the room that `room` names.
        room_join: flag = "roomJoin",
        /// The room that `room_admin` and `room_join` are for.
        room: text = "room",
        /// The room that participants may be forwarded or moved to.
        destination_room: text = "destinationRoom",
        /// Publish tracks. If left out, it is allowed.
        can_publish: choice = "canPublish",
        /// Subscribe to tracks. If left out, it is allowed.
        can_subscribe: choice = "canSubscribe",
        /// Publish data. If left out, `can_publish` decides.
        can_publish_data: choice = "canPublishData",
        /// The only sources that may be published, such as `camera` or `microphone`; empty: all.
        can_publish_sources: texts = "canPublishSources",
        /// Change one's own name, metadata and attributes. If left out, it is not allowed.
        can_update_own_metadata: choice = "canUpdateOwnMetadata",
        /// Receive metrics of others. If left out, it is not allowed.
        can_subscribe_metrics: choice = "canSubscribeMetrics",
        /// Manage an agent's session. If left out, it is not allowed.
        can_manage_agent_session: choice = "canManageAgentSession",
        /// All of ingress.
        ingress_admin: flag = "ingressAdmin",
        /// Be invisible to other participants.
        hidden: flag = "hidden",
        /// Be a recorder.
        recorder: flag = "recorder",
        /// Register as a worker for agents.
        agent: flag = "agent",
    }
}

grant_claim! {
    /// The claim `sip`: trunks, dispatch rules, calls.
    SipGrants {
        /// Manage trunks, dispatch rules and phone numbers.
        admin: flag = "admin",
        /// Make and transfer calls.
        call: flag = "call",
    }
}

grant_claim! {
    /// The claim `agent`: agents of LiveKit Cloud.
    AgentGrants {
        /// Deploy and manage agents.
        admin: flag = "admin",
        /// Run simulations.
        simulation_admin: flag = "simulationAdmin",
        /// Use the databases of agents.
        database_admin: flag = "databaseAdmin",
        /// Manage the queue of dispatches.
        dispatch_admin: flag = "dispatchAdmin",
    }
}

grant_claim! {
    /// The claim `agentEndpoint`: the HTTP endpoints of agents.
    AgentEndpointGrants {
        /// Call the endpoints, including those that are not public.
        call: flag = "call",
        /// The only agent whose endpoints may be called; empty: every agent.
        agent_name: text = "agentName",
        /// The only deployment that may be called; empty: every deployment.
        deployment: text = "deployment",
    }
}

grant_claim! {
    /// The claim `agentThread`: the threads of agents.
    AgentThreadGrants {
        /// Use every thread, in every scope.
        all: flag = "all",
        /// The scope in which threads may be listed and created.
        scope: text = "scope",
        /// The only threads that may be read, written and deleted.
        thread_ids: texts = "threadIds",
        /// List threads.
        list: flag = "list",
        /// Create threads.
        create: flag = "create",
        /// Write to threads.
        write: flag = "write",
        /// Read threads.
        read: flag = "read",
        /// Delete threads.
        delete: flag = "delete",
    }
}

grant_claim! {
    /// The claim `inference`: LiveKit Inference.
    InferenceGrants {
        /// Use the models.
        perform: flag = "perform",
    }
}

grant_claim! {
    /// The claim `observability`: what LiveKit records of sessions.
    ObservabilityGrants {
        /// Publish to LiveKit's observability.
        write: flag = "write",
    }
}

impl Grants {
    /// Every permission, for one room. `hidden`, `recorder` and `agent` are left out: they do not allow
    /// anything but say what the participant is.
    pub fn all(room: impl Into<String>) -> Self {
        let room = room.into();
        let thread = AgentThreadGrants::new().all().list().create().write().read().delete();
        Self::new()
            .video(
                VideoGrants::new()
                    .room_create()
                    .room_list()
                    .room_record()
                    .room_admin()
                    .room_join()
                    .room(room.clone())
                    .destination_room(room)
                    .can_update_own_metadata(true)
                    .can_subscribe_metrics(true)
                    .can_manage_agent_session(true)
                    .ingress_admin(),
            )
            .sip(SipGrants::new().admin().call())
            .agent(AgentGrants::new().admin().simulation_admin().database_admin().dispatch_admin())
            .agent_endpoint(AgentEndpointGrants::new().call())
            .agent_thread(thread)
            .inference(InferenceGrants::new().perform())
            .observability(ObservabilityGrants::new().write())
    }
}
