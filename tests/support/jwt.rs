//! Makes tokens that are wrong in some way. `AccessToken` makes valid ones.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::{Sha256, Sha512};

pub const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs()
}

/// A header that names this algorithm.
pub fn header(algorithm: &str) -> String {
    json!({"alg": algorithm, "typ": "JWT"}).to_string()
}

/// A token of exactly this header and these claims. It is signed by HS512 if the header says so,
/// otherwise by HS256, whatever the header says.
pub fn signed(header: &str, claims: impl AsRef<[u8]>, secret: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let (message_bytes, secret) = (message.as_bytes(), secret.as_bytes());
    let signature = if header.contains("\"HS512\"") {
        let mac = Hmac::<Sha512>::new_from_slice(secret).expect("any length");
        mac.chain_update(message_bytes).finalize().into_bytes().to_vec()
    } else {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
        mac.chain_update(message_bytes).finalize().into_bytes().to_vec()
    };
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}
