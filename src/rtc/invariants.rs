//! What holds for any datagram from a stranger, for any packet of SCTP, and for any SDP. The property
//! tests below and a fuzz target share it.

use super::{
    crypto::guard::chunks,
    datagram::fragment,
    sdp::{needed, sections},
    tracks::empty,
};

/// Any datagram: the user fragment that it names is a part of it, before a colon.
pub(crate) fn datagram(datagram: &[u8]) {
    let Some(fragment) = fragment(datagram) else { return };
    assert!(!fragment.contains(':'));
    let name = [fragment.as_bytes(), b":"].concat();
    assert!(datagram.windows(name.len()).any(|part| part == name));
}

/// Any packet of SCTP: its chunks are all of it after the head, but for less than a chunk has.
pub(crate) fn sctp(packet: &[u8]) {
    let chunks: Vec<_> = chunks(packet).collect();
    let rest = packet.get(12..).unwrap_or_default().strip_prefix(&*chunks.concat());
    assert!(rest.is_some_and(|rest| rest.len() < 4));
    assert!(chunks.iter().all(|chunk| chunk.len() >= 4));
}

/// Any SDP: its sections are all of it, an empty one differs only in what it sends, and of what is needed
/// everything is needed.
pub(crate) fn sdp(sdp: &str) {
    let parts: Vec<_> = sections(sdp).collect();
    let kept = needed(sdp);
    assert_eq!(needed(&kept), kept);
    assert!(kept.lines().count() <= sdp.lines().count());
    assert_eq!(parts.concat(), sdp);
    for part in &parts[1..] {
        assert!(part.starts_with("m="));
        assert_eq!(sections(part).count(), 1);
    }
    for part in parts {
        let empty = empty(part);
        assert!(!empty.contains("a=sendonly"));
        assert!(empty.lines().count() <= part.lines().count());
        assert!(!empty.lines().any(|line| line.starts_with("a=ssrc:")));
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("m=audio 9 UDP/TLS/RTP/SAVPF 111".to_owned()),
            "a=(rtpmap:(96|111) (opus|rtx)/48000|fmtp:(96|111) x=1|rtcp-fb:111 (nack|transport-cc)|extmap:1 x|rtcp:9)",
            Just("a=sendonly".to_owned()),
            Just("a=mid:0".to_owned()),
            Just("a=msid:x y".to_owned()),
            Just("a=ssrc:1 cname:z".to_owned()),
            ".{0,20}",
        ]
    }

    proptest! {
        #[test]
        fn any_datagram(rest in vec(any::<u8>(), 0..64)) {
            datagram(&rest);
            datagram(&[&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &rest].concat());
        }

        #[test]
        fn any_packet(packet in vec(prop_oneof![Just(0), any::<u8>()], 0..80)) {
            sctp(&packet);
        }

        #[test]
        fn any_name(name in ".{0,20}", more in vec(any::<u8>(), 0..20)) {
            let length = u16::try_from(name.len()).expect("a short name").to_be_bytes();
            let head = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            datagram(&[&head[..], &[0, 6], &length, name.as_bytes(), &more].concat());
        }

        #[test]
        fn any_sdp(lines in vec(line(), 0..12), end in prop_oneof![Just("\r\n"), Just("\n")]) {
            sdp(&lines.join(end));
        }
    }
}
