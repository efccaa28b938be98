//! What a request asked this server to do, of whichever era and by whichever way it came
//! (`docs/BEHAVIOUR.md`, The control).

mod header;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod invariants;
mod json;
mod key;
mod legacy;
mod token;
mod transfer;

use std::{fmt::Write as _, time::Duration};

use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{auth::Auth, warning::Warnings};

pub(crate) use header::NAME as HEADER;
pub(crate) use json::read as read_json;
pub(crate) use key::read as read_key;
pub use transfer::SipTransfer;

/// The participant attribute that holds a control.
pub(crate) const ATTRIBUTE: &str = "lk.mock";

/// One request's script: which regions fail and how, what is answered, how long it takes.
///
/// As the server reads it, a field that is `None` was not given. As a client writes it, build one
/// and send [`Control::header`] with the request:
///
/// ```
/// use livekit_mock::Control;
///
/// let (name, value) = Control::new().fail_regions([0]).drop().header();
/// assert_eq!(name, "x-lk-mock");
/// assert_eq!(value, r#"{"failRegions":[0],"failMode":"drop"}"#);
/// ```
#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_regions: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_mode: Option<FailMode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_twirp_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delay_ms: Option<i64>,
    /// `X-Lk-Mock-Delay-Ms`: the extra wait of [`FailMode::Delay`], which only that header sets.
    #[serde(skip)]
    pub(crate) fail_delay: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) regions_status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skip_auth: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth: Option<Auth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) strict: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) future_field: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sip_status: Option<SipStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sip_transfer: Option<SipTransfer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pinned_regions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advertise: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) leave_action: Option<LeaveAction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) v1: Option<bool>,
}

/// What a `leave` of the server tells the client to do (`docs/SIGNALLING.md`, Bringing a control).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LeaveAction {
    /// Leave for good.
    #[default]
    Disconnect,
    /// Connect again with `reconnect=1` and go on.
    Resume,
    /// Join anew.
    Reconnect,
}

/// How a region fails.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FailMode {
    #[default]
    Status,
    Drop,
    Delay,
}

/// The SIP status that a dial ends with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SipStatus {
    pub(crate) code: i64,
    /// The free text; empty where only the code counts.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) status: String,
}

/// The wait of [`FailMode::Delay`] where no header says otherwise.
const DEFAULT_FAIL_DELAY: Duration = Duration::from_secs(30);

// === impl Control, as the server reads it ===

/// Reads the control of a request: the header's fields win over the API key's, those over the
/// seed-era headers'.
pub(crate) fn read(headers: &HeaderMap, key: Option<&str>, warnings: &mut Warnings) -> Control {
    let scripted = header::scripted(headers);
    let mut control = legacy::read(&scripted, warnings);
    if let Some(from_key) = key.and_then(|key| key::read(key, warnings)) {
        control = control.overlaid_by(from_key);
    }
    if let Some(from_header) = header::read(&scripted, warnings) {
        control = control.overlaid_by(from_header);
    }
    control.warn_of_idle_fields(warnings);
    control
}

impl Control {
    /// Takes each field that `over` gives and keeps the others.
    pub(crate) fn overlaid_by(self, over: Self) -> Self {
        Self {
            fail_regions: over.fail_regions.or(self.fail_regions),
            fail_mode: over.fail_mode.or(self.fail_mode),
            fail_status: over.fail_status.or(self.fail_status),
            fail_twirp_code: over.fail_twirp_code.or(self.fail_twirp_code),
            delay_ms: over.delay_ms.or(self.delay_ms),
            fail_delay: over.fail_delay.or(self.fail_delay),
            regions_status: over.regions_status.or(self.regions_status),
            response: over.response.or(self.response),
            skip_auth: over.skip_auth.or(self.skip_auth),
            auth: over.auth.or(self.auth),
            strict: over.strict.or(self.strict),
            future_field: over.future_field.or(self.future_field),
            sip_status: over.sip_status.or(self.sip_status),
            sip_transfer: over.sip_transfer.or(self.sip_transfer),
            pinned_regions: over.pinned_regions.or(self.pinned_regions),
            advertise: over.advertise.or(self.advertise),
            signal: over.signal.or(self.signal),
            leave_action: over.leave_action.or(self.leave_action),
            script: over.script.or(self.script),
            v1: over.v1.or(self.v1),
        }
    }

    /// The given fields that say something about the API alone.
    pub(crate) fn api_fields(&self) -> impl Iterator<Item = &'static str> {
        let fields = [
            ("failTwirpCode", self.fail_twirp_code.is_some()),
            ("regionsStatus", self.regions_status.is_some()),
            ("response", self.response.is_some()),
            ("futureField", self.future_field.is_some()),
            ("skipAuth", self.skip_auth.is_some()),
            ("auth", self.auth.is_some()),
            ("sipStatus", self.sip_status.is_some()),
            ("sipTransfer", self.sip_transfer.is_some()),
            ("advertise", self.advertise.is_some()),
        ];
        fields.into_iter().filter(|(_, given)| *given).map(|(name, _)| name)
    }

    pub(crate) fn warn_of_idle_fields(&self, warnings: &mut Warnings) {
        if self.fail_delay.is_some() && self.fail_mode != Some(FailMode::Delay) {
            warnings.add(
                "X-Lk-Mock-Delay-Ms counts only in fail mode delay; delayMs delays any answer",
            );
        }
        if self.fail_regions.is_some() {
            return;
        }
        let given = [
            ("failMode", self.fail_mode.is_some()),
            ("failStatus", self.fail_status.is_some()),
            ("failTwirpCode", self.fail_twirp_code.is_some()),
        ];
        for (name, _) in given.iter().filter(|(_, given)| *given) {
            warnings.add(format_args!("{name} has no effect without failRegions"));
        }
    }

    pub(crate) fn fails(&self, region: usize) -> bool {
        let index = i64::try_from(region).unwrap_or(i64::MAX);
        self.fail_regions.as_ref().is_some_and(|regions| regions.contains(&index))
    }

    /// The names of the only regions that may answer, if not all may.
    pub(crate) fn pinned(&self) -> Option<&[String]> {
        self.pinned_regions.as_deref().filter(|names| !names.is_empty())
    }

    /// Whether the region of this name may answer at all.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.pinned().is_none_or(|names| names.iter().any(|pinned| pinned == name))
    }

    pub(crate) fn fail_delay(&self) -> Duration {
        self.fail_delay.unwrap_or(DEFAULT_FAIL_DELAY)
    }

    pub(crate) fn failure_status(&self) -> StatusCode {
        self.fail_status.and_then(http_status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// The status of `/settings/regions`, if it is to be another than 200.
    pub(crate) fn listed_status(&self) -> Option<StatusCode> {
        self.regions_status.and_then(http_status).filter(|status| *status != StatusCode::OK)
    }

    /// `delayMs`, where 0 or less means no wait.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.delay_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
    }
}

/// 100 to 599, the statuses that a control may name.
fn http_status(number: i64) -> Option<StatusCode> {
    let number = u16::try_from(number).ok().filter(|number| (100..600).contains(number))?;
    StatusCode::from_u16(number).ok()
}

// === impl Control, as a client writes it ===

impl Control {
    /// A control that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// These regions fail, by default with status 503; the others answer.
    #[must_use]
    pub fn fail_regions(mut self, regions: impl IntoIterator<Item = usize>) -> Self {
        let index = |region| i64::try_from(region).unwrap_or(i64::MAX);
        self.fail_regions = Some(regions.into_iter().map(index).collect());
        self
    }

    /// The failing regions close the connection without a byte of answer.
    #[must_use]
    pub fn drop(mut self) -> Self {
        self.fail_mode = Some(FailMode::Drop);
        self
    }

    /// The failing regions answer with this status (100 to 599).
    #[must_use]
    pub fn fail_status(mut self, status: u16) -> Self {
        self.fail_status = Some(status.into());
        self
    }

    /// The Twirp error code in the body of a failure.
    #[must_use]
    pub fn fail_twirp_code(mut self, code: impl Into<String>) -> Self {
        self.fail_twirp_code = Some(code.into());
        self
    }

    /// Waits this long, counted in whole milliseconds, before success or failure.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_ms = Some(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX));
        self
    }

    /// The status of `/settings/regions` (100 to 599).
    #[must_use]
    pub fn regions_status(mut self, status: u16) -> Self {
        self.regions_status = Some(status.into());
        self
    }

    /// The answer, as protojson of the method's response message.
    ///
    /// # Errors
    /// What `serde_json` says of a value that has no JSON form.
    pub fn response(mut self, response: &impl Serialize) -> Result<Self, serde_json::Error> {
        self.response = Some(serde_json::value::to_raw_value(response)?);
        Ok(self)
    }

    /// No authorization for this request.
    #[must_use]
    pub fn skip_auth(mut self) -> Self {
        self.skip_auth = Some(true);
        self
    }

    /// How this request is authorized, whatever the server's own setting.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Everything that would be a warning is an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = Some(strict);
        self
    }

    /// The answer also holds a field that no schema has yet (**beyond** the reference).
    #[must_use]
    pub fn future_field(mut self) -> Self {
        self.future_field = Some(true);
        self
    }

    /// A SIP dial ends with this status; an empty text leaves the code's own name.
    #[must_use]
    pub fn sip_status(mut self, code: i32, text: impl Into<String>) -> Self {
        self.sip_status = Some(SipStatus { code: code.into(), status: text.into() });
        self
    }

    /// A SIP transfer fails like this (**beyond** the reference).
    #[must_use]
    pub fn sip_transfer(mut self, transfer: SipTransfer) -> Self {
        self.sip_transfer = Some(transfer);
        self
    }

    /// Only the regions of these names (`region-0`) answer; the others say 451.
    #[must_use]
    pub fn pinned_regions(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.pinned_regions = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// The URLs, by region index, that `/settings/regions` lists in place of the server's own.
    #[must_use]
    pub fn advertise(mut self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.advertise = Some(urls.into_iter().map(Into::into).collect());
        self
    }

    /// The signalling scenario by name, such as `no_pong` (`docs/SIGNALLING.md`, Bringing a control).
    #[must_use]
    pub fn signal(mut self, scenario: impl Into<String>) -> Self {
        self.signal = Some(scenario.into());
        self
    }

    /// What the server's `leave` messages tell the client to do.
    #[must_use]
    pub fn leave_action(mut self, action: LeaveAction) -> Self {
        self.leave_action = Some(action);
        self
    }

    /// Whether there is `/rtc/v1`, as on servers since 2025; it counts in `lk.mock` and in the API key
    /// (**beyond** the reference).
    #[must_use]
    pub fn v1(mut self, v1: bool) -> Self {
        self.v1 = Some(v1);
        self
    }

    /// The control as the JSON object of `docs/BEHAVIOUR.md`, The control.
    pub fn json(&self) -> String {
        // Its fields are numbers, strings, lists and JSON that was checked: none can fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The header that carries the control, as a name and a value in plain ASCII.
    pub fn header(&self) -> (&'static str, String) {
        (header::NAME, ascii(&self.json()))
    }

    /// An API key that carries the control, for clients that can't set a header.
    pub fn api_key(&self) -> String {
        format!("{}{}", key::PREFIX, self.json())
    }
}

impl From<&Control> for HeaderValue {
    fn from(control: &Control) -> Self {
        let (_, value) = control.header();
        Self::try_from(value).unwrap_or_else(|_| Self::from_static("{}"))
    }
}

/// JSON that fits a header: characters that are not printable ASCII stand in strings, where they
/// become escapes, but for the line ends and tabs between values.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            ' '..='~' => text.push(character),
            '\t' | '\n' | '\r' => text.push(' '),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    // Writing to a string can't fail.
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}
