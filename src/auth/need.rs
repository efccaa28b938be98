//! What a method requires of the token.

use super::{claims::Claims, grants::Grants, hint::hint, token::Jwt};

/// One grant that a method requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    RoomCreate,
    RoomList,
    RoomRecord,
    /// `roomAdmin` for the request's room.
    RoomAdmin,
    /// `destinationRoom`, equal to the request's destination.
    DestinationRoom,
    IngressAdmin,
    SipAdmin,
    SipCall,
    AgentAdmin,
    AgentSimulationAdmin,
}

/// The rooms that a request names; empty if it names none.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct RequestedRooms<'a> {
    pub(crate) room: &'a str,
    pub(crate) destination_room: &'a str,
}

impl Need {
    pub(crate) fn met_by(self, claims: &Claims, rooms: &RequestedRooms<'_>) -> bool {
        let Grants { video, sip, agent, .. } = &claims.grants;
        match self {
            Self::RoomCreate => video.room_create,
            Self::RoomList => video.room_list,
            Self::RoomRecord => video.room_record,
            Self::RoomAdmin => {
                video.room_admin && (rooms.room.is_empty() || video.room == rooms.room)
            }
            Self::DestinationRoom => {
                rooms.destination_room.is_empty()
                    || video.destination_room == rooms.destination_room
            }
            Self::IngressAdmin => video.ingress_admin,
            Self::SipAdmin => sip.admin,
            Self::SipCall => sip.call,
            Self::AgentAdmin => agent.admin,
            Self::AgentSimulationAdmin => agent.simulation_admin,
        }
    }

    /// The claim that holds the grant, and the grant's name in it.
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

    /// A sentence that says why the token does not meet the need.
    pub(crate) fn unmet(
        self,
        jwt: &Jwt<'_>,
        claims: &Claims,
        rooms: &RequestedRooms<'_>,
    ) -> String {
        let video = &claims.grants.video;
        let (group, member) = self.place();
        match self {
            Self::RoomAdmin if video.room_admin => format!(
                "the token is for room \"{}\" (video.room), the request for \"{}\"",
                video.room, rooms.room
            ),
            Self::DestinationRoom => format!(
                "the token is for destination \"{}\" (video.destinationRoom), the request for \"{}\"",
                video.destination_room, rooms.destination_room
            ),
            _ => {
                let hint = hint(&jwt.payload(), group, member);
                let why = hint.unwrap_or_else(|| granted(&claims.grants));
                format!("the token lacks the grant {group}.{member}; {why}")
            }
        }
    }
}

/// The grants that a token does have, in a sentence.
fn granted(grants: &Grants) -> String {
    match &*grants.flags() {
        [] => "it has no grants".to_owned(),
        flags => format!("it has {}", flags.join(", ")),
    }
}
