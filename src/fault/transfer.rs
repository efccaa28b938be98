//! A SIP transfer that fails, as the real server of October 2026 fails one (**beyond** the reference;
//! `docs/BEHAVIOUR.md`, SIP errors).

use http::StatusCode;
use livekit_protocol::{SipTransferError, SipTransferReason};
use prost::Message as _;
use serde::Serialize;

use super::{
    case::{Case, Effect},
    sip::{Code, Status, details},
};
use crate::{control::SipTransfer, outcome::Reply, protocol::twirp, reference::Reference};

pub(super) fn fault(case: &Case<'_>) -> Effect {
    match &case.control.sip_transfer {
        Some(transfer) if case.transfers => Effect::end(reply(transfer)),
        _ => Effect::pass(),
    }
}

#[derive(Serialize)]
struct Meta<'a> {
    error_details: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sip_status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sip_status_code: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    sip_transfer_id: &'a str,
    sip_transfer_reason: &'a str,
}

fn reply(transfer: &SipTransfer) -> Reply {
    let reason = SipTransferReason::from_str_name(&transfer.reason).unwrap_or_default();
    let status = transfer.code.map(|code| Status::new(code, &transfer.status));
    let said = status.as_ref().map_or(String::new(), |status| format!(": {}", status.said()));
    let msg = format!("sip transfer failed: {}{said}", reason.as_str_name());
    let code = match &status {
        Some(status) => status.code(Reference::Latest),
        None => Some(code(reason)),
    };
    let Some(code) = code else {
        return twirp::error(StatusCode::OK, "", &msg);
    };
    let error = SipTransferError {
        transfer_id: transfer.id.clone(),
        reason: reason.into(),
        sip_status: status.as_ref().map(Status::message),
    };
    let meta = Meta {
        error_details: details(
            code,
            msg.clone(),
            "livekit.SIPTransferError",
            error.encode_to_vec(),
        ),
        sip_status: status.as_ref().map(Status::shown),
        sip_status_code: status.as_ref().map(Status::number),
        sip_transfer_id: &transfer.id,
        sip_transfer_reason: reason.as_str_name(),
    };
    twirp::error_with(code.http, code.name, &msg, Some(meta))
}

/// The code of a failure that no SIP status is the reason of.
fn code(reason: SipTransferReason) -> Code {
    let (name, http, grpc) = match reason {
        SipTransferReason::StrCallEnded => ("aborted", StatusCode::CONFLICT, 10),
        SipTransferReason::StrRingingTimeout | SipTransferReason::StrCanceled => {
            ("canceled", StatusCode::REQUEST_TIMEOUT, 1)
        }
        SipTransferReason::StrSubscriptionTerminated => {
            ("internal", StatusCode::INTERNAL_SERVER_ERROR, 13)
        }
        _ => ("unknown", StatusCode::INTERNAL_SERVER_ERROR, 2),
    };
    Code { name, http, grpc }
}
