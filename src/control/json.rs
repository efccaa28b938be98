//! A control as a JSON object, read leniently: a field that is wrong falls alone.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use super::{Control, FailMode, LeaveAction, SipStatus, transfer};
use crate::{
    auth::Auth,
    warning::{Warnings, suggestion},
};

/// The fields of a JSON object as they stand, in their order, repeated ones too.
pub(crate) struct Entries<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<M: de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Visitor).map(Entries)
    }
}

/// The fields that a control may have, as they are documented.
const FIELDS: [&str; 19] = [
    "failRegions",
    "failMode",
    "failStatus",
    "failTwirpCode",
    "delayMs",
    "regionsStatus",
    "response",
    "skipAuth",
    "auth",
    "strict",
    "futureField",
    "sipStatus",
    "sipTransfer",
    "pinnedRegions",
    "advertise",
    "signal",
    "leaveAction",
    "script",
    "v1",
];

/// Why a field was left out or bent; the sentence goes on after the field's name.
pub(super) type Problem = String;

/// Reads the object. `source` names it in warnings (`X-Lk-Mock`).
pub(crate) fn read(text: &str, source: &str, warnings: &mut Warnings) -> Option<Control> {
    match serde_json::from_str::<Entries<'_>>(text) {
        Ok(entries) => Some(read_fields(&entries, source, warnings)),
        Err(error) => {
            warnings.add(format_args!(
                "{source}: ignored, it must be one JSON object such as {{\"failRegions\":[0]}}: {error}"
            ));
            None
        }
    }
}

pub(super) fn read_fields(entries: &Entries<'_>, source: &str, warnings: &mut Warnings) -> Control {
    let mut control = Control::default();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in &entries.0 {
        let Some(&field) = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name)) else {
            if !warnings.is_full() {
                let hint = suggestion(name, FIELDS);
                warnings.add(format_args!("{source}: unknown field \"{name}\"{hint}"));
            }
            continue;
        };
        if value.get() == "null" && field != "response" {
            continue;
        }
        if seen.contains(&field) {
            warnings.add(format_args!("{source}: \"{field}\" is given twice, the last one counts"));
        } else {
            seen.push(field);
        }
        if let Err(problem) = set(&mut control, field, value) {
            warnings.add(format_args!("{source}: \"{field}\" {problem}"));
        }
    }
    control
}

fn set(control: &mut Control, field: &str, value: &RawValue) -> Result<(), Problem> {
    match field {
        "failRegions" => control.fail_regions = Some(integers(value)?),
        "failMode" => return set_fail_mode(control, &string(value)?),
        "failStatus" => {
            control.fail_status = Some(integer(value)?);
            return checked_status(integer(value)?, "503 is used");
        }
        "failTwirpCode" => control.fail_twirp_code = Some(string(value)?),
        "delayMs" => control.delay_ms = Some(integer(value)?),
        "regionsStatus" => {
            control.regions_status = Some(integer(value)?);
            return checked_status(integer(value)?, "the list is answered");
        }
        "response" => control.response = Some(value.to_owned()),
        "skipAuth" => control.skip_auth = Some(boolean(value)?),
        "auth" => control.auth = Some(auth(value)?),
        "strict" => control.strict = Some(boolean(value)?),
        "futureField" => control.future_field = Some(boolean(value)?),
        "sipStatus" => control.sip_status = Some(sip_status(value)?),
        "sipTransfer" => {
            let (transfer, problem) = transfer::read(value)?;
            control.sip_transfer = Some(transfer);
            return problem.map_or(Ok(()), Err);
        }
        "pinnedRegions" => control.pinned_regions = Some(strings(value)?),
        "advertise" => control.advertise = Some(strings(value)?),
        "signal" => control.signal = Some(string(value)?),
        "leaveAction" => control.leave_action = Some(leave_action(value)?),
        "script" => control.script = Some(value.to_owned()),
        "v1" => control.v1 = Some(boolean(value)?),
        other => return Err(format!("is listed as {other} but not read")),
    }
    Ok(())
}

/// Sets the mode and says when it was not one.
pub(super) fn set_fail_mode(control: &mut Control, name: &str) -> Result<(), Problem> {
    let (mode, known) = match name.to_ascii_lowercase().as_str() {
        "status" | "" => (FailMode::Status, true),
        "drop" => (FailMode::Drop, true),
        "delay" => (FailMode::Delay, true),
        _ => (FailMode::Status, false),
    };
    control.fail_mode = Some(mode);
    if known {
        return Ok(());
    }
    Err(format!("must be status, drop or delay, not \"{name}\"; status is used"))
}

/// A sentence for a status that can't be answered with; `instead` says what happens.
pub(super) fn checked_status(number: i64, instead: &str) -> Result<(), Problem> {
    match number {
        100..200 => Err(format!(
            "is {number}, which only announces an answer: 200 follows it, as from the reference"
        )),
        200..600 => Ok(()),
        _ => Err(format!("must be a status from 100 to 599, not {number}; {instead}")),
    }
}

fn auth(value: &RawValue) -> Result<Auth, Problem> {
    let name = string(value)?;
    let hint = suggestion(&name, Auth::NAMES);
    name.parse().map_err(|error| format!("{error}, not \"{name}\"; ignored{hint}"))
}

fn sip_status(value: &RawValue) -> Result<SipStatus, Problem> {
    let entries: Entries<'_> = parse(value, "an object such as {\"code\":486}")?;
    let mut sip = SipStatus { code: 0, status: String::new() };
    for (name, value) in &entries.0 {
        let inside = |problem| format!("has a \"{name}\" that {problem}");
        match name.to_ascii_lowercase().as_str() {
            _ if value.get() == "null" => {}
            "code" => sip.code = integer(value).map_err(inside)?,
            "status" => sip.status = string(value).map_err(inside)?,
            _ => return Err(format!("may hold code and status, not \"{name}\"; ignored")),
        }
    }
    Ok(sip)
}

/// An action by its number in the protocol or by its name in any case.
fn leave_action(value: &RawValue) -> Result<LeaveAction, Problem> {
    let name = string(value).unwrap_or_else(|_| value.get().to_owned());
    match name.to_ascii_uppercase().as_str() {
        "0" | "DISCONNECT" => Ok(LeaveAction::Disconnect),
        "1" | "RESUME" => Ok(LeaveAction::Resume),
        "2" | "RECONNECT" => Ok(LeaveAction::Reconnect),
        _ => Err(format!(
            "must be DISCONNECT, RESUME or RECONNECT (or 0, 1, 2), not {}",
            shown(value)
        )),
    }
}

/// An integer of 64 bits, written without a point or an exponent.
pub(super) fn integer(value: &RawValue) -> Result<i64, Problem> {
    value.get().parse().map_err(|_| wrong_type("an integer", value))
}

fn integers(value: &RawValue) -> Result<Vec<i64>, Problem> {
    // Nearly every list is one; the others are read again for a sentence about what is wrong.
    if let Ok(integers) = serde_json::from_str(value.get()) {
        return Ok(integers);
    }
    let expected = "a list of integers such as [0,1]";
    let items: Vec<&RawValue> = parse(value, expected)?;
    items.into_iter().map(|item| integer(item).map_err(|_| wrong_type(expected, value))).collect()
}

pub(super) fn string(value: &RawValue) -> Result<String, Problem> {
    parse(value, "a string")
}

fn strings(value: &RawValue) -> Result<Vec<String>, Problem> {
    parse(value, "a list of strings")
}

fn boolean(value: &RawValue) -> Result<bool, Problem> {
    parse(value, "true or false")
}

pub(super) fn parse<'a, T: Deserialize<'a>>(
    value: &'a RawValue,
    expected: &str,
) -> Result<T, Problem> {
    serde_json::from_str(value.get()).map_err(|_| wrong_type(expected, value))
}

fn wrong_type(expected: &str, value: &RawValue) -> Problem {
    format!("must be {expected}, not {}; ignored", shown(value))
}

/// A value as it stands, cut to what a sentence can hold.
fn shown(value: &RawValue) -> String {
    value.get().chars().take(60).collect()
}
