//! A certificate that the settings bring.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::ResolvesServerCert,
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::config::{Config, ConfigError, Setting};

/// A certificate that is always shown.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) resolver: Arc<dyn ResolvesServerCert>,
    /// Of its file.
    pub(super) text: String,
}

/// The certificate of the settings; `None` if they bring none.
///
/// # Errors
/// One of the two files is missing or not valid, or they don't belong together.
pub(super) fn read(config: &Config) -> Result<Option<Own>, ConfigError> {
    let (cert, key) = match (&config.tls_cert, &config.tls_key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert, key),
        (Some(_), None) => return Err(alone(Setting::TlsCert, "certificate", Setting::TlsKey)),
        (None, Some(_)) => return Err(alone(Setting::TlsKey, "key", Setting::TlsCert)),
    };
    let text = text(Setting::TlsCert, cert)?;
    let chain = chain(cert, &text)?;
    let key_text = self::text(Setting::TlsKey, key)?;
    let key_der = PrivateKeyDer::from_pem_slice(key_text.as_bytes()).map_err(|error| {
        let problem = not_found(&error, "private key", "-----BEGIN PRIVATE KEY-----");
        wrong(Setting::TlsKey, key, &problem)
    })?;
    let certified = CertifiedKey::from_der(chain, key_der, &ring::default_provider());
    let certified = certified.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            let problem = format!("it is not the key of the certificate in {}", cert.display());
            wrong(Setting::TlsKey, key, &problem)
        }
        rustls::Error::InvalidCertificate(_) => {
            wrong(Setting::TlsCert, cert, "its first certificate is not valid X.509")
        }
        error => {
            let problem =
                format!("it holds no key of ECDSA, RSA or Ed25519 that can be used ({error})");
            wrong(Setting::TlsKey, key, &problem)
        }
    })?;
    Ok(Some(Own { resolver: Arc::new(SingleCertAndKey::from(certified)), text }))
}

fn alone(given: Setting, what: &str, missing: Setting) -> ConfigError {
    ConfigError::new(given, format!("a {what} alone is not enough; give ")).and(missing, " too")
}

fn text(setting: Setting, path: &Path) -> Result<String, ConfigError> {
    let bytes = fs::read(path).map_err(|error| {
        ConfigError::new(setting, format!("{} can't be read: {error}", path.display()))
    })?;
    String::from_utf8(bytes).map_err(|_| {
        wrong(
            setting,
            path,
            "it is not text; it must be in PEM, which openssl makes of other forms",
        )
    })
}

fn chain(path: &Path, text: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match all {
        Ok(chain) if chain.is_empty() => Err(pem::Error::NoItemsFound),
        all => all,
    }
    .map_err(|error| {
        let problem = not_found(&error, "certificate", "-----BEGIN CERTIFICATE-----");
        wrong(Setting::TlsCert, path, &problem)
    })
}

/// Why a file in PEM does not hold what it should.
fn not_found(error: &pem::Error, what: &str, begin: &str) -> String {
    match error {
        pem::Error::NoItemsFound => {
            format!("it holds no {what} in PEM, which begins with {begin}")
        }
        error => format!("it is not valid PEM: {error}"),
    }
}

fn wrong(setting: Setting, path: &Path, problem: &str) -> ConfigError {
    ConfigError::new(setting, format!("{}: {problem}", path.display()))
}
