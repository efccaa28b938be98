//! What a datagram says of the session that it is for.

/// In the header of every STUN message (RFC 8489).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;
const USERNAME: u16 = 6;

/// The ICE user fragment of the receiver, where the datagram is a STUN message that names one.
pub(super) fn fragment(datagram: &[u8]) -> Option<&str> {
    // STUN begins with two zero bits. DTLS and RTP do not.
    if datagram.first()? >> 6 != 0 || datagram.get(4..8)? != COOKIE {
        return None;
    }
    let mut attributes = datagram.get(HEADER..)?;
    loop {
        let (kind, rest) = number(attributes)?;
        let (length, rest) = number(rest)?;
        let length = usize::from(length);
        if kind == USERNAME {
            let name = std::str::from_utf8(rest.get(..length)?).ok()?;
            return name.split_once(':').map(|(receiver, _)| receiver);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
}

fn number(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u16::from_be_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stun(attributes: &[u8]) -> Vec<u8> {
        let head = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        [&head[..], attributes].concat()
    }

    #[test]
    fn the_receiver_is_named_first() {
        assert_eq!(fragment(&stun(b"\0\x06\0\x05ab:cd\0\0\0")), Some("ab"));
        assert_eq!(fragment(&stun(b"\x80\x22\0\x01x\0\0\0\0\x06\0\x05ab:cd\0\0\0")), Some("ab"));
    }

    #[test]
    fn what_names_nobody_is_for_nobody() {
        for attributes in
            [&b""[..], b"\0\x06", b"\0\x06\0\x09ab", b"\0\x06\0\x02ab", b"\0\x06\xff\xff"]
        {
            assert_eq!(fragment(&stun(attributes)), None, "{attributes:?}");
        }
        assert_eq!(fragment(b"\x16\xfe\xfd"), None);
        assert_eq!(fragment(b""), None);
    }
}
