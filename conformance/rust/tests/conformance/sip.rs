use livekit_api::services::{ServerErrorCode, SipCallError, sip::CreateSIPParticipantOptions};
use livekit_mock_conformance::{Outcome, programmed, report};
use serde_json::json;

#[tokio::test]
async fn sip_errors() {
    for (status, code, sip_code, sip_status) in [
        (
            json!({ "code": 486, "status": "Busy Here" }),
            ServerErrorCode::FAILED_PRECONDITION,
            486,
            "Busy Here",
        ),
        (
            json!({ "code": 603, "status": "Decline" }),
            ServerErrorCode::PERMISSION_DENIED,
            603,
            "Decline",
        ),
        (
            json!({ "code": 408 }),
            ServerErrorCode::DEADLINE_EXCEEDED,
            408,
            "SIP_STATUS_REQUEST_TIMEOUT",
        ),
    ] {
        let api = programmed(json!({ "delayMs": 0, "sipStatus": status }));
        let options =
            CreateSIPParticipantOptions { wait_until_answered: Some(true), ..Default::default() };
        let dialled = api
            .sip()
            .create_sip_participant(
                "ST_trunk".into(),
                "+15105550100".into(),
                "lobby".into(),
                options,
                None,
            )
            .await
            .expect_err("the call fails");
        let transferred = api
            .sip()
            .transfer_sip_participant(
                "lobby".into(),
                "caller".into(),
                "tel:+15105550122".into(),
                Default::default(),
            )
            .await
            .expect_err("the transfer fails");
        for error in [dialled, transferred] {
            let error = SipCallError::from_error(&error)
                .unwrap_or_else(|| panic!("{error:?} is no SIP error"));
            assert_eq!(error.code(), code);
            assert_eq!(error.sip_status_code(), Some(sip_code));
            assert_eq!(error.sip_status(), Some(sip_status));
            assert!(error.metadata().contains_key("error_details"), "{error:?}");
        }
    }
    report("sip-errors", Outcome::Works);
}
