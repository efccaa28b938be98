//! Serves one request: finds its route, lets the API, discovery or the signalling decide, and logs the
//! warnings.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use http::{HeaderName, Method, StatusCode, header, request::Parts};

use crate::{
    api::Call,
    body::{Body, BodyError, MAX_BODY},
    discovery,
    exchange::{
        Arrival, Exchange, Query,
        route::{self, Route},
    },
    inspector::{self, Signalling},
    outcome::{Outcome, Reply},
    protocol::twirp,
    record,
    region::Region,
    server::Server,
    signal::{self, Connect},
    target,
    warning::Warnings,
};

/// What a request to a region ends in; `None` if its client has disconnected. `tls` says whether it came over
/// TLS.
pub(crate) async fn respond(
    server: &Server,
    region: &Region,
    parts: &Parts,
    tls: bool,
    body: impl Body,
) -> Option<Outcome> {
    let mut outcome = decide(server, region, parts, tls, body).await?;
    for warning in outcome.remarks.warnings.iter() {
        server.warn(region, Some(parts), warning);
    }
    record::decided(&mut outcome);
    Some(outcome)
}

async fn decide(
    server: &Server,
    region: &Region,
    parts: &Parts,
    tls: bool,
    mut body: impl Body,
) -> Option<Outcome> {
    let path = match route::cleaned(target::path(parts)) {
        Ok(path) => path,
        Err(escape) => return Some(bad_path(&escape)),
    };
    let route = route::route(&path, &server.twirp_prefix);
    if let Some(outcome) = preflight(route, parts) {
        return Some(outcome);
    }
    let coming = record::coming(server, region, parts, tls, route);
    let come = |body: &[u8]| record::come(coming, parts, route, &path, body);
    let body = match route {
        Route::Api(_) | Route::Inspector(_) => match body.read().await {
            Ok(body) => body,
            Err(BodyError::Gone) => {
                record::gone(server, come(b""));
                return None;
            }
            Err(error) => return Some(Outcome { draft: come(b""), ..body_refusal(error) }),
        },
        _ => Bytes::new(),
    };
    let draft = come(&body);
    let arrival = Arrival { server, region, parts, route, draft };
    Some(catch_panic(|| match route {
        Route::Health => Reply::text(StatusCode::OK, "ok").into(),
        Route::NotFound => not_found(server, &path),
        Route::Signal { .. } | Route::Validate { .. } => signalling(arrival),
        Route::Api(_) | Route::Regions => call(arrival, body),
        Route::Inspector(path) => {
            inspector::answer(server, &signalling_for_inspector(), parts, path, &body)
        }
    }))
}

/// Answers an API call, or a request for the regions.
fn call(arrival: Arrival<'_>, body: Bytes) -> Outcome {
    let Arrival { server, route, .. } = arrival;
    let exchange = Exchange::of_call(arrival);
    match route {
        Route::Api(path) => exchange.decided(
            |exchange| Call::read(exchange, &server.schema, path, body),
            |call, exchange| call.answer(exchange),
        ),
        _ => exchange.decided(discovery::read, |(), exchange| discovery::answer(exchange)),
    }
}

/// Answers a request to connect to the signalling, or to validate such a request.
fn signalling(arrival: Arrival<'_>) -> Outcome {
    let query = Query::of(arrival.parts);
    let route = arrival.route;
    let exchange = Exchange::of_signal(arrival, &query);
    // This comes first: a server without the path checks neither tokens nor mistakes there.
    if exchange.hides_route() {
        return exchange.ended(Reply::text(StatusCode::NOT_FOUND, NOT_FOUND).into());
    }
    let answer = match route {
        Route::Signal { .. } => Connect::upgrade,
        _ => Connect::validate,
    };
    exchange.decided(Connect::read, answer)
}

fn signalling_for_inspector() -> Signalling {
    Signalling { scenarios: signal::scenario_names().collect(), check: signal::check }
}

const NOT_FOUND: &str = "404 page not found\n";

fn not_found(server: &Server, path: &str) -> Outcome {
    let mut warnings = Warnings::default();
    warnings.add(route::not_found(path, &server.twirp_prefix, &server.schema));
    Outcome::from(Reply::text(StatusCode::NOT_FOUND, NOT_FOUND)).with(warnings)
}

fn bad_path(escape: &str) -> Outcome {
    let mut warnings = Warnings::default();
    warnings.add(format_args!(
        "\"{escape}\" in the path is not an escape: that is % and two hexadecimal digits"
    ));
    let text =
        "400 Bad Request: a percent sign in the path must be followed by two hexadecimal digits";
    Outcome::from(Reply::text(StatusCode::BAD_REQUEST, text)).with(warnings)
}

/// Runs a decision. If it panics, the answer is a 500, and the server goes on.
fn catch_panic(decision: impl FnOnce() -> Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(decision)).unwrap_or_else(|_| {
        let msg = "livekit-mock failed to answer; please report this together with the request";
        twirp::error(StatusCode::INTERNAL_SERVER_ERROR, "internal", msg).into()
    })
}

/// The answer to a browser's preflight request: whatever it asks for is allowed.
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

/// The answer to a request whose body could not be read.
fn body_refusal(error: BodyError) -> Outcome {
    let refused = |status, code, sentence: &str| {
        let mut warnings = Warnings::default();
        warnings.add(sentence);
        Outcome::from(twirp::error(status, code, sentence)).with(warnings)
    };
    match error {
        BodyError::TooLarge => refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            "resource_exhausted",
            &format!("the request's body is larger than {} MiB", MAX_BODY >> 20),
        ),
        BodyError::Malformed => refused(
            StatusCode::BAD_REQUEST,
            "malformed",
            "the request says Transfer-Encoding: chunked, but its body is not in chunks",
        ),
        BodyError::Gone | BodyError::Stalled => refused(
            StatusCode::REQUEST_TIMEOUT,
            "deadline_exceeded",
            "the request's body stalled while other large ones waited for their turn",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_answers_500() {
        let outcome = catch_panic(|| panic!("a defect, on purpose"));
        let crate::outcome::End::Reply(reply) = outcome.end else { panic!("{outcome:?}") };
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.body.starts_with(b"{\"code\":\"internal\""));
    }
}
