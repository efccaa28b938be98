//! `GET /settings/regions`: where the regions are
//! (`docs/BEHAVIOUR.md`, Regions and discovery). What makes calls fail or
//! slow never touches it: a client must be able to discover regions while its calls fail.

use http::{HeaderMap, HeaderValue, StatusCode, header::CACHE_CONTROL};

use super::twirp;
use crate::{
    auth::Token,
    control::{self, ATTRIBUTE},
    outcome::{Content, Outcome, RegionHeader, Reply},
    server::Server,
    warning::Warnings,
};

pub(crate) fn answer(server: &Server, headers: &HeaderMap) -> Outcome {
    let mut warnings = Warnings::default();
    let token = Token::from_headers(headers);
    let control = control::read(headers, token.issuer(), &mut warnings);
    server.warn_of_unknown_regions(&control, &mut warnings);
    if token.claims().is_some_and(|claims| claims.attributes.contains_key(ATTRIBUTE)) {
        // No mistake: clients ask for the regions with the token that they join with.
        warnings.note(format_args!(
            "{ATTRIBUTE}: has no effect on /settings/regions, put it into X-Lk-Mock or the API key"
        ));
    }
    if let Some(refusal) = server.refusal(&control, &warnings) {
        return Outcome::from(twirp::malformed(&refusal)).with(warnings);
    }
    let reply = match control.listed_status() {
        Some(status) => Reply::empty(status).settled(),
        None => listed(server.regions.list(control.pinned(), control.advertise.as_deref())),
    };
    Outcome::from(reply).with(warnings)
}

fn listed(body: bytes::Bytes) -> Reply {
    Reply::new(StatusCode::OK, Content::Json, body)
        .in_region(RegionHeader::Index)
        .with_header(CACHE_CONTROL, HeaderValue::from_static("max-age=0"))
}
