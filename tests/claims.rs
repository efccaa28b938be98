//! Unusual and wrong tokens: what their claims, header and parts may be, and the sentence for each
//! mistake (`docs/BEHAVIOUR.md`, Tokens and grants).

mod support;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use livekit_mock::{Auth, Mock};
use support::{
    Answer, CREATE_ROOM, call, get,
    jwt::{self, HS256},
    post, start,
};

const CREATE: &str = r#""video":{"roomCreate":true}"#;
const LIST_TRUNKS: &str = "/twirp/livekit.SIP/ListSIPTrunk";

/// A token of these parts, signed with the server's default secret.
fn signed(header: &str, payload: impl AsRef<[u8]>) -> String {
    jwt::signed(header, payload, "secret")
}

/// Replaces `{+600}` in a text by the time in ten minutes, in seconds since 1970.
fn dated(text: &str) -> String {
    let now = jwt::now();
    ["+600", "+300", "+30", "-5", "-30", "-120"].iter().fold(text.to_owned(), |text, offset| {
        let second = now.checked_add_signed(offset.parse().expect("a number")).expect("a second");
        text.replace(&format!("{{{offset}}}"), &second.to_string())
    })
}

/// A token with an `exp` and then these members.
fn with(claims: &str) -> String {
    signed(HS256, dated(&format!(r#"{{"iss":"devkey","sub":"someone","exp":{{+600}},{claims}}}"#)))
}

fn payload(payload: &str) -> String {
    signed(HS256, dated(payload))
}

async fn strict() -> Mock {
    start(Mock::builder().auth(Auth::Strict)).await
}

async fn ask(mock: &Mock, path: &str, token: &str) -> Answer {
    post(mock, 0, path, &[("authorization", &format!("Bearer {token}"))], "{}").await
}

fn assert_says(answer: &Answer, status: u16, says: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:?}");
    let warnings = answer.warnings();
    let right = if says.is_empty() { warnings.is_empty() } else { warnings == [says] };
    assert!(right, "{what}: {warnings:?}, not {says:?}");
}

#[tokio::test]
async fn claims_are_read_as_go_reads_them() {
    let mock = strict().await;
    for (claims, status) in [
        // Names in any case, including the two letters outside of ASCII. Escapes are read first.
        (r#""VIDEO":{"ROOMCREATE":true}"#, 200),
        (r#""v\u0069deo":{"room\u0043reate":true}"#, 200),
        ("\"video\":{\"roomCreate\":true},\"\u{17f}ub\":5", 401),
        ("\"video\":{\"roomCreate\":true},\"\u{212a}ind\":5", 401),
        (r#""video":{"room_create":true}"#, 403),
        // Of repeated claims, the last counts. Objects are merged, and null removes them.
        (r#""video":{"roomCreate":false,"RoomCreate":true}"#, 200),
        (r#""video":{"roomCreate":true,"roomCreate":false}"#, 403),
        (r#""video":{"roomCreate":true},"Video":{"roomList":true}"#, 200),
        (r#""video":{"roomCreate":true},"video":{"roomCreate":false}"#, 403),
        (r#""video":{"roomCreate":true},"video":{}"#, 200),
        (r#""video":{"roomCreate":true},"video":null"#, 403),
        (r#""video":{"roomCreate":true,"roomCreate":null}"#, 200),
        (r#""video":[],"video":{"roomCreate":true}"#, 401),
        // Text may be invalid.
        (r#""video":{"roomCreate":true},"name":"\ud83d""#, 200),
        (r#""video":{"roomCreate":true},"\ud83d":1"#, 200),
        (r#""video":{"roomCreate":true},"attributes":{"a":"\ude00"}"#, 200),
        // Unknown claims may have any type, depth and size.
        (r#""video":{"roomCreate":true,"x":[1e999]},"y":{"z":[null]}"#, 200),
        (&format!("{CREATE},\"x\":{}{}", "[".repeat(9000), "]".repeat(9000)), 200),
        (&format!("{CREATE},\"x\":{}{}", "[".repeat(10_000), "]".repeat(10_000)), 401),
        // Null is not a value.
        (
            &format!(
                r#"{CREATE},"iss":null,"sub":null,"jti":null,"name":null,"nbf":null,"iat":null"#
            ),
            200,
        ),
        (
            &format!(
                r#"{CREATE},"aud":null,"attributes":null,"sip":null,"roomConfig":null,"kindDetails":null"#
            ),
            200,
        ),
        (&format!(r#"{CREATE},"attributes":{{"a":null}},"kindDetails":[null]"#), 200),
        (r#""video":{"roomCreate":true,"canPublish":null,"canPublishSources":[null]}"#, 200),
        // Claims that this server does not use.
        (
            &format!(
                r#"{CREATE},"aud":"a","kind":"sip","sha256":"x","roomPreset":"p","identity":"i""#
            ),
            200,
        ),
        (&format!(r#"{CREATE},"aud":["a","b"],"roomConfig":{{"name":"r","nope":1}}"#), 200),
        (
            &format!(r#"{CREATE},"inference":{{"perform":true}},"observability":{{"write":true}}"#),
            200,
        ),
        // Times.
        (&format!(r#"{CREATE},"nbf":"{{-5}}","iat":1e9"#), 200),
        (&format!(r#"{CREATE},"nbf":{{+30}}"#), 200),
        (&format!(r#"{CREATE},"nbf":{{+300}}"#), 401),
        (&format!(r#"{CREATE},"nbf":1e300"#), 200),
        (&format!(r#"{CREATE},"exp":null"#), 401),
        (&format!(r#"{CREATE},"exp":{{-30}}.9"#), 200),
        (&format!(r#"{CREATE},"exp":{{-120}}"#), 401),
        (&format!(r#"{CREATE},"exp":"{{+600}}.5""#), 200),
        (&format!(r#"{CREATE},"exp":9223372036854775808"#), 401),
    ] {
        let answer = ask(&mock, CREATE_ROOM, &with(claims)).await;
        assert_eq!(answer.status, status, "{}: {answer:?}", &claims[..claims.len().min(100)]);
    }
}

#[tokio::test]
async fn a_payload_is_one_object() {
    let mock = strict().await;
    let object = format!(r#"{{"exp":{{+600}},{CREATE}}}"#);
    for (text, status) in [
        (object.clone(), 200),
        (format!(" \n{object}\t "), 200),
        (format!("{object} x"), 401),
        (format!("{object}{{}}"), 401),
        (format!("\u{feff}{object}"), 401),
        (format!("[{object}]"), 401),
        (object.replace('}', ",}"), 401),
        (String::new(), 401),
        ("null".to_owned(), 401),
        ("[1,2,\"k\"]".to_owned(), 401),
    ] {
        let answer = ask(&mock, CREATE_ROOM, &payload(&text)).await;
        assert_eq!(answer.status, status, "{text}: {answer:?}");
    }
    let bytes =
        [dated(&object[..object.len() - 1]).as_bytes(), b",\"name\":\"\xff\xe2\x82\"}"].concat();
    assert_eq!(ask(&mock, CREATE_ROOM, &signed(HS256, bytes)).await.status, 200, "no UTF-8");
}

/// Each claim that has a type, with a value of another type.
#[rustfmt::skip] // A table.
const WRONG: &[(&str, &str)] = &[
    (r#""video":[]"#, "video is a list, it must be an object"),
    (r#""video":"x""#, "video is a string, it must be an object"),
    (r#""video":{"roomCreate":"true"}"#, "video.roomCreate is a string, it must be true or false"),
    (r#""video":{"ROOMLIST":1}"#, "video.roomList is a number, it must be true or false"),
    (r#""video":{"roomRecord":[]}"#, "video.roomRecord is a list, it must be true or false"),
    (r#""video":{"roomAdmin":{}}"#, "video.roomAdmin is an object, it must be true or false"),
    (r#""video":{"roomJoin":"x"}"#, "video.roomJoin is a string, it must be true or false"),
    (r#""video":{"room":5}"#, "video.room is a number, it must be a string"),
    (r#""video":{"destinationRoom":true}"#, "video.destinationRoom is a bool, it must be a string"),
    (r#""video":{"canPublish":0}"#, "video.canPublish is a number, it must be true or false"),
    (r#""video":{"canSubscribe":"x"}"#, "video.canSubscribe is a string, it must be true or false"),
    (r#""video":{"canPublishData":"x"}"#, "video.canPublishData is a string, it must be true or false"),
    (r#""video":{"canPublishSources":"camera"}"#, "video.canPublishSources is a string, it must be a list of strings"),
    (r#""video":{"canPublishSources":[1]}"#, "video.canPublishSources holds a number, it must be a list of strings"),
    (r#""video":{"canUpdateOwnMetadata":1}"#, "video.canUpdateOwnMetadata is a number, it must be true or false"),
    (r#""video":{"ingressAdmin":1}"#, "video.ingressAdmin is a number, it must be true or false"),
    (r#""video":{"hidden":1}"#, "video.hidden is a number, it must be true or false"),
    (r#""video":{"recorder":1}"#, "video.recorder is a number, it must be true or false"),
    (r#""video":{"agent":1}"#, "video.agent is a number, it must be true or false"),
    (r#""video":{"canSubscribeMetrics":1}"#, "video.canSubscribeMetrics is a number, it must be true or false"),
    (r#""video":{"canManageAgentSession":1}"#, "video.canManageAgentSession is a number, it must be true or false"),
    (r#""sip":[true,true]"#, "sip is a list, it must be an object"),
    (r#""sip":{"admin":1}"#, "sip.admin is a number, it must be true or false"),
    (r#""sip":{"Call":"x"}"#, "sip.call is a string, it must be true or false"),
    (r#""agent":[true]"#, "agent is a list, it must be an object"),
    (r#""agent":{"simulationAdmin":1}"#, "agent.simulationAdmin is a number, it must be true or false"),
    (r#""agent":{"dispatchAdmin":1}"#, "agent.dispatchAdmin is a number, it must be true or false"),
    (r#""inference":{"perform":1}"#, "inference.perform is a number, it must be true or false"),
    (r#""observability":true"#, "observability is a bool, it must be an object"),
    (r#""agentEndpoint":{"agentName":1}"#, "agentEndpoint.agentName is a number, it must be a string"),
    (r#""agentThread":{"threadIds":{}}"#, "agentThread.threadIds is an object, it must be a list of strings"),
    (r#""iss":5"#, "iss is a number, it must be a string"),
    (r#""sub":{}"#, "sub is an object, it must be a string"),
    (r#""jti":5"#, "jti is a number, it must be a string"),
    (r#""identity":5"#, "identity is a number, it must be a string"),
    (r#""name":true"#, "name is a bool, it must be a string"),
    (r#""metadata":{"a":1}"#, "metadata is an object, it must be a string"),
    (r#""kind":5"#, "kind is a number, it must be a string"),
    (r#""sha256":5"#, "sha256 is a number, it must be a string"),
    (r#""roomPreset":5"#, "roomPreset is a number, it must be a string"),
    (r#""kindDetails":"x""#, "kindDetails is a string, it must be a list of strings"),
    (r#""attributes":["a"]"#, "attributes is a list, it must be an object of strings"),
    (r#""attributes":{"the-key":5}"#, "attributes holds a number, it must be an object of strings"),
    (r#""aud":5"#, "aud is a number, it must be a string or a list of strings"),
    (r#""aud":["a",null]"#, "aud holds null, it must be a string or a list of strings"),
    (r#""exp":[5]"#, "exp is a list, it must be a number of seconds since 1970"),
    (r#""nbf":"soon""#, "nbf is a string, it must be a number of seconds since 1970"),
    (r#""iat":"""#, "iat is a string, it must be a number of seconds since 1970"),
    (r#""iat":" 5""#, "iat is a string, it must be a number of seconds since 1970"),
    (r#""exp":1e999"#, "exp is a number, it must be a number of seconds since 1970"),
    (r#""roomConfig":5"#, "roomConfig is not a livekit.RoomConfiguration in JSON"),
    (r#""roomConfig":[]"#, "roomConfig is not a livekit.RoomConfiguration in JSON"),
    (r#""roomConfig":{"name":5}"#, "roomConfig is not a livekit.RoomConfiguration in JSON"),
];

#[tokio::test]
async fn a_claim_of_another_type_is_named() {
    let mock = strict().await;
    for (claims, says) in WRONG {
        let answer = ask(&mock, CREATE_ROOM, &with(&format!("{CREATE},{claims}"))).await;
        let says = format!("unauthenticated: the token does not decode: the claim {says}");
        assert_says(&answer, 401, &says, claims);
    }
}

/// Headers, and what is wrong with each.
#[rustfmt::skip] // A table.
const HEADERS: &[(&str, &str)] = &[
    (r#"{"alg":"none"}"#, "the token's alg is \"none\", it must be \"HS256\""),
    (r#"{"alg":"HS512"}"#, "the token's alg is \"HS512\", it must be \"HS256\""),
    (r#"{"alg":"hs256"}"#, "the token's alg is \"hs256\", it must be \"HS256\""),
    (r#"{"alg":"HS256","alg":"RS256"}"#, "the token's alg is \"RS256\", it must be \"HS256\""),
    (r#"{"alg":"something secret"}"#, "the token's alg is unknown, it must be \"HS256\""),
    (r#"{"alg":""}"#, "the token's alg is empty, it must be \"HS256\""),
    (r#"{"alg":5}"#, "the token's alg is a number, it must be the string \"HS256\""),
    (r#"{"alg":["HS256"]}"#, "the token's alg is a list, it must be the string \"HS256\""),
    (r#"{"Alg":"HS256"}"#, "the token's header has no alg, it must be \"HS256\""),
    ("{}", "the token's header has no alg, it must be \"HS256\""),
    ("null", "the token's header has no alg, it must be \"HS256\""),
    ("[]", "the token does not decode: its header is a list, it must be an object"),
    ("HS256", "the token does not decode: its header is not JSON: expected a value at byte 1"),
    (r#"{"alg":"HS256","x":[1e999]}"#, "the token's header has a number that is too large"),
];

#[tokio::test]
async fn a_header_that_does_not_say_hs256_is_named() {
    let mock = strict().await;
    let claims = dated(&format!(r#"{{"exp":{{+600}},{CREATE}}}"#));
    for (header, says) in HEADERS {
        let answer = ask(&mock, CREATE_ROOM, &signed(header, &claims)).await;
        assert_says(&answer, 401, &format!("unauthenticated: {says}"), header);
    }
}

/// Payloads, and what is wrong with each.
#[rustfmt::skip] // A table.
const PAYLOADS: &[(&str, &str)] = &[
    ("{", "the token does not decode: its second part, the claims, is not JSON: expected a name in quotes at byte 2"),
    ("[]", "the token does not decode: its second part, the claims, is a list, it must be an object"),
    ("{}", "the token has no claim exp, which says when it expires"),
    (r#"{"exp":{-120}}"#, "the token has expired 2 minutes ago (exp)"),
    (r#"{"exp":1e300}"#, "the token has expired: its time does not fit into 64 bits (exp)"),
    (r#"{"exp":{+600},"nbf":{+300}}"#, "the token is not valid yet: it will be in 5 minutes (nbf)"),
];

#[tokio::test]
async fn what_is_wrong_with_a_payload_is_said() {
    let mock = strict().await;
    for (text, says) in PAYLOADS {
        let answer = ask(&mock, CREATE_ROOM, &payload(text)).await;
        // A second may pass on the way.
        let said = answer.warnings().join("; ").replace("in 4 minutes", "in 5 minutes");
        assert_eq!((answer.status.as_u16(), said), (401, format!("unauthenticated: {says}")));
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_parts_is_said() {
    let mock = strict().await;
    let sound = with(CREATE);
    let (message, signature) = sound.rsplit_once('.').expect("three parts");
    let other = URL_SAFE_NO_PAD.encode("x");
    for (token, says) in [
        (format!("{message}."), "the token has no signature"),
        (format!("{message}.{other}"), "the token is not signed with this server's API secret"),
        (
            format!("{message}.{signature}A"),
            "the token is not signed with this server's API secret",
        ),
        (
            format!("{sound}="),
            "the token does not decode: its signature is not base64url: it ends in =, but must have no padding",
        ),
        (
            format!("{message}.+/"),
            "the token does not decode: its signature is not base64url: it has + or /, where base64url has - and _",
        ),
        (
            format!("x.{signature}.x"),
            "the token does not decode: its header is not base64url: it is cut off",
        ),
        (
            "..".to_owned(),
            "the token does not decode: its header is not JSON: expected a value at byte 1",
        ),
        (
            message.to_owned(),
            "the token is not a JWT: a JWT has three parts with dots between them, not 2",
        ),
        (
            format!("{sound}.x"),
            "the token is not a JWT: a JWT has three parts with dots between them, not 4",
        ),
        (
            "test-token".to_owned(),
            "the token is not a JWT: a JWT has three parts with dots between them, not 1",
        ),
    ] {
        let answer = ask(&mock, CREATE_ROOM, &token).await;
        assert_says(&answer, 401, &format!("unauthenticated: {says}"), &token);
    }
}

#[tokio::test]
async fn a_header_may_hold_anything_besides_its_algorithm() {
    let mock = strict().await;
    let claims = dated(&format!(r#"{{"exp":{{+600}},{CREATE}}}"#));
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"\u0061lg":"HS256","ALG":"none"}"#,
        r#" {"typ":5,"kid":[1],"crit":["b64"],"b64":false,"alg":"HS256"} "#,
    ] {
        assert_eq!(ask(&mock, CREATE_ROOM, &signed(header, &claims)).await.status, 200, "{header}");
    }
}

#[tokio::test]
async fn a_mistake_around_a_token_is_named() {
    let mock = strict().await;
    let token = with(CREATE);
    let spelled = |word: &str| format!("the scheme is \"{word}\", it must be spelled \"Bearer\"");
    for (authorization, says) in [
        (format!("Bearer {token}"), String::new()),
        (format!("Bearer  \t{token}"), String::new()),
        (token.clone(), String::new()),
        (format!("bearer {token}"), spelled("bearer")),
        (format!("BEARER {token}"), spelled("BEARER")),
        ("BEARER x".to_owned(), spelled("BEARER")),
        (format!("Token {token}"), spelled("Token")),
        ("Token abc".to_owned(), spelled("Token")),
        ("Basic dXNlcjpwYXNz".to_owned(), spelled("Basic")),
        (format!("Bearer: {token}"), spelled("Bearer:")),
        (format!("Bearer\t{token}"), "one space must follow the scheme \"Bearer\"".to_owned()),
        (format!("Bearer{token}"), "one space must follow the scheme \"Bearer\"".to_owned()),
        (format!("Bearer Bearer {token}"), "\"Bearer\" is given twice before the token".to_owned()),
        ("Bearer".to_owned(), "no token follows the scheme \"Bearer\"".to_owned()),
        (format!("Bearer \"{token}\""), "the token is in quotes, it must have none".to_owned()),
        (format!("\"Bearer {token}\""), "the token is in quotes, it must have none".to_owned()),
        (
            format!("Bearer {}", token.replace('.', " .")),
            "the token has white space in it".to_owned(),
        ),
        ("hunter2 swordfish".to_owned(), "the token has white space in it".to_owned()),
    ] {
        let answer = post(&mock, 0, CREATE_ROOM, &[("authorization", &authorization)], "{}").await;
        let status = if says.is_empty() { 200 } else { 401 };
        let says = if says.is_empty() { says } else { format!("unauthenticated: {says}") };
        assert_says(&answer, status, &says, &authorization);
    }
}

#[tokio::test]
async fn a_lenient_server_names_the_scheme_too() {
    let mock = start(Mock::builder()).await;
    for (authorization, says) in [
        ("bearer test-token", "the scheme is \"bearer\", it must be spelled \"Bearer\""),
        (
            "Bearer test-token",
            "the token is not a JWT: a JWT has three parts with dots between them, not 1",
        ),
    ] {
        let answer = post(&mock, 0, CREATE_ROOM, &[("authorization", authorization)], "{}").await;
        let says = format!("served without authorization: {says}; strict auth answers 401");
        assert_says(&answer, 200, &says, authorization);
    }
}

#[tokio::test]
async fn a_missing_grant_says_what_was_meant() {
    let mock = strict().await;
    for (claims, path, says) in [
        (r#""video":{}"#, CREATE_ROOM, "video.roomCreate; it has no grants"),
        (
            r#""video":{"roomList":true},"sip":{"call":true}"#,
            CREATE_ROOM,
            "video.roomCreate; it has video.roomList, sip.call",
        ),
        (
            r#""video":{"roomCreate":false}"#,
            CREATE_ROOM,
            "video.roomCreate; video.roomCreate is false",
        ),
        (
            r#""video":{"room_create":true}"#,
            CREATE_ROOM,
            "video.roomCreate; video holds \"room_create\", the grant's name is \"roomCreate\"",
        ),
        (
            r#""video":{"roomcreate ":true}"#,
            CREATE_ROOM,
            "video.roomCreate; video holds \"roomcreate \", the grant's name is \"roomCreate\"",
        ),
        (
            r#""roomCreate":true"#,
            CREATE_ROOM,
            "video.roomCreate; \"roomCreate\" is beside the claim video, it must be inside it",
        ),
        (
            r#""grants":{"roomCreate":true}"#,
            CREATE_ROOM,
            "video.roomCreate; roomCreate is in the claim \"grants\", it must be in video",
        ),
        (
            r#""video_grant":{"nothing":true},"vidoe":{"x":true}"#,
            CREATE_ROOM,
            "video.roomCreate; there is a claim \"vidoe\", its name must be \"video\"",
        ),
        (
            r#""sip":{"Admins":true}"#,
            LIST_TRUNKS,
            "sip.admin; sip holds \"Admins\", the grant's name is \"admin\"",
        ),
        (r#""agent":{"admin":true}"#, LIST_TRUNKS, "sip.admin; it has agent.admin"),
    ] {
        let answer = ask(&mock, path, &with(claims)).await;
        assert_says(
            &answer,
            403,
            &format!("permission_denied: the token lacks the grant {says}"),
            claims,
        );
    }
}

#[tokio::test]
async fn validate_says_the_same() {
    let mock = strict().await;
    let join = r#""video":{"roomJoin":true,"room":"my-room"}"#;
    let token = with(join);
    let escaped = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    for (token, status, body) in [
        (token.clone(), 200, "success"),
        // Line ends in base64 do not count; blanks do.
        (format!("{token}\r\n"), 200, "success"),
        (format!("{token} "), 401, "invalid token: the token has white space in it"),
        (
            with(&format!("{join},\"name\":5")),
            401,
            "invalid token: the token does not decode: the claim name is a number, it must be a string",
        ),
        (
            format!("Bearer {token}"),
            401,
            "invalid token: one space must follow the scheme \"Bearer\"",
        ),
    ] {
        let path = format!("/rtc/validate?access_token={}", escaped(&token));
        let answer = get(&mock, 0, &path, &[]).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (status, body), "{token}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_text_are_refused() {
    let mock = start(Mock::builder()).await;
    for (authorization, status) in [("Bearer a.b.\u{e9}", 401), ("Bearer \u{e9}", 200)] {
        let headers = [("authorization", authorization), ("content-type", "application/json")];
        let answer = call(&mock, 0, "POST", CREATE_ROOM, &headers, "{}").await;
        assert_eq!(answer.expect("an answer").status, status, "{authorization}");
    }
}
