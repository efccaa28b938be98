//! A program without peer connections: there can be none of these.

use std::net::{IpAddr, SocketAddr};

use super::report::{Media, Report};

#[derive(Debug, Clone)]
pub(crate) enum Peers {}

#[derive(Debug)]
pub(crate) enum Peer {}

impl Peers {
    pub(crate) fn new(_: SocketAddr, _: Option<IpAddr>) -> Option<Self> {
        None
    }

    pub(crate) fn keep(&self, _: u64, _: Box<Peer>) {
        match *self {}
    }

    pub(crate) fn take(&self, _: u64) -> Option<Box<Peer>> {
        match *self {}
    }

    #[allow(clippy::unused_async)] // As where there are some.
    pub(crate) async fn peer(&self) -> Result<Peer, String> {
        match *self {}
    }
}

impl Peer {
    #[allow(clippy::unused_async)]
    pub(crate) async fn answer(&self, _: String) -> Result<String, String> {
        match *self {}
    }

    pub(crate) fn candidate(&self, _: String) -> Result<(), String> {
        match *self {}
    }

    pub(crate) fn media(&self, _: Media) {
        match *self {}
    }

    #[allow(clippy::unused_async)]
    pub(crate) async fn next(&mut self) -> Report {
        match *self {}
    }
}
