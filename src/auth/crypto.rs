//! HS256, the only algorithm that LiveKit signs with.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A secret, prepared for any number of signatures.
#[derive(Clone)]
pub(super) struct Hs256(Hmac<Sha256>);

impl Hs256 {
    pub(super) fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("a secret of any length"))
    }

    pub(super) fn sign(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        self.0.clone().chain_update(message).finalize().into_bytes()
    }

    /// Takes the same time for every signature.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}
