//! What holds for every `join_request`. The property tests below and a fuzz target share it.

use std::io::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use livekit_protocol::{
    JoinRequest, WrappedJoinRequest, wrapped_join_request::Compression as Wrapping,
};
use prost::Message as _;

use super::join_request;
use crate::{
    protocol::{Format, needs_too_much_memory, signal::MESSAGES},
    warning::Warnings,
};

/// Any parameter.
pub(crate) fn join_request(parameter: &str) {
    let decoded = join_request::decode(parameter);
    decoded.problems.iter().for_each(|problem| check_problem(&problem.what));
}

/// Any bytes as a request, however it is wrapped: read as the protocol's own decoder reads it. Of
/// the spellings of base64, what a real server takes is taken without a word.
pub(crate) fn joining(request: &[u8]) {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(request).expect("memory");
    let gzipped = gzip.finish().expect("memory");
    let expected = JoinRequest::decode(request).ok();
    for (compression, bytes) in [(Wrapping::None, request), (Wrapping::Gzip, &gzipped)] {
        let wrapped =
            WrappedJoinRequest { compression: compression.into(), join_request: bytes.to_vec() };
        let wrapped = wrapped.encode_to_vec();
        let (real, standard) = (URL_SAFE.encode(&wrapped), STANDARD.encode(&wrapped));
        // A plus that nobody escaped arrives as a space.
        for parameter in [URL_SAFE_NO_PAD.encode(&wrapped), standard.replace('+', " "), standard] {
            let odd = parameter != real;
            check_joining(&parameter, odd, expected.as_ref(), request);
        }
        check_joining(&real, false, expected.as_ref(), request);
    }
}

/// A parameter that holds this request, of base64 that a real server does not take, or does.
fn check_joining(parameter: &str, odd: bool, expected: Option<&JoinRequest>, request: &[u8]) {
    let decoded = join_request::decode(parameter);
    decoded.problems.iter().for_each(|problem| check_problem(&problem.what));
    let odd_base64 = decoded.problems.iter().filter(|problem| !problem.what.starts_with("ignored"));
    assert_eq!(odd_base64.count(), usize::from(odd), "{parameter}");
    if decoded.problems.len() > usize::from(odd) {
        let heavy = needs_too_much_memory(Format::Protobuf, &MESSAGES.join_request, request);
        assert!(expected.is_none() || heavy || request.len() > 1 << 20, "{decoded:?}");
    } else {
        assert_eq!(Some(&decoded.request), expected);
    }
}

fn check_problem(problem: &str) {
    let mut warnings = Warnings::default();
    warnings.add(problem);
    warnings.assert_sound();
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn any_join_request(parameter in "[A-Za-z0-9+/_= -]{0,80}", bytes in vec(any::<u8>(), 0..80)) {
            join_request(&parameter);
            joining(&bytes);
        }

        #[test]
        fn a_sound_join_request(
            metadata in ".{0,20}", attributes in prop::collection::hash_map(".{0,8}", ".{0,8}", 0..4),
            reconnect in any::<bool>(),
        ) {
            let request =
                JoinRequest { metadata, participant_attributes: attributes, reconnect, ..JoinRequest::default() };
            joining(&request.encode_to_vec());
        }
    }
}
