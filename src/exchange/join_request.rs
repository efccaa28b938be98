//! `join_request`: what a client says of itself in the query
//! (`docs/SIGNALLING.md`, Reconnects and `join_request`). A real server
//! refuses one that it can't read; here as much is read as can be, and the difference is told.

use std::{fmt::Display, io::Read as _};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use flate2::read::MultiGzDecoder;
use livekit_protocol::{JoinRequest, WrappedJoinRequest, wrapped_join_request::Compression};
use prost::Message as _;

use crate::protocol::{Format, needs_too_much_memory, signal::MESSAGES};

/// The largest inflated request, in bytes.
const MAX_INFLATED: u64 = 1 << 20;

/// What a real server says with its 400 to each layer that it can't read.
const BAD_BASE64: &str = "cannot base64 decode wrapped join request";
const BAD_WRAPPING: &str = "cannot unmarshal wrapped join request";
const BAD_GZIP: &str = "cannot read decompressed join request";
const BAD_SIZE: &str = "join request too large";
const BAD_REQUEST: &str = "cannot unmarshal join request";

/// As Go reads base64: bits that are over behind the last digit do not count.
const DIGITS: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
/// What a real server reads.
const REAL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, DIGITS);
/// The other alphabet, padded or not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    DIGITS.with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a parameter holds, and what a real server has against it.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    /// Empty where the parameter can't be read.
    pub(crate) request: JoinRequest,
    pub(crate) problems: Vec<Problem>,
}

#[derive(Debug)]
pub(crate) struct Problem {
    /// What is wrong; the sentence begins with the parameter's name.
    pub(crate) what: String,
    /// The text of a real server's 400, if it answers one.
    pub(crate) refusal: Option<&'static str>,
}

/// Reads the parameter: base64 of a `WrappedJoinRequest`.
pub(crate) fn decode(parameter: &str) -> Decoded {
    let mut decoded = Decoded::default();
    let request = bytes(parameter).and_then(|(bytes, problem)| {
        decoded.problems.extend(problem);
        unwrap(&bytes)
    });
    match request {
        Ok(request) => decoded.request = request,
        Err(problem) => decoded.problems.push(problem),
    }
    decoded
}

/// The bytes that the base64 stands for, and what is wrong with it where it can be read all the same.
fn bytes(parameter: &str) -> Result<(Vec<u8>, Option<Problem>), Problem> {
    // Go passes over line ends.
    let text = parameter.replace(['\r', '\n'], "");
    if let Ok(bytes) = REAL.decode(&text) {
        return Ok((bytes, None));
    }
    // A plus that was not escaped in the query has become a space.
    let standard = text.replace(['-', ' '], "+").replace('_', "/");
    match LENIENT.decode(standard) {
        Ok(bytes) => Ok((bytes, Some(Problem::of_base64(&text)))),
        Err(error) => Err(Problem::refused(format_args!("it is no base64: {error}"), BAD_BASE64)),
    }
}

fn unwrap(bytes: &[u8]) -> Result<JoinRequest, Problem> {
    let wrapped = WrappedJoinRequest::decode(bytes).map_err(|error| {
        Problem::refused(format_args!("it holds no WrappedJoinRequest: {error}"), BAD_WRAPPING)
    })?;
    let request = match Compression::try_from(wrapped.compression) {
        Ok(Compression::None) => wrapped.join_request,
        Ok(Compression::Gzip) => inflate(&wrapped.join_request)?,
        Err(_) => {
            return Err(Problem::ignored(format_args!(
                "there is no compression {}",
                wrapped.compression
            )));
        }
    };
    if needs_too_much_memory(Format::Protobuf, &MESSAGES.join_request, &request) {
        return Err(Problem::ignored("it holds too many values"));
    }
    JoinRequest::decode(&request[..]).map_err(|error| {
        Problem::refused(format_args!("it holds no JoinRequest: {error}"), BAD_REQUEST)
    })
}

fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    MultiGzDecoder::new(compressed)
        .take(MAX_INFLATED + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| Problem::refused(format_args!("its gzip is broken: {error}"), BAD_GZIP))?;
    if inflated.len() as u64 > MAX_INFLATED {
        let what = format_args!("it inflates to more than {MAX_INFLATED} bytes");
        return Err(Problem::refused(what, BAD_SIZE));
    }
    Ok(inflated)
}

// === impl Problem ===

impl Problem {
    /// A real server can't read it either, or reads nothing in it.
    fn ignored(what: impl Display) -> Self {
        Self { what: format!("ignored, {what}"), refusal: None }
    }

    fn refused(what: impl Display, refusal: &'static str) -> Self {
        let what = format!("ignored, {what}; a real server answers 400 \"{refusal}\"");
        Self { what, refusal: Some(refusal) }
    }

    /// Base64 that only this server reads.
    fn of_base64(text: &str) -> Self {
        let other = text.contains(['+', ' ', '/']);
        let what = match (other, text.len().is_multiple_of(4)) {
            (true, true) => "is of the standard alphabet (+ and /)",
            (true, false) => "is of the standard alphabet (+ and /) and lacks its padding (=)",
            (false, _) => "lacks its padding (=)",
        };
        Self {
            what: format!(
                "its base64 {what}; a real server takes base64url with padding alone and answers 400"
            ),
            refusal: Some(BAD_BASE64),
        }
    }
}
