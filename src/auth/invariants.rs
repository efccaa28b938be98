//! What holds for every token. The property tests below and the fuzz targets share it.

use super::{
    access_token::AccessToken,
    error::TokenError,
    grants::Grants,
    token::{Token, Verifier},
};

/// Any text: read as a token, and used as every part of a token that is made.
pub(crate) fn token(text: &str) {
    let verifier = Verifier::new("a secret that no input holds");
    let dots = text.matches('.').count();
    match Token::from_text(text) {
        Token::Absent => assert!(text.is_empty()),
        Token::Opaque(_) => assert!(dots != 2 && !text.is_empty(), "{text:?}"),
        Token::Jwt(jwt) => {
            assert_eq!(dots, 2, "{text:?}");
            assert!(verifier.verify(&jwt).is_err(), "nobody signed it");
        }
    }
    let grants = Grants::all(text);
    let access = AccessToken::new(text, text).identity(text).name(text).metadata(text);
    let signed = access.attribute(text, text).grants(grants.clone()).to_jwt();
    let Token::Jwt(jwt) = Token::from_text(&signed) else { panic!("not a JWT: {signed}") };
    assert_eq!(Token::from_text(&signed).issuer(), Some(text));
    let secret = Verifier::new(text);
    let claims = secret.verify(&jwt).expect("a valid token");
    assert_eq!((&*claims.sub, &*claims.name, &*claims.metadata), (text, text, text));
    assert_eq!(claims.attributes.get(text).map(String::as_str), Some(text));
    assert_eq!(claims.grants, grants);
    assert_eq!(verifier.verify(&jwt).err(), Some(TokenError::Signature));
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::Index};

    use super::*;
    use crate::auth::base64url;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_text(text in prop_oneof![".{0,60}", r"[A-Za-z0-9_=-]{0,30}(\.[A-Za-z0-9_=-]{0,30}){0,4}"]) {
            token(&text);
        }

        /// A token in which any one character is changed is refused.
        #[test]
        fn no_character_can_be_changed(place in any::<Index>(), other in "[A-Za-z0-9_-]") {
            let signed = AccessToken::new("key", "secret").grants(Grants::all("room")).to_jwt();
            let place = place.index(signed.len());
            let changed = format!("{}{other}{}", &signed[..place], &signed[place + 1..]);
            let verifier = Verifier::new("secret");
            let accepted = match Token::from_text(&changed) {
                Token::Jwt(jwt) => verifier.verify(&jwt).is_ok(),
                _ => false,
            };
            // The last character has two surplus bits, which are ignored.
            let bytes = |token: &str| base64url::decode(token.rsplit('.').next().unwrap_or_default());
            let last = place + 1 == signed.len();
            let same = if last { bytes(&changed) == bytes(&signed) } else { changed == signed };
            prop_assert_eq!(accepted, same);
        }
    }
}
