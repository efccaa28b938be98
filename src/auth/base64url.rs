//! The parts of a token: base64url as Go's `RawURLEncoding` reads it. Line ends are skipped, padding
//! is refused, and bits that the last character has too many do not matter.

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
/// What is wrong, as it goes on after "it is no base64url: ". Nothing of the text is in it.
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
        return "it has + or /, which are - and _ there";
    }
    if part.trim_end_matches('=').len() < part.len() {
        return "it ends in =, and no padding belongs there";
    }
    match error {
        DecodeError::InvalidByte(..) => "it has a character that does not belong there",
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
        assert_eq!(decode("e31").as_deref(), Ok(&b"{}"[..]), "bits too many");
        assert_eq!(decode("").as_deref(), Ok(&[][..]));
    }

    #[test]
    fn says_what_is_wrong() {
        for (part, problem) in [
            ("e+/9", "it has + or /, which are - and _ there"),
            ("e30=", "it ends in =, and no padding belongs there"),
            ("e 30", "it has a character that does not belong there"),
            ("e30=e", "it has a character that does not belong there"),
            ("e3030", "it is cut off"),
        ] {
            assert_eq!(decode(part), Err(problem), "{part}");
        }
    }
}
