//! `sipStatus`: the SIP status that a call fails with (`docs/BEHAVIOUR.md`, SIP errors).

use serde::Serialize;

use super::{
    kind::{InJson, Kind},
    value::{Problem, integer, string, wrong_type},
};
use crate::go_json::Raw;

/// A SIP status, for [`Control::sip_status`](crate::Control::sip_status) and
/// [`SipTransfer::status`](crate::SipTransfer::status). A code alone becomes one.
///
/// ```
/// use livekit_mock::{Control, SipStatus};
///
/// let busy = Control::new().sip_status(486);
/// let in_other_words = Control::new().sip_status(SipStatus::new(486).text("Not now"));
/// # assert_eq!(busy.json(), r#"{"sipStatus":{"code":486}}"#);
/// # assert_eq!(in_other_words.json(), r#"{"sipStatus":{"code":486,"status":"Not now"}}"#);
/// ```
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[must_use]
pub struct SipStatus {
    pub(crate) code: i64,
    /// Empty where only the code counts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) status: String,
}

impl SipStatus {
    /// The status of this code, with the code's own name for a text.
    pub fn new(code: i32) -> Self {
        Self { code: code.into(), status: String::new() }
    }

    /// The text beside the code; an empty one leaves the code's own name.
    pub fn text(self, text: impl Into<String>) -> Self {
        Self { status: text.into(), ..self }
    }
}

impl From<i32> for SipStatus {
    fn from(code: i32) -> Self {
        Self::new(code)
    }
}

impl Kind for SipStatus {
    type Held = Self;
    const TYPE: &'static str = r#"{"code":486,"status":"text"}"#;
}

impl InJson for SipStatus {
    /// Its members fall alone as the control's own do; one that is given twice adds to the first.
    fn read(place: &mut Option<Self>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let expected = "an object such as {\"code\":486}";
        let members = value.members().ok_or_else(|| wrong_type(expected, value))?;
        let sip = place.get_or_insert_default();
        let mut problems = Vec::new();
        for (name, value) in members.filter(|(_, value)| !value.is_null()) {
            let set = if name.is("code") {
                integer(value).map(|code| sip.code = code)
            } else if name.is("status") {
                string(value).map(|status| sip.status = status)
            } else {
                problems
                    .push(format!("may hold code and status, not \"{}\"; ignored", name.text()));
                continue;
            };
            problems.extend(
                set.err().map(|problem| format!("has a \"{}\" that {problem}", name.text())),
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(problems.join(", and ")) }
    }
}
