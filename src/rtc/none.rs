//! A program without peer connections: there can be none of these.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::report::{Begins, Channel, Description, Found, Media, Received, Report, Track};

#[derive(Debug, Clone)]
pub(crate) enum Peers {}

#[derive(Debug)]
pub(crate) enum Peer {}

#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) peer: Option<Box<Peer>>,
    pub(crate) receiving: Option<Box<Peer>>,
}

impl Peers {
    pub(crate) fn new(_: SocketAddr, _: Option<IpAddr>) -> Option<Self> {
        None
    }

    pub(crate) fn keep(&self, _: String, _: Kept) {
        match *self {}
    }

    pub(crate) fn take(&self, _: &String) -> Option<Kept> {
        match *self {}
    }

    pub(crate) fn prepare(&self, _: u64, _: Found) {
        match *self {}
    }

    pub(crate) fn found(&self, _: u64) -> Found {
        match *self {}
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn peer(&self, _: Begins, _: Received) -> Result<Peer, String> {
        match *self {}
    }
}

#[allow(clippy::unused_async)] // As where there are some.
impl Peer {
    pub(crate) async fn answer(&self, _: String) -> Result<Description, String> {
        match *self {}
    }

    pub(crate) async fn accept(&self, _: String) -> Result<(), String> {
        match *self {}
    }

    pub(crate) fn candidate(&self, _: String) -> Result<(), String> {
        match *self {}
    }

    pub(crate) async fn agree_on_channels(&self) {
        match *self {}
    }

    pub(crate) async fn send(&self, _: Channel, _: Bytes) {
        match *self {}
    }

    pub(crate) async fn publish(&self, _: Track) {
        match *self {}
    }

    pub(crate) async fn media(&self, _: Media) {
        match *self {}
    }

    pub(crate) async fn next(&mut self) -> Report {
        match *self {}
    }
}
