//! The handshake of a WebSocket over HTTP/1.1 (RFC 6455).

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts,
};
use sockudo_ws::handshake::generate_accept_key;

use super::deflate::Deflate;
use crate::outcome::{End, Play, Reply, Upgrade};

/// The client's part of a handshake.
pub(crate) struct Handshake<'a> {
    headers: &'a HeaderMap,
    key: &'a str,
}

impl<'a> Handshake<'a> {
    /// # Errors
    /// The request does not ask for a WebSocket in the right way.
    pub(crate) fn read(parts: &'a Parts) -> Result<Self, String> {
        check(parts)?;
        let key = parts.headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
        match key {
            // Sixteen bytes in base64.
            Some(key) if key.len() == 24 => Ok(Self { headers: &parts.headers, key }),
            _ => Err("an upgrade must have a Sec-WebSocket-Key of 24 characters".to_owned()),
        }
    }

    /// The answer to the handshake, and what is played on the connection after it.
    pub(crate) fn upgrade<P: Play + 'static>(
        self,
        player: impl FnOnce(Option<Deflate>) -> P,
    ) -> End {
        let mut reply = Reply::empty(StatusCode::SWITCHING_PROTOCOLS)
            .with_header(header::CONNECTION, HeaderValue::from_static("Upgrade"))
            .with_header(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::try_from(generate_accept_key(self.key)) {
            reply = reply.with_header(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        let (deflate, extensions) = Deflate::negotiate(self.headers).unzip();
        if let Some(extensions) = extensions {
            reply = reply.with_header(header::SEC_WEBSOCKET_EXTENSIONS, extensions);
        }
        End::Upgrade(Box::new(Upgrade { reply, player: Box::new(player(deflate)) }))
    }
}

fn check(parts: &Parts) -> Result<(), String> {
    if parts.method != Method::GET {
        return Err(format!("an upgrade must be a GET, not {}", parts.method));
    }
    if parts.version != Version::HTTP_11 {
        return Err(format!("an upgrade must come over HTTP/1.1, not {:?}", parts.version));
    }
    for (name, token) in [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_VERSION, "13"),
    ] {
        if !holds(parts, &name, token) {
            return Err(format!(
                "this is a WebSocket: the header {} must hold {token}",
                title(&name)
            ));
        }
    }
    Ok(())
}

/// Whether the header's list holds the token.
fn holds(parts: &Parts, name: &HeaderName, token: &str) -> bool {
    let values = parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// A header's name, in its usual spelling.
fn title(name: &HeaderName) -> &'static str {
    match *name {
        header::CONNECTION => "Connection",
        header::UPGRADE => "Upgrade",
        _ => "Sec-WebSocket-Version",
    }
}
