//! DTLS by `dimpl`, under one certificate of this process.

use std::{
    fmt,
    sync::{Arc, LazyLock, OnceLock},
    time::Instant,
};

use str0m::crypto::{
    CryptoError,
    dtls::{
        DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion,
        ProtocolVersion,
    },
};

use super::guard::Guard;

#[derive(Debug)]
pub(super) struct Dtls;

struct Instance(dimpl::Dtls, Guard);

/// Made once: to make one for each peer connection would take most of the time of connecting.
static CERTIFICATE: LazyLock<Option<DtlsCert>> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(["livekit-mock".to_owned()]).ok()?;
    Some(DtlsCert {
        certificate: made.cert.der().to_vec(),
        private_key: made.signing_key.serialize_der(),
    })
});

/// Made once, too, as all sessions have the same: `dimpl` tries every curve of a new one.
static CONFIG: OnceLock<Result<Arc<dimpl::Config>, String>> = OnceLock::new();

fn config(mtu: Option<usize>) -> Result<Arc<dimpl::Config>, String> {
    // ICE has found that the client can be reached, which is all that a cookie would say.
    let mut config = dimpl::Config::builder().use_server_cookie(false);
    if let Some(mtu) = mtu {
        config = config.mtu(mtu);
    }
    config.build().map(Arc::new).map_err(|error| error.to_string())
}

impl DtlsProvider for Dtls {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        CERTIFICATE.clone()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let config = CONFIG.get_or_init(|| config(mtu)).clone().map_err(CryptoError::Other)?;
        let certificate = certificate.clone();
        let dtls = match version {
            DtlsVersion::Dtls12 => dimpl::Dtls::new_12(config, certificate, now),
            DtlsVersion::Dtls13 => dimpl::Dtls::new_13(config, certificate, now),
            DtlsVersion::Auto => dimpl::Dtls::new_auto(config, certificate, now),
            _ => return Err(CryptoError::Other(format!("{version} is not known here"))),
        };
        Ok(Box::new(Instance(dtls, Guard::default())))
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Instance")
    }
}

impl DtlsInstance for Instance {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.0.poll_output(buffer) {
            // SCTP skips what is empty.
            DtlsOutput::ApplicationData(packet) if !self.1.passes(packet) => {
                DtlsOutput::ApplicationData(&[])
            }
            output => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        self.0.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}
