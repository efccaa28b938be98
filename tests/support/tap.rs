//! What a client sends inside of DTLS: it is seen here, and anything can be put into it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use str0m::crypto::{
    CryptoError, CryptoProvider,
    dtls::{
        DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion,
        ProtocolVersion,
    },
};

#[derive(Debug, Clone, Default)]
pub struct Tap(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    /// What is to be sent as soon as there is a connection, before the client's own.
    first: Vec<Vec<u8>>,
    /// What is to be sent now.
    now: VecDeque<Vec<u8>>,
    /// The last packet of data that the client sent by itself.
    sent: Vec<u8>,
}

#[derive(Debug)]
struct Tapped {
    provider: &'static dyn DtlsProvider,
    tap: Tap,
}

#[derive(Debug)]
struct Instance {
    dtls: Box<dyn DtlsInstance>,
    tap: Tap,
}

// === impl Tap ===

impl Tap {
    /// Puts itself into the DTLS of this provider, for as long as the test runs.
    pub fn into_provider(self, mut provider: CryptoProvider) -> CryptoProvider {
        let tapped = Tapped { provider: provider.dtls_provider, tap: self };
        provider.dtls_provider = Box::leak(Box::new(tapped));
        provider
    }

    pub fn sends_first(&self, bytes: Vec<u8>) {
        self.inside().first.push(bytes);
    }

    pub fn sends_now(&self, bytes: Vec<u8>) {
        self.inside().now.push_back(bytes);
    }

    /// The ports and the verification tag of the client's association.
    pub fn head(&self) -> [u8; 8] {
        self.inside().sent[..8].try_into().expect("a packet")
    }

    /// The number of the last data that the client sent.
    pub fn last_number(&self) -> u32 {
        let number = self.inside().sent[16..20].try_into().expect("a chunk of data");
        u32::from_be_bytes(number)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("a test that goes on")
    }
}

// === impl Tapped ===

impl DtlsProvider for Tapped {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        self.provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let dtls = self.provider.new_dtls(certificate, now, version, mtu)?;
        Ok(Box::new(Instance { dtls, tap: self.tap.clone() }))
    }
}

// === impl Instance ===

impl DtlsInstance for Instance {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        let next = self.tap.inside().now.pop_front();
        if let Some(bytes) = next {
            self.dtls.send_application_data(&bytes).expect("a connection");
        }
        self.dtls.poll_output(buffer)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        let mut inside = self.tap.inside();
        for bytes in std::mem::take(&mut inside.first) {
            self.dtls.send_application_data(&bytes)?;
        }
        if data.get(12) == Some(&0) {
            inside.sent = data.to_vec();
        }
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}
