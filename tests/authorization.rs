//! Authorization: the three modes, what overrides them, and the grants of each method
//! (`docs/BEHAVIOUR.md`, Tokens and grants).

mod support;

use livekit_mock::{AccessToken, AgentGrants, Auth, Grants, Mock, SipGrants, VideoGrants};
use serde_json::json;

use support::{Answer, CREATE_ROOM, post, start};

/// What a request sends as its token.
#[derive(Debug, Clone, Copy)]
enum Brings {
    Nothing,
    Placeholder,
    BadSignature,
    NoGrant,
    Enough,
}
use Brings::{BadSignature, Enough, NoGrant, Nothing, Placeholder};

fn header(mock: &Mock, brings: Brings) -> Option<String> {
    let token = match brings {
        Nothing => return None,
        Placeholder => "test-token".to_owned(),
        BadSignature => AccessToken::new("key", "wrong").grants(Grants::all("r")).to_jwt(),
        NoGrant => mock.token().to_jwt(),
        Enough => mock.token().grants(Grants::all("r")).to_jwt(),
    };
    Some(format!("Bearer {token}"))
}

async fn ask(mock: &Mock, authorization: Option<&str>, control: &str) -> Answer {
    let mut headers = vec![("x-lk-mock", control)];
    headers.extend(authorization.map(|value| ("authorization", value)));
    post(mock, 0, CREATE_ROOM, &headers, "{}").await
}

fn assert_refused(answer: &Answer, status: u16, why: &str) {
    let code = if status == 401 { "unauthenticated" } else { "permission_denied" };
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.json(), json!({"code": code, "msg": format!("mock: {code}")}));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-lk-mock-region"), Some(""));
    let warnings = answer.warnings();
    assert!(warnings.iter().any(|warning| warning.contains(why)), "{why:?} not in {warnings:?}");
}

/// The table of modes: the status of a request for each kind of token.
const MODES: [(Auth, [(Brings, u16); 5]); 3] = [
    (
        Auth::Strict,
        [(Nothing, 401), (Placeholder, 401), (BadSignature, 401), (NoGrant, 403), (Enough, 200)],
    ),
    (
        Auth::Lenient,
        [(Nothing, 200), (Placeholder, 200), (BadSignature, 401), (NoGrant, 403), (Enough, 200)],
    ),
    (
        Auth::Off,
        [(Nothing, 200), (Placeholder, 200), (BadSignature, 200), (NoGrant, 200), (Enough, 200)],
    ),
];

#[tokio::test]
async fn each_mode_answers_as_its_row_says() {
    for (mode, row) in MODES {
        let mock = start(Mock::builder().auth(mode)).await;
        for (brings, status) in row {
            let answer = ask(&mock, header(&mock, brings).as_deref(), "{}").await;
            assert_eq!(answer.status, status, "{mode} {brings:?}");
            let warned = !answer.warnings().is_empty();
            let lenient = mode == Auth::Lenient && matches!(brings, Nothing | Placeholder);
            assert_eq!(warned, lenient || status != 200, "{mode} {brings:?}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_control_overrides_the_mode() {
    for (own, _) in MODES {
        let mock = start(Mock::builder().auth(own)).await;
        for (mode, row) in MODES {
            for (brings, status) in row {
                let control = format!("{{\"auth\":\"{mode}\"}}");
                let answer = ask(&mock, header(&mock, brings).as_deref(), &control).await;
                assert_eq!(answer.status, status, "{mode} over {own}: {brings:?}");
            }
        }
        let answer = ask(&mock, None, "{\"auth\":\"STRICT\"}").await;
        assert_eq!(answer.status, 401, "in any case");
    }
}

#[tokio::test]
async fn skip_auth_wins_over_every_mode() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    for brings in [Nothing, Placeholder, BadSignature, NoGrant] {
        let authorization = header(&mock, brings);
        for control in ["{\"skipAuth\":true}", "{\"skipAuth\":true,\"auth\":\"strict\"}"] {
            let answer = ask(&mock, authorization.as_deref(), control).await;
            assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]), "{brings:?}");
        }
        let answer = ask(&mock, authorization.as_deref(), "{\"skipAuth\":false}").await;
        assert!(answer.status.is_client_error(), "{brings:?}");
    }
}

#[tokio::test]
async fn a_warning_says_why_a_request_is_refused() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    for (authorization, why) in [
        (None, "the request has no token"),
        (Some(String::new()), "the request has no token"),
        (Some("Bearer test-token".to_owned()), "the token is not a JWT"),
        (Some("Bearer a.b".to_owned()), "the token is not a JWT"),
        (Some("Bearer a.b.c.d".to_owned()), "the token is not a JWT"),
        (Some("Bearer a.b.c".to_owned()), "the token does not decode"),
        (Some("Bearer ..".to_owned()), "the token does not decode"),
        (header(&mock, BadSignature), "the token is not signed with this server's API secret"),
        // {"alg":"none"} and {"alg":"HS512"}, with {"exp":9999999999}.
        (
            Some("Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.".to_owned()),
            "the token's alg is \"none\", it must be \"HS256\"",
        ),
        (
            Some("Bearer eyJhbGciOiJIUzUxMiJ9.eyJleHAiOjk5OTk5OTk5OTl9.eA".to_owned()),
            "the token's alg is \"HS512\", it must be \"HS256\"",
        ),
    ] {
        assert_refused(&ask(&mock, authorization.as_deref(), "{}").await, 401, why);
    }
    let denied = ask(&mock, header(&mock, NoGrant).as_deref(), "{}").await;
    assert_refused(&denied, 403, "the token lacks the grant video.roomCreate");
}

#[tokio::test]
async fn no_answer_and_no_warning_holds_the_token() {
    let mock = start(Mock::builder()).await;
    for brings in [BadSignature, NoGrant] {
        let authorization = header(&mock, brings).expect("a token");
        let answer = format!("{:?}", ask(&mock, Some(&authorization), "{}").await);
        for part in authorization.trim_start_matches("Bearer ").split('.') {
            assert!(!answer.contains(part), "{answer}");
        }
    }
}

#[tokio::test]
async fn the_prefix_may_be_left_out_but_not_respelled() {
    let mock = start(Mock::builder().auth(Auth::Strict)).await;
    let token = mock.token().grants(Grants::all("r")).to_jwt();
    for (authorization, status) in [
        (format!("Bearer {token}"), 200),
        (format!("Bearer  {token}"), 200),
        (token.clone(), 200),
        (format!("bearer {token}"), 401),
        (format!("Basic {token}"), 401),
    ] {
        let answer = ask(&mock, Some(&authorization), "{}").await;
        assert_eq!(answer.status, status, "{}", authorization.split('.').next().unwrap_or(""));
    }
}

// === Grants ===

fn room_admin(room: &str) -> VideoGrants {
    VideoGrants::new().room_admin().room(room)
}

/// A single grant, or a few that go together, by the name that the table uses.
fn grants(name: &str) -> Grants {
    match name {
        "none" => Grants::new(),
        "roomCreate" => VideoGrants::new().room_create().into(),
        "roomList" => VideoGrants::new().room_list().into(),
        "roomRecord" => VideoGrants::new().room_record().into(),
        "roomJoin" => VideoGrants::new().room_join().into(),
        "ingressAdmin" => VideoGrants::new().ingress_admin().into(),
        "roomAdmin" => room_admin("my-room").into(),
        "roomAdmin elsewhere" => room_admin("other").into(),
        "sip.admin" => SipGrants::new().admin().into(),
        "sip.call" => SipGrants::new().call().into(),
        "agent.admin" => AgentGrants::new().admin().into(),
        "agent.simulationAdmin" => AgentGrants::new().simulation_admin().into(),
        "sip.call and roomAdmin" => {
            Grants::new().sip(SipGrants::new().call()).video(room_admin("my-room"))
        }
        "sip.call and roomAdmin elsewhere" => {
            Grants::new().sip(SipGrants::new().call()).video(room_admin("other"))
        }
        "roomAdmin and destination" => room_admin("my-room").destination_room("there").into(),
        _ => panic!("no grants are called {name}"),
    }
}

const ALL: [&str; 15] = [
    "none",
    "roomCreate",
    "roomList",
    "roomRecord",
    "roomJoin",
    "ingressAdmin",
    "roomAdmin",
    "roomAdmin elsewhere",
    "sip.admin",
    "sip.call",
    "agent.admin",
    "agent.simulationAdmin",
    "sip.call and roomAdmin",
    "sip.call and roomAdmin elsewhere",
    "roomAdmin and destination",
];
const ADMIN: &[&str] = &["roomAdmin", "sip.call and roomAdmin", "roomAdmin and destination"];
const ADMIN_ANYWHERE: &[&str] = &[
    "roomAdmin",
    "roomAdmin elsewhere",
    "sip.call and roomAdmin",
    "sip.call and roomAdmin elsewhere",
    "roomAdmin and destination",
];
const CALL: &[&str] = &["sip.call", "sip.call and roomAdmin", "sip.call and roomAdmin elsewhere"];
const IN_MY_ROOM: &str = "{\"room\":\"my-room\"}";
const MOVE: &str = "{\"room\":\"my-room\",\"destinationRoom\":\"there\"}";

/// Methods of a service, a request, and the only grants with which it is allowed.
type Row = (&'static str, &'static [&'static str], &'static str, &'static [&'static str]);

#[rustfmt::skip] // A table.
const METHODS: &[Row] = &[
    ("RoomService", &["CreateRoom"], "{\"name\":\"my-room\"}", &["roomCreate"]),
    ("RoomService", &["DeleteRoom"], IN_MY_ROOM, &["roomCreate"]),
    ("RoomService", &["ListRooms"], "{\"names\":[\"my-room\"]}", &["roomList"]),
    ("RoomService", &["ListParticipants", "GetParticipant", "RemoveParticipant", "MutePublishedTrack",
        "UpdateParticipant", "UpdateSubscriptions", "SendData", "UpdateRoomMetadata", "PerformRpc"], IN_MY_ROOM, ADMIN),
    ("RoomService", &["ListParticipants", "UpdateRoomMetadata"], "{}", ADMIN_ANYWHERE),
    ("RoomService", &["ForwardParticipant", "MoveParticipant"], MOVE, &["roomAdmin and destination"]),
    ("RoomService", &["ForwardParticipant", "MoveParticipant"], IN_MY_ROOM, ADMIN),
    ("AgentDispatchService", &["CreateDispatch", "DeleteDispatch", "ListDispatch"], IN_MY_ROOM, ADMIN),
    ("AgentDispatchService", &["CreateDispatch", "ListDispatch"], "{}", ADMIN_ANYWHERE),
    ("Egress", &["StartEgress", "StartRoomCompositeEgress", "StartWebEgress", "StartParticipantEgress",
        "StartTrackCompositeEgress", "StartTrackEgress", "UpdateLayout", "UpdateStream", "ListEgress", "StopEgress"],
        "{}", &["roomRecord"]),
    ("Ingress", &["CreateIngress", "UpdateIngress", "ListIngress", "DeleteIngress"], "{}", &["ingressAdmin"]),
    ("SIP", &["CreateSIPInboundTrunk", "CreateSIPOutboundTrunk", "UpdateSIPInboundTrunk", "UpdateSIPOutboundTrunk",
        "GetSIPInboundTrunk", "GetSIPOutboundTrunk", "ListSIPTrunk", "ListSIPInboundTrunk", "ListSIPOutboundTrunk",
        "DeleteSIPTrunk", "CreateSIPDispatchRule", "UpdateSIPDispatchRule", "ListSIPDispatchRule",
        "DeleteSIPDispatchRule"], "{}", &["sip.admin"]),
    ("SIP", &["CreateSIPParticipant"], "{\"roomName\":\"my-room\"}", CALL),
    ("SIP", &["TransferSIPParticipant"], "{\"roomName\":\"my-room\"}", &["sip.call and roomAdmin"]),
    ("SIP", &["TransferSIPParticipant"], "{}", &["sip.call and roomAdmin", "sip.call and roomAdmin elsewhere"]),
    ("Connector", &["DialWhatsAppCall", "DisconnectWhatsAppCall", "ConnectWhatsAppCall", "AcceptWhatsAppCall",
        "ConnectTwilioCall"], "{}", &["roomCreate"]),
    ("PhoneNumberService", &["SearchPhoneNumbers", "PurchasePhoneNumber", "ListPhoneNumbers", "GetPhoneNumber",
        "UpdatePhoneNumber", "ReleasePhoneNumbers"], "{}", &["sip.admin"]),
    ("CloudAgent", &["CreateAgent", "CreateAgentV2", "PromoteAgent", "ListAgents", "ListAgentVersions",
        "ListAgentSecrets", "UpdateAgent", "RestartAgent", "DeployAgent", "DeployAgentV2", "UpdateAgentSecrets",
        "RollbackAgent", "DeleteAgent", "GetClientSettings", "CreatePrivateLink", "DestroyPrivateLink",
        "ListPrivateLinks", "GetPrivateLinkStatus"], "{}", &["agent.admin"]),
    ("AgentSimulation", &["CreateSimulationRun", "ConfirmSimulationSourceUpload", "GetSimulationRun",
        "ListSimulationRuns", "CountSimulationRuns", "CancelSimulationRun", "CreateScenarioFromSession"], "{}",
        &["agent.simulationAdmin"]),
    ("Replay", &["ListReplays", "Playback", "Seek", "Close", "Export", "DeleteReplay"], "{}", &ALL),
];

#[tokio::test]
async fn each_method_needs_its_grant_and_no_other() {
    let mock = start(Mock::builder()).await;
    for (service, methods, body, enough) in METHODS {
        for method in *methods {
            let path = format!("/twirp/livekit.{service}/{method}");
            for name in ALL {
                let token = mock.token().grants(grants(name)).to_jwt();
                let headers = [("authorization", token.as_str()), ("x-lk-mock", "{\"delayMs\":0}")];
                let answer = post(&mock, 0, &path, &headers, body).await;
                let granted = enough.contains(&name);
                let status = if granted { 200 } else { 403 };
                assert_eq!(answer.status, status, "{path} {body} with {name}");
                if granted {
                    assert_eq!(answer.warnings(), Vec::<&str>::new(), "{path}");
                } else {
                    assert_refused(&answer, 403, "permission_denied: the token ");
                }
            }
            // Every method needs a valid token.
            let headers = [("x-lk-mock", "{\"auth\":\"strict\",\"delayMs\":0}")];
            assert_eq!(post(&mock, 0, &path, &headers, body).await.status, 401, "{path}");
        }
    }
}

#[tokio::test]
async fn a_room_that_does_not_fit_is_named() {
    let mock = start(Mock::builder()).await;
    for (grants, path, body, why) in [
        (
            room_admin("other"),
            "/twirp/livekit.RoomService/ListParticipants",
            IN_MY_ROOM,
            "the token is for room \"other\" (video.room), the request for \"my-room\"",
        ),
        (
            room_admin("my-room"),
            "/twirp/livekit.RoomService/MoveParticipant",
            MOVE,
            "the token is for destination \"\" (video.destinationRoom), the request for \"there\"",
        ),
    ] {
        let token = mock.token().grants(grants).to_jwt();
        let answer = post(&mock, 0, path, &[("authorization", &token)], body).await;
        assert_refused(&answer, 403, why);
    }
}

#[tokio::test]
async fn protobuf_requests_are_authorized_by_their_room_too() {
    let mock = start(Mock::builder()).await;
    for (room, status) in [("my-room", 200), ("other", 403)] {
        let token = format!("Bearer {}", mock.token().grants(room_admin(room)).to_jwt());
        let headers = [("authorization", token.as_str()), ("content-type", "application/protobuf")];
        let path = "/twirp/livekit.RoomService/ListParticipants";
        let body = &b"\x0a\x07my-room"[..];
        let answer = support::call(&mock, 0, "POST", path, &headers, body).await;
        assert_eq!(answer.expect("an answer").status, status, "{room}");
    }
}
