//! `join_request`: what a v1 client says of itself in the query (**beyond**: the reference does not
//! look at it).

use std::io::Read as _;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use flate2::read::GzDecoder;
use livekit_protocol::{JoinRequest, WrappedJoinRequest, wrapped_join_request::Compression};
use prost::Message as _;

use super::script::SCHEMA;
use crate::api::{Format, too_heavy};

/// The largest inflated request, in bytes.
const MAX_INFLATED: u64 = 1 << 20;

const PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDING);

/// Reads the parameter: base64, either alphabet, of a `WrappedJoinRequest`.
///
/// # Errors
/// Which of its layers is broken.
pub(super) fn decode(parameter: &str) -> Result<JoinRequest, String> {
    // A plus that was not escaped in the query has become a space.
    let text = parameter.replace(' ', "+");
    let wrapped = STANDARD
        .decode(&text)
        .or_else(|_| URL_SAFE.decode(&text))
        .map_err(|error| format!("it is no base64: {error}"))?;
    let wrapped = WrappedJoinRequest::decode(&wrapped[..])
        .map_err(|error| format!("it holds no WrappedJoinRequest: {error}"))?;
    let request = match wrapped.compression() {
        Compression::None => wrapped.join_request,
        Compression::Gzip => inflate(&wrapped.join_request)?,
    };
    if too_heavy(Format::Protobuf, &SCHEMA.joining, &request) {
        return Err("it holds too many values".to_owned());
    }
    JoinRequest::decode(&request[..]).map_err(|error| format!("it holds no JoinRequest: {error}"))
}

fn inflate(compressed: &[u8]) -> Result<Vec<u8>, String> {
    let mut inflated = Vec::new();
    GzDecoder::new(compressed)
        .take(MAX_INFLATED + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| format!("its gzip is broken: {error}"))?;
    if inflated.len() as u64 > MAX_INFLATED {
        return Err(format!("it inflates to more than {MAX_INFLATED} bytes"));
    }
    Ok(inflated)
}
