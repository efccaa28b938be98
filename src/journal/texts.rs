//! The texts of a call, one behind the other: the fewer pieces a call has, the cheaper it is to forget.

use std::ops::Range;

/// The path first, then whatever else the request says of itself.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    all: String,
    path: usize,
    call: Option<Range<usize>>,
    claims: Option<Range<usize>>,
}

impl Texts {
    /// `more` is how many bytes are likely to follow the path.
    pub(super) fn new(path: &str, more: usize) -> Self {
        let mut all = String::with_capacity(path.len() + more);
        all.push_str(path);
        Self { all, path: path.len(), call: None, claims: None }
    }

    pub(super) fn path(&self) -> &str {
        &self.all[..self.path]
    }

    /// The id that all tries of the call share.
    pub(super) fn call(&self) -> Option<&str> {
        Some(&self.all[self.call.clone()?])
    }

    /// The claims of its token, in base64url, as they came.
    pub(super) fn claims(&self) -> Option<&str> {
        Some(&self.all[self.claims.clone()?])
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
        self.all.push_str(text);
        begin..self.all.len()
    }
}
