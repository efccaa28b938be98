//! What the page must know of the server.

use serde::Serialize;

use super::signalling::Signalling;
use crate::{control, journal, server::Server};

#[derive(Serialize)]
struct About<'a> {
    version: &'static str,
    reference: String,
    journal: usize,
    regions: Vec<Region<'a>>,
    fields: Vec<control::FieldAbout>,
    scenarios: &'a [&'static str],
    methods: Vec<String>,
    kinds: &'static [&'static str],
    outcomes: &'static [&'static str],
}

#[derive(Serialize)]
struct Region<'a> {
    index: usize,
    name: &'a str,
    url: &'a str,
}

pub(super) fn server(server: &Server, signalling: &Signalling) -> String {
    let regions = server.regions.all().map(|region| Region {
        index: region.index,
        name: &region.name,
        url: &region.url,
    });
    let method = |(service, method): (&str, &str)| {
        format!("{}/{method}", service.strip_prefix("livekit.").unwrap_or(service))
    };
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        reference: server.reference.to_string(),
        journal: server.state.journal.capacity(),
        regions: regions.collect(),
        fields: control::about_fields().collect(),
        scenarios: &signalling.scenarios,
        methods: server.schema.calls().map(method).collect(),
        kinds: journal::CallKind::NAMES,
        outcomes: journal::CallOutcome::NAMES,
    };
    // Strings and numbers always serialize.
    serde_json::to_string(&about).unwrap_or_default()
}
