//! What holds for any bytes that are sent as HTTP/1. The property test below and a fuzz target share it.

use bytes::{Bytes, BytesMut};

use super::{
    body::ChunkDecoder,
    head::{self, Head},
    limits::MAX_HEAD,
};
use crate::body::BodyError;

/// Any bytes. The first one is the size of the parts in which the others come.
pub(crate) fn http1(data: &[u8]) {
    let [size, bytes @ ..] = data else { return };
    chunks(bytes, usize::from(*size).max(1));
    any_head(bytes);
}

/// A chunked body is decoded the same in parts of any size.
fn chunks(bytes: &[u8], size: usize) {
    assert_eq!(decoded(bytes, size), decoded(bytes, bytes.len().max(1)), "in parts of {size}");
}

fn decoded(bytes: &[u8], size: usize) -> (Vec<u8>, Result<(), BodyError>) {
    let (mut chunks, mut unread, mut whole) =
        (ChunkDecoder::default(), BytesMut::new(), Vec::new());
    for part in bytes.chunks(size) {
        unread.extend_from_slice(part);
        let read = chunks.decode(&mut unread, |data| {
            whole.extend_from_slice(data);
            Ok(())
        });
        if read.is_err() {
            return (whole, read);
        }
    }
    (whole, Ok(()))
}

/// A head is valid, or is refused with a sentence.
fn any_head(bytes: &[u8]) {
    let Some(length) = head::find_end(bytes, 0) else {
        if let Some(error) = head::early_error(bytes) {
            assert!(!error.to_string().is_empty());
        }
        return;
    };
    assert!(length <= bytes.len() && length <= MAX_HEAD.max(bytes.len()));
    match head::read(&Bytes::copy_from_slice(&bytes[..length])) {
        Ok(Head { parts, .. }) => {
            assert!(parts.headers.len() <= length);
            let path = crate::target::path(&parts);
            if let Ok(cleaned) = crate::exchange::route::cleaned(path) {
                assert!(cleaned.starts_with('/') || cleaned == path, "{path:?}: {cleaned:?}");
                assert!(!cleaned.contains("//"), "{path:?}: {cleaned:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::arbitrary::damaged;

    proptest! {
        #[test]
        fn any_request(size in any::<u8>(), bytes in prop_oneof![
            vec(any::<u8>(), 0..100),
            damaged("(GET|POST|G) [/a%.2f*?]{1,20} HTTP/1.[01]\r\n(Host: x\r\n)?([A-Za-z-]{1,9}: [ -~]{0,9}\r\n){0,4}\r\n"
                .prop_map(String::into_bytes)),
            damaged("([0-9a-f]{1,2}(;[a-z]=\"x\")?\r\n[a-z]{0,12}\r\n){0,4}0\r\n\r\n".prop_map(String::into_bytes)),
        ]) {
            http1(&[&[size], &bytes[..]].concat());
        }
    }
}
