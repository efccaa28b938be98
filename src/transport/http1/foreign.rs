//! Other protocols, recognized by their first bytes.

use crate::transport::handover::Protocol;

const TLS: &[u8] = b"\x16";
/// Of a preface that comes in pieces, this is the shortest that can't be another version's head.
const HTTP2: &[u8] = b"PRI * HTTP/2";

/// The first bytes of a protocol, its name, and advice.
const KNOWN: [(&[u8], &str, &str); 8] = [
    (
        TLS,
        "a TLS handshake",
        "this port speaks plain HTTP: use http:// and ws://, or put a proxy that ends TLS in front",
    ),
    (HTTP2, "an HTTP/2 preface", "this port speaks HTTP/1.1: let the client speak that"),
    (b"PROXY ", "a PROXY protocol line", "let the load balancer send none to this port"),
    (b"\0\r\nQUIT\n", "a PROXY protocol header", "let the load balancer send none to this port"),
    (b"SSH-", "an SSH client", "check its port"),
    (b"\x05", "a SOCKS5 client", "this is not a proxy: let the client connect to this port itself"),
    (b"\x04", "a SOCKS4 client", "this is not a proxy: let the client connect to this port itself"),
    (b"RTSP/", "an RTSP client", "check its port"),
];

/// The name of a protocol, and advice for the client and the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ForeignProtocol {
    pub(super) name: &'static str,
    pub(super) advice: &'static str,
}

/// The protocol that begins with these bytes, if it is known.
pub(super) fn detect(bytes: &[u8]) -> Option<ForeignProtocol> {
    // Version 2 of the PROXY protocol begins with blank lines, which are skipped before a request.
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let known = KNOWN.iter().find(|(start, ..)| bytes[blank..].starts_with(start));
    known.map(|(_, name, advice)| ForeignProtocol { name, advice })
}

/// The protocol that this server may speak instead, where a connection begins with these bytes.
pub(super) fn spoken(bytes: &[u8]) -> Option<Protocol> {
    let spoken: &[(&[u8], Protocol)] = &[
        #[cfg(feature = "tls")]
        (TLS, Protocol::Tls),
        #[cfg(feature = "http2")]
        (HTTP2, Protocol::Http2),
    ];
    spoken.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, protocol)| *protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_recognized_by_their_first_bytes() {
        for (bytes, name) in [
            (&b"\x16\x03\x01\x02\x00\x01"[..], "a TLS handshake"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "an HTTP/2 preface"),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "a PROXY protocol line"),
            (b"\r\n\r\n\0\r\nQUIT\n\x21\x11", "a PROXY protocol header"),
            (b"SSH-2.0-OpenSSH_10.0\r\n", "an SSH client"),
            (b"\x05\x01\x00", "a SOCKS5 client"),
            (b"\x04\x01\x00\x50", "a SOCKS4 client"),
        ] {
            assert_eq!(detect(bytes).map(|known| known.name), Some(name), "{bytes:?}");
        }
        assert_eq!(detect(b"GET / HTTP/1.1\r\n"), None);
        assert_eq!(detect(b""), None);
    }
}
