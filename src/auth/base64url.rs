//! base64url, in which the parts of a token are encoded, as Go's `RawURLEncoding` reads it: line ends
//! are skipped, padding is refused, and surplus bits in the last character are ignored.

use base64::{
    DecodeError, Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

static ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// # Errors
/// What is wrong, as the end of a sentence that begins with "it is not base64url: ". It quotes nothing
/// of the text, which may be secret.
pub(super) fn decode(part: &str) -> Result<Vec<u8>, &'static str> {
    ENGINE.decode(part).or_else(|error| match part.contains(['\r', '\n']) {
        true => decode(&part.replace(['\r', '\n'], "")),
        false => Err(problem(part, &error)),
    })
}

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    ENGINE.encode(bytes)
}

fn problem(part: &str, error: &DecodeError) -> &'static str {
    if part.contains(['+', '/']) {
        return "it has + or /, where base64url has - and _";
    }
    if part.trim_end_matches('=').len() < part.len() {
        return "it ends in =, but must have no padding";
    }
    match error {
        DecodeError::InvalidByte(..) => "it has a character that base64url does not have",
        _ => "it is cut off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_go_reads() {
        assert_eq!(decode("e-_9").as_deref(), Ok(&[0x7b, 0xef, 0xfd][..]));
        assert_eq!(decode("e\r30\n").as_deref(), Ok(&b"{}"[..]));
        assert_eq!(decode("e31").as_deref(), Ok(&b"{}"[..]), "surplus bits");
        assert_eq!(decode("").as_deref(), Ok(&[][..]));
    }

    #[test]
    fn says_what_is_wrong() {
        for (part, problem) in [
            ("e+/9", "it has + or /, where base64url has - and _"),
            ("e30=", "it ends in =, but must have no padding"),
            ("e 30", "it has a character that base64url does not have"),
            ("e30=e", "it has a character that base64url does not have"),
            ("e3030", "it is cut off"),
        ] {
            assert_eq!(decode(part), Err(problem), "{part}");
        }
    }
}
