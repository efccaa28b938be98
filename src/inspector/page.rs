//! The page that shows what happened. It is plain: what is checked in is what a browser gets.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

use crate::outcome::{Content, Reply};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page: what follows `/_mock/` in its path, its type, and its text.
type File = (&'static str, &'static str, &'static str);

const FILES: [File; 12] = [
    ("", HTML, include_str!("page/index.html")),
    ("page.css", CSS, include_str!("page/page.css")),
    ("page.js", SCRIPT, include_str!("page/page.js")),
    ("address.js", SCRIPT, include_str!("page/address.js")),
    ("composer.js", SCRIPT, include_str!("page/composer.js")),
    ("detail.js", SCRIPT, include_str!("page/detail.js")),
    ("dom.js", SCRIPT, include_str!("page/dom.js")),
    ("filters.js", SCRIPT, include_str!("page/filters.js")),
    ("journal.js", SCRIPT, include_str!("page/journal.js")),
    ("journeys.js", SCRIPT, include_str!("page/journeys.js")),
    ("snippets.js", SCRIPT, include_str!("page/snippets.js")),
    ("timeline.js", SCRIPT, include_str!("page/timeline.js")),
];

/// The file with this path.
pub(super) fn file(path: &str) -> Option<Reply> {
    let (_, content_type, text) = FILES.iter().find(|(name, ..)| *name == path)?;
    let body = Bytes::from_static(text.as_bytes());
    let reply = Reply::new(StatusCode::OK, Content::None, body);
    Some(reply.with_header(CONTENT_TYPE, HeaderValue::from_static(content_type)))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/inspector/page");
        let names = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"));
        let served = FILES.map(|(name, ..)| if name.is_empty() { "index.html" } else { name });
        assert_eq!(names.collect::<BTreeSet<_>>(), served.map(str::to_owned).into());
    }

    /// The page may be 150 KiB at most, and asks for nothing from elsewhere.
    #[test]
    fn the_page_is_small_and_whole() {
        let size: usize = FILES.iter().map(|(_, _, text)| text.len()).sum();
        assert!(size <= 60 << 10, "{size} bytes");
        for (name, _, text) in FILES {
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "").contains("://");
            assert!(!elsewhere, "{name}");
            for markup in
                ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]
            {
                assert!(!text.contains(markup), "{name}: {markup}");
            }
        }
    }
}
