//! The announcement on standard output that all regions listen.

use std::{fmt::Write as _, net::SocketAddr};

use livekit_mock::Mock;
use serde::Serialize;

use super::{log::LogFormat, output::Output};

/// The announcement as JSON.
#[derive(Serialize)]
struct Event<'a> {
    message: &'a str,
    regions: &'a [Listening<'a>],
    ports: Vec<u16>,
}

#[derive(Serialize)]
struct Listening<'a> {
    index: usize,
    name: String,
    address: SocketAddr,
    port: u16,
    url: &'a str,
}

/// Writes a line for each region, and a last line when all of them answer. In JSON, there is only one
/// line, which holds everything.
pub(super) fn announce(mock: &Mock, format: LogFormat, output: &Output) {
    // The server works without a reader, too.
    if let Err(error) = output.write_line(announcement(mock, format).as_bytes()) {
        tracing::warn!("could not write to standard output that the regions are ready: {error}");
    }
}

fn announcement(mock: &Mock, format: LogFormat) -> String {
    let named = (mock.first_region()..).zip(mock.region_names());
    let addresses = mock.addresses().iter().zip(mock.urls());
    let regions: Vec<Listening<'_>> = named
        .zip(addresses)
        .map(|((index, name), (address, url))| Listening {
            index,
            name,
            address: *address,
            port: address.port(),
            url,
        })
        .collect();
    let mut text = String::new();
    match format {
        LogFormat::Text => {
            for Listening { name, address, url, .. } in &regions {
                let _ = writeln!(text, "{name} listening on {address} (advertised as {url})");
            }
            let count = regions.len();
            let _ = writeln!(text, "ready: {count} region{}", if count == 1 { "" } else { "s" });
        }
        LogFormat::Json => {
            let ports = regions.iter().map(|region| region.port).collect();
            let event = Event { message: "ready", regions: &regions, ports };
            text = serde_json::to_string(&event).unwrap_or_default() + "\n";
        }
    }
    text
}
