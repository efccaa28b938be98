//! Reads the text of each setting. An error is a sentence without the setting's name.

#[cfg(feature = "tls")]
use std::path::PathBuf;
use std::{collections::BTreeSet, net::IpAddr, str::FromStr, time::Duration};

use http::Uri;

use super::secret::Secret;
use crate::{
    auth::Auth,
    control::{Control, read_json},
    reference::Reference,
    warning::{Warnings, suggestion},
};

pub(super) fn ports(text: &str) -> Result<Vec<u16>, String> {
    let port = |part: &str| {
        part.parse()
            .map_err(|_| format!("\"{part}\" must be a port from 0 to 65535, as in 9999,10000"))
    };
    distinct(parts(text).map(port).collect::<Result<_, _>>()?)
}

/// Checks that no port is given twice, except for 0, which means any free port.
pub(super) fn distinct(ports: Vec<u16>) -> Result<Vec<u16>, String> {
    if ports.is_empty() {
        return Err(
            "no port is given; name at least one, such as 9999, or 0 for any free port".to_owned()
        );
    }
    let mut seen = BTreeSet::new();
    match ports.iter().find(|port| **port != 0 && !seen.insert(**port)) {
        Some(port) => {
            Err(format!("port {port} is given twice; each region needs a port of its own"))
        }
        None => Ok(ports),
    }
}

/// The scheme and host of URLs. It may hold placeholders for the index and the port.
pub(super) fn advertise_host(text: &str) -> Result<String, String> {
    let filled = text.trim_end_matches('/').replace("{index}", "0");
    let (filled, places_port) = (filled.replace("{port}", "1"), filled.contains("{port}"));
    if filled.contains(['{', '}']) {
        return Err(format!(
            "\"{text}\" holds an unknown placeholder; there are {{index}} and {{port}}"
        ));
    }
    let Some(uri) = web_uri(&filled) else {
        return Err(format!("\"{text}\" must be a scheme and a host, such as http://127.0.0.1"));
    };
    if uri.port().is_some() && !places_port {
        return Err(format!(
            "\"{text}\" must not hold a port; the port of each region is appended to it"
        ));
    }
    if !places_port && uri.path() != "/" {
        return Err(format!(
            "\"{text}\" must not hold a path, unless {{port}} says where the port goes"
        ));
    }
    Ok(text.to_owned())
}

/// A control. Mistakes in it are errors, since no request would show the warnings.
pub(super) fn control(text: &str) -> Result<Control, String> {
    let mut warnings = Warnings::default();
    let control = read_json(text, "it", &mut warnings).unwrap_or_default();
    control.warn_of_idle_fields(&mut warnings);
    let problems: Vec<&str> = warnings.iter().map(as_an_error).collect();
    if problems.is_empty() { Ok(*control) } else { Err(problems.join("; ")) }
}

/// A warning without what it says to count instead: nothing does.
fn as_an_error(warning: &str) -> &str {
    let warning = warning.strip_prefix("it: ").unwrap_or(warning);
    let warning = warning.strip_prefix("ignored, ").unwrap_or(warning);
    match warning.rsplit_once("; ") {
        Some((problem, "ignored")) => problem,
        Some((problem, instead)) if instead.ends_with(" is used") => problem,
        _ => warning,
    }
}

pub(super) fn urls(text: &str) -> Result<Vec<String>, String> {
    all_urls(parts(text).map(str::to_owned).collect())
}

pub(super) fn all_urls(urls: Vec<String>) -> Result<Vec<String>, String> {
    match urls.iter().find(|url| web_uri(url).is_none()) {
        Some(url) => Err(format!("\"{url}\" must be a URL such as http://10.0.0.1:9999")),
        None => Ok(urls),
    }
}

fn web_uri(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    (web && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// A path, without the slashes at its end.
pub(super) fn path(text: &str) -> Result<String, String> {
    let path = text.starts_with('/') && !text.contains(['?', '#']);
    let clean = path && text.parse::<Uri>().is_ok();
    if text.is_empty() || clean {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(format!("\"{text}\" must be a path such as /twirp"))
}

#[allow(clippy::unnecessary_wraps)] // All readers return a result.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::from(text.to_owned()))
}

#[cfg(feature = "tls")]
pub(super) fn file(text: &str) -> Result<Option<PathBuf>, String> {
    match text {
        "" => Err("it must be the path of a file".to_owned()),
        text => Ok(Some(text.into())),
    }
}

pub(super) fn index(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("\"{text}\" must be a region's index, such as 0"))
}

pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("\"{text}\" must be a number, such as 1000"))
}

pub(super) fn on_or_off(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "1" => Ok(true),
        "off" | "false" | "0" => Ok(false),
        _ => Err(format!("\"{text}\" must be on or off")),
    }
}

pub(super) fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("\"{text}\" must be a port from 0 to 65535, such as 7882"))
}

pub(super) fn ip_address(text: &str) -> Result<Option<IpAddr>, String> {
    let address = text.parse().map(Some);
    address.map_err(|_| format!("\"{text}\" must be an IP address, such as 192.0.2.1"))
}

pub(super) fn auth(text: &str) -> Result<Auth, String> {
    word(text, Auth::NAMES)
}

pub(super) fn reference(text: &str) -> Result<Reference, String> {
    word(text, Reference::NAMES)
}

/// One of these words. The error suggests the one that may be meant.
fn word<T, const N: usize>(text: &str, names: [&str; N]) -> Result<T, String>
where
    T: FromStr<Err: std::fmt::Display>,
{
    text.parse().map_err(|error| format!("\"{text}\" {error}{}", suggestion(text, names)))
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("\"{text}\" must be true or false")),
    }
}

/// A number of seconds, with or without `s`, or of milliseconds, with `ms`.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let parsed = f64::from_str(number.trim())
        .ok()
        .and_then(|number| Duration::try_from_secs_f64(number * unit).ok());
    parsed.ok_or_else(|| format!("\"{text}\" must be a number of seconds, such as 10 or 0.5"))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_may_be_given_several_times() {
        assert_eq!(ports("0, 0,,0"), Ok(vec![0, 0, 0]));
        assert_eq!(distinct(vec![1, 0, 2]), Ok(vec![1, 0, 2]));
        for (ports, problem) in [(vec![1, 2, 1], "port 1 is given twice"), (vec![], "no port")] {
            assert!(distinct(ports).is_err_and(|said| said.starts_with(problem)), "{problem}");
        }
    }

    #[test]
    fn accepts_hosts_that_can_be_advertised() {
        for (host, valid) in [
            ("http://127.0.0.1", true),
            ("https://mock.livekit.cloud/", true),
            ("http://[::1]", true),
            ("http://r{index}.test", true),
            ("http://r.test:{port}/x", true),
            ("127.0.0.1", false),
            ("http://127.0.0.1:80", false),
            ("http://a/b", false),
            ("ftp://a", false),
            ("http://", false),
            ("", false),
        ] {
            let read = advertise_host(host);
            assert_eq!(read.is_ok(), valid, "{host}: {read:?}");
        }
    }

    #[test]
    fn a_path_loses_the_slashes_at_its_end() {
        for (text, expected) in [("/twirp//", "/twirp"), ("/", ""), ("", ""), ("/a/b", "/a/b")] {
            assert_eq!(path(text).as_deref(), Ok(expected));
        }
        assert!(path("twirp").is_err() && path("/a?b").is_err());
    }

    #[test]
    fn a_time_is_in_seconds_unless_it_has_a_unit() {
        for (text, milliseconds) in [("10", 10_000), ("0.5s", 500), ("500ms", 500), ("0", 0)] {
            assert_eq!(seconds(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert!(seconds("-1").is_err() && seconds("soon").is_err() && seconds("NaN").is_err());
    }
}
