//! What standard output is told: that every region listens.

use std::{fmt::Write as _, net::SocketAddr};

use livekit_mock::Mock;
use serde::Serialize;

use super::{log::LogFormat, output::Output};

/// The JSON lines of standard output.
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

/// One line a region and one last line that says that all of them answer. JSON has only the last,
/// which holds everything.
pub(super) fn announce(mock: &Mock, format: LogFormat, output: &Output) {
    // The server serves on without a reader.
    if let Err(error) = output.say(announcement(mock, format).as_bytes()) {
        tracing::warn!("standard output can't be told that the regions are ready: {error}");
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
