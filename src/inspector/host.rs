//! Under which names the inspector is found. A page elsewhere could have its own name lead to this server,
//! and would then be of the same origin.

use std::net::IpAddr;

use http::{Uri, header, request::Parts};

use crate::server::Server;

/// # Errors
/// The name is none of this server's; the sentence says what to do.
pub(super) fn check(server: &Server, parts: &Parts) -> Result<(), String> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(http::uri::Authority::as_str));
    let name = host.map(name_in).unwrap_or_default();
    let advertised = || server.regions.urls().filter_map(host_of).any(|known| known == name);
    if is_address(&name) || is_local(&name) || advertised() {
        return Ok(());
    }
    Err(format!(
        "no page is shown under the name \"{name}\", which this server does not know: use its address, or start it with this name in --advertise-host\n"
    ))
}

/// The name without its port, in lower case.
fn name_in(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn is_address(name: &str) -> bool {
    name.parse::<IpAddr>().is_ok()
}

/// A name that nobody else can have: without a dot, it is no name of the internet.
fn is_local(name: &str) -> bool {
    !name.is_empty() && (!name.contains('.') || name.ends_with(".localhost"))
}

fn host_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(name_in(uri.host()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_without_its_port() {
        for (host, name) in [
            ("127.0.0.1:9999", "127.0.0.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]:9999", "::1"),
            ("LocalHost.:1", "localhost"),
            ("", ""),
        ] {
            assert_eq!(name_in(host), name, "{host}");
        }
    }

    #[test]
    fn names_of_the_internet_are_not_local() {
        for (name, local) in [
            ("localhost", true),
            ("mock", true),
            ("a.localhost", true),
            ("a.test", false),
            ("", false),
        ] {
            assert_eq!(is_local(name), local, "{name}");
        }
    }
}
