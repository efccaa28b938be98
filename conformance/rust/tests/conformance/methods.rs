//! Every method of every client that `LiveKitApi` gives, once, with the grants that the
//! SDK attaches by itself, and the whole answer checked: what the request has too is
//! echoed, ids get a placeholder, lists of messages one element.

use std::{collections::BTreeSet, time::Duration};

use livekit_api::services::{
    LiveKitApi, ServerErrorCode, ServiceResult,
    connector::{AcceptWhatsAppCallOptions, ConnectTwilioCallOptions, DialWhatsAppCallOptions},
    egress::{
        EgressListFilter, EgressListOptions, EgressOutput, ParticipantEgressOptions,
        RoomCompositeOptions, TrackCompositeOptions, TrackEgressOutput, WebOptions,
    },
    ingress::{CreateIngressOptions, IngressListFilter, UpdateIngressOptions},
    room::{
        CreateRoomOptions, RemoveParticipantOptions, SendDataOptions, UpdateParticipantOptions,
    },
    sip::{
        CreateSIPDispatchRuleOptions, CreateSIPInboundTrunkOptions, CreateSIPOutboundTrunkOptions,
        CreateSIPParticipantOptions, ListSIPDispatchRuleFilter, ListSIPInboundTrunkFilter,
        ListSIPOutboundTrunkFilter, TransferSIPParticipantOptions,
    },
};
use livekit_mock_conformance::{Outcome, programmed, report, sdk, twirp_error};
use livekit_protocol::{
    self as proto,
    agent::{agent_task, agent_thread},
    agent_db,
};
use serde::Serialize;
use serde_json::{Value, json};

/// The methods that were called, as `accessor.method`.
#[derive(Default)]
struct Called(BTreeSet<String>);

/// Calls a method and remembers that it was called.
macro_rules! call {
    ($called:ident, $api:ident.$service:ident.$method:ident($($argument:expr),* $(,)?)) => {{
        $called.0.insert(concat!(stringify!($service), ".", stringify!($method)).to_owned());
        $api.$service().$method($($argument),*).await
    }};
}

#[tokio::test]
async fn every_method() {
    // Two methods ring a phone for 11 s; that wait is deadline.rs's.
    let api = programmed(json!({ "delayMs": 0 }));
    let mut called = Called::default();

    rooms(&api, &mut called).await;
    egress(&api, &mut called).await;
    ingress(&api, &mut called).await;
    trunks(&api, &mut called).await;
    dispatch_rules_and_calls(&api, &mut called).await;
    agent_dispatches(&api, &mut called).await;
    connectors(&api, &mut called).await;
    threads(&api, &mut called).await;
    databases(&api, &mut called).await;

    assert_eq!(called.0, sdk::find().methods(), "left: called, right: the SDK has");
    a_muted_track_is_taken_for_granted().await;
    report(
        "methods",
        Outcome::Wrong(
            "mute_published_track panics on an answer without a track (it unwraps an optional field); the mock has to \
             be given one as `response`. All other methods work, but for ThreadClient and DatabaseClient: they speak \
             LiveKit's REST API, which the mock answers 404",
        ),
    );
}

#[track_caller]
fn answers<T: Serialize>(result: ServiceResult<T>, expected: Value) {
    let answer = result.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(serde_json::to_value(answer).expect("a message is JSON"), expected);
}

/// As [`answers`], and the answer may hold more.
#[track_caller]
fn answers_with<T: Serialize>(result: ServiceResult<T>, expected: Value) {
    let answer = result.unwrap_or_else(|error| panic!("{error}"));
    let answer = serde_json::to_value(answer).expect("a message is JSON");
    assert!(holds(&answer, &expected), "expected in it: {expected}\nactual: {answer}");
}

fn holds(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => expected
            .iter()
            .all(|(name, value)| answer.get(name).is_some_and(|found| holds(found, value))),
        (Value::Array(answer), Value::Array(expected)) => {
            answer.len() == expected.len()
                && answer.iter().zip(expected).all(|(found, value)| holds(found, value))
        }
        _ => answer == expected,
    }
}

fn room_with(more: Value) -> Value {
    merge(json!({ "sid": "MOCK_SID", "enabledCodecs": [{}] }), more)
}

fn participant_with(more: Value) -> Value {
    let tracks = json!([{ "sid": "MOCK_SID" }]);
    merge(json!({ "sid": "MOCK_SID", "tracks": tracks, "dataTracks": tracks }), more)
}

fn egress_with(more: Value) -> Value {
    let results = json!({
        "egressId": "MOCK_EGRESS_ID", "roomId": "MOCK_ROOM_ID",
        "streamResults": [{}], "fileResults": [{}], "segmentResults": [{}], "imageResults": [{}],
    });
    merge(results, more)
}

fn merge(mut base: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("an object") };
    base.as_object_mut().expect("an object").extend(more);
    base
}

async fn rooms(api: &LiveKitApi, called: &mut Called) {
    let options = || CreateRoomOptions {
        empty_timeout: 300,
        departure_timeout: 20,
        max_participants: 50,
        node_id: "ND_1".into(),
        metadata: "meta".into(),
        ..Default::default()
    };
    let created = room_with(json!({
        "name": "lobby", "emptyTimeout": 300, "departureTimeout": 20, "maxParticipants": 50, "metadata": "meta",
    }));
    answers(call!(called, api.room.create_room("lobby", options())), created.clone());
    answers(
        call!(called, api.room.create_room_with_playout_delay("lobby", options(), 10, 20)),
        created,
    );
    answers(
        call!(called, api.room.list_rooms(vec!["lobby".into()])),
        json!([{ "sid": "MOCK_SID" }]),
    );
    answers(
        call!(called, api.room.update_room_metadata("lobby", "new")),
        room_with(json!({ "metadata": "new" })),
    );
    answers(call!(called, api.room.list_participants("lobby")), json!([{ "sid": "MOCK_SID" }]));
    answers(
        call!(called, api.room.get_participant("lobby", "alice")),
        participant_with(json!({ "identity": "alice" })),
    );
    let options = UpdateParticipantOptions {
        metadata: "meta".into(),
        name: "Alice".into(),
        ..Default::default()
    };
    answers(
        call!(called, api.room.update_participant("lobby", "alice", options)),
        participant_with(json!({ "identity": "alice", "metadata": "meta", "name": "Alice" })),
    );
    answers(call!(called, api.room.remove_participant("lobby", "alice")), Value::Null);
    let options = RemoveParticipantOptions { revoke_token_ts: 1_700_000_000_000 };
    answers(
        call!(called, api.room.remove_participant_with_options("lobby", "alice", options)),
        Value::Null,
    );
    answers(call!(called, api.room.forward_participant("lobby", "alice", "hall")), Value::Null);
    answers(call!(called, api.room.move_participant("lobby", "alice", "hall")), Value::Null);
    answers(
        call!(called, api.room.update_subscriptions("lobby", "alice", vec!["TR_1".into()], true)),
        Value::Null,
    );
    let options = SendDataOptions { topic: Some("chat".into()), ..Default::default() };
    answers(call!(called, api.room.send_data("lobby", b"hello".to_vec(), options)), Value::Null);
    answers(call!(called, api.room.delete_room("lobby")), Value::Null);

    let api = programmed(json!({ "response": { "track": { "sid": "TR_1", "muted": true } } }));
    answers(
        call!(called, api.room.mute_published_track("lobby", "alice", "TR_1", true)),
        json!({ "sid": "TR_1", "muted": true }),
    );
}

/// The populated answer leaves singular messages unset, the track among them.
async fn a_muted_track_is_taken_for_granted() {
    let call = tokio::spawn(async {
        let api = programmed(json!({}));
        api.room().mute_published_track("lobby", "alice", "TR_1", true).await
    });
    let error = call.await.expect_err("the SDK unwraps the missing track");
    assert!(error.is_panic(), "{error}");
}

async fn egress(api: &LiveKitApi, called: &mut Called) {
    let file = || {
        vec![EgressOutput::File(proto::EncodedFileOutput {
            filepath: "a.mp4".into(),
            ..Default::default()
        })]
    };
    let in_lobby = || egress_with(json!({ "roomName": "lobby" }));

    let options = RoomCompositeOptions { layout: "grid".into(), ..Default::default() };
    answers(
        call!(called, api.egress.start_room_composite_egress("lobby", file(), options)),
        in_lobby(),
    );
    let options = WebOptions::default();
    answers(
        call!(called, api.egress.start_web_egress("https://example.com", file(), options)),
        egress_with(json!({})),
    );
    let options = ParticipantEgressOptions::default();
    answers(
        call!(called, api.egress.start_participant_egress("lobby", "alice", file(), options)),
        in_lobby(),
    );
    let options = TrackCompositeOptions { audio_track_id: "TR_1".into(), ..Default::default() };
    answers(
        call!(called, api.egress.start_track_composite_egress("lobby", file(), options)),
        in_lobby(),
    );
    let output = TrackEgressOutput::WebSocket("wss://example.com".into());
    answers(call!(called, api.egress.start_track_egress("lobby", output, "TR_1")), in_lobby());
    let request = proto::StartEgressRequest { room_name: "lobby".into(), ..Default::default() };
    answers(call!(called, api.egress.start_egress(request)), in_lobby());

    let known = || egress_with(json!({ "egressId": "EG_1" }));
    answers(call!(called, api.egress.update_layout("EG_1", "speaker")), known());
    answers(
        call!(
            called,
            api.egress.update_stream("EG_1", vec!["rtmp://example.com/a".into()], Vec::new())
        ),
        known(),
    );
    let options =
        EgressListOptions { filter: EgressListFilter::Room("lobby".into()), ..Default::default() };
    answers(
        call!(called, api.egress.list_egress(options)),
        json!([{ "egressId": "MOCK_EGRESS_ID", "roomId": "MOCK_ROOM_ID" }]),
    );
    answers(call!(called, api.egress.stop_egress("EG_1")), known());
}

async fn ingress(api: &LiveKitApi, called: &mut Called) {
    let echoed = json!({
        "name": "camera", "roomName": "lobby", "participantIdentity": "cam",
        "participantName": "Camera", "participantMetadata": "meta", "enableTranscoding": true,
    });
    let options = CreateIngressOptions {
        name: "camera".into(),
        room_name: "lobby".into(),
        participant_identity: "cam".into(),
        participant_name: "Camera".into(),
        participant_metadata: "meta".into(),
        enable_transcoding: Some(true),
        url: "https://example.com/a.mp4".into(),
        ..Default::default()
    };
    answers(
        call!(called, api.ingress.create_ingress(proto::IngressInput::UrlInput, options)),
        merge(
            echoed.clone(),
            json!({ "ingressId": "MOCK_INGRESS_ID", "url": "https://example.com/a.mp4" }),
        ),
    );
    let options = UpdateIngressOptions {
        name: "camera".into(),
        room_name: "lobby".into(),
        participant_identity: "cam".into(),
        participant_name: "Camera".into(),
        participant_metadata: "meta".into(),
        enable_transcoding: Some(true),
        ..Default::default()
    };
    answers(
        call!(called, api.ingress.update_ingress("IN_1", options)),
        merge(echoed, json!({ "ingressId": "IN_1" })),
    );
    answers(
        call!(called, api.ingress.list_ingress(IngressListFilter::Room("lobby".into()))),
        json!([{ "ingressId": "MOCK_INGRESS_ID" }]),
    );
    answers(call!(called, api.ingress.delete_ingress("IN_1")), json!({ "ingressId": "IN_1" }));
}

async fn trunks(api: &LiveKitApi, called: &mut Called) {
    let numbers = || vec!["+15105550100".to_owned()];
    let new_trunk = || json!({ "sipTrunkId": "MOCK_SIP_TRUNK_ID" });
    let known_trunk = || json!({ "sipTrunkId": "ST_1" });

    let options = CreateSIPInboundTrunkOptions::default();
    answers(
        call!(called, api.sip.create_sip_inbound_trunk("inbound".into(), numbers(), options)),
        new_trunk(),
    );
    let (address, options) = ("sip.example.com".into(), CreateSIPOutboundTrunkOptions::default());
    answers(
        call!(
            called,
            api.sip.create_sip_outbound_trunk("outbound".into(), address, numbers(), options)
        ),
        new_trunk(),
    );
    let update =
        proto::SipInboundTrunkUpdate { name: Some("renamed".into()), ..Default::default() };
    answers(call!(called, api.sip.update_sip_inbound_trunk("ST_1".into(), update)), known_trunk());
    let trunk = proto::SipInboundTrunkInfo { name: "replaced".into(), ..Default::default() };
    answers(
        call!(called, api.sip.update_sip_inbound_trunk_replace("ST_1".into(), trunk)),
        known_trunk(),
    );
    let update =
        proto::SipOutboundTrunkUpdate { name: Some("renamed".into()), ..Default::default() };
    answers(call!(called, api.sip.update_sip_outbound_trunk("ST_1".into(), update)), known_trunk());
    let trunk = proto::SipOutboundTrunkInfo { name: "replaced".into(), ..Default::default() };
    answers(
        call!(called, api.sip.update_sip_outbound_trunk_replace("ST_1".into(), trunk)),
        known_trunk(),
    );
    answers(
        call!(called, api.sip.list_sip_inbound_trunk(ListSIPInboundTrunkFilter::All)),
        json!([new_trunk()]),
    );
    answers(
        call!(called, api.sip.list_sip_outbound_trunk(ListSIPOutboundTrunkFilter::All)),
        json!([new_trunk()]),
    );
    #[allow(deprecated)]
    let listed =
        call!(called, api.sip.list_sip_trunk(livekit_api::services::sip::ListSIPTrunkFilter::All));
    answers(listed, json!([new_trunk()]));
    answers(call!(called, api.sip.delete_sip_trunk("ST_1")), known_trunk());
}

async fn dispatch_rules_and_calls(api: &LiveKitApi, called: &mut Called) {
    let known_rule = || json!({ "sipDispatchRuleId": "SDR_1" });

    let direct = proto::SipDispatchRuleDirect { room_name: "lobby".into(), ..Default::default() };
    let rule = proto::sip_dispatch_rule::Rule::DispatchRuleDirect(direct);
    let options = CreateSIPDispatchRuleOptions { name: "rule".into(), ..Default::default() };
    answers(
        call!(called, api.sip.create_sip_dispatch_rule(rule, options)),
        json!({ "sipDispatchRuleId": "MOCK_SIP_DISPATCH_RULE_ID" }),
    );
    let update =
        proto::SipDispatchRuleUpdate { name: Some("renamed".into()), ..Default::default() };
    answers(call!(called, api.sip.update_sip_dispatch_rule("SDR_1".into(), update)), known_rule());
    let rule = proto::SipDispatchRuleInfo { name: "replaced".into(), ..Default::default() };
    answers(
        call!(called, api.sip.update_sip_dispatch_rule_replace("SDR_1".into(), rule)),
        known_rule(),
    );
    answers(
        call!(called, api.sip.list_sip_dispatch_rule(ListSIPDispatchRuleFilter::All)),
        json!([{ "sipDispatchRuleId": "MOCK_SIP_DISPATCH_RULE_ID" }]),
    );
    answers(call!(called, api.sip.delete_sip_dispatch_rule("SDR_1")), known_rule());

    let options = CreateSIPParticipantOptions {
        participant_identity: "caller".into(),
        wait_until_answered: Some(true),
        ringing_timeout: Some(Duration::from_secs(2)),
        ..Default::default()
    };
    let (trunk, number, room) = ("ST_1".into(), "+15105550100".into(), "lobby".into());
    answers(
        call!(called, api.sip.create_sip_participant(trunk, number, room, options, None)),
        json!({
            "participantId": "MOCK_PARTICIPANT_ID", "participantIdentity": "caller",
            "roomName": "lobby", "sipCallId": "MOCK_SIP_CALL_ID",
        }),
    );
    let options = TransferSIPParticipantOptions::default();
    let (room, identity, to) = ("lobby".into(), "caller".into(), "tel:+15105550122".into());
    answers(
        call!(called, api.sip.transfer_sip_participant(room, identity, to, options)),
        Value::Null,
    );
}

async fn agent_dispatches(api: &LiveKitApi, called: &mut Called) {
    let request = proto::CreateAgentDispatchRequest {
        room: "lobby".into(),
        agent_name: "greeter".into(),
        metadata: "meta".into(),
        ..Default::default()
    };
    // These are filled more deeply than the others.
    answers_with(
        call!(called, api.agent_dispatch.create_dispatch(request)),
        json!({ "id": "MOCK_ID", "room": "lobby", "agentName": "greeter", "metadata": "meta", "state": { "jobs": [{}] } }),
    );
    answers_with(
        call!(called, api.agent_dispatch.list_dispatch("lobby")),
        json!([{ "id": "MOCK_ID" }]),
    );
    answers_with(
        call!(called, api.agent_dispatch.get_dispatch("AD_1", "lobby")),
        json!({ "id": "MOCK_ID" }),
    );
    answers_with(
        call!(called, api.agent_dispatch.delete_dispatch("AD_1", "lobby")),
        json!({ "id": "MOCK_ID", "room": "lobby", "state": { "jobs": [{}] } }),
    );
}

async fn connectors(api: &LiveKitApi, called: &mut Called) {
    let offer = || proto::SessionDescription {
        r#type: "offer".into(),
        sdp: "v=0\r\n".into(),
        ..Default::default()
    };

    let options = DialWhatsAppCallOptions { room_name: Some("lobby".into()), ..Default::default() };
    answers(
        call!(
            called,
            api.connector.dial_whatsapp_call("1234", "+15105550100", "key", "23.0", options)
        ),
        json!({ "whatsappCallId": "MOCK_WHATSAPP_CALL_ID", "roomName": "lobby" }),
    );
    answers(call!(called, api.connector.connect_whatsapp_call("wacid", offer())), json!({}));
    let options =
        AcceptWhatsAppCallOptions { room_name: Some("lobby".into()), ..Default::default() };
    answers(
        call!(
            called,
            api.connector.accept_whatsapp_call("1234", "key", "23.0", "wacid", offer(), options)
        ),
        json!({ "roomName": "lobby" }),
    );
    answers(call!(called, api.connector.disconnect_whatsapp_call("wacid", "key")), json!({}));
    let reason = proto::disconnect_whats_app_call_request::DisconnectReason::UserInitiated;
    answers(
        call!(called, api.connector.disconnect_whatsapp_call_with_reason("wacid", "key", reason)),
        json!({}),
    );
    let direction = proto::connect_twilio_call_request::TwilioCallDirection::Inbound;
    let options = ConnectTwilioCallOptions::default();
    answers(
        call!(called, api.connector.connect_twilio_call(direction, "lobby", options)),
        json!({}),
    );
}

/// These two clients speak LiveKit's REST API (`/v0/projects/…`), not Twirp.
#[track_caller]
fn is_not_served<T: std::fmt::Debug>(result: ServiceResult<T>) {
    let error = twirp_error(result);
    assert_eq!(
        (error.code.as_str(), error.msg.as_str()),
        (ServerErrorCode::NOT_FOUND, "404 page not found\n"),
    );
}

async fn threads(api: &LiveKitApi, called: &mut Called) {
    is_not_served(call!(called, api.threads.create(agent_thread::CreateRequest::default())));
    is_not_served(call!(called, api.threads.get("TH_1")));
    is_not_served(call!(called, api.threads.list(agent_thread::ListRequest::default())));
    let request = agent_thread::UpdateRequest { thread_id: "TH_1".into(), ..Default::default() };
    is_not_served(call!(called, api.threads.update(request)));
    let request = agent_thread::GetItemsRequest { thread_id: "TH_1".into(), ..Default::default() };
    is_not_served(call!(called, api.threads.items(request)));
    let request = agent_task::GetTasksRequest { thread_id: "TH_1".into(), ..Default::default() };
    is_not_served(call!(called, api.threads.tasks(request)));
    is_not_served(call!(called, api.threads.delete("TH_1")));
}

async fn databases(api: &LiveKitApi, called: &mut Called) {
    is_not_served(call!(called, api.databases.create(agent_db::CreateRequest::default())));
    is_not_served(call!(called, api.databases.get("DB_1")));
    is_not_served(call!(called, api.databases.list(agent_db::ListRequest::default())));
    is_not_served(call!(called, api.databases.export("DB_1")));
    is_not_served(call!(called, api.databases.delete("DB_1")));
}
