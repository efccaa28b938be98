//! What holds for every control, however it is written. The property tests below and the fuzz
//! targets share it.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Control, HEADER, json, key, read};
use crate::{
    go_json::{self, Kind},
    warning::Warnings,
};

/// Any value of `X-Lk-Mock`.
pub(crate) fn header(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
    let headers = HeaderMap::from_iter([(HeaderName::from_static(HEADER), value)]);
    let (control, warnings) = read_all(&headers, None);
    if !text.is_empty() {
        check_verdict(&text, &control, &warnings);
    }
    check_rewriting(&control);
}

/// Any lines of headers: what follows `X-Lk-Mock` in the name, a colon, the value.
pub(crate) fn legacy(lines: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(200) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = [HEADER.as_bytes(), &line[..colon]].concat();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(&name), HeaderValue::from_bytes(&line[colon + 1..]))
        {
            headers.append(name, value);
        }
    }
    let (control, _) = read_all(&headers, None);
    check_rewriting(&control);
}

/// Any text behind `mock:` in an API key.
pub(crate) fn key(text: &str) {
    let key = format!("{}{text}", key::PREFIX);
    let (control, warnings) = read_all(&HeaderMap::new(), Some(&key));
    if text.trim_start().starts_with('{') {
        check_verdict(text, &control, &warnings);
    }
    check_rewriting(&control);
}

/// Any attribute `lk.mock`.
pub(crate) fn attribute(text: &str) {
    let mut warnings = Warnings::default();
    let control = json::read(text, "lk.mock", &mut warnings).unwrap_or_default();
    warnings.assert_sound();
    check_verdict(text, &control, &warnings);
}

fn read_all(headers: &HeaderMap, key: Option<&str>) -> (Control, Warnings) {
    let mut warnings = Warnings::default();
    let control = read(headers, key, &mut warnings);
    warnings.assert_sound();
    (control, warnings)
}

/// What is no object sets nothing and is not passed over in silence.
fn check_verdict(text: &str, control: &Control, warnings: &Warnings) {
    if !is_object(text) {
        assert_eq!(control.json(), "{}", "{text}");
        assert!(!warnings.is_empty(), "{text}");
    }
}

fn is_object(text: &str) -> bool {
    go_json::parse(text.as_bytes()).is_ok_and(|value| value.kind() == Kind::Object)
}

/// A control that is written and read again is the same.
fn check_rewriting(control: &Control) {
    let headers = HeaderMap::from_iter([(HeaderName::from_static(HEADER), control.into())]);
    let (again, _) = read_all(&headers, None);
    assert_eq!(again.header(), control.header());
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::{collection::vec, option, prelude::*};
    use serde_json::{Map, Value};

    use super::*;
    use crate::{
        Auth, LeaveAction, SipTransfer,
        arbitrary::{damaged, json_value},
    };

    /// What the builder can make, each field present or not.
    fn built() -> impl Strategy<Value = Control> {
        let failing = (
            option::of(vec(0..100_usize, 0..4)),
            any::<bool>(),
            option::of(any::<u16>()),
            option::of(".{0,20}"),
            option::of(0..1_000_000_u64),
            option::of(any::<u16>()),
        );
        let answering = (
            option::of(json_value()),
            any::<bool>(),
            option::of(prop_oneof![Just(Auth::Strict), Just(Auth::Lenient), Just(Auth::Off)]),
            option::of(any::<bool>()),
            any::<bool>(),
            option::of((any::<i32>(), ".{0,20}")),
            option::of(transfer()),
        );
        let naming = (
            option::of(vec(".{0,12}", 0..4)),
            option::of(vec(".{0,12}", 0..4)),
            option::of(".{0,12}"),
            option::of(prop_oneof![
                Just(LeaveAction::Disconnect),
                Just(LeaveAction::Resume),
                Just(LeaveAction::Reconnect)
            ]),
            option::of(any::<bool>()),
        );
        (failing, answering, naming).prop_map(|(failing, answering, naming)| {
            let (regions, drops, status, code, delay, listed) = failing;
            let (response, skips, auth, strict, future, sip, transfer) = answering;
            let (pinned, advertised, signal, action, v1) = naming;
            let mut control = Control::new();
            control = regions.into_iter().fold(control, Control::fail_regions);
            control = if drops { control.drop() } else { control };
            control = status.into_iter().fold(control, Control::fail_status);
            control = code.into_iter().fold(control, Control::fail_twirp_code);
            control = delay.map(Duration::from_millis).into_iter().fold(control, Control::delay);
            control = listed.into_iter().fold(control, Control::regions_status);
            control = response.iter().fold(control, |control, response| {
                control.response(response).expect("a value that serializes")
            });
            control = if skips { control.skip_auth() } else { control };
            control = auth.into_iter().fold(control, Control::auth);
            control = strict.into_iter().fold(control, Control::strict);
            control = if future { control.future_field() } else { control };
            control = sip
                .into_iter()
                .fold(control, |control, (code, text)| control.sip_status(code, text));
            control = transfer.into_iter().fold(control, Control::sip_transfer);
            control = v1.into_iter().fold(control, Control::v1);
            control = pinned.into_iter().fold(control, Control::pinned_regions);
            control = advertised.into_iter().fold(control, Control::advertise);
            control = signal.into_iter().fold(control, Control::signal);
            action.into_iter().fold(control, Control::leave_action)
        })
    }

    fn transfer() -> impl Strategy<Value = SipTransfer> {
        let reason = prop_oneof![Just("STR_REJECTED"), Just("STR_CALL_ENDED")];
        let status = option::of((any::<i32>(), ".{0,20}"));
        (reason, ".{0,12}", status).prop_map(|(reason, id, status)| {
            let transfer = SipTransfer::new(reason).id(id);
            status.into_iter().fold(transfer, |transfer, (code, text)| transfer.status(code, text))
        })
    }

    fn fields(control: &Control) -> Map<String, Value> {
        serde_json::from_str(&control.json()).expect("an object")
    }

    /// The seed-era headers that say the same, as far as they can say it in plain ASCII.
    fn as_legacy(control: &Control) -> (HeaderMap, Map<String, Value>) {
        let (mut headers, mut said) = (HeaderMap::new(), Map::new());
        for (name, value) in fields(control) {
            let suffix = match name.as_str() {
                "failRegions" => "-fail-regions",
                "failMode" => "-fail-mode",
                "failStatus" => "-fail-status",
                "regionsStatus" => "-regions-status",
                "skipAuth" => "-skip-auth",
                _ => continue,
            };
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
                }
                value => value.to_string(),
            };
            if !text.is_empty() {
                let name_of_header = format!("{HEADER}{suffix}");
                headers.insert(
                    HeaderName::try_from(name_of_header).expect("a name"),
                    HeaderValue::try_from(text).expect("a value"),
                );
                said.insert(name, value);
            }
        }
        (headers, said)
    }

    proptest! {
        #[test]
        fn a_built_control_is_read_as_it_was_built(control in built()) {
            check_rewriting(&control);
            let (name, value) = control.header();
            prop_assert_eq!(name, HEADER);
            prop_assert!(value.is_ascii());
            let wrapped = format!("{}{}", key::PREFIX, URL_SAFE_NO_PAD.encode(control.json()));
            for key in [control.api_key(), wrapped] {
                let (read, _) = read_all(&HeaderMap::new(), Some(&key));
                prop_assert_eq!(read.json(), control.json());
            }
        }

        #[test]
        fn the_header_wins_over_the_key_and_the_key_over_the_old_headers(
            old in built(), key in built(), header in built(),
        ) {
            let (mut headers, mut expected) = as_legacy(&old);
            headers.insert(HEADER, (&header).into());
            expected.extend(fields(&key));
            expected.extend(fields(&header));
            let (read, _) = read_all(&headers, Some(&key.api_key()));
            prop_assert_eq!(fields(&read), expected);
        }

        #[test]
        fn a_field_of_the_wrong_type_falls_alone(control in built(), wrong in json_value()) {
            for field in ["failRegions", "failMode", "failStatus", "skipAuth", "auth", "sipStatus",
                "sipTransfer", "pinnedRegions", "signal", "leaveAction", "v1", "delayMs"] {
                let mut object = fields(&control);
                object.remove(field);
                let others = object.clone();
                object.insert(field.to_owned(), wrong.clone());
                let mut warnings = Warnings::default();
                let read = json::read(&Value::from(object).to_string(), HEADER, &mut warnings);
                let mut read = fields(&read.expect("an object"));
                let taken = read.remove(field).is_some();
                prop_assert_eq!(read, others);
                prop_assert!(taken || wrong.is_null() || !warnings.is_empty());
            }
        }

        #[test]
        fn any_header(value in prop_oneof![
            vec(any::<u8>(), 0..200),
            damaged(built().prop_map(|control| control.header().1.into_bytes())),
            damaged(json_value().prop_map(|value| value.to_string().into_bytes())),
        ]) {
            header(&value);
        }

        #[test]
        fn any_old_headers(lines in prop_oneof![
            vec(any::<u8>(), 0..200),
            damaged(vec("(-fail-(regions|mode|status|twirp-code)|-delay-ms|-regions-status|-response|-skip-auth|-[a-z-]{0,12}):.{0,20}\n", 0..6)
                .prop_map(|lines| lines.concat().into_bytes())),
        ]) {
            legacy(&lines);
        }

        #[test]
        fn any_key_and_attribute(text in prop_oneof![
            ".{0,100}".boxed(),
            crate::arbitrary::damaged_text(built().prop_map(|control| control.json())).boxed(),
        ]) {
            super::key(&text);
            attribute(&text);
        }
    }
}
