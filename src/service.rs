//! The edge: finds the route of a request, has it decided, and says what was ignored.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use http::{HeaderName, Method, StatusCode, header, request::Parts};

use crate::{
    api::{self, Call, regions, twirp},
    http1::{Body, BodyError, MAX_BODY},
    listen::Door,
    outcome::{Outcome, RegionHeader, Reply},
    region::Region,
    route::{self, Route, route},
    server::Server,
    signal::{self, Dial},
    target,
    warning::Warnings,
};

const REGION: HeaderName = HeaderName::from_static("x-lk-mock-region");
const WARNING: HeaderName = HeaderName::from_static("x-lk-mock-warning");
const EXPOSED: &[u8] = b"X-Lk-Mock-Region, X-Lk-Mock-Warning";
const ANYONE: &[u8] = b"*";

/// What a request to a region ends in; nothing where its client is gone.
pub(crate) async fn respond(door: &Door, parts: &Parts, body: Body<'_>) -> Option<Outcome> {
    let server = &*door.server;
    let region = server.regions.get(door.region);
    let outcome = decide(server, region, parts, body).await?;
    for warning in outcome.warnings.iter() {
        warn(server, region, Some(parts), warning);
    }
    Some(outcome)
}

async fn decide(
    server: &Server,
    region: &Region,
    parts: &Parts,
    mut body: Body<'_>,
) -> Option<Outcome> {
    let path = match route::cleaned(target::path(parts)) {
        Ok(path) => path,
        Err(escape) => return Some(bad_path(&escape)),
    };
    let route = route(&path, &server.twirp_prefix);
    if let Some(outcome) = preflight(route, parts) {
        return Some(outcome);
    }
    Some(match route {
        Route::Api(path) => match body.read().await {
            Ok(body) => {
                let call = Call { path, headers: &parts.headers, body };
                guarded(|| api::answer(server, region, call))
            }
            Err(error) => return unreadable(error),
        },
        Route::Regions => guarded(|| regions::answer(server, &parts.headers)),
        Route::Signal { v1 } => guarded(|| signal::answer(Dial { server, region, parts, v1 })),
        Route::Validate { v1 } => guarded(|| signal::validate(Dial { server, region, parts, v1 })),
        Route::Health => Reply::text(StatusCode::OK, "ok").into(),
        Route::NotFound => not_found(server, &path),
    })
}

fn not_found(server: &Server, path: &str) -> Outcome {
    let mut warnings = Warnings::default();
    warnings.add(route::not_found(path, &server.twirp_prefix));
    Outcome::from(Reply::text(StatusCode::NOT_FOUND, "404 page not found\n")).with(warnings)
}

fn bad_path(escape: &str) -> Outcome {
    let mut warnings = Warnings::default();
    warnings.add(format_args!("\"{escape}\" in the path is no escape: it is % and two digits"));
    let text = "400 Bad Request: the path holds a percent sign that begins no escape";
    Outcome::from(Reply::text(StatusCode::BAD_REQUEST, text)).with(warnings)
}

/// Runs a decision; a defect in it answers 500 and ends nothing else.
fn guarded(decision: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(decision)).unwrap_or_else(|_| {
        let msg = "livekit-mock failed to answer; please report it with the request that did it";
        twirp::error(StatusCode::INTERNAL_SERVER_ERROR, "internal", msg).into()
    })
}

/// A browser's question before a call, answered with what it asked for.
fn preflight(route: Route<'_>, parts: &Parts) -> Option<Outcome> {
    let asked = |name| parts.headers.get(name).cloned();
    let method = asked(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    let browsable = matches!(route, Route::Api(_) | Route::Regions | Route::Validate { .. });
    if parts.method != Method::OPTIONS || !browsable {
        return None;
    }
    let mut reply = Reply::empty(StatusCode::NO_CONTENT)
        .with_header(header::ACCESS_CONTROL_ALLOW_METHODS, method);
    if let Some(headers) = asked(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        reply = reply.with_header(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
    if let Some(asked) = asked(HeaderName::from_static("access-control-request-private-network")) {
        reply = reply
            .with_header(HeaderName::from_static("access-control-allow-private-network"), asked);
    }
    Some(reply.into())
}

/// What is said of a body that can't be had; nothing to a client that is gone.
fn unreadable(error: BodyError) -> Option<Outcome> {
    let refused = |status, code, sentence: &str| {
        let mut warnings = Warnings::default();
        warnings.add(sentence);
        Some(Outcome::from(twirp::error(status, code, sentence)).with(warnings))
    };
    match error {
        BodyError::Gone => None,
        BodyError::TooLarge => refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "resource_exhausted",
            &format!("the request's body is larger than {} MiB", MAX_BODY >> 20),
        ),
        BodyError::Malformed => refused(
            StatusCode::BAD_REQUEST,
            "malformed",
            "the request's body says Transfer-Encoding: chunked, and is not in chunks",
        ),
        BodyError::Stalled => refused(
            StatusCode::REQUEST_TIMEOUT,
            "deadline_exceeded",
            "the request's body stalled while other large ones waited for their turn",
        ),
    }
}

/// Logs a warning, unless the same one of the same route was logged a short while ago.
pub(crate) fn warn(server: &Server, region: &Region, parts: Option<&Parts>, warning: &str) {
    let path = parts.map(target::path);
    if !server.throttle.admits(&(region.index, path, warning), Instant::now()) {
        return;
    }
    match parts.map(target::shown) {
        Some(path) => tracing::warn!("{} {path}: {warning}", region.name),
        None => tracing::warn!("{}: {warning}", region.name),
    }
}

/// Every header of an answer but those of the connection itself.
pub(crate) fn each_header(
    reply: &Reply,
    region: &Region,
    warnings: &Warnings,
    mut put: impl FnMut(&HeaderName, &[u8]),
) {
    if let Some(content) = reply.content.header() {
        put(&header::CONTENT_TYPE, content.as_bytes());
    }
    match reply.region {
        RegionHeader::Absent => {}
        RegionHeader::Empty => put(&REGION, b""),
        RegionHeader::Index => put(&REGION, region.header.as_bytes()),
    }
    put(&header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
    put(&header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    for (name, value) in &reply.extra {
        put(name, value.as_bytes());
    }
    for warning in warnings.iter() {
        // A warning is printable ASCII by its making.
        put(&WARNING, warning.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_answers_500() {
        let outcome = guarded(|| panic!("a defect, on purpose"));
        let crate::outcome::End::Reply(reply) = outcome.end else { panic!("{outcome:?}") };
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.body.starts_with(b"{\"code\":\"internal\""));
    }
}
