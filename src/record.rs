//! What the journal keeps of a call, from what comes in to what it ends in.

use std::time::Instant;

use http::{header::AUTHORIZATION, request::Parts};

use crate::{
    clock,
    exchange::route::Route,
    journal::{Body, CallKind, CallOutcome, Coming, Decided, Draft, Encoding, Entry, Http, Record},
    outcome::{Break, Content, End, Outcome, Reply},
    protocol::Format,
    region::Region,
    server::Server,
};

/// A call comes. None if the journal does not keep it.
pub(crate) fn coming(
    server: &Server,
    region: &Region,
    parts: &Parts,
    tls: bool,
    route: Route<'_>,
) -> Option<Coming> {
    if !server.state.journal.is_on() {
        return None;
    }
    let kind = match route {
        Route::Api(_) => CallKind::Api,
        Route::Regions => CallKind::Regions,
        Route::Signal { .. } => CallKind::Signal,
        Route::Validate { .. } => CallKind::Validate,
        Route::Health | Route::Inspector(_) | Route::NotFound => return None,
    };
    let http = Http { version: parts.version, tls };
    let (time, begun) = (clock::now(), Instant::now());
    Some(Coming { time, begun, kind, region: region.index, http })
}

/// It has come, with this body.
pub(crate) fn come(
    coming: Option<Coming>,
    parts: &Parts,
    route: Route<'_>,
    path: &str,
    body: &[u8],
) -> Option<Draft> {
    let encoding = match Format::of(&parts.headers) {
        _ if body.is_empty() => Encoding::Text,
        Format::Json => Encoding::Json,
        Format::Protobuf => Encoding::Protobuf,
    };
    let method = match route {
        Route::Api(method) => Some(method),
        _ => None,
    };
    Some(Draft::new(Entry::new(coming?, path, method, body, encoding, texts(parts))))
}

/// How long the texts are that may be kept of a head: a token's claims are most of it, if it is short.
fn texts(parts: &Parts) -> usize {
    const MOST: usize = 4 << 10;
    parts.headers.get(AUTHORIZATION).map_or(0, |token| token.len().min(MOST))
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
