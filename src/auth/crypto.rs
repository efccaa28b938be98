//! HS256, the only algorithm with which LiveKit signs tokens.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// An API secret, prepared once for any number of signatures.
#[derive(Clone)]
pub(super) struct Hs256(Hmac<Sha256>);

impl Hs256 {
    pub(super) fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("a secret of any length"))
    }

    pub(super) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        self.0.clone().chain_update(message).finalize().into_bytes()
    }

    /// Whether the secret made the signature. The comparison takes the same time for every signature.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}
