//! Every recorded answer of the reference, asked again (contract: the recordings are the arbiter).

mod support;

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use livekit_mock::{Auth, Mock, Reference};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

use support::{Answer, call, start};

/// Answers that differ on purpose: the recording's line, from 1, and why.
const DELIBERATE: [(usize, &str); 0] = [];

#[derive(Deserialize)]
struct Case {
    group: String,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    token: String,
    answer: Recorded,
}

#[derive(Deserialize)]
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

#[tokio::test]
async fn every_recorded_answer_is_given_again() {
    let mock = start(Mock::builder().auth(Auth::Strict).reference(Reference::August2026)).await;
    let mut failures = Vec::new();
    let mut replayed = 0;
    for (number, line) in (1..).zip(include_str!("recorded.jsonl").lines()) {
        let case: Case = serde_json::from_str(line).expect("a recorded case");
        let deliberate = DELIBERATE.iter().any(|(line, _)| *line == number);
        match (replay(&mock, &case).await, deliberate) {
            (Err(difference), false) => {
                failures
                    .push(format!("line {number} ({} {}): {difference}", case.group, case.path));
            }
            (Ok(()), true) => {
                failures.push(format!("line {number} agrees, though it is listed as different"));
            }
            _ => replayed += 1,
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(replayed, 552);
}

async fn replay(mock: &Mock, case: &Case) -> Result<(), String> {
    let token = token(&case.token);
    let path = case.path.replace("{token}", token.as_deref().unwrap_or_default());
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut headers: Vec<(&str, &str)> =
        case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if let Some(bearer) = bearer.as_deref().filter(|_| !case.path.contains("{token}")) {
        headers.push(("authorization", bearer));
    }
    let body = STANDARD.decode(&case.body).expect("base64");
    match call(mock, 0, &case.method, &path, &headers, body).await {
        Ok(answer) if case.answer.dropped => {
            Err(format!("answered {} in place of a drop", answer.status))
        }
        Ok(answer) => compare(&case.answer, &answer),
        Err(_) if case.answer.dropped => Ok(()),
        Err(error) => Err(format!("not answered: {error}")),
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

/// The list of regions differs in its ports from run to run, and an empty body is no JSON.
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

/// What follows this prefix is the words of the reference's library.
fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if text.starts_with("invalid token: ") { "invalid token: ".to_owned() } else { text }
}

/// Whether `given` is `recorded` but for fields that a newer schema adds.
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

/// The fields of a message on the wire: key and value.
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

/// The token that a case names; see the recordings' own description.
fn token(name: &str) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
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
    Some(sign(name, &claims))
}

fn sign(name: &str, claims: &Value) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let algorithm = if name == "hs512" { "HS512" } else { "HS256" };
    let secret: &[u8] = if name == "badsig" { b"wrong" } else { b"secret" };
    let header = json!({"alg": algorithm, "typ": "JWT"}).to_string();
    let message = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = if algorithm == "HS512" {
        let mac =
            Hmac::<Sha512>::new_from_slice(secret).expect("any length").chain_update(&message);
        mac.finalize().into_bytes().to_vec()
    } else {
        let mac =
            Hmac::<Sha256>::new_from_slice(secret).expect("any length").chain_update(&message);
        mac.finalize().into_bytes().to_vec()
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
