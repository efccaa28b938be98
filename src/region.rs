//! Regions: each port is one, and its place in the list is its index
//! (`docs/BEHAVIOUR.md`, Regions and discovery).

use std::fmt::Write as _;

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;

/// A region as clients see it.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub(crate) index: usize,
    /// `region-<index>`.
    pub(crate) name: String,
    pub(crate) url: String,
    /// The index as the value of the header `X-Lk-Mock-Region`.
    pub(crate) header: HeaderValue,
}

/// All advertised regions, in their order.
#[derive(Debug)]
pub(crate) struct Regions {
    all: Vec<Region>,
    /// The complete list, as `/settings/regions` answers it.
    listed: Bytes,
}

/// The name of the region with this index.
pub(crate) fn name(index: usize) -> String {
    format!("region-{index}")
}

/// The URL of a region: the host, with `{index}` and `{port}` filled in. If it has no `{port}`, the port
/// is appended.
pub(crate) fn url(advertise_host: &str, index: usize, port: u16) -> String {
    let host = advertise_host.trim_end_matches('/');
    let mut url = host.replace("{index}", &index.to_string());
    if url.contains("{port}") {
        return url.replace("{port}", &port.to_string());
    }
    // Writing to a string can't fail.
    let _ = write!(url, ":{port}");
    url
}

impl Regions {
    /// Regions with these URLs, in the order of their indexes.
    pub(crate) fn new(urls: Vec<String>) -> Self {
        let all: Vec<Region> = urls
            .into_iter()
            .enumerate()
            .map(|(index, url)| Region {
                index,
                name: name(index),
                url,
                header: HeaderValue::from(index),
            })
            .collect();
        let listed = list(all.iter().map(|region| (region.index, region.url.as_str())));
        Self { all, listed }
    }

    pub(crate) fn get(&self, index: usize) -> &Region {
        &self.all[index]
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Region> {
        self.all.iter()
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|region| region.url.as_str())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|region| region.name.as_str())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// `livekit.RegionSettings` as protojson. `pinned` names the only regions in the list, and `urls`
    /// replaces the regions' own URLs.
    pub(crate) fn list(&self, pinned: Option<&[String]>, urls: Option<&[String]>) -> Bytes {
        if pinned.is_none() && urls.is_none() {
            return self.listed.clone();
        }
        let urls: Vec<&str> = match urls {
            Some(urls) => urls.iter().map(String::as_str).collect(),
            None => self.all.iter().map(|region| region.url.as_str()).collect(),
        };
        let allowed = |index| pinned.is_none_or(|pinned| pinned.contains(&name(index)));
        list(urls.into_iter().enumerate().filter(|(index, _)| allowed(*index)))
    }
}

/// `livekit.RegionSettings` as protojson: an int64 is a string, and is left out if it is 0.
fn list<'a>(regions: impl Iterator<Item = (usize, &'a str)>) -> Bytes {
    #[derive(Serialize)]
    struct Settings<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        regions: Vec<Listed<'a>>,
    }
    #[derive(Serialize)]
    struct Listed<'a> {
        region: String,
        url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        distance: Option<String>,
    }
    let regions = regions
        .map(|(index, url)| Listed {
            region: name(index),
            url,
            distance: (index > 0).then(|| index.to_string()),
        })
        .collect();
    // Strings always serialize.
    serde_json::to_vec(&Settings { regions }).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_appended_to_the_host() {
        assert_eq!(url("http://127.0.0.1", 0, 9999), "http://127.0.0.1:9999");
        assert_eq!(url("http://mock.livekit.cloud//", 1, 80), "http://mock.livekit.cloud:80");
    }

    #[test]
    fn index_and_port_are_filled_in() {
        assert_eq!(url("http://r{index}.test", 2, 7), "http://r2.test:7");
        assert_eq!(url("https://{port}.test/", 2, 7), "https://7.test");
    }

    #[test]
    fn lists_the_distance_as_a_string_except_for_the_first() {
        let regions = Regions::new(vec!["http://a:1".into(), "http://b:2".into()]);
        assert_eq!(
            regions.list(None, None),
            r#"{"regions":[{"region":"region-0","url":"http://a:1"},{"region":"region-1","url":"http://b:2","distance":"1"}]}"#
        );
    }

    #[test]
    fn lists_pinned_regions_in_the_order_of_the_regions() {
        let regions = Regions::new(vec!["http://a:1".into(), "http://b:2".into()]);
        let pinned = ["region-1".to_owned(), "region-9".to_owned()];
        assert_eq!(
            regions.list(Some(&pinned), None),
            r#"{"regions":[{"region":"region-1","url":"http://b:2","distance":"1"}]}"#
        );
        assert_eq!(regions.list(Some(&["region-9".to_owned()]), None), "{}");
    }
}
