//! What holds for every control, however it is written. The property tests below and the fuzz
//! targets share it.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    fields::Control,
    json,
    names::{HEADER, KEY_PREFIX},
    request::read,
};
use crate::{
    go_json::{self, JsonType},
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
    let key = format!("{KEY_PREFIX}{text}");
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
    let control = read(&Control::default(), headers, key, &mut warnings).clone();
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
    go_json::parse(text.as_bytes()).is_ok_and(|value| value.kind() == JsonType::Object)
}

/// A control that is written and read again is the same.
fn check_rewriting(control: &Control) {
    let headers = HeaderMap::from_iter([(HeaderName::from_static(HEADER), control.into())]);
    let (again, _) = read_all(&headers, None);
    assert_eq!(again.header(), control.header());
    assert_eq!(values(again), values(control.clone()));
}

/// What a control holds, however it is written: but for JSON that is kept as it stands, and for the
/// wait that is a header of its own.
fn values(control: Control) -> String {
    format!("{:?}", Control { response: None, script: None, fail_delay_ms: None, ..control })
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::{
        collection::{hash_map, vec},
        option,
        prelude::*,
        sample::select,
    };
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{
        arbitrary::{damaged, damaged_text, json_value},
        control::{field::Field, fields::FIELDS},
    };

    /// Any control that JSON can say, and the wait that only a header can.
    fn any_control() -> impl Strategy<Value = Control> {
        let fields = FIELDS.iter().filter(|field| field.json.is_some());
        let fields: Vec<_> = fields.map(|field| option::of(value_of(field))).collect();
        let fail_delay = option::of(any::<u64>());
        (fields, fail_delay).prop_map(|(values, fail_delay)| {
            let names = FIELDS.iter().filter_map(Field::name);
            let given =
                names.zip(values).filter_map(|(name, value)| Some((name.to_owned(), value?)));
            let text = Value::Object(given.collect()).to_string();
            let control = json::read(&text, HEADER, &mut Warnings::default()).expect("an object");
            Control { fail_delay_ms: fail_delay, ..*control }
        })
    }

    /// Any value of the field's type.
    fn value_of(field: &Field<Control>) -> BoxedStrategy<Value> {
        match field.kind {
            _ if !field.values.is_empty() => select(field.values).prop_map(Value::from).boxed(),
            "bool" => any::<bool>().prop_map(Value::from).boxed(),
            "int" => any::<i64>().prop_map(Value::from).boxed(),
            "string" => ".{0,20}".prop_map(Value::from).boxed(),
            "int[]" => vec(any::<i64>(), 0..4).prop_map(Value::from).boxed(),
            "string[]" => vec(".{0,12}", 0..4).prop_map(Value::from).boxed(),
            "object" | "object[]" => json_value().boxed(),
            "number" => (0.0..=1.0_f64).prop_map(Value::from).boxed(),
            "string or int" => {
                prop_oneof![".{0,12}".prop_map(Value::from), any::<i64>().prop_map(Value::from)]
                    .boxed()
            }
            "object of strings" => hash_map("[A-Za-z-]{1,12}", ".{0,12}", 0..4)
                .prop_map(|members| json!(members))
                .boxed(),
            like => {
                let like: Value = serde_json::from_str(like).expect("an example");
                (Just(like), any::<i32>(), ".{0,20}").prop_map(with_status).boxed()
            }
        }
    }

    fn with_status((mut sip, code, text): (Value, i32, String)) -> Value {
        sip["code"] = json!(code);
        sip["status"] = json!(text);
        sip
    }

    fn fields(control: &Control) -> Map<String, Value> {
        serde_json::from_str(&control.json()).expect("an object")
    }

    /// The seed-era headers that say the same, as far as they can say it in plain ASCII.
    fn as_legacy(control: &Control) -> (HeaderMap, Map<String, Value>) {
        let (mut headers, mut said) = (HeaderMap::new(), Map::new());
        for (name, value) in fields(control) {
            let field = FIELDS.iter().find(|field| field.name() == Some(name.as_str()));
            let Some(header) = &field.expect("a field").header else { continue };
            if matches!(name.as_str(), "failTwirpCode" | "response") {
                continue;
            }
            let suffix = header.suffix;
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
        fn what_is_written_is_read_as_it_was(control in any_control()) {
            check_rewriting(&control);
            let (name, value) = control.header();
            prop_assert_eq!(name, HEADER);
            prop_assert!(value.is_ascii());
            let wrapped = format!("{KEY_PREFIX}{}", URL_SAFE_NO_PAD.encode(control.json()));
            for key in [control.api_key(), wrapped] {
                let (read, _) = read_all(&HeaderMap::new(), Some(&key));
                prop_assert_eq!(read.json(), control.json());
            }
        }

        #[test]
        fn its_headers_say_all_of_it(control in any_control()) {
            let headers = control.headers().into_iter().map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::try_from(value).expect("a value"))
            });
            let (read, _) = read_all(&headers.collect(), None);
            prop_assert_eq!(read.headers(), control.headers());
        }

        #[test]
        fn the_header_wins_over_the_key_and_the_key_over_the_old_headers(
            old in any_control(), key in any_control(), header in any_control(),
        ) {
            let (mut headers, mut expected) = as_legacy(&old);
            headers.insert(HEADER, (&header).into());
            expected.extend(fields(&key));
            expected.extend(fields(&header));
            let (read, _) = read_all(&headers, Some(&key.api_key()));
            prop_assert_eq!(fields(&read), expected);
        }

        #[test]
        fn a_field_of_the_wrong_type_falls_alone(control in any_control(), wrong in json_value()) {
            let names = FIELDS.iter().filter_map(Field::name);
            for field in names.filter(|name| !matches!(*name, "response" | "script")) {
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
            damaged(any_control().prop_map(|control| control.header().1.into_bytes())),
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
            damaged_text(any_control().prop_map(|control| control.json())).boxed(),
        ]) {
            super::key(&text);
            attribute(&text);
        }
    }
}
