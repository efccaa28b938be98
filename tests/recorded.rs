//! Replays every recorded request, and compares the answers with the reference's. If the
//! documentation differs from them, they are right.

mod support;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use livekit_mock::{Auth, Mock, Reference};
use serde::Deserialize;
use serde_json::{Value, json};

use support::{Answer, jwt, raw, start};

const RECORDED: &str = include_str!("cases/recorded.jsonl");
const ODD: &str = include_str!("cases/odd.jsonl");
const LATEST: &str = include_str!("cases/latest.jsonl");

#[derive(Deserialize, Clone)]
struct Case {
    #[serde(flatten)]
    request: Recording,
    answer: Recorded,
    /// Whether this server answers differently on purpose; see `tests/paths.rs`.
    #[serde(default)]
    beyond: bool,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Recording {
    group: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    token: String,
    /// How the header is written, if not as usual.
    authorization: Option<String>,
}

#[derive(Deserialize, Clone)]
struct Recorded {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    dropped: bool,
}

/// The cases of a file.
fn cases(file: &str) -> Vec<Case> {
    file.lines().map(|line| serde_json::from_str(line).expect("a recorded case")).collect()
}

#[tokio::test]
async fn all_answers_are_those_of_august() {
    let cases = [cases(RECORDED), cases(ODD)].concat();
    assert_eq!(cases.len(), 552 + 267);
    all_agree(Reference::August2026, &cases).await;
}

/// October's answers are August's, except for those that have been recorded again.
#[tokio::test]
async fn all_answers_are_those_of_october() {
    let mut newer: BTreeMap<Recording, Recorded> =
        cases(LATEST).into_iter().map(|case| (case.request, case.answer)).collect();
    assert_eq!(newer.len(), 82);
    let mut cases = [cases(RECORDED), cases(ODD)].concat();
    for case in &mut cases {
        if let Some(answer) = newer.remove(&case.request) {
            case.answer = answer;
        }
    }
    assert!(newer.is_empty(), "{} belong to no request", newer.len());
    all_agree(Reference::Latest, &cases).await;
}

async fn all_agree(reference: Reference, cases: &[Case]) {
    let mock = start(Mock::builder().auth(Auth::Strict).reference(reference)).await;
    let mut failures = Vec::new();
    for (number, case) in (1..).zip(cases).filter(|(_, case)| !case.beyond) {
        if let Err(difference) = replay(&mock, case).await {
            let Recording { group, path, body, token, .. } = &case.request;
            let shown = |text: &str| text.chars().take(100).collect::<String>();
            failures.push(format!(
                "{number} ({group} {} {} {}): {difference}",
                shown(path),
                shown(&String::from_utf8_lossy(&STANDARD.decode(body).expect("base64"))),
                shown(token),
            ));
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

async fn replay(mock: &Mock, Case { request, answer, .. }: &Case) -> Result<(), String> {
    let token = token(&request.token);
    let path = request.path.replace("{token}", token.as_deref().unwrap_or_default());
    let mut headers = request.headers.clone();
    if let Some(token) = token.filter(|_| !request.path.contains("{token}")) {
        let written = request.authorization.as_deref().unwrap_or("Bearer {token}");
        headers.insert("Authorization".to_owned(), written.replace("{token}", &token));
    }
    let mut body = STANDARD.decode(&request.body).expect("base64");
    if request.method != "POST" {
        // Nor did the recorder's HTTP library send one.
        body.clear();
    }
    match raw::ask(mock.addresses()[0], &request.method, &path, &headers, &body).await {
        Some(given) if answer.dropped => {
            Err(format!("answered {} in place of a drop", given.status))
        }
        Some(given) => compare(answer, &given),
        None if answer.dropped => Ok(()),
        None => Err("not answered".to_owned()),
    }
}

fn compare(recorded: &Recorded, answer: &Answer) -> Result<(), String> {
    if answer.status.as_u16() != recorded.status {
        return Err(format!("status {} in place of {}", answer.status, recorded.status));
    }
    for (name, value) in &recorded.headers {
        if answer.header(name) != Some(value) {
            return Err(format!("{name}: {:?} in place of {value:?}", answer.header(name)));
        }
    }
    for name in ["Content-Type", "X-Lk-Mock-Region", "Cache-Control"] {
        if !recorded.headers.contains_key(name) && answer.header(name).is_some() {
            return Err(format!("{name}: {:?} where there was none", answer.header(name)));
        }
    }
    compare_bodies(&STANDARD.decode(&recorded.body).expect("base64"), answer)
}

fn compare_bodies(recorded: &[u8], answer: &Answer) -> Result<(), String> {
    let given: &[u8] = &answer.body;
    let same = match answer.header("content-type") {
        Some("application/json") => extends(&json_of(given), &json_of(recorded)),
        Some("application/protobuf") => extends_fields(given, recorded),
        _ => text_of(given) == text_of(recorded),
    };
    let shown = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if same {
        Ok(())
    } else {
        Err(format!("body {:?} in place of {:?}", shown(given), shown(recorded)))
    }
}

/// The body as JSON, without the ports of the regions, which differ in each run. An empty body is
/// not JSON.
fn json_of(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    let mut value: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    for region in value.get_mut("regions").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(url) = region.get_mut("url") {
            *url = json!(url.as_str().and_then(|url| url.rsplit_once(':')).map(|(host, _)| host));
        }
    }
    value
}

/// The body as text, without what follows this prefix: those are the words of the reference's
/// library.
fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if text.starts_with("invalid token: ") { "invalid token: ".to_owned() } else { text }
}

/// Whether `given` is `recorded`, except for fields that a newer schema adds.
fn extends(given: &Value, recorded: &Value) -> bool {
    match (given, recorded) {
        (Value::Object(given), Value::Object(recorded)) => recorded
            .iter()
            .all(|(key, value)| given.get(key).is_some_and(|given| extends(given, value))),
        (Value::Array(given), Value::Array(recorded)) => {
            given.len() == recorded.len()
                && given.iter().zip(recorded).all(|(given, value)| extends(given, value))
        }
        _ => given == recorded,
    }
}

/// [`extends`] for protobuf: every field of the recording is there, in its order.
fn extends_fields(given: &[u8], recorded: &[u8]) -> bool {
    let (Some(given), Some(recorded)) = (fields(given), fields(recorded)) else {
        return given == recorded;
    };
    let mut given = given.into_iter();
    recorded.into_iter().all(|(key, value)| {
        given.any(|(other, candidate)| {
            other == key && (candidate == value || key & 7 == 2 && extends_fields(candidate, value))
        })
    })
}

/// The fields of an encoded message: key and value.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    use prost::encoding::decode_varint;
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = decode_varint(&mut bytes).ok()?;
        let length = match key & 7 {
            0 => bytes.iter().position(|byte| byte & 0x80 == 0)? + 1,
            1 => 8,
            2 => usize::try_from(decode_varint(&mut bytes).ok()?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (value, rest) = bytes.split_at_checked(length)?;
        fields.push((key, value));
        bytes = rest;
    }
    Some(fields)
}

/// The token that a case names.
fn token(name: &str) -> Option<String> {
    let now = jwt::now();
    if let Some(payload) = payload(name, now) {
        return Some(sign(name, &payload));
    }
    let admin = json!({"roomAdmin": true, "room": "my-room"});
    let all = json!({
        "roomCreate": true, "roomList": true, "roomRecord": true, "roomAdmin": true, "roomJoin": true,
        "ingressAdmin": true, "room": "my-room", "destinationRoom": "dest-room",
    });
    let mut claims = json!({"iss": "devkey", "sub": "someone", "nbf": now - 10, "exp": now + 600});
    match name {
        "none" => return None,
        "malformed" => return Some("test-token".to_owned()),
        "all" | "badsig" | "hs512" | "expired" | "justexpired" | "notyet" | "noexp" => {
            claims["video"] = all;
            claims["sip"] = json!({"admin": true, "call": true});
        }
        "nogrant" => {}
        "create" => claims["video"] = json!({"roomCreate": true}),
        "list" => claims["video"] = json!({"roomList": true}),
        "record" => claims["video"] = json!({"roomRecord": true}),
        "ingress" => claims["video"] = json!({"ingressAdmin": true}),
        "admin" => claims["video"] = admin,
        "adminother" => claims["video"] = json!({"roomAdmin": true, "room": "other"}),
        "admindest" => {
            claims["video"] =
                json!({"roomAdmin": true, "room": "my-room", "destinationRoom": "dest-room"});
        }
        "sipadmin" => claims["sip"] = json!({"admin": true}),
        "sipcall" => claims["sip"] = json!({"call": true}),
        "sipcalladmin" => {
            claims["video"] = admin;
            claims["sip"] = json!({"call": true});
        }
        join => {
            let scenario = join.strip_prefix("join").unwrap_or_else(|| panic!("no token {name}"));
            claims["video"] = json!({"roomJoin": true, "room": "my-room"});
            if let Some(scenario) = scenario.strip_prefix(':') {
                claims["attributes"] = json!({"lk.mock": json!({"signal": scenario}).to_string()});
            }
        }
    }
    match name {
        "expired" => claims["exp"] = json!(now - 120),
        "justexpired" => claims["exp"] = json!(now - 30),
        "notyet" => claims["nbf"] = json!(now + 300),
        "noexp" => drop(claims.as_object_mut().expect("an object").remove("exp")),
        _ => {}
    }
    Some(sign(name, &claims.to_string()))
}

/// A payload that a case gives in full, with its placeholders filled in.
fn payload(name: &str, now: u64) -> Option<String> {
    let text = match (name.strip_prefix("claims:"), name.strip_prefix("payload:")) {
        (Some(members), _) => {
            let own = members.trim_start_matches('{');
            let usual = format!(r#"{{"iss":"devkey","sub":"someone","exp":{}"#, now + 600);
            if own == "}" { format!("{usual}}}") } else { format!("{usual},{own}") }
        }
        (None, Some(payload)) => payload.to_owned(),
        (None, None) => return None,
    };
    let mut parts = text.split("{now");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (shift, rest) = part.split_once('}').expect("{now…}");
        let shift: i64 = shift.parse().expect("seconds");
        filled += &now.checked_add_signed(shift).expect("a time").to_string();
        filled += rest;
    }
    if let Some((before, rest)) = filled.clone().split_once("{fill") {
        let (count, after) = rest.split_once('}').expect("{fill…}");
        filled = format!("{before}{}{after}", "x".repeat(count.parse().expect("a number")));
    }
    Some(filled)
}

fn sign(name: &str, claims: &str) -> String {
    let algorithm = if name == "hs512" { "HS512" } else { "HS256" };
    let secret = if name == "badsig" { "wrong" } else { "secret" };
    jwt::signed(&jwt::header(algorithm), claims, secret)
}
