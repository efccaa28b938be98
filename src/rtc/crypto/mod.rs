//! The crypto of WebRTC from crates of the `RustCrypto` project. The providers that `str0m` has bring AWS-LC
//! as well, which would be a fifth of the program.

mod dtls;
pub(super) mod guard;
mod srtp;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use str0m::crypto::{CryptoProvider, Sha1HmacProvider, Sha256Provider};

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        srtp_provider: &srtp::Srtp,
        sha1_hmac_provider: &Hashes,
        sha256_provider: &Hashes,
        dtls_provider: &dtls::Dtls,
    }
}

/// The hash by which STUN messages are authenticated.
pub(super) fn sha1_hmac(key: &[u8], payloads: &[&[u8]]) -> [u8; 20] {
    let mut hmac = Hmac::<Sha1>::new_from_slice(key).expect("a key of any length will do");
    for payload in payloads {
        hmac.update(payload);
    }
    hmac.finalize().into_bytes().into()
}

#[derive(Debug)]
struct Hashes;

impl Sha1HmacProvider for Hashes {
    fn sha1_hmac(&self, key: &[u8], payloads: &[&[u8]]) -> [u8; 20] {
        sha1_hmac(key, payloads)
    }
}

impl Sha256Provider for Hashes {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        Sha256::digest(data).into()
    }
}
