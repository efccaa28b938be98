//! `GET /settings/regions`: the list of the regions (`docs/BEHAVIOUR.md`, Regions and discovery).
//! Faults of API calls do not change it, because a client must be able to discover regions while
//! its calls fail.

use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};

use crate::{
    control::ATTRIBUTE,
    exchange::Exchange,
    fault,
    outcome::{Content, Outcome, RegionHeader, Reply},
};

/// Warns of what has no effect here.
pub(crate) fn read(exchange: &mut Exchange<'_>) {
    if exchange.token.claims().is_some_and(|claims| claims.attributes.contains_key(ATTRIBUTE)) {
        // It is not a mistake: clients ask for the regions with the token with which they join.
        exchange.warnings.note(format_args!(
            "{ATTRIBUTE}: has no effect on /settings/regions, put it into X-Lk-Mock or the API key"
        ));
    }
}

pub(crate) fn answer(exchange: &Exchange<'_>) -> Outcome {
    let Exchange { server, control, .. } = exchange;
    fault::discovery::apply(control, || {
        list_reply(server.regions.list(control.pinned(), control.advertise.as_deref()))
    })
}

fn list_reply(body: bytes::Bytes) -> Reply {
    Reply::new(StatusCode::OK, Content::Json, body)
        .in_region(RegionHeader::Index)
        .with_header(CACHE_CONTROL, HeaderValue::from_static("max-age=0"))
}
