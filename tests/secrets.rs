//! No token, no secret and no `Authorization` value reaches the log, an answer or an error.

mod support;

use std::{collections::HashSet, net::SocketAddr};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use livekit_mock::{AccessToken, Grants, Mock};
use serde_json::{Value, json};

use support::{CREATE_ROOM, program, program::Program, raw, soon};

const SECRET: &str = "Kq7vT2mXw9Lr4NfZ8bPd";
/// Asks for all that the journal has.
const JOURNAL: &str = "GET /_mock/calls HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// Follows it, from its beginning on.
const EVENTS: &str =
    "GET /_mock/calls?after=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
/// How many characters of a secret are searched for.
const WINDOW: usize = 10;

/// The parts of secrets that must not be seen.
struct Secrets(HashSet<Vec<u8>>);

impl Secrets {
    fn of<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(secrets.into_iter().flat_map(|it| it.windows(WINDOW)).map(<[u8]>::to_vec).collect())
    }

    /// The part of a secret that the text holds, if any.
    fn leak(&self, text: &str) -> Option<String> {
        let at = text.as_bytes().windows(WINDOW).position(|window| self.0.contains(window))?;
        let around = &text.as_bytes()[at.saturating_sub(60)..(at + 40).min(text.len())];
        Some(String::from_utf8_lossy(around).into_owned())
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        part(header),
        part(claims),
        URL_SAFE_NO_PAD.encode("no signature, but long")
    )
}

fn token(key: &str, secret: &str, grants: Grants) -> String {
    AccessToken::new(key, secret).identity("someone-in-particular").grants(grants).to_jwt()
}

/// Tokens that are wrong in every way, and some that are right.
fn tokens() -> Vec<String> {
    let sound = token("the-key-of-someone", SECRET, Grants::all("some-room-name"));
    let closing = r#"mock:{"signal":"close_before_join"}"#;
    let claims = json!({"iss": "the-key-of-someone", "sub": "someone-in-particular", "exp": 9_999_999_999_u64});
    let typed = |alg: &str| json!({"alg": alg, "typ": "JWT"});
    vec![
        token(closing, SECRET, Grants::all("some-room-name")),
        token(closing, SECRET, Grants::new()),
        token("the-key-of-someone", "another-secret", Grants::all("r")),
        unsigned(&typed("HS256"), &claims),
        unsigned(&typed("none"), &claims),
        unsigned(&typed("RS256"), &claims),
        unsigned(&typed("unheard-of-algorithm"), &claims),
        unsigned(&typed("HS256"), &json!({"exp": "a-date-that-is-a-text"})),
        unsigned(&typed("HS256"), &json!(["claims-that-are-a-list"])),
        sound.replace('.', ".."),
        sound[..sound.len() - 5].to_owned(),
        format!("{sound}x"),
        format!("{sound}="),
        sound.replace('.', " . "),
        sound.rsplit_once('.').expect("three parts").0.to_owned(),
        "opaque-token-Zx81kLq0".to_owned(),
        "%%%-opaque-Zx81kLq0.%%%-opaque-Yw72jMr1.%%%-opaque-Vu63hNs2".to_owned(),
        format!("{{\"token\":\"{sound}\"}}"),
        SECRET.to_owned(),
    ]
}

/// Values of the header `Authorization` with this token.
fn authorizations(token: &str) -> Vec<Vec<u8>> {
    vec![
        format!("Bearer {token}").into_bytes(),
        token.to_owned().into_bytes(),
        format!("bearer  {token}").into_bytes(),
        format!("Basic {}", STANDARD.encode(format!("user-name-here:{token}"))).into_bytes(),
        [b"Bearer \xff\xfe", token.as_bytes()].concat(),
    ]
}

/// Requests with this header and this token in the query.
fn requests(authorization: &[u8], token: &str) -> Vec<Vec<u8>> {
    let encoded: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let upgrade = "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let close = "Connection: close\r\n";
    let json = "Content-Type: application/json\r\n";
    let call = |control: &str| format!("{close}{json}X-Lk-Mock: {control}\r\n");
    [
        (CREATE_ROOM, call("{}")),
        (CREATE_ROOM, call(r#"{"auth":"strict"}"#)),
        (CREATE_ROOM, call(r#"{"strict":true,"nope":1}"#)),
        (CREATE_ROOM, call("no control at all")),
        (CREATE_ROOM, call(r#"{"failRegions":[0],"failStatus":500}"#)),
        (CREATE_ROOM, call(r#"{"failRegions":[0],"failMode":"drop"}"#)),
        ("/twirp/livekit.RoomService/Nope", call(r#"{"strict":true}"#)),
        ("/twirp/livekit.SIP/CreateSIPParticipant", call(r#"{"sipStatus":{"code":486}}"#)),
        ("/settings/regions", call("{}")),
        ("/rtc/validate", close.to_owned()),
        ("/rtc/v1/validate", close.to_owned()),
        ("/rtc", close.to_owned()),
        ("/rtc", upgrade.to_owned()),
        ("/rtc/v1", upgrade.to_owned()),
        ("/nowhere", close.to_owned()),
        ("/\u{1}", close.to_owned()),
    ]
    .into_iter()
    .flat_map(|(path, headers)| {
        // With the header alone, and with both.
        ["", "access_token", "join_request"].map(|parameter| {
            let query = match parameter {
                "" => String::new(),
                name => format!("?{name}={encoded}&reconnect=1"),
            };
            let method = if headers == upgrade { "GET" } else { "POST" };
            let head = format!("{method} {path}{query} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 2\r\nAuthorization: ");
            [head.as_bytes(), authorization, b"\r\n\r\n{}"].concat()
        })
    })
    .collect()
}

/// Makes all these requests, then stops the program. No answer and no line of the log may hold a
/// secret.
async fn prove(format: &str, auth: &str) {
    let arguments =
        ["--api-secret", SECRET, "--log-level", "debug", "--log-format", format, "--auth", auth];
    let program = Program::start(&arguments).await;
    let (address, id) = (address(&program), program.id());
    let (mut secrets, mut all) = (vec![SECRET.as_bytes().to_vec()], Vec::new());
    for (number, token) in tokens().into_iter().enumerate() {
        // The form of the header hardly depends on what is wrong with the token.
        let forms = if number % 6 == 0 { 5 } else { 1 };
        for authorization in authorizations(&token).into_iter().take(forms) {
            all.extend(requests(&authorization, &token));
            secrets.push(authorization);
        }
        secrets.push(form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>().into());
        secrets.push(token.into_bytes());
    }
    let secrets = Secrets::of(secrets.iter().map(Vec::as_slice));
    // It gets all that the journal is told, until the server stops.
    let follower = tokio::spawn(async move { raw::exchange(address, EVENTS.as_bytes()).await });
    let asking = async {
        let mut statuses = HashSet::new();
        for (number, request) in all.iter().enumerate() {
            let answer = soon(raw::exchange(address, request)).await;
            assert_eq!(secrets.leak(&answer), None);
            statuses.extend(answer.get(9..12).map(str::to_owned));
            if number % 500 == 0 || number + 1 == all.len() {
                let calls = soon(raw::exchange(address, JOURNAL.as_bytes())).await;
                assert!(calls.contains("\"seq\":"), "{calls}");
                assert_eq!(secrets.leak(&calls), None, "the journal");
            }
        }
        program::signal(id, "TERM").await;
        statuses
    };
    let (log, statuses) = tokio::join!(program.whole_log(), asking);
    assert_eq!(secrets.leak(&log), None);
    let events = soon(follower).await.expect("a follower");
    assert!(events.matches("\ndata: ").count() >= all.len() / 2, "{}", events.len());
    assert_eq!(secrets.leak(&events), None, "the events");
    let expected = ["101", "200", "400", "401", "404", "500"];
    assert!(expected.iter().all(|status| statuses.contains(*status)), "{statuses:?}");
    let lines = log.lines().filter(|line| line.contains("/twirp/livekit.RoomService/")).count();
    assert!(lines >= all.len() / 4, "the log has {lines} lines");
    assert!(log.contains("WARN"), "warnings are logged");
    if format == "json" {
        assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    }
}

/// The first region's address, from the announcement in either format.
fn address(program: &Program) -> SocketAddr {
    let last = program.announced.last().expect("an announcement");
    match serde_json::from_str::<Value>(last) {
        Ok(ready) => format!("127.0.0.1:{}", ready["ports"][0]).parse().expect("an address"),
        Err(_) => program.address(0),
    }
}

#[tokio::test]
async fn nothing_in_the_text_log() {
    prove("text", "lenient").await;
}

#[tokio::test]
async fn nothing_in_the_json_log() {
    prove("json", "strict").await;
}

#[tokio::test]
async fn nothing_if_authorization_is_off() {
    prove("text", "off").await;
}

#[tokio::test]
async fn nothing_in_the_errors_of_the_command_line() {
    let secrets = Secrets::of([SECRET.as_bytes()]);
    let assigned = format!("--api-secret={SECRET}");
    let misspelt = format!("--api-secrt={SECRET}");
    let single = format!("-api-secret={SECRET}");
    for arguments in [
        &["--api-secret", SECRET, "--ports", "x"][..],
        &["--api-secret", SECRET, "--nope"],
        &[&assigned, &assigned, "--auth", "nope"],
        &[&misspelt],
        &[&single, "--auth", "nope"],
        &["--api-secret", SECRET, "--help"],
        &["--api-secret", SECRET, "--bind", "203.0.113.1", "--ports", "0"],
    ] {
        let ended = program::run(arguments, &[("LK_TEST_SERVER_API_SECRET", SECRET)]).await;
        let said = ended.stdout + &ended.stderr;
        assert!(!said.is_empty());
        assert_eq!(secrets.leak(&said), None, "{arguments:?}");
    }
}

#[test]
fn nothing_in_what_embedders_print() {
    let builder = Mock::builder().api_secret(SECRET);
    assert!(!format!("{builder:?}").contains(SECRET));
    let mock = builder.start_blocking().expect("a server on free ports");
    let token = mock.token().identity("someone-in-particular").to_jwt();
    let request = format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{{\"name\":\"{SECRET}\"}}",
        SECRET.len() + 11
    );
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answer = runtime.block_on(raw::exchange(mock.addresses()[0], request.as_bytes()));
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let secrets = Secrets::of([SECRET.as_bytes(), token.as_bytes()]);
    for printed in [
        format!("{mock:?}"),
        format!("{:?} {}", mock.calls(), mock.calls()),
        format!("{:?}", mock.calls().one()),
    ] {
        assert_eq!(secrets.leak(&printed), None);
    }
}
