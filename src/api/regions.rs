//! `GET /settings/regions`: where the regions are (contract, section 1). What makes calls fail or
//! slow never touches it: a client must be able to discover regions while its calls fail.

use http::{HeaderMap, HeaderValue, StatusCode, header::CACHE_CONTROL};

use super::twirp;
use crate::{
    auth::Token,
    control,
    outcome::{Content, Outcome, RegionHeader, Reply},
    server::Server,
    warning::Warnings,
};

pub(crate) fn answer(server: &Server, headers: &HeaderMap) -> Outcome {
    let mut warnings = Warnings::default();
    let control = control::read(headers, Token::from_headers(headers).issuer(), &mut warnings);
    server.warn_of_unknown_regions(&control, &mut warnings);
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
