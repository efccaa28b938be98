//! An authority that makes a certificate for whatever name is asked for.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lru::LruCache;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
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
const TEN_YEARS: Duration = DAY.saturating_mul(3652);
/// How long a certificate is valid. Some clients take none that is valid for more than 397 days.
const VALID: Duration = DAY.saturating_mul(396);
/// When one is made anew.
const RENEWED: Duration = DAY.saturating_mul(300);
/// How many names are remembered.
const NAMES: NonZeroUsize = NonZeroUsize::new(256).unwrap();

/// Shows the certificates of an authority.
#[derive(Debug)]
pub(super) struct ByName {
    pub(super) authority: Arc<Authority>,
    /// The hosts for which a certificate is that is asked for by no name. The last one tells these lists
    /// apart.
    pub(super) nameless: Vec<String>,
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

// === impl ByName ===

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        match hello.server_name() {
            Some(name) => self.authority.certificate(name, || vec![name.to_owned()]),
            // An address, which no client may ask for by name.
            None => self.authority.certificate(self.nameless.last()?, || self.nameless.clone()),
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
    pub(super) fn new() -> Result<Self, rcgen::Error> {
        let mut params = params("livekit-mock CA", Vec::new(), TEN_YEARS)?;
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
        hosts: impl FnOnce() -> Vec<String>,
    ) -> Option<Arc<CertifiedKey>> {
        let mut known = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::now();
        if let Some(certificate) = known.get(name)
            && now.saturating_sub(certificate.made) < RENEWED
        {
            return Some(certificate.key.clone());
        }
        let key = Arc::new(self.signed(hosts()).ok()?);
        known.put(name.to_owned(), Certificate { made: now, key: key.clone() });
        Some(key)
    }

    fn signed(&self, hosts: Vec<String>) -> Result<CertifiedKey, rcgen::Error> {
        let mut params = params("livekit-mock", hosts, VALID)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&self.key, &self.issuer)?;
        Ok(CertifiedKey::new(vec![certificate.into()], self.signing_key.clone()))
    }
}

/// Of something with this name, for these hosts, that is valid from yesterday on, as clocks differ.
fn params(
    name: &str,
    hosts: Vec<String>,
    valid: Duration,
) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(1970, 1, 1) + clock::now().saturating_sub(DAY);
    params.not_after = params.not_before + valid;
    Ok(params)
}
