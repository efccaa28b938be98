//! The kinds of values that are one of a few names.

use serde::Serialize;

use super::{
    kind::{InHeader, InJson, Kind},
    value::{Problem, one_of, put, shown, string},
};
use crate::{auth::Auth, go_json::Raw, warning::suggestion};

/// How a region fails (`docs/BEHAVIOUR.md`, Failing).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FailMode {
    /// It answers with an error.
    #[default]
    Status,
    /// It closes the connection without a byte of answer.
    Drop,
    /// It answers with an error, but late: see
    /// [`Control::fail_delay_ms`](crate::Control::fail_delay_ms).
    Delay,
    /// It ends the connection by a reset, without a byte of answer. **Beyond** the reference.
    Reset,
    /// It says nothing, until the client goes. **Beyond** the reference.
    Hang,
    /// It sends half of the answer, or of the failure where a status is given. **Beyond** the
    /// reference.
    Truncate,
    /// It sends what is no answer. **Beyond** the reference.
    Garbage,
    /// It sends the answer, or the failure where a status is given, piece by piece, over
    /// [`Control::drip_ms`](crate::Control::drip_ms). **Beyond** the reference.
    Drip,
}

/// What a `leave` of the server tells the client to do (`docs/SIGNALLING.md`, Bringing a control).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum LeaveAction {
    /// Leave for good.
    #[default]
    Disconnect,
    /// Connect again with `reconnect=1` and go on.
    Resume,
    /// Join anew.
    Reconnect,
}

// === impl FailMode ===

impl FailMode {
    /// In the order of their names in `VALUES`.
    pub(super) const ALL: [Self; 8] = [
        Self::Status,
        Self::Drop,
        Self::Delay,
        Self::Reset,
        Self::Hang,
        Self::Truncate,
        Self::Garbage,
        Self::Drip,
    ];

    /// Keeps the mode of this name, else the default one.
    fn take(place: &mut Option<Self>, name: &str, otherwise: &str) -> Result<(), Problem> {
        let known = Self::VALUES.iter().position(|known| known.eq_ignore_ascii_case(name));
        *place = Some(known.map_or(Self::default(), |index| Self::ALL[index]));
        if known.is_some() || name.is_empty() {
            return Ok(());
        }
        Err(format!("must be {}, not \"{name}\"; {otherwise}", one_of(Self::VALUES)))
    }
}

impl Kind for FailMode {
    type Held = Self;
    const TYPE: &'static str = "string";
    const VALUES: &'static [&'static str] =
        &["status", "drop", "delay", "reset", "hang", "truncate", "garbage", "drip"];
}

impl InJson for FailMode {
    fn read(place: &mut Option<Self>, value: Raw<'_>, otherwise: &str) -> Result<(), Problem> {
        Self::take(place, &string(value)?, otherwise)
    }
}

impl InHeader for FailMode {
    fn read_text(place: &mut Option<Self>, text: &str, otherwise: &str) -> Result<(), Problem> {
        Self::take(place, text, otherwise)
    }
}

// === impl Kind for Auth ===

impl Kind for Auth {
    type Held = Self;
    const TYPE: &'static str = "string";
    const VALUES: &'static [&'static str] = &Auth::NAMES;
}

impl InJson for Auth {
    fn read(place: &mut Option<Self>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let name = string(value)?;
        let read = name.parse().map_err(|error| {
            format!("{error}, not \"{name}\"; ignored{}", suggestion(&name, Auth::NAMES))
        });
        put(place, read)
    }
}

// === impl LeaveAction ===

impl Kind for LeaveAction {
    type Held = Self;
    const TYPE: &'static str = "string or int";
    const VALUES: &'static [&'static str] = &["DISCONNECT", "RESUME", "RECONNECT"];
}

impl InJson for LeaveAction {
    /// An action by its number in the protocol or by its name in any case.
    fn read(place: &mut Option<Self>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let name = value.string().map(|name| name.to_ascii_uppercase());
        let read = match (name.as_deref(), value.bytes()) {
            (Some("DISCONNECT"), _) | (None, b"0") => Ok(Self::Disconnect),
            (Some("RESUME"), _) | (None, b"1") => Ok(Self::Resume),
            (Some("RECONNECT"), _) | (None, b"2") => Ok(Self::Reconnect),
            _ => Err(format!(
                "must be \"DISCONNECT\", \"RESUME\" or \"RECONNECT\" (or 0, 1, 2), not {}",
                shown(value)
            )),
        };
        put(place, read)
    }
}
