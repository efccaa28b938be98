//! What this server needs of a client's SDP. A browser's offer has 600 lines, and nearly all of them are
//! about codecs, resending and header extensions, which do not matter where media is only counted. Reading
//! them took more time than all the rest of a connection.

/// What is published with them is taken. Clients always have one of these.
const CODECS: [&str; 6] = ["opus", "VP8", "VP9", "H264", "H265", "AV1"];
/// What tells packets apart, and tells the sender which of them have arrived.
const EXTENSIONS: [&str; 4] = [
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
];
/// The only feedback that this server gives.
const FEEDBACK: &str = "transport-cc";
/// Attributes of media that nothing here reads.
const UNUSED: [&str; 4] = ["rtcp", "rtcp-xr", "extmap-allow-mixed", "ice-options"];

/// The SDP without what this server does not need.
pub(super) fn needed(sdp: &str) -> String {
    let mut needed = String::with_capacity(sdp.len());
    for section in sections(sdp) {
        put_section(&mut needed, section);
    }
    needed
}

/// The parts of an SDP: what is about all of it, then each media section.
pub(super) fn sections(sdp: &str) -> impl Iterator<Item = &str> {
    let begins = || sdp.match_indices("\nm=").map(|(index, _)| index + 1);
    let ends = begins().chain([sdp.len()]);
    [0].into_iter().chain(begins()).zip(ends).map(|(begin, end)| &sdp[begin..end])
}

fn put_section(needed: &mut String, section: &str) {
    let types: Vec<&str> = section.lines().filter_map(supported).collect();
    if types.is_empty() {
        // No media, or none that is known, so this says nothing of what can be left out.
        return needed.push_str(section);
    }
    for line in section.split_inclusive('\n') {
        match line.starts_with("m=") {
            true => put_media_line(needed, line, &types),
            false if is_needed(line.trim_end(), &types) => needed.push_str(line),
            false => {}
        }
    }
}

/// The payload type that a line maps to a supported codec.
fn supported(line: &str) -> Option<&str> {
    let (payload_type, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    let name = codec.split('/').next()?;
    CODECS.iter().any(|known| known.eq_ignore_ascii_case(name)).then_some(payload_type)
}

/// The kind, the port and the protocol, then the payload types, of which only these stay.
fn put_media_line(needed: &mut String, line: &str, types: &[&str]) {
    let (text, end) = line.split_at(line.trim_end_matches(['\r', '\n']).len());
    let words = text.split(' ').enumerate();
    let kept = words.filter(|(place, word)| *place < 3 || types.contains(word));
    let kept: Vec<&str> = kept.map(|(_, word)| word).collect();
    needed.push_str(&kept.join(" "));
    needed.push_str(end);
}

fn is_needed(line: &str, types: &[&str]) -> bool {
    let attribute = line.strip_prefix("a=").unwrap_or_default();
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    let mut words = value.split(' ');
    let first = words.next().unwrap_or_default();
    match (name, words.next()) {
        ("extmap", uri) => uri.is_some_and(|uri| EXTENSIONS.contains(&uri)),
        ("rtpmap" | "fmtp", Some(_)) => types.contains(&first),
        ("rtcp-fb", Some(kind)) => types.contains(&first) && kind == FEEDBACK,
        _ => !UNUSED.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_all_of_it() {
        for sdp in ["", "v=0\r\n", "v=0\r\nm=a\r\na=mid:0\r\nm=b\r\n"] {
            assert_eq!(sections(sdp).collect::<String>(), sdp);
        }
        let parts: Vec<_> = sections("v=0\r\nm=a\r\nm=b\r\n").collect();
        assert_eq!(parts, ["v=0\r\n", "m=a\r\n", "m=b\r\n"]);
    }

    /// Parameters may stand before the codec that they belong to, as in Firefox.
    #[test]
    fn lines_of_other_codecs_and_extensions_are_left_out() {
        let offer = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=fmtp:96 max-fr=60\r\na=rtpmap:96 VP8/90000\r\n\
                     a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\na=rtpmap:97 rtx/90000\r\n\
                     a=fmtp:97 apt=96\r\na=extmap:1 urn:ietf:params:rtp-hdrext:toffset\r\n\
                     a=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
                     a=rtcp-mux\r\na=mid:0\r\n";
        let expected = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=fmtp:96 max-fr=60\r\na=rtpmap:96 VP8/90000\r\n\
                        a=rtcp-fb:96 transport-cc\r\na=extmap:4/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
                        a=rtcp-mux\r\na=mid:0\r\n";
        assert_eq!(needed(offer), expected);
    }

    /// It would be no media section without any.
    #[test]
    fn a_section_without_a_known_codec_stays_as_it_is() {
        let section =
            "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=rtpmap:0 PCMU/8000\r\na=rtcp-fb:0 nack\r\n";
        let known = "m=audio 9 UDP/TLS/RTP/SAVPF 0 111\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:111 opus/48000/2\r\n";
        let left = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n";
        assert_eq!(needed(&format!("v=0\r\n{section}{known}")), format!("v=0\r\n{section}{left}"));
    }

    #[test]
    fn a_media_line_ends_as_it_did() {
        for end in ["\n", "\r\n", "\r\r\n"] {
            let section = format!("m=audio 9 RTP 0 111{end}a=rtpmap:111 opus/48000/2{end}");
            assert_eq!(needed(&section), section.replacen(" 0 ", " ", 1));
        }
        let section = "m=audio 9 RTP\r 0\r\na=rtpmap:111 opus/48000/2\r\n";
        assert_eq!(needed(section), section.replacen(" 0", "", 1));
        assert_eq!(needed(&needed(section)), needed(section));
    }

    #[test]
    fn what_is_no_sdp_stays_as_it_is() {
        for text in ["", "m=", "\nm=", "a=rtpmap", "a=rtcp-fb:", "nonsense\n\n", "a=fmtp:\u{e9}"] {
            assert_eq!(needed(text), text);
        }
    }
}
