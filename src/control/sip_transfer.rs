//! `sipTransfer`: why a SIP transfer fails (**beyond** the reference;
//! `docs/BEHAVIOUR.md`, SIP errors).

use livekit_protocol::SipTransferReason;
use serde::Serialize;

use super::{
    error::ControlError,
    kind::{InJson, Kind},
    sip_status::SipStatus,
    value::{Problem, integer, string, wrong_type},
};
use crate::{go_json::Raw, warning::suggestion};

/// A SIP transfer that fails, for [`Control::sip_transfer`](crate::Control::sip_transfer).
///
/// ```
/// use livekit_mock::{Control, SipTransfer};
///
/// # fn main() -> Result<(), livekit_mock::ControlError> {
/// let transfer = SipTransfer::new("STR_REJECTED")?.status(486);
/// let control = Control::new().sip_transfer(transfer);
/// # assert_eq!(control.json(), r#"{"sipTransfer":{"reason":"STR_REJECTED","code":486}}"#);
/// # Ok(())
/// # }
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
    /// `STR_RINGING_TIMEOUT`, in any case.
    ///
    /// # Errors
    /// There is no such reason in `livekit.SIPTransferReason`.
    pub fn new(reason: impl AsRef<str>) -> Result<Self, ControlError> {
        let known = known_reason(reason.as_ref());
        let reason = known.map_err(|hint| {
            let text =
                format!("must be given a SIPTransferReason, not \"{}\"{hint}", reason.as_ref());
            ControlError::new("SipTransfer::new", text)
        })?;
        Ok(Self { reason: reason.to_owned(), ..Self::unspecified() })
    }

    /// The transfer's id; none by default.
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// The SIP status that the transfer was answered with; none by default.
    pub fn status(self, status: impl Into<SipStatus>) -> Self {
        let SipStatus { code, status } = status.into();
        Self { code: Some(code), status, ..self }
    }

    fn unspecified() -> Self {
        let reason = SipTransferReason::StrUnspecified.as_str_name().to_owned();
        Self { reason, id: String::new(), code: None, status: String::new() }
    }
}

impl Kind for SipTransfer {
    type Held = Self;
    const TYPE: &'static str =
        r#"{"reason":"STR_REJECTED","id":"STR_1","code":486,"status":"text"}"#;
}

impl InJson for SipTransfer {
    fn read(place: &mut Option<Self>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let transfer = place.insert(read(value)?);
        if transfer.code.is_none() && !transfer.status.is_empty() {
            return Err(
                "has a \"status\" that needs a \"code\" beside it; it has no effect".to_owned()
            );
        }
        Ok(())
    }
}

fn read(value: Raw<'_>) -> Result<SipTransfer, Problem> {
    let expected = "an object such as {\"reason\":\"STR_REJECTED\",\"code\":486}";
    let members = value.members().ok_or_else(|| wrong_type(expected, value))?;
    let mut transfer = SipTransfer::unspecified();
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
    Ok(transfer)
}

fn reason(name: &str) -> Result<String, Problem> {
    let known = known_reason(name);
    known.map(str::to_owned).map_err(|hint| format!("there is not: \"{name}\"{hint}; ignored"))
}

/// The reason of this name, in any case, as the protocol spells it; else which may be meant.
fn known_reason(name: &str) -> Result<&'static str, String> {
    let known = || (0..).map_while(|number| SipTransferReason::try_from(number).ok());
    let names = || known().map(|reason| reason.as_str_name());
    let found = names().find(|known| known.eq_ignore_ascii_case(name));
    found.ok_or_else(|| suggestion(name, names()))
}
