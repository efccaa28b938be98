//! What the journal keeps of a call, from what comes in to what it ends in.

use bytes::Bytes;
use http::{header::AUTHORIZATION, request::Parts};

use crate::{
    exchange::route::Route,
    journal::{Body, CallKind, CallOutcome, Decided, Draft, Encoding, Entry, Http, Record},
    outcome::{Break, Content, End, Outcome, Reply},
    protocol::Format,
    region::Region,
    server::Server,
};

/// That it comes over TLS, among a request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OverTls;

/// A call has come. None if the journal does not keep it.
pub(crate) fn begun(
    server: &Server,
    region: &Region,
    parts: &Parts,
    route: Route<'_>,
    path: &str,
) -> Option<Draft> {
    if !server.state.journal.is_on() {
        return None;
    }
    let (kind, method) = match route {
        Route::Api(method) => (CallKind::Api, Some(method)),
        Route::Regions => (CallKind::Regions, None),
        Route::Signal { .. } => (CallKind::Signal, None),
        Route::Validate { .. } => (CallKind::Validate, None),
        Route::Health | Route::Inspector(_) | Route::NotFound => return None,
    };
    let tls = parts.extensions.get::<OverTls>().is_some();
    let http = Http { version: parts.version, tls };
    Some(Draft::new(Entry::new(kind, region.index, http, path, method, texts(parts))))
}

/// How long the texts are that may be kept of a head: a token's claims are most of it, if it is short.
fn texts(parts: &Parts) -> usize {
    const MOST: usize = 4 << 10;
    parts.headers.get(AUTHORIZATION).map_or(0, |token| token.len().min(MOST))
}

/// Its body has come.
pub(crate) fn brought(draft: Option<&mut Draft>, parts: &Parts, body: &Bytes) {
    let Some(draft) = draft.filter(|_| !body.is_empty()) else { return };
    let encoding = match Format::of(&parts.headers) {
        Format::Json => Encoding::Json,
        Format::Protobuf => Encoding::Protobuf,
    };
    draft.entry().brings(Body::copied(body, encoding));
}

/// Its client went away before it had come.
pub(crate) fn gone(server: &Server, draft: Option<Draft>) {
    Record::new(&server.state.journal, draft).gone();
}

/// It was decided.
pub(crate) fn decided(outcome: &mut Outcome) {
    let Some(mut draft) = outcome.draft.take() else { return };
    let verdict = outcome.verdict;
    let (end, reply) = match &outcome.end {
        End::Reply(reply) => (verdict, Some(reply)),
        End::Upgrade(upgrade) => (verdict, Some(&upgrade.reply)),
        End::Stream(streamed) => (verdict, Some(&streamed.reply)),
        End::Break(how) => match &**how {
            Break::Drop => (CallOutcome::Dropped, None),
            Break::Reset => (CallOutcome::Reset, None),
            Break::Hang => (CallOutcome::Hung, None),
            Break::Garbage => (CallOutcome::Garbage, None),
            Break::Truncate(reply) => (CallOutcome::Truncated, Some(reply)),
            Break::Drip(reply, _) => (verdict, Some(reply)),
        },
    };
    draft.entry().decide(Decided {
        outcome: end,
        status: reply.map(|reply| reply.status.as_u16()),
        response: reply.map(response),
        wait: outcome.wait,
        lasts: !outcome.wait.is_zero() || outcome.end.lasts(),
        warnings: outcome.remarks.warnings.clone(),
    });
    outcome.draft = Some(draft);
}

fn response(reply: &Reply) -> Body {
    Body::shared(
        &reply.body,
        match reply.content {
            Content::Json => Encoding::Json,
            Content::Protobuf => Encoding::Protobuf,
            Content::None | Content::Text => Encoding::Text,
        },
    )
}
