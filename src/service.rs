//! The edge: reads a request, carries out what was decided about it, writes the answer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{self, CONTENT_LENGTH},
    request::Parts,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, upgrade::OnUpgrade};
use tokio::{
    sync::SemaphorePermit,
    time::{sleep, timeout},
};

use crate::{
    api::{self, Call, regions, twirp},
    listen::Door,
    outcome::{End, Outcome, RegionHeader, Reply},
    region::Region,
    route::{self, Route, route},
    server::Server,
    signal::{self, Dial},
    warning::Warnings,
};

/// The largest body that a request may have, in bytes.
const MAX_BODY: usize = 8 << 20;
/// A body of more bytes than this waits for its turn, and how long it may then take to arrive.
const LARGE_BODY: usize = 64 << 10;
const LARGE_BODY_TIME: Duration = Duration::from_secs(30);
/// How much of a body that is too large is thrown away, so that a client that is still sending
/// gets to read the answer, and for how long.
const MAX_DISCARDED: usize = 64 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(2);

const REGION: HeaderName = HeaderName::from_static("x-lk-mock-region");
const WARNING: HeaderName = HeaderName::from_static("x-lk-mock-warning");
const EXPOSED: HeaderValue = HeaderValue::from_static("X-Lk-Mock-Region, X-Lk-Mock-Warning");
const ANYONE: HeaderValue = HeaderValue::from_static("*");

/// The connection is to close without an answer; hyper does so when a service fails.
#[derive(Debug, thiserror::Error)]
#[error("the connection is dropped, as asked")]
pub(crate) struct Dropped;

/// Answers one request to a region.
///
/// A request that waits holds its outcome alone: the head goes with the decision. It would keep the
/// connection's buffer, so that hyper takes another.
pub(crate) fn respond(
    door: &Door,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Full<Bytes>>, Dropped>> {
    let upgrade = hyper::upgrade::on(&mut request);
    carry_out(door, upgrade, Box::pin(outcome(door, request)))
}

async fn outcome(door: &Door, request: Request<Incoming>) -> Outcome {
    let server = &*door.server;
    let region = server.regions.get(door.region);
    let (parts, body) = request.into_parts();
    let outcome = decide(server, region, &parts, body).await;
    report(server, region, &parts, &outcome);
    outcome
}

async fn carry_out(
    door: &Door,
    upgrade: OnUpgrade,
    outcome: Pin<Box<impl Future<Output = Outcome>>>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let region = door.server.regions.get(door.region);
    let outcome = outcome.await;
    if !outcome.wait.is_zero() {
        sleep(outcome.wait).await;
    }
    match outcome.end {
        End::Reply(reply) => Ok(reply.into_response(region, &outcome.warnings)),
        End::Upgrade(upgraded) => {
            let (reply, session) = *upgraded;
            tokio::spawn(session.play(upgrade, door.life.clone()));
            Ok(reply.into_response(region, &outcome.warnings))
        }
        End::Drop => Err(Dropped),
    }
}

async fn decide(server: &Server, region: &Region, parts: &Parts, body: Incoming) -> Outcome {
    let path = match route::cleaned(parts.uri.path()) {
        Ok(path) => path,
        Err(escape) => return bad_path(&escape),
    };
    let route = route(&path, &server.twirp_prefix);
    if let Some(outcome) = preflight(route, parts) {
        return outcome;
    }
    match route {
        Route::Api(path) => match read(server, &parts.headers, body).await {
            Ok(Read { body, _turn }) => {
                let call = Call { path, headers: &parts.headers, body };
                guarded(|| api::answer(server, region, &call))
            }
            Err(end) => end.into(),
        },
        Route::Regions => guarded(|| regions::answer(server, &parts.headers)),
        Route::Signal { v1 } => guarded(|| signal::answer(Dial { server, region, parts, v1 })),
        Route::Validate { v1 } => guarded(|| signal::validate(Dial { server, region, parts, v1 })),
        Route::Health => Reply::text(StatusCode::OK, "ok").into(),
        Route::NotFound => not_found(server, &path),
    }
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

/// A body read whole, and the turn of a large one: it ends with what is done with the body.
struct Read<'a> {
    body: Bytes,
    _turn: Option<SemaphorePermit<'a>>,
}

/// The whole body, if it is small enough. A large one waits for its turn, and must then come in
/// time, since others wait behind it.
async fn read<'a>(
    server: &'a Server,
    headers: &HeaderMap,
    mut body: Incoming,
) -> Result<Read<'a>, End> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_BODY as u64) {
        discard(body);
        return Err(End::Reply(too_large()));
    }
    // Nearly every body comes in one part, which is taken as it is.
    let first = data(&mut body).await?.unwrap_or_default();
    let Some(second) = data(&mut body).await? else {
        return Ok(Read { body: first, _turn: None });
    };
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    while whole.len() < LARGE_BODY {
        match data(&mut body).await? {
            None => return Ok(Read { body: whole.freeze(), _turn: None }),
            Some(part) => whole.extend_from_slice(&part),
        }
    }
    let turn = server.large_body.acquire().await.ok();
    match timeout(LARGE_BODY_TIME, rest(whole, &mut body)).await {
        Ok(Ok(Some(body))) => Ok(Read { body, _turn: turn }),
        Ok(Ok(None)) => {
            discard(body);
            Err(End::Reply(too_large()))
        }
        Ok(Err(end)) => Err(end),
        Err(_) => Err(End::Drop),
    }
}

/// What is left of a body behind its beginning; none where the whole is too large.
async fn rest(mut whole: BytesMut, body: &mut Incoming) -> Result<Option<Bytes>, End> {
    while let Some(part) = data(body).await? {
        if whole.len() + part.len() > MAX_BODY {
            return Ok(None);
        }
        whole.extend_from_slice(&part);
    }
    Ok(Some(whole.freeze()))
}

/// The next part of a body; none at its end.
async fn data(body: &mut Incoming) -> Result<Option<Bytes>, End> {
    while let Some(frame) = body.frame().await {
        // The client went away or broke the framing: there is nobody to answer.
        let frame = frame.map_err(|_| End::Drop)?;
        // What is no data is a trailer, and says nothing here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn too_large() -> Reply {
    let msg = format!("the request's body is larger than {} MiB", MAX_BODY >> 20);
    twirp::error(StatusCode::PAYLOAD_TOO_LARGE, "resource_exhausted", &msg)
        .with_header(header::CONNECTION, HeaderValue::from_static("close"))
}

/// Reads on beside the answer, within bounds: a connection that closes with unread data resets,
/// and the client would lose the answer.
fn discard(body: Incoming) {
    let mut body = Limited::new(body, MAX_DISCARDED);
    tokio::spawn(timeout(
        DISCARD_TIME,
        async move { while let Some(Ok(_)) = body.frame().await {} },
    ));
}

fn report(server: &Server, region: &Region, parts: &Parts, outcome: &Outcome) {
    let path = parts.uri.path();
    for warning in outcome.warnings.iter() {
        if server.throttle.admits(warning, Instant::now()) {
            tracing::warn!("{} {path}: {warning}", region.name);
        }
    }
    tracing::debug!("{} {} {path}: {}", region.name, parts.method, outcome.end);
}

impl Reply {
    fn into_response(self, region: &Region, warnings: &Warnings) -> Response<Full<Bytes>> {
        let mut headers = HeaderMap::with_capacity(6);
        if let Some(content) = self.content.header() {
            headers.insert(header::CONTENT_TYPE, content);
        }
        match self.region {
            RegionHeader::Absent => {}
            RegionHeader::Empty => drop(headers.insert(REGION, HeaderValue::from_static(""))),
            RegionHeader::Index => drop(headers.insert(REGION, region.header.clone())),
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYONE);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        headers.extend(self.extra);
        for warning in warnings.iter() {
            // A warning is printable ASCII by its making.
            headers.extend(HeaderValue::from_str(warning).ok().map(|value| (WARNING, value)));
        }
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_answers_500() {
        let outcome = guarded(|| panic!("a defect, on purpose"));
        let End::Reply(reply) = outcome.end else { panic!("{outcome:?}") };
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.body.starts_with(b"{\"code\":\"internal\""));
    }
}
