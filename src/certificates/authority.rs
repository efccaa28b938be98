//! An authority that makes a certificate for whatever name is asked for.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroUsize,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use lru::LruCache;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::{
    crypto::ring::sign::any_ecdsa_type,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::{CertifiedKey, SigningKey},
};

use crate::clock;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long the authority is valid.
const TEN_YEARS: Duration = Duration::from_secs(3652 * DAY.as_secs());
/// How long a certificate is valid. Some clients take none that is valid for more than 397 days.
const VALID: Duration = Duration::from_secs(396 * DAY.as_secs());
/// When one is made anew.
const RENEWED: Duration = Duration::from_secs(300 * DAY.as_secs());
/// How many names are remembered.
const NAMES: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// An authority that is made when the first certificate is asked for.
#[derive(Debug)]
pub(super) struct Lazy {
    /// What a client may have connected to that asks for no name.
    addresses: Vec<IpAddr>,
    made: OnceLock<Authority>,
}

pub(super) struct Authority {
    /// Its certificate, for clients to trust.
    pub(super) pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// The key of all certificates.
    key: KeyPair,
    signing_key: Arc<dyn SigningKey>,
    /// By the name that was asked for; the last ones.
    certificates: Mutex<LruCache<String, Certificate>>,
}

struct Certificate {
    /// Since 1970.
    made: Duration,
    key: Arc<CertifiedKey>,
}

// === impl Lazy ===

impl Lazy {
    pub(super) fn new(addresses: Vec<IpAddr>) -> Self {
        Self { addresses, made: OnceLock::new() }
    }

    pub(super) fn made(&self) -> &Authority {
        self.made.get_or_init(|| Authority::new().expect("random numbers from the system"))
    }

    /// What a certificate is for that is asked for by no name.
    fn nameless(&self) -> Vec<SanType> {
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let others = self.addresses.iter().filter(|address| !loopback.contains(address));
        let mut names: Vec<SanType> =
            "localhost".try_into().map(SanType::DnsName).into_iter().collect();
        for address in loopback.iter().chain(others) {
            let san = SanType::IpAddress(*address);
            if !names.contains(&san) {
                names.push(san);
            }
        }
        names
    }
}

impl ResolvesServerCert for Lazy {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let authority = self.made();
        match hello.server_name() {
            Some(name) => {
                authority.certificate(name, || Some(vec![SanType::DnsName(name.try_into().ok()?)]))
            }
            None => authority.certificate("", || Some(self.nameless())),
        }
    }
}

// === impl Authority ===

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Authority")
    }
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = params("livekit-mock CA", TEN_YEARS);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let pem = params.self_signed(&authority_key)?.pem();
        let key = KeyPair::generate()?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signing_key = any_ecdsa_type(&der).map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        Ok(Self {
            pem,
            issuer: Issuer::new(params, authority_key),
            key,
            signing_key,
            certificates: Mutex::new(LruCache::new(NAMES)),
        })
    }

    /// The certificate for a name, made now if there is none that is fresh.
    fn certificate(
        &self,
        name: &str,
        names: impl FnOnce() -> Option<Vec<SanType>>,
    ) -> Option<Arc<CertifiedKey>> {
        let mut known = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now();
        if let Some(certificate) = known.get(name)
            && now.saturating_sub(certificate.made) < RENEWED
        {
            return Some(certificate.key.clone());
        }
        let key = Arc::new(self.signed(names()?)?);
        known.put(name.to_owned(), Certificate { made: now, key: key.clone() });
        Some(key)
    }

    fn signed(&self, names: Vec<SanType>) -> Option<CertifiedKey> {
        let mut params = params("livekit-mock", VALID);
        params.subject_alt_names = names;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&self.key, &self.issuer).ok()?;
        Some(CertifiedKey::new(vec![certificate.into()], self.signing_key.clone()))
    }
}

/// Of something with this name that is valid from yesterday on, as clocks differ.
fn params(name: &str, valid: Duration) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(1970, 1, 1) + clock::now().saturating_sub(DAY);
    params.not_after = params.not_before + valid;
    params
}
