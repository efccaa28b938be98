//! The host that a server listens on.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _},
};

/// An address of this machine, or a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Address(IpAddr),
    Name(String),
}

impl Host {
    pub(crate) const LOOPBACK: Self = Self::Address(IpAddr::V4(Ipv4Addr::LOCALHOST));

    /// Reads an address, with or without brackets, or a name.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let host = text.trim_start_matches('[').trim_end_matches(']');
        match host.parse() {
            Ok(address) => Ok(Self::Address(address)),
            Err(_) if is_name(host) => Ok(Self::Name(host.to_owned())),
            Err(_) => Err(format!(
                "\"{text}\" must be an address or a host name without a port, such as 0.0.0.0 or localhost"
            )),
        }
    }

    /// The address. A name is looked up.
    pub(crate) fn resolve(&self) -> io::Result<IpAddr> {
        match self {
            Self::Address(address) => Ok(*address),
            Self::Name(name) => {
                let mut addresses = (name.as_str(), 0).to_socket_addrs()?;
                addresses.next().map(|address| address.ip()).ok_or(io::ErrorKind::NotFound.into())
            }
        }
    }

    /// The address at which this machine reaches the port. If the host means all addresses, that is
    /// loopback.
    pub(crate) fn reached_at(&self, port: u16) -> String {
        let address = match self {
            Self::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => Ipv4Addr::LOCALHOST.into(),
            Self::Address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => Ipv6Addr::LOCALHOST.into(),
            Self::Address(address) => *address,
            Self::Name(name) => return format!("{name}:{port}"),
        };
        SocketAddr::new(address, port).to_string()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

fn is_name(host: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    // Only digits and dots: that is a mistyped address, not a name.
    let mistyped = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    !mistyped && host.len() < 254 && host.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_an_address_or_a_name() {
        for (text, reached) in [
            ("0.0.0.0", Some("127.0.0.1:80")),
            ("192.0.2.1", Some("192.0.2.1:80")),
            ("::", Some("[::1]:80")),
            ("[::]", Some("[::1]:80")),
            ("[2001:db8::1]", Some("[2001:db8::1]:80")),
            ("localhost", Some("localhost:80")),
            ("my-host.test", Some("my-host.test:80")),
            ("", None),
            ("[]", None),
            ("127.0.0.1:80", None),
            ("256.1.1.1", None),
            ("1.2.3", None),
            ("a b", None),
        ] {
            let host = Host::read(text).ok().map(|host| host.reached_at(80));
            assert_eq!(host.as_deref(), reached, "{text}");
        }
    }

    #[test]
    fn the_error_says_what_is_expected() {
        let problem = Host::read("1.2.3").expect_err("not a host");
        assert!(problem.starts_with("\"1.2.3\" must be an address or a host name"), "{problem}");
    }

    #[test]
    fn is_shown_without_brackets() {
        assert_eq!(Host::read("[::1]").expect("an address").to_string(), "::1");
    }
}
