//! What all requests of a server share: its settings, worked out once, and its state.

use std::{sync::Arc, time::Instant};

use http::request::Parts;

#[cfg(feature = "tls")]
use crate::certificates::Certificates;
use crate::{
    auth::{Auth, Verifier},
    config::Config,
    control::Control,
    journal::{Reader, Secrets},
    reference::Reference,
    region::{Region, Regions},
    rtc::Peers,
    schema::Schema,
    state::State,
    target,
};

pub(crate) struct Server {
    pub(crate) regions: Regions,
    pub(crate) twirp_prefix: String,
    pub(crate) auth: Auth,
    pub(crate) strict: bool,
    /// The control that every request starts from. What a request asks for itself overrides it.
    pub(crate) control: Control,
    pub(crate) reference: Reference,
    pub(crate) verifier: Verifier,
    pub(crate) schema: Arc<Schema>,
    pub(crate) state: State,
    /// Makes peer connections; `None` where they are off.
    pub(crate) peers: Option<Peers>,
    #[cfg(feature = "tls")]
    pub(crate) certificates: Arc<Certificates>,
    /// Whoever reads the journal.
    pub(crate) reader: Arc<Reader>,
}

impl Server {
    pub(crate) fn new(config: &Config, regions: Regions) -> Self {
        let (state, schema) = (State::new(config.journal), Schema::of(config.reference));
        let secrets = Secrets::new(&config.api_secret);
        let reader = Reader::new(&state.journal, &schema, &config.control, secrets);
        Self {
            #[cfg(feature = "tls")]
            certificates: Arc::new(Certificates::made()),
            regions,
            twirp_prefix: config.twirp_prefix.clone(),
            auth: config.auth,
            strict: config.strict,
            control: config.control.clone(),
            reference: config.reference,
            schema,
            verifier: Verifier::new(&config.api_secret),
            state,
            peers: None,
            reader: Arc::new(reader),
        }
    }

    /// Logs a warning, unless the same one was logged for the same path a short while ago.
    pub(crate) fn warn(&self, region: &Region, parts: Option<&Parts>, warning: &str) {
        let path = parts.map(target::path);
        if !self.state.throttle.admits(&(region.index, path, warning), Instant::now()) {
            return;
        }
        match parts.map(target::shown) {
            Some(path) => tracing::warn!("{} {path}: {warning}", region.name),
            None => tracing::warn!("{}: {warning}", region.name),
        }
    }
}
