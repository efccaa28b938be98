//! What the server tells of itself, under `/_mock/` (`docs/BEHAVIOUR.md`, What happened): the journal, and
//! a page to look at it. Nothing here changes anything, and no page of another origin can read it.

mod about;
#[cfg(feature = "tls")]
mod ca;
mod compose;
mod follow;
mod host;
mod page;
mod query;
mod signalling;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

use crate::{
    journal::Calls,
    outcome::{Content, End, Outcome, Readers, Reply},
    server::Server,
    target,
    warning::suggestion,
};

pub(crate) use signalling::Signalling;

const PATHS: &[&str] = if cfg!(feature = "tls") {
    &["calls", "server", "control", CA]
} else {
    &["calls", "server", "control"]
};
const CA: &str = "ca.pem";

/// What of an answer a browser must not do, beside what all of its answers forbid.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
];

/// Answers a request for what lies under `/_mock/`.
pub(crate) fn answer(
    server: &Server,
    signalling: &Signalling,
    parts: &Parts,
    path: &str,
    body: &Bytes,
) -> Outcome {
    #[cfg(feature = "tls")]
    if path == CA && reads(&parts.method) {
        return ca::answer(server);
    }
    let mut end = match refusal(server, parts, path) {
        Some(refusal) => refusal.into(),
        None => found(server, signalling, parts, path, body),
    };
    let reply = match &mut end {
        End::Reply(reply) => reply,
        End::Stream(streamed) => &mut streamed.reply,
        _ => unreachable!("nothing here upgrades or breaks"),
    };
    reply.readers = Readers::SameOrigin;
    reply.extra.extend(HEADERS);
    Outcome::answered(end)
}

fn found(server: &Server, signalling: &Signalling, parts: &Parts, path: &str, body: &Bytes) -> End {
    match path {
        "calls" => calls(server, parts).unwrap_or_else(|problem| bad_request(problem).into()),
        "server" => json(about::server(server, signalling)).into(),
        "control" => json(compose::check(body, signalling)).into(),
        _ => page::file(path)
            .unwrap_or_else(|| {
                let hint = suggestion(path, PATHS.iter().copied());
                text(StatusCode::NOT_FOUND, format!("there is no /_mock/{path}{hint}\n"))
            })
            .into(),
    }
}

/// The calls as JSON, or as events as they come.
fn calls(server: &Server, parts: &Parts) -> Result<End, String> {
    if !server.state.journal.is_on() {
        return Err("this server keeps no calls: its setting `journal` is 0".to_owned());
    }
    let filter = query::filter(target::query(parts))?;
    let accepts = parts.headers.get(header::ACCEPT).and_then(|types| types.to_str().ok());
    if accepts.is_some_and(|types| types.contains("text/event-stream")) {
        let last = parts.headers.get("last-event-id");
        return Ok(End::Stream(Box::new(follow::stream(&server.reader, filter, last)?)));
    }
    Ok(json(Calls::with(server.reader.clone(), filter).json()).into())
}

/// Whether a request is refused, whatever it asks for.
fn refusal(server: &Server, parts: &Parts, path: &str) -> Option<Reply> {
    if let Err(problem) = host::check(server, parts) {
        return Some(text(StatusCode::FORBIDDEN, problem));
    }
    let post = path == "control";
    let allowed = match post {
        true => parts.method == Method::POST,
        false => reads(&parts.method),
    };
    let method = if post { "POST" } else { "GET" };
    (!allowed).then(|| {
        let problem = format!("/_mock/{path} is read by {method}, not by {}\n", parts.method);
        let reply = text(StatusCode::METHOD_NOT_ALLOWED, problem);
        reply.with_header(header::ALLOW, HeaderValue::from_static(method))
    })
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn bad_request(problem: String) -> Reply {
    text(StatusCode::BAD_REQUEST, problem + "\n")
}

fn text(status: StatusCode, text: String) -> Reply {
    Reply::new(status, Content::Text, text)
}

fn json(json: String) -> Reply {
    Reply::new(StatusCode::OK, Content::Json, json)
}
