//! A control as a JSON object, read leniently: a field that is wrong falls alone.

use serde_json::value::RawValue;

use super::{Control, FailMode, LeaveAction, SipStatus, transfer};
use crate::{
    auth::Auth,
    go_json::{self, Raw},
    warning::{Warnings, suggestion},
};

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
    let value = go_json::parse(text.as_bytes());
    let problem = match value.as_ref().map(|value| (value.kind(), value.members())) {
        Ok((_, Some(fields))) => return Some(read_fields(fields, source, warnings)),
        Ok((kind, None)) => format!("it is {}", kind.described()),
        Err(fault) => fault.to_string(),
    };
    warnings.add(format_args!(
        "{source}: ignored, it must be one JSON object such as {{\"failRegions\":[0]}}: {problem}"
    ));
    None
}

fn read_fields(fields: go_json::Members<'_>, source: &str, warnings: &mut Warnings) -> Control {
    let mut control = Control::default();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in fields {
        let Some(field) = name.find(&FIELDS) else {
            if !warnings.is_full() {
                let name = name.text();
                let hint = suggestion(&name, FIELDS);
                warnings.add(format_args!("{source}: unknown field \"{name}\"{hint}"));
            }
            continue;
        };
        if seen.contains(&field) {
            warnings.add(format_args!("{source}: \"{field}\" is given twice, the last one counts"));
        }
        if value.is_null() && field != "response" {
            clear(&mut control, field);
            continue;
        }
        seen.push(field);
        if let Err(problem) = set(&mut control, field, value) {
            warnings.add(format_args!("{source}: \"{field}\" {problem}"));
        }
    }
    control
}

/// `null` takes a value away that came before it, where Go has a place for no value.
fn clear(control: &mut Control, field: &str) {
    match field {
        "failRegions" => control.fail_regions = None,
        "delayMs" => control.delay_ms = None,
        "sipStatus" => control.sip_status = None,
        "pinnedRegions" => control.pinned_regions = None,
        _ => {}
    }
}

fn set(control: &mut Control, field: &str, value: Raw<'_>) -> Result<(), Problem> {
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
        "response" => control.response = Some(as_it_stands(value)?),
        "skipAuth" => control.skip_auth = Some(boolean(value)?),
        "auth" => control.auth = Some(auth(value)?),
        "strict" => control.strict = Some(boolean(value)?),
        "futureField" => control.future_field = Some(boolean(value)?),
        "sipStatus" => return set_sip_status(control, value),
        "sipTransfer" => {
            let (transfer, problem) = transfer::read(value)?;
            control.sip_transfer = Some(transfer);
            return problem.map_or(Ok(()), Err);
        }
        "pinnedRegions" => control.pinned_regions = Some(strings(value)?),
        "advertise" => control.advertise = Some(strings(value)?),
        "signal" => control.signal = Some(string(value)?),
        "leaveAction" => control.leave_action = Some(leave_action(value)?),
        "script" => control.script = Some(as_it_stands(value)?),
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
        "reset" => (FailMode::Reset, true),
        _ => (FailMode::Status, false),
    };
    control.fail_mode = Some(mode);
    if known {
        return Ok(());
    }
    Err(format!("must be status, drop, delay or reset, not \"{name}\"; status is used"))
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

fn auth(value: Raw<'_>) -> Result<Auth, Problem> {
    let name = string(value)?;
    let hint = suggestion(&name, Auth::NAMES);
    name.parse().map_err(|error| format!("{error}, not \"{name}\"; ignored{hint}"))
}

/// Its members fall alone as the control's own do; one that is given twice adds to the first.
fn set_sip_status(control: &mut Control, value: Raw<'_>) -> Result<(), Problem> {
    let expected = "an object such as {\"code\":486}";
    let members = value.members().ok_or_else(|| wrong_type(expected, value))?;
    let none = || SipStatus { code: 0, status: String::new() };
    let sip = control.sip_status.get_or_insert_with(none);
    let mut problems = Vec::new();
    for (name, value) in members.filter(|(_, value)| !value.is_null()) {
        let set = if name.is("code") {
            integer(value).map(|code| sip.code = code)
        } else if name.is("status") {
            string(value).map(|status| sip.status = status)
        } else {
            problems.push(format!("may hold code and status, not \"{}\"; ignored", name.text()));
            continue;
        };
        problems
            .extend(set.err().map(|problem| format!("has a \"{}\" that {problem}", name.text())));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join(", and ")) }
}

/// An action by its number in the protocol or by its name in any case.
fn leave_action(value: Raw<'_>) -> Result<LeaveAction, Problem> {
    let name = value.string().map(|name| name.to_ascii_uppercase());
    match (name.as_deref(), value.bytes()) {
        (Some("DISCONNECT"), _) | (None, b"0") => Ok(LeaveAction::Disconnect),
        (Some("RESUME"), _) | (None, b"1") => Ok(LeaveAction::Resume),
        (Some("RECONNECT"), _) | (None, b"2") => Ok(LeaveAction::Reconnect),
        _ => Err(format!(
            "must be \"DISCONNECT\", \"RESUME\" or \"RECONNECT\" (or 0, 1, 2), not {}",
            shown(value)
        )),
    }
}

/// A value whose meaning is read elsewhere.
fn as_it_stands(value: Raw<'_>) -> Result<Box<RawValue>, Problem> {
    serde_json::from_slice(value.bytes())
        .map_err(|error| format!("can't be read: {error}; ignored"))
}

/// An integer of 64 bits, written without a point or an exponent.
pub(super) fn integer(value: Raw<'_>) -> Result<i64, Problem> {
    let number = value.number().and_then(|number| number.parse().ok());
    number.ok_or_else(|| wrong_type("an integer", value))
}

fn integers(value: Raw<'_>) -> Result<Vec<i64>, Problem> {
    let wrong = || wrong_type("a list of integers such as [0,1]", value);
    let items = value.items().ok_or_else(wrong)?;
    items.map(|item| integer(item).map_err(|_| wrong())).collect()
}

pub(super) fn string(value: Raw<'_>) -> Result<String, Problem> {
    value.string().map(Into::into).ok_or_else(|| wrong_type("a string", value))
}

fn strings(value: Raw<'_>) -> Result<Vec<String>, Problem> {
    let wrong = || wrong_type("a list of strings", value);
    let items = value.items().ok_or_else(wrong)?;
    items.map(|item| string(item).map_err(|_| wrong())).collect()
}

fn boolean(value: Raw<'_>) -> Result<bool, Problem> {
    value.bool().ok_or_else(|| wrong_type("true or false", value))
}

pub(super) fn wrong_type(expected: &str, value: Raw<'_>) -> Problem {
    format!("must be {expected}, not {}; ignored", shown(value))
}

/// A value as it stands, cut to what a sentence can hold.
fn shown(value: Raw<'_>) -> String {
    go_json::valid_utf8(value.bytes()).chars().take(60).collect()
}
