//! What a method needs of its caller.

use super::{claims::Claims, grants::Grants, hint::hint, token::Jwt};

/// One thing that a token must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    RoomCreate,
    RoomList,
    RoomRecord,
    /// `roomAdmin` for the request's room.
    RoomAdmin,
    /// A destination equal to the request's.
    DestinationRoom,
    IngressAdmin,
    SipAdmin,
    SipCall,
    AgentAdmin,
    AgentSimulationAdmin,
}

/// The rooms that a request names; empty where it names none.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) room: &'a str,
    pub(crate) destination_room: &'a str,
}

impl Need {
    pub(crate) fn met_by(self, claims: &Claims, scope: &Scope<'_>) -> bool {
        let Grants { video, sip, agent, .. } = &claims.grants;
        match self {
            Self::RoomCreate => video.room_create,
            Self::RoomList => video.room_list,
            Self::RoomRecord => video.room_record,
            Self::RoomAdmin => {
                video.room_admin && (scope.room.is_empty() || video.room == scope.room)
            }
            Self::DestinationRoom => {
                scope.destination_room.is_empty()
                    || video.destination_room == scope.destination_room
            }
            Self::IngressAdmin => video.ingress_admin,
            Self::SipAdmin => sip.admin,
            Self::SipCall => sip.call,
            Self::AgentAdmin => agent.admin,
            Self::AgentSimulationAdmin => agent.simulation_admin,
        }
    }

    /// The grant's claim and its name in there.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::RoomCreate => ("video", "roomCreate"),
            Self::RoomList => ("video", "roomList"),
            Self::RoomRecord => ("video", "roomRecord"),
            Self::RoomAdmin => ("video", "roomAdmin"),
            Self::DestinationRoom => ("video", "destinationRoom"),
            Self::IngressAdmin => ("video", "ingressAdmin"),
            Self::SipAdmin => ("sip", "admin"),
            Self::SipCall => ("sip", "call"),
            Self::AgentAdmin => ("agent", "admin"),
            Self::AgentSimulationAdmin => ("agent", "simulationAdmin"),
        }
    }

    /// Why the need is not met, in a sentence.
    pub(crate) fn unmet(self, jwt: &Jwt<'_>, claims: &Claims, scope: &Scope<'_>) -> String {
        let video = &claims.grants.video;
        let (group, member) = self.place();
        match self {
            Self::RoomAdmin if video.room_admin => format!(
                "the token is for room \"{}\" (video.room), the request for \"{}\"",
                video.room, scope.room
            ),
            Self::DestinationRoom => format!(
                "the token is for destination \"{}\" (video.destinationRoom), the request for \"{}\"",
                video.destination_room, scope.destination_room
            ),
            _ => {
                let hint = hint(&jwt.payload(), group, member);
                let why = hint.unwrap_or_else(|| granted(&claims.grants));
                format!("the token lacks the grant {group}.{member}; {why}")
            }
        }
    }
}

/// What a token does grant.
fn granted(grants: &Grants) -> String {
    match &*grants.flags() {
        [] => "it has no grants".to_owned(),
        flags => format!("it has {}", flags.join(", ")),
    }
}
