//! `sipTransfer`: why a SIP transfer fails (**beyond** the reference;
//! `docs/BEHAVIOUR.md`, SIP errors).

use livekit_protocol::SipTransferReason;
use serde::Serialize;

use super::json::{Problem, integer, string, wrong_type};
use crate::{go_json::Raw, warning::suggestion};

/// A SIP transfer that fails, for [`Control::sip_transfer`](super::Control::sip_transfer).
///
/// ```
/// use livekit_mock::{Control, SipTransfer};
///
/// let transfer = SipTransfer::new("STR_REJECTED").status(486, "Busy Here");
/// let control = Control::new().sip_transfer(transfer);
/// # assert_eq!(
/// #     control.json(),
/// #     r#"{"sipTransfer":{"reason":"STR_REJECTED","code":486,"status":"Busy Here"}}"#
/// # );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct SipTransfer {
    /// A name of the enum `livekit.SIPTransferReason`.
    pub(crate) reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) id: String,
    /// What the other side answered, if that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<i64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) status: String,
}

impl SipTransfer {
    /// A transfer that fails for this reason, by its name in the protocol, such as
    /// `STR_RINGING_TIMEOUT`.
    pub fn new(reason: impl Into<String>) -> Self {
        let (id, status) = (String::new(), String::new());
        Self { reason: reason.into(), id, code: None, status }
    }

    /// The transfer's id; none by default.
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// The SIP status that the transfer was answered with; an empty text leaves the code's own name.
    pub fn status(self, code: i32, text: impl Into<String>) -> Self {
        Self { code: Some(code.into()), status: text.into(), ..self }
    }
}

/// Reads the field; beside it, what of it has no effect.
pub(super) fn read(value: Raw<'_>) -> Result<(SipTransfer, Option<Problem>), Problem> {
    let expected = "an object such as {\"reason\":\"STR_REJECTED\",\"code\":486}";
    let members = value.members().ok_or_else(|| wrong_type(expected, value))?;
    let mut transfer = SipTransfer::new(SipTransferReason::StrUnspecified.as_str_name());
    for (name, value) in members.filter(|(_, value)| !value.is_null()) {
        let inside = |problem| format!("has a \"{}\" that {problem}", name.text());
        if name.is("reason") {
            transfer.reason = reason(&string(value).map_err(inside)?).map_err(inside)?;
        } else if name.is("id") {
            transfer.id = string(value).map_err(inside)?;
        } else if name.is("code") {
            transfer.code = Some(integer(value).map_err(inside)?);
        } else if name.is("status") {
            transfer.status = string(value).map_err(inside)?;
        } else {
            let name = name.text();
            return Err(format!("may hold reason, id, code and status, not \"{name}\"; ignored"));
        }
    }
    let idle = transfer.code.is_none() && !transfer.status.is_empty();
    let problem = "has a \"status\" that needs a \"code\" beside it; it has no effect";
    Ok((transfer, idle.then(|| problem.to_owned())))
}

/// The reason of this name, in any case, as the protocol spells it.
fn reason(name: &str) -> Result<String, Problem> {
    let known = || (0..).map_while(|number| SipTransferReason::try_from(number).ok());
    let mut names = known().map(|reason| reason.as_str_name());
    match names.find(|known| known.eq_ignore_ascii_case(name)) {
        Some(name) => Ok(name.to_owned()),
        None => {
            let hint = suggestion(name, known().map(|reason| reason.as_str_name()));
            Err(format!("there is not: \"{name}\"{hint}; ignored"))
        }
    }
}
