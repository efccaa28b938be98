//! Requests and answers, as far as a test looks at them, out of the bytes of HTTP/1.1.

use std::fmt;

/// One request and what came back.
#[derive(Debug, Default)]
pub struct Exchange {
    pub region: usize,
    /// `CreateRoom`, `regions`, or the path itself of the signalling.
    pub what: String,
    /// `X-Livekit-Request-Id`.
    pub id: Option<String>,
    status: Option<String>,
    /// `X-Lk-Mock-Attempt`.
    attempt: Option<String>,
    end: Option<&'static str>,
}

impl Exchange {
    /// The connection ended so, before the answer was whole.
    pub fn broke(&mut self, end: &'static str) {
        self.end = Some(end);
    }
}

/// `0 CreateRoom 503, try 1`, `0 CreateRoom reset`, `0 CreateRoom 200, try 1, cut`, or `0 CreateRoom`
/// where nothing came.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attempt = self.attempt.as_ref().map(|number| format!("try {number}"));
        let end = self.end.map(str::to_owned);
        let came: Vec<_> = [self.status.clone(), attempt, end].into_iter().flatten().collect();
        let line = format!("{} {} {}", self.region, self.what, came.join(", "));
        f.write_str(line.trim_end())
    }
}

/// Finds the requests in what a client sends.
#[derive(Default)]
pub struct Requests {
    unread: Vec<u8>,
    /// How much of a body is still to come.
    body: usize,
}

impl Requests {
    /// The requests whose heads have ended with these bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Exchange> {
        self.unread.extend_from_slice(bytes);
        let mut requests = Vec::new();
        loop {
            let skipped = self.body.min(self.unread.len());
            self.unread.drain(..skipped);
            self.body -= skipped;
            let Some(head) = Head::of(&self.unread) else { return requests };
            requests.push(Exchange {
                what: what(&head.words[1]),
                id: head.header("x-livekit-request-id"),
                ..Exchange::default()
            });
            // What follows an upgrade are frames, and no request.
            let upgrade = head.header("upgrade").is_some();
            self.body = if upgrade { usize::MAX } else { head.length() };
            self.unread.drain(..head.end);
        }
    }
}

fn what(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    if path.starts_with("/rtc") {
        return path.to_owned();
    }
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What has come of one answer.
#[derive(Default)]
pub struct Answer {
    bytes: Vec<u8>,
}

impl Answer {
    pub fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn tell(&self, exchange: &mut Exchange) {
        match Head::of(&self.bytes) {
            Some(head) if head.words[0].starts_with("HTTP/1.") => {
                exchange.status = Some(head.words[1].clone());
                exchange.attempt = head.header("x-lk-mock-attempt");
            }
            // Or the first bytes of a head; the rest will be told too.
            _ => exchange.status = Some("garbage".to_owned()),
        }
    }

    pub fn is_whole(&self) -> bool {
        match Head::of(&self.bytes) {
            Some(head) if head.words[0].starts_with("HTTP/1.") => {
                self.bytes.len() >= head.end + head.length()
            }
            // Garbage is as whole as it can be.
            _ => !self.bytes.is_empty(),
        }
    }
}

struct Head {
    /// Of the first line.
    words: Vec<String>,
    headers: Vec<(String, String)>,
    /// Where it ends.
    end: usize,
}

impl Head {
    fn of(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let (first, rest) = text.split_once("\r\n")?;
        let mut words: Vec<_> = first.split(' ').map(str::to_owned).collect();
        words.resize(words.len().max(2), String::new());
        let headers = rest.lines().filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Some(Self { words, headers: headers.collect(), end })
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn length(&self) -> usize {
        self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }
}
