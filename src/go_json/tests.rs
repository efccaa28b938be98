//! Tests by tables, and comparisons with `serde_json` where the two must agree.

use proptest::prelude::*;
use serde_json::Value;

use super::{text::is_name, *};
use crate::arbitrary::{damaged, json_value};

/// The value as one of `serde_json`. If a name is repeated, the last member counts in both.
fn to_serde(raw: Raw<'_>) -> Value {
    match raw.kind() {
        JsonType::Null => Value::Null,
        JsonType::Bool => raw.bool().expect("a bool").into(),
        JsonType::String => raw.string().expect("a string").into_owned().into(),
        JsonType::Number => {
            raw.number().expect("a number").parse().map(Value::Number).expect("one")
        }
        JsonType::List => raw.items().expect("a list").map(to_serde).collect(),
        JsonType::Object => {
            let members = raw.members().expect("an object");
            members.map(|(name, value)| (name.text().into_owned(), to_serde(value))).collect()
        }
    }
}

#[test]
fn takes_what_go_takes() {
    for (text, expected) in [
        (&br#" {"a" : [1 , -0.5e+3,{}],"b":""} "#[..], r#"{"a":[1,-500.0,{}],"b":""}"#),
        (br#""\ud83d\ude00 \u00e9\/\"\\\b""#, "\"\u{1f600} \u{e9}/\\\"\\\\\\b\""),
        (br#""\ud83d""#, "\"\u{fffd}\""),
        (br#""\ude00\ud83d x""#, "\"\u{fffd}\u{fffd} x\""),
        (br#""\ud83d\ud83d\ude00""#, "\"\u{fffd}\u{1f600}\""),
        (b"\"\xe2\x82 \xff\"", "\"\u{fffd}\u{fffd} \u{fffd}\""),
        (br#"{"\u0061":1,"a":2}"#, r#"{"a":2}"#),
    ] {
        let raw = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(
            to_serde(raw),
            serde_json::from_str::<Value>(expected).expect("JSON"),
            "{text:?}"
        );
    }
}

#[test]
fn refuses_what_go_refuses() {
    for (text, problem) in [
        ("", "expected a value at byte 1"),
        ("{} x", "expected nothing more at byte 4"),
        ("{\"a\" 1}", "expected a colon at byte 6"),
        ("{\"a\":1,}", "expected a name in quotes at byte 8"),
        ("[1,]", "expected a value at byte 4"),
        ("[1}", "expected a comma or ] at byte 3"),
        ("{\"a\":1]", "expected a comma or } at byte 7"),
        ("01", "expected nothing more at byte 2"),
        ("1.", "expected a digit at byte 3"),
        ("-", "expected a digit at byte 2"),
        ("nul", "expected a value at byte 1"),
        ("\"\\x\"", "expected an escape that JSON has at byte 3"),
        ("\"\\u12\"", "expected four hexadecimal digits at byte 3"),
        ("\"\n\"", "expected an escape in place of a control character at byte 2"),
        ("\"a", "expected the end of the string at byte 3"),
        ("\u{feff}{}", "expected a value at byte 1"),
    ] {
        assert_eq!(parse(text.as_bytes()).expect_err(text).to_string(), problem, "{text}");
    }
}

#[test]
fn nests_as_deep_as_go() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(10_000).as_bytes()).is_ok());
    assert!(parse(nested(10_001).as_bytes()).is_err());
}

#[test]
fn names_count_in_any_case() {
    for (given, same) in [
        ("skipAuth", true),
        ("SKIPAUTH", true),
        ("\u{17f}kipAuth", true),
        ("s\u{212a}ipAuth", true),
        ("skip_auth", false),
        ("skipAuth ", false),
        ("sk\u{131}pAuth", false),
    ] {
        assert_eq!(is_name(given, "skipAuth"), same, "{given}");
    }
}

#[test]
fn finds_a_repeated_name() {
    for (text, repeated) in [
        (r#"{"a":1,"b":{"a":1}}"#, None),
        (r#"[{"a":1},{"a":1}]"#, None),
        (r#"[{"b":[{"a":1,"\u0061":1}]}]"#, Some("a")),
        (r#"{"a":1,"A":1}"#, None),
    ] {
        assert_eq!(parse(text.as_bytes()).expect("JSON").repeated_name().as_deref(), repeated);
    }
}

proptest! {
    #[test]
    fn any_value_is_read_as_written(value in json_value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            prop_assert_eq!(&to_serde(parse(text.as_bytes()).expect("JSON")), &value);
        }
    }

    /// What `serde_json` accepts is accepted. What only this reader accepts is something in which Go is
    /// less strict.
    #[test]
    fn damaged_text_is_judged_alike(text in damaged(json_value().prop_map(|value| value.to_string().into_bytes()))) {
        let ours = parse(&text);
        match serde_json::from_slice::<Value>(&text) {
            Ok(value) => prop_assert_eq!(ours.map(to_serde), Ok(value)),
            Err(_) if std::str::from_utf8(&text).is_ok_and(|text| !text.contains("\\u")) => {
                let number_beyond_range = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
                prop_assert!(ours.is_err() || number_beyond_range);
            }
            Err(_) => {}
        }
    }
}
