//! The grants of the tokens that the server is measured with.

use livekit_mock::{AgentGrants, Grants, SipGrants, VideoGrants};

/// The grants that all methods together need, which are more than any SDK puts into one token. They are
/// listed here so that the token keeps its length when the protocol gains grants. Otherwise figures could not be
/// compared.
pub(crate) fn of_every_method() -> Grants {
    let video = VideoGrants::new().room_create().room_list().room_record().room_admin();
    let video = video.room_join().ingress_admin().room("my-room").destination_room("my-room");
    let sip = SipGrants::new().admin().call();
    Grants::new().video(video).sip(sip).agent(AgentGrants::new().admin().simulation_admin())
}
