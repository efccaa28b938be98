//! What a call brought, one behind the other: the fewer pieces it has, the cheaper it is to forget.

use std::ops::Range;

/// The path first, then the body, then whatever else the request says of itself.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    all: Vec<u8>,
    path: usize,
    body: usize,
    call: Option<Range<usize>>,
    claims: Option<Range<usize>>,
}

impl Texts {
    /// `more` is how many bytes are likely to follow.
    pub(super) fn new(path: &str, body: &[u8], more: usize) -> Self {
        let mut all = Vec::with_capacity(path.len() + body.len() + more);
        all.extend_from_slice(path.as_bytes());
        all.extend_from_slice(body);
        Self { path: path.len(), body: all.len(), all, call: None, claims: None }
    }

    pub(super) fn path(&self) -> &str {
        self.text(0..self.path)
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.all[self.path..self.body]
    }

    /// The id that all tries of the call share.
    pub(super) fn call(&self) -> Option<&str> {
        Some(self.text(self.call.clone()?))
    }

    /// The claims of its token, in base64url, as they came.
    pub(super) fn claims(&self) -> Option<&str> {
        Some(self.text(self.claims.clone()?))
    }

    pub(super) fn set_call(&mut self, id: &str) {
        self.call = Some(self.put(id));
    }

    pub(super) fn set_claims(&mut self, claims: &str) {
        self.claims = Some(self.put(claims));
    }

    pub(super) fn weight(&self) -> usize {
        self.all.capacity()
    }

    fn put(&mut self, text: &str) -> Range<usize> {
        let begin = self.all.len();
        self.all.extend_from_slice(text.as_bytes());
        begin..self.all.len()
    }

    fn text(&self, range: Range<usize>) -> &str {
        std::str::from_utf8(&self.all[range]).expect("a text that was put here")
    }
}
