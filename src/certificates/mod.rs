//! The certificates that this server shows in handshakes of TLS (`docs/BEHAVIOUR.md`, TLS). Nothing is
//! made before somebody asks for it.

mod authority;
mod own;

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use http::Uri;
use rustls::{ServerConfig, crypto::ring, server::ResolvesServerCert};

use crate::config::{Config, ConfigError};
use authority::{Authority, ByName};
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
    /// The hosts that most clients connect to who ask for no name.
    nameless: OnceLock<Vec<String>>,
    /// For connections to these.
    config: OnceLock<Arc<ServerConfig>>,
}

#[derive(Debug)]
enum Source {
    /// Made by this server, under an authority of its own.
    Made(OnceLock<Arc<Authority>>),
    /// Given by the settings.
    Own(Own),
}

impl Certificates {
    /// Certificates for whatever name is asked for.
    pub(crate) fn made() -> Self {
        Self::from(Source::Made(OnceLock::new()))
    }

    /// The certificate that the settings bring; otherwise certificates for whatever name is asked for.
    ///
    /// # Errors
    /// One of its two files is missing or not valid, or they don't belong together.
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        Ok(own::read(config)?.map_or_else(Self::made, |own| Self::from(Source::Own(own))))
    }

    fn from(source: Source) -> Self {
        Self { source, nameless: OnceLock::new(), config: OnceLock::new() }
    }

    /// What a client must trust, in PEM: the authority, or the certificate that was given.
    pub(crate) fn ca_pem(&self) -> &str {
        match &self.source {
            Source::Made(authority) => &made(authority).pem,
            Source::Own(own) => &own.text,
        }
    }

    /// How handshakes are made on a connection to this address of a server whose regions have these URLs.
    pub(crate) fn server_config<'a>(
        &self,
        address: Option<IpAddr>,
        urls: impl Iterator<Item = &'a str>,
    ) -> Arc<ServerConfig> {
        let authority = match &self.source {
            Source::Own(own) => {
                return self.config.get_or_init(|| server_config(own.resolver.clone())).clone();
            }
            Source::Made(authority) => made(authority),
        };
        let hosts = self.nameless.get_or_init(|| nameless(urls));
        let by_name =
            |nameless| server_config(Arc::new(ByName { authority: authority.clone(), nameless }));
        let usual = self.config.get_or_init(|| by_name(hosts.clone()));
        match address.map(|it| it.to_string()).filter(|it| !hosts.contains(it)) {
            None => usual.clone(),
            Some(address) => by_name([&hosts[..], &[address]].concat()),
        }
    }
}

fn server_config(resolver: Arc<dyn ResolvesServerCert>) -> Arc<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions that the provider has")
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

fn made(authority: &OnceLock<Arc<Authority>>) -> &Arc<Authority> {
    authority.get_or_init(|| Arc::new(Authority::new().expect("random numbers from the system")))
}

/// What a client may have connected to that asks for no name: this machine, and the addresses among these
/// URLs, which may be those of a machine that hands its ports on to this one.
fn nameless<'a>(urls: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut hosts = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    for address in urls.filter_map(address).map(|address| address.to_string()) {
        if !hosts.contains(&address) {
            hosts.push(address);
        }
    }
    hosts
}

/// The host of a URL, if it is an address.
fn address(url: &str) -> Option<IpAddr> {
    let url: Uri = url.parse().ok()?;
    url.host()?.trim_matches(['[', ']']).parse().ok()
}
