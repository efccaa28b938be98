//! Compares the reader of claims with a second one, which applies Go's rules in the most obvious way.

use std::{collections::HashMap, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::{claims::Claims, error::TokenError};

/// JSON that keeps what readers of JSON treat differently: order, repetition, spelling.
#[derive(Debug, Clone)]
enum Json {
    Null,
    Bool(bool),
    /// A number below a billion.
    Number(u32),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn write(&self) -> String {
        let list = |items: Vec<String>| items.join(" ,");
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(bool) => bool.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => serde_json::to_string(text).expect("JSON"),
            Self::List(items) => format!("[ {}]", list(items.iter().map(Self::write).collect())),
            Self::Object(members) => {
                let member = |(name, value): &(String, Self)| {
                    format!("{} : {}", serde_json::to_string(name).expect("JSON"), value.write())
                };
                format!("{{{} }}", list(members.iter().map(member).collect()))
            }
        }
    }
}

/// The type of each claim. Objects come before their members.
#[rustfmt::skip]
const TYPES: [(&str, &str); 27] = [
    ("iss", "text"), ("sub", "text"), ("jti", "text"), ("name", "text"), ("metadata", "text"), ("kind", "text"),
    ("exp", "date"), ("nbf", "date"), ("iat", "date"), ("aud", "audience"), ("kinddetails", "texts"),
    ("attributes", "map"), ("video", "object"), ("sip", "object"), ("agent", "object"), ("inference", "object"),
    ("video.roomcreate", "bool"), ("video.roomadmin", "bool"), ("video.canpublish", "bool"),
    ("video.room", "text"), ("video.destinationroom", "text"), ("video.canpublishsources", "texts"),
    ("sip.admin", "bool"), ("sip.call", "bool"), ("agent.admin", "bool"), ("agent.simulationadmin", "bool"),
    ("inference.perform", "bool"),
];

/// The claims that null clears, because Go has a pointer, a map or a list for them.
const POINTERS: [&str; 5] =
    ["exp", "nbf", "attributes", "video.canpublish", "video.canpublishsources"];

fn lowered(name: &str) -> String {
    name.replace('\u{17f}', "s").replace('\u{212a}', "k").to_lowercase()
}

/// Every assignment that the text makes, with its path, such as `iss` or `video.roomcreate`.
fn assignments(members: &[(String, Json)]) -> Vec<(String, Json)> {
    let mut all = Vec::new();
    for (name, value) in members {
        let name = lowered(name);
        all.push((name.clone(), value.clone()));
        if let Json::Object(inner) = value
            && TYPES.contains(&(&name, "object"))
        {
            all.extend(
                inner
                    .iter()
                    .map(|(member, value)| (format!("{name}.{}", lowered(member)), value.clone())),
            );
        }
    }
    all
}

/// Whether the value has the type. Null always has, except in the list of an audience.
fn fits(value: &Json, expected: &str) -> bool {
    let all = |items: &[Json], expected| items.iter().all(|item| fits(item, expected));
    match (expected, value) {
        ("strictly text", Json::Null) => false,
        (_, Json::Null)
        | ("bool", Json::Bool(_))
        | ("date", Json::Number(_))
        | ("text" | "strictly text" | "audience", Json::Text(_))
        | ("object", Json::Object(_)) => true,
        ("date", Json::Text(text)) => {
            text.bytes().all(|byte| byte.is_ascii_digit())
                && !text.is_empty()
                && (text == "0" || !text.starts_with('0'))
        }
        ("texts", Json::List(items)) => all(items, "text"),
        ("audience", Json::List(items)) => all(items, "strictly text"),
        ("map", Json::Object(members)) => members.iter().all(|(_, value)| fits(value, "text")),
        _ => false,
    }
}

/// The last value of a path that is not null and was not cleared by a later null. A null clears it if it
/// is for the object around it, or for the path itself where Go has a pointer, a map or a list.
fn last<'a>(all: &'a [(String, Json)], path: &str) -> Option<&'a Json> {
    let parent = path.split('.').next().unwrap_or_default();
    let clears = |(name, value): &(String, Json)| {
        matches!(value, Json::Null)
            && (*name == parent && parent != path || *name == path && POINTERS.contains(&path))
    };
    let start = all.iter().rposition(clears).map_or(0, |place| place + 1);
    let values = all[start..].iter().rev().filter(|(name, _)| name == path);
    values.map(|(_, value)| value).find(|value| !matches!(value, Json::Null))
}

/// The claims by the obvious reader; `None` where one of them has the wrong type.
fn expected_claims(members: &[(String, Json)]) -> Option<Claims> {
    let all = assignments(members);
    for (name, value) in &all {
        let expected = TYPES.iter().find(|(known, _)| known == name);
        if expected.is_some_and(|(_, expected)| !fits(value, expected)) {
            return None;
        }
    }
    let text = |path: &str| match last(&all, path) {
        Some(Json::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let choice = |path: &str| match last(&all, path) {
        Some(Json::Bool(bool)) => Some(*bool),
        _ => None,
    };
    let is = |path: &str| choice(path) == Some(true);
    let mut claims = Claims {
        iss: text("iss"),
        sub: text("sub"),
        jti: text("jti"),
        name: text("name"),
        metadata: text("metadata"),
        attributes: attributes(&all),
        ..Claims::default()
    };
    claims.grants.video.room_create = is("video.roomcreate");
    claims.grants.video.room_admin = is("video.roomadmin");
    claims.grants.video.room = text("video.room");
    claims.grants.video.destination_room = text("video.destinationroom");
    claims.grants.sip.admin = is("sip.admin");
    claims.grants.sip.call = is("sip.call");
    claims.grants.agent.admin = is("agent.admin");
    claims.grants.agent.simulation_admin = is("agent.simulationadmin");
    claims.grants.inference.perform = is("inference.perform");
    claims.grants.video.can_publish = choice("video.canpublish");
    if let Some(Json::List(sources)) = last(&all, "video.canpublishsources") {
        claims.grants.video.can_publish_sources = sources.iter().map(text_of).collect();
    }
    Some(claims)
}

/// A string; null is an empty one.
fn text_of(value: &Json) -> String {
    if let Json::Text(text) = value { text.clone() } else { String::new() }
}

/// Repeated maps are merged. The case of their names counts.
fn attributes(all: &[(String, Json)]) -> HashMap<String, String> {
    let mut attributes = HashMap::new();
    for (name, value) in all {
        match value {
            Json::Null if name == "attributes" => attributes.clear(),
            Json::Object(members) if name == "attributes" => {
                attributes
                    .extend(members.iter().map(|(name, value)| (name.clone(), text_of(value))));
            }
            _ => {}
        }
    }
    attributes
}

fn seconds(members: &[(String, Json)], claim: &str) -> Option<u64> {
    match last(&assignments(members), claim)? {
        Json::Number(number) => Some((*number).into()),
        Json::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// A name in some spelling. Not every spelling means the same name.
fn name(known: &'static str) -> impl Strategy<Value = String> {
    (0..12_u8).prop_map(move |spelling| match spelling {
        0 => known.to_uppercase(),
        1 => known.replace('s', "\u{17f}").replace('k', "\u{212a}"),
        2 => format!("{known}_"),
        _ => known.to_owned(),
    })
}

fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (0..1_000_000_000_u32).prop_map(Json::Number),
        "[a-c\u{e9}\"]{0,3}".prop_map(Json::Text),
        "[0-9]{1,8}".prop_map(Json::Text),
    ]
}

/// A value that fits the type, or null.
fn fitting(expected: &'static str) -> BoxedStrategy<Json> {
    let text = || "[a-c]{0,3}".prop_map(Json::Text);
    let texts = || vec(prop_oneof![3 => text().boxed(), 1 => Just(Json::Null).boxed()], 0..3);
    let value = match expected {
        "bool" => any::<bool>().prop_map(Json::Bool).boxed(),
        "date" => (0..1_000_000_000_u32).prop_map(Json::Number).boxed(),
        "texts" => texts().prop_map(Json::List).boxed(),
        "map" => vec(("[aA]", fitting("text")), 0..3).prop_map(Json::Object).boxed(),
        _ => text().boxed(),
    };
    prop_oneof![4 => value, 1 => Just(Json::Null)].boxed()
}

/// One of the claims, or of an object's members, that are not objects.
fn typed(of: &'static str) -> BoxedStrategy<(String, Json)> {
    let types = TYPES.into_iter().filter_map(move |(path, expected)| {
        let (group, name) = path.rsplit_once('.').unwrap_or(("", path));
        (group == of && expected != "object").then_some((name, expected))
    });
    let one = prop::sample::select(types.collect::<Vec<_>>());
    one.prop_flat_map(|(known, expected)| (name(known), fitting(expected))).boxed()
}

/// A claim, most often with a value of its type.
fn claim() -> BoxedStrategy<(String, Json)> {
    let objects = ["video", "sip", "agent", "inference"];
    let objects = objects.map(|of| {
        let object = vec(typed(of), 0..4).prop_map(Json::Object);
        (name(of), prop_oneof![4 => object, 1 => Just(Json::Null)]).boxed()
    });
    let any_name = prop::sample::select(TYPES.to_vec())
        .prop_flat_map(|(path, _)| name(path.rsplit('.').next().unwrap_or(path)));
    let any_value = prop_oneof![
        leaf(),
        vec(leaf(), 0..3).prop_map(Json::List),
        vec(typed("video"), 0..2).prop_map(Json::Object),
    ];
    prop_oneof![
        10 => typed(""),
        20 => prop::strategy::Union::new(objects),
        1 => (any_name, any_value),
    ]
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn claims_are_read_by_gos_rules(members in vec(claim(), 0..8)) {
        let text = Json::Object(members.clone()).write();
        match (Claims::read(text.as_bytes()), expected_claims(&members)) {
            (Ok(read), Some(expected)) => {
                let at = Duration::from_secs(2_000_000_000);
                let age = |claim| seconds(&members, claim).map(|seconds| 2_000_000_000 - seconds);
                prop_assert_eq!(read.exp.and_then(|exp| exp.past(at)), age("exp"));
                prop_assert_eq!(read.nbf.and_then(|nbf| nbf.past(at)), age("nbf"));
                prop_assert_eq!(Claims { exp: None, nbf: None, ..read }, expected, "{}", text);
            }
            (Err(TokenError::Claim { .. }), None) => {}
            (read, expected) => prop_assert!(false, "{}: {:?}, not {:?}", text, read, expected),
        }
    }
}
