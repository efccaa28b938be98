//! Where a peer finds the socket.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use str0m::Candidate;

/// The addresses that candidates name, the one for clients on this machine first.
#[derive(Debug, Clone)]
pub(super) struct Addresses(Vec<SocketAddr>);

impl Addresses {
    /// The addresses of a socket that is bound here, or the one that clients are to be told.
    pub(super) fn of(bound: SocketAddr, named: Option<IpAddr>) -> Self {
        let port = bound.port();
        let hosts = match named.unwrap_or(bound.ip()) {
            address if !address.is_unspecified() => vec![address],
            // Firefox takes no loopback address, so the machine's own is named, too.
            _ => [Some(Ipv4Addr::LOCALHOST.into()), own()].into_iter().flatten().collect(),
        };
        Self(hosts.into_iter().map(|host| SocketAddr::new(host, port)).collect())
    }

    pub(super) fn candidates(&self) -> impl Iterator<Item = Candidate> {
        self.0.iter().filter_map(|address| Candidate::host(*address, "udp").ok())
    }

    /// The address that a datagram from there was most likely sent to. A socket that is bound to every
    /// address does not learn it.
    pub(super) fn reached_from(&self, source: SocketAddr) -> SocketAddr {
        let loopback = source.ip().is_loopback();
        let reached = self.0.iter().find(|address| address.ip().is_loopback() == loopback);
        *reached.unwrap_or(&self.0[0])
    }
}

/// This machine's address on the way to everywhere else. Nothing is sent to learn it.
fn own() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_bound_address_is_the_only_one() {
        let addresses = Addresses::of(address("127.0.0.1:7"), None);
        assert_eq!(addresses.0, [address("127.0.0.1:7")]);
        assert_eq!(addresses.reached_from(address("10.0.0.1:1")), address("127.0.0.1:7"));
    }

    #[test]
    fn clients_are_told_the_address_that_is_given() {
        let named = Some(address("192.0.2.1:0").ip());
        assert_eq!(Addresses::of(address("0.0.0.0:7"), named).0, [address("192.0.2.1:7")]);
    }

    #[test]
    fn every_address_begins_with_loopback() {
        let addresses = Addresses::of(address("0.0.0.0:7"), None);
        assert_eq!(addresses.0[0], address("127.0.0.1:7"));
        assert_eq!(addresses.reached_from(address("127.0.0.1:1")), address("127.0.0.1:7"));
    }
}
