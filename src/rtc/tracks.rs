//! The tracks that this side publishes: silence, or a still picture.

use std::time::{Duration, Instant};

use str0m::{
    Rtc,
    format::{Codec, PayloadParams},
    media::{Direction, MediaKind, Mid, Pt},
    rtp::RtpWrite,
};

use super::{
    report::{Description, Track, TrackKind},
    sdp::sections,
};

/// A frame of Opus with nothing to hear.
const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];
/// A key frame of VP8 with bars in eight colours, 256 by 144, from the lossy half of a WebP encoder.
const STILL: &[u8] = include_bytes!("still.vp8");
/// The descriptor before it: the frame begins here (RFC 7741).
const BEGINS: u8 = 0x10;
/// What a session may publish.
const MAX_TRACKS: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Tracks {
    /// Those that no description has a place for yet.
    waiting: Vec<Track>,
    sent: Vec<Sent>,
}

#[derive(Debug)]
struct Sent {
    track: Track,
    mid: Mid,
    /// How many packets have been sent.
    count: u32,
    due: Instant,
}

impl Tracks {
    pub(super) fn push(&mut self, track: Track) {
        if self.waiting.len() + self.sent.len() < MAX_TRACKS {
            self.waiting.push(track);
        } else {
            tracing::warn!("signalling: a track is not published: {MAX_TRACKS} are already");
        }
    }

    /// Takes one that waits for a place.
    pub(super) fn pop(&mut self) -> Option<Track> {
        (!self.waiting.is_empty()).then(|| self.waiting.remove(0))
    }

    /// The track has a place.
    pub(super) fn place(&mut self, track: Track, mid: Mid) {
        self.sent.push(Sent { track, mid, count: 0, due: Instant::now() });
    }

    /// Gives tracks the places that an offer has for them, and describes the others as empty.
    pub(super) fn answer(&mut self, rtc: &Rtc, answer: &str) -> Description {
        let described = sections(answer).map(|section| self.section(rtc, section)).collect();
        Description { sdp: described, tracks: self.places() }
    }

    pub(super) fn places(&self) -> Vec<(String, String)> {
        self.sent.iter().map(|sent| (sent.mid.to_string(), sent.track.id.clone())).collect()
    }

    fn section(&mut self, rtc: &Rtc, section: &str) -> String {
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:")).map(Mid::from);
        let media = mid.and_then(|mid| rtc.media(mid));
        let Some(media) = media.filter(|media| media.direction() == Direction::SendOnly) else {
            return section.to_owned();
        };
        if !self.sent.iter().any(|sent| sent.mid == media.mid()) {
            let fits = |track: &Track| track.kind.media() == media.kind();
            match self.waiting.iter().position(fits) {
                Some(index) => {
                    let track = self.waiting.remove(index);
                    self.place(track, media.mid());
                }
                None => return empty(section),
            }
        }
        let Some(sent) = self.sent.iter().find(|sent| sent.mid == media.mid()) else {
            return section.to_owned();
        };
        let given = format!("{} {}", media.stream_id(), media.track_id());
        section.replace(&given, &format!("{} {}", sent.track.stream, sent.track.id))
    }

    /// When the next packet is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.sent.iter().map(|sent| sent.due).min()
    }

    /// Sends what is due.
    pub(super) fn send(&mut self, rtc: &mut Rtc) {
        let now = Instant::now();
        for sent in self.sent.iter_mut().filter(|sent| sent.due <= now) {
            sent.send(rtc, now);
        }
    }
}

impl Sent {
    fn send(&mut self, rtc: &mut Rtc, now: Instant) {
        let kind = self.track.kind;
        // After a pause, it goes on from now.
        self.due = (self.due + kind.every()).max(now);
        let (Some(pt), mut api) = (payload_type(rtc, self.mid, kind), rtc.direct_api()) else {
            return;
        };
        let Some(stream) = api.stream_tx_by_mid(self.mid, None) else { return };
        self.count = self.count.wrapping_add(1);
        let time = self.count.wrapping_mul(kind.ticks());
        let packet = RtpWrite::new(pt, u64::from(self.count).into(), time, now, kind.payload());
        stream.write_rtp(packet.marker(kind == TrackKind::Video));
    }
}

impl TrackKind {
    pub(super) fn media(self) -> MediaKind {
        match self {
            Self::Audio => MediaKind::Audio,
            Self::Video => MediaKind::Video,
        }
    }

    fn codec(self) -> Codec {
        match self {
            Self::Audio => Codec::Opus,
            Self::Video => Codec::Vp8,
        }
    }

    fn every(self) -> Duration {
        Duration::from_millis(match self {
            Self::Audio => 20,
            Self::Video => 200,
        })
    }

    /// The time between two packets, in the ticks of its codec's clock.
    fn ticks(self) -> u32 {
        match self {
            Self::Audio => 960,
            Self::Video => 18_000,
        }
    }

    fn payload(self) -> Vec<u8> {
        match self {
            Self::Audio => SILENCE.to_vec(),
            Self::Video => [&[BEGINS], STILL].concat(),
        }
    }
}

/// The payload type that both sides have for the track's codec.
fn payload_type(rtc: &Rtc, mid: Mid, kind: TrackKind) -> Option<Pt> {
    let agreed = rtc.media(mid)?.remote_pts();
    let params = rtc.codec_config().params().iter();
    params
        .filter(|params| params.spec().codec == kind.codec())
        .map(PayloadParams::pt)
        .find(|pt| agreed.contains(pt))
}

/// The section of a place that no track has.
pub(super) fn empty(section: &str) -> String {
    let kept = section.split_inclusive('\n').filter(|line| {
        !["a=msid:", "a=ssrc:", "a=ssrc-group:"].iter().any(|name| line.starts_with(name))
    });
    kept.collect::<String>().replace("a=sendonly", "a=inactive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_place_sends_nothing() {
        let section = "m=audio 9\r\na=sendonly\r\na=msid:x y\r\na=ssrc:1 cname:z\r\na=mid:3\r\n";
        assert_eq!(empty(section), "m=audio 9\r\na=inactive\r\na=mid:3\r\n");
    }

    #[test]
    fn the_still_picture_is_a_key_frame() {
        // RFC 6386, section 9.1: bit 0 of a key frame is 0, then comes its start code.
        assert_eq!((STILL[0] & 1, &STILL[3..6]), (0, &[0x9d, 0x01, 0x2a][..]));
    }
}
