//! The certificates that this server shows in handshakes of TLS (`docs/BEHAVIOUR.md`, TLS). Nothing is
//! made before somebody asks for it.

mod authority;
mod own;

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use http::Uri;
use rustls::{ServerConfig, crypto::ring};

use crate::config::{Config, ConfigError};
use authority::Lazy;
use own::Own;

/// The protocols that a client may choose in the handshake, the best one first.
const PROTOCOLS: &[&[u8]] = &[
    #[cfg(feature = "http2")]
    b"h2",
    b"http/1.1",
];

/// The certificates of one server.
#[derive(Debug)]
pub(crate) struct Certificates {
    source: Source,
    config: OnceLock<Arc<ServerConfig>>,
}

#[derive(Debug)]
enum Source {
    /// Made by this server, under an authority of its own.
    Made(Arc<Lazy>),
    /// Given by the settings.
    Own(Own),
}

impl Certificates {
    /// Certificates for whatever name is asked for, and for the addresses among these URLs.
    pub(crate) fn made<'a>(urls: impl Iterator<Item = &'a str>) -> Self {
        let authority = Lazy::new(urls.filter_map(address).collect());
        Self { source: Source::Made(Arc::new(authority)), config: OnceLock::new() }
    }

    /// The certificate of the settings, if they bring one.
    ///
    /// # Errors
    /// One of its two files is missing or not valid, or they don't belong together.
    pub(crate) fn own(config: &Config) -> Result<Option<Self>, ConfigError> {
        let own = own::read(config)?;
        Ok(own.map(|own| Self { source: Source::Own(own), config: OnceLock::new() }))
    }

    /// What a client must trust, in PEM: the authority, or the certificate that was given.
    pub(crate) fn ca_pem(&self) -> &str {
        match &self.source {
            Source::Made(authority) => &authority.made().pem,
            Source::Own(own) => &own.text,
        }
    }

    /// How handshakes are made.
    pub(crate) fn server_config(&self) -> &Arc<ServerConfig> {
        self.config.get_or_init(|| {
            let resolver = match &self.source {
                Source::Made(authority) => authority.clone(),
                Source::Own(own) => own.resolver.clone(),
            };
            let provider = Arc::new(ring::default_provider());
            let mut config = ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("versions that the provider has")
                .with_no_client_auth()
                .with_cert_resolver(resolver);
            config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
            Arc::new(config)
        })
    }
}

/// The host of a URL, if it is an address: a client that connects to one asks for no name.
fn address(url: &str) -> Option<IpAddr> {
    let url: Uri = url.parse().ok()?;
    url.host()?.trim_matches(['[', ']']).parse().ok()
}
