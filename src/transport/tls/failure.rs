//! Why a handshake failed, for the log.

use std::io;

use rustls::{AlertDescription, Error};

/// What went wrong, as a sentence that says what to do.
pub(super) fn explained(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(Error::AlertReceived(alert)) => of_alert(*alert),
        Some(Error::NoApplicationProtocol) => {
            "a TLS handshake failed: the client offers neither h2 nor http/1.1 (ALPN)".to_owned()
        }
        Some(Error::PeerIncompatible(why)) => format!(
            "a TLS handshake failed: the client has no version or cipher of TLS 1.2 or 1.3 that this \
             server has ({why:?})"
        ),
        Some(error) => format!("a TLS handshake failed: {error}"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "a client left in the midst of a \
             TLS handshake; if it does not trust the certificate: GET /_mock/ca.pem is what to trust"
            .to_owned(),
        None => format!("a TLS handshake failed: {error}"),
    }
}

fn of_alert(alert: AlertDescription) -> String {
    use AlertDescription::{
        BadCertificate, CertificateExpired, CertificateUnknown, UnknownCA, UnsupportedCertificate,
    };
    match alert {
        BadCertificate
        | CertificateExpired
        | CertificateUnknown
        | UnknownCA
        | UnsupportedCertificate => format!(
            "a client does not trust this server's certificate (it says {alert:?}): let it trust what \
             GET /_mock/ca.pem gives"
        ),
        other => format!("a TLS handshake failed: the client says {other:?}"),
    }
}
