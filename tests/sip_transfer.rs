//! `sipTransfer`: a transfer fails as on the real server.

mod support;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use livekit_mock::{Control, Mock, SipTransfer};
use livekit_protocol::{SipStatus, SipTransferError, SipTransferReason};
use prost::Message;
use serde_json::{Value, json};

use support::{Answer, all_grants, post, soon, start};

const CREATE_SIP: &str = "/twirp/livekit.SIP/CreateSIPParticipant";
const TRANSFER_SIP: &str = "/twirp/livekit.SIP/TransferSIPParticipant";
const TYPE: &str = "type.googleapis.com/livekit.SIPTransferError";

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

async fn served() -> Mock {
    start(Mock::builder()).await
}

async fn ask(mock: &Mock, region: usize, path: &str, control: &Value) -> Answer {
    let (token, control) = (all_grants(mock), control.to_string());
    let headers = [("authorization", token.as_str()), ("x-lk-mock", control.as_str())];
    soon(post(mock, region, path, &headers, "{}")).await
}

/// A transfer in region 0 that takes no time.
async fn transfer(mock: &Mock, given: &Value) -> Answer {
    ask(mock, 0, TRANSFER_SIP, &json!({"delayMs": 0, "sipTransfer": given})).await
}

fn details(error: &Value) -> (Status, SipTransferError) {
    let encoded = error["meta"]["error_details"].as_str().expect("details");
    let bytes = STANDARD.decode(encoded).expect("base64");
    let status = Status::decode(&bytes[..]).expect("a status");
    let [detail] = &status.details[..] else { panic!("{status:?}") };
    assert_eq!(detail.type_url, TYPE);
    let transfer = SipTransferError::decode(&detail.value[..]).expect("an error of a transfer");
    (status, transfer)
}

#[tokio::test]
async fn a_rejected_transfer_says_why() {
    let mock = served().await;
    let given =
        json!({"reason": "STR_REJECTED", "id": "STR_1", "code": 486, "status": "Busy Here"});
    let answer = transfer(&mock, &given).await;
    assert_eq!(answer.status, 412);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-lk-mock-region"), Some(""));
    assert!(answer.warnings().is_empty(), "{:?}", answer.warnings());
    let error = answer.json();
    let msg = "sip transfer failed: STR_REJECTED: sip status: 486: Busy Here";
    assert_eq!((&error["code"], &error["msg"]), (&json!("failed_precondition"), &json!(msg)));
    let (status, transfer) = details(&error);
    let mut meta = error["meta"].clone();
    meta.as_object_mut().expect("an object").remove("error_details");
    let expected = json!({"sip_transfer_reason": "STR_REJECTED", "sip_transfer_id": "STR_1",
        "sip_status_code": "486", "sip_status": "Busy Here"});
    assert_eq!(meta, expected);
    assert_eq!((status.code, status.message.as_str()), (9, msg));
    let expected = SipTransferError {
        transfer_id: "STR_1".to_owned(),
        reason: SipTransferReason::StrRejected.into(),
        sip_status: Some(SipStatus { code: 486, status: "Busy Here".to_owned() }),
    };
    assert_eq!(transfer, expected);
}

#[tokio::test]
async fn without_a_sip_status_the_reason_decides() {
    let mock = served().await;
    for (given, reason, status, code, grpc) in [
        (json!({}), "STR_UNSPECIFIED", 500, "unknown", 2),
        (json!({"reason": null}), "STR_UNSPECIFIED", 500, "unknown", 2),
        (json!({"reason": "STR_COMPLETED"}), "STR_COMPLETED", 500, "unknown", 2),
        (json!({"reason": "STR_REJECTED"}), "STR_REJECTED", 500, "unknown", 2),
        (json!({"reason": "STR_CALL_ENDED"}), "STR_CALL_ENDED", 409, "aborted", 10),
        (json!({"reason": "str_ringing_timeout"}), "STR_RINGING_TIMEOUT", 408, "canceled", 1),
        (
            json!({"reason": "STR_SUBSCRIPTION_TERMINATED"}),
            "STR_SUBSCRIPTION_TERMINATED",
            500,
            "internal",
            13,
        ),
        (json!({"reason": "STR_CANCELED"}), "STR_CANCELED", 408, "canceled", 1),
    ] {
        let answer = transfer(&mock, &given).await;
        assert!(answer.warnings().is_empty(), "{given}: {:?}", answer.warnings());
        assert_eq!(answer.status.as_u16(), status, "{given}");
        let error = answer.json();
        let msg = format!("sip transfer failed: {reason}");
        assert_eq!((&error["code"], &error["msg"]), (&json!(code), &json!(msg)), "{given}");
        let (rpc, detail) = details(&error);
        assert_eq!((rpc.code, &rpc.message), (grpc, &msg), "{given}");
        assert_eq!(detail.reason().as_str_name(), reason);
        assert_eq!(detail.sip_status, None);
        let keys: Vec<&String> = error["meta"].as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["error_details", "sip_transfer_reason"], "{given}");
    }
}

#[tokio::test]
async fn a_sip_status_has_its_own_names_and_codes() {
    let mock = served().await;
    let answer = transfer(&mock, &json!({"reason": "STR_RINGING_TIMEOUT", "code": 408})).await;
    assert_eq!(answer.status, 408);
    let error = answer.json();
    assert_eq!(error["code"], "deadline_exceeded");
    let msg = "sip transfer failed: STR_RINGING_TIMEOUT: sip status: 408 (REQUEST_TIMEOUT)";
    assert_eq!(error["msg"], msg);
    assert_eq!(error["meta"]["sip_status"], "SIP_STATUS_REQUEST_TIMEOUT");
    // As with sipStatus, a success is not an error.
    let answer = transfer(&mock, &json!({"reason": "STR_REJECTED", "code": 200})).await;
    let msg = "sip transfer failed: STR_REJECTED: sip status: 200 (OK)";
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"code": "", "msg": msg})));
}

#[tokio::test]
async fn mistakes_in_it_are_named() {
    let mock = served().await;
    for (given, warning) in [
        (
            json!({"reason": "STR_REJECTD"}),
            "X-Lk-Mock: \"sipTransfer\" has a \"reason\" that there is not: \"STR_REJECTD\", did you mean \"STR_REJECTED\"?; ignored",
        ),
        (
            json!({"reason": 3}),
            "X-Lk-Mock: \"sipTransfer\" has a \"reason\" that must be a string, not 3; ignored",
        ),
        (
            json!({"code": "486"}),
            "X-Lk-Mock: \"sipTransfer\" has a \"code\" that must be an integer, not \"486\"; ignored",
        ),
        (
            json!({"why": 1}),
            "X-Lk-Mock: \"sipTransfer\" may hold reason, id, code and status, not \"why\"; ignored",
        ),
        (
            json!("STR_REJECTED"),
            "X-Lk-Mock: \"sipTransfer\" must be an object such as {\"reason\":\"STR_REJECTED\",\"code\":486}, not \"STR_REJECTED\"; ignored",
        ),
    ] {
        let answer = transfer(&mock, &given).await;
        assert_eq!(answer.status, 200, "{given}");
        assert_eq!(answer.warnings(), [warning], "{given}");
    }
    let answer = transfer(&mock, &json!({"reason": "STR_CANCELED", "status": "Gone"})).await;
    assert_eq!(answer.status, 408);
    let warning = "X-Lk-Mock: \"sipTransfer\" has a \"status\" that needs a \"code\" beside it; it has no effect";
    assert_eq!(answer.warnings(), [warning]);
}

#[tokio::test]
async fn it_counts_only_for_a_transfer_and_before_a_sip_status() {
    let mock = served().await;
    let control = json!({"delayMs": 0, "sipTransfer": {"reason": "STR_CANCELED"},
        "sipStatus": {"code": 486}, "failRegions": [0], "failMode": "drop"});
    let answer = ask(&mock, 0, TRANSFER_SIP, &control).await;
    assert_eq!(answer.json()["meta"]["sip_transfer_reason"], "STR_CANCELED");
    assert_eq!(answer.warnings(), ["sipStatus: sipTransfer is answered in its place"]);
    let answer = ask(&mock, 0, CREATE_SIP, &control).await;
    assert_eq!(answer.json()["meta"]["sip_status_code"], "486");
    let warning = "sipTransfer counts only for TransferSIPParticipant; ignored";
    assert_eq!(answer.warnings(), [warning]);
    let alone = json!({"sipTransfer": {"reason": "STR_CANCELED"}});
    let answer = ask(&mock, 0, CREATE_SIP, &alone).await;
    assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![warning]));
    // A control may hold both, each for its method.
    let strict =
        json!({"delayMs": 0, "strict": true, "sipTransfer": {}, "sipStatus": {"code": 486}});
    assert_eq!(ask(&mock, 0, TRANSFER_SIP, &strict).await.status, 500);
}

#[tokio::test]
async fn the_builder_writes_it() {
    let mock = served().await;
    let named = |reason| SipTransfer::new(reason).expect("a reason");
    let decline = livekit_mock::SipStatus::new(603).text("Decline");
    let transfer = named("str_rejected").id("STR_2").status(decline);
    let control = Control::new().delay_ms(0).sip_transfer(transfer);
    let (name, value) = control.header();
    let expected = r#"{"delayMs":0,"sipTransfer":{"reason":"STR_REJECTED","id":"STR_2","code":603,"status":"Decline"}}"#;
    assert_eq!(value, expected);
    let token = all_grants(&mock);
    let headers = [("authorization", token.as_str()), (name, value.as_str())];
    let answer = soon(post(&mock, 0, TRANSFER_SIP, &headers, "{}")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["code"]),
        (403, &json!("permission_denied"))
    );
    let least = Control::new().sip_transfer(named("STR_CANCELED"));
    assert_eq!(least.json(), r#"{"sipTransfer":{"reason":"STR_CANCELED"}}"#);
    assert_eq!(Control::new().v1(false).json(), r#"{"v1":false}"#);
}
