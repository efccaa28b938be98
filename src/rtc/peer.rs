//! One peer connection, from outside.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{
    news::{News, news},
    report::{Begins, Channel, Description, Media, Received, Report, Track},
    session::{Order, Session},
    socket::Socket,
};

/// What SDP or a candidate may have, in bytes.
const MAX_TEXT: usize = 64 << 10;
/// What waits for a peer. More datagrams are lost.
const MAX_DATAGRAMS: usize = 64;
const MAX_ORDERS: usize = 32;

/// Whoever has it has the peer connection: it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    orders: mpsc::Sender<Order>,
    news: News,
}

impl Peer {
    /// `None` if there are too many.
    pub(super) fn start(socket: Arc<Socket>, begins: Begins, received: Received) -> Option<Self> {
        let (datagrams, incoming) = mpsc::channel(MAX_DATAGRAMS);
        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let (teller, news) = news();
        let number = socket.lines.open(datagrams)?;
        let session = Session::new(socket, number, begins, received, teller);
        tokio::spawn(session.run(incoming, ordered));
        Some(Self { orders, news })
    }

    /// The answer to an offer: the first one, or a later one of the same session.
    ///
    /// # Errors
    /// It is no offer, or one that does not fit what was agreed on before. The sentence says why.
    pub(crate) async fn answer(&self, offer: String) -> Result<Description, String> {
        check_size("an offer", &offer)?;
        let (reply, answered) = oneshot::channel();
        let ended = || "the peer connection has ended".to_owned();
        self.orders.send(Order::Answer(offer, reply)).await.map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }

    /// Takes the client's answer to an offer of this side. One that does not fit is named in the log.
    ///
    /// # Errors
    /// It is too large.
    pub(crate) async fn accept(&self, answer: String) -> Result<(), String> {
        check_size("an answer", &answer)?;
        self.order(Order::Accept(answer)).await;
        Ok(())
    }

    /// Takes a candidate of the client, as a line of SDP.
    ///
    /// # Errors
    /// It is too large.
    pub(crate) fn candidate(&self, candidate: String) -> Result<(), String> {
        check_size("a candidate", &candidate)?;
        // This side needs none, since the client is the one that looks for a path.
        let _ = self.orders.try_send(Order::Candidate(candidate));
        Ok(())
    }

    /// Makes the data channels that need no word between the sides.
    pub(crate) async fn agree_on_channels(&self) {
        self.order(Order::Agree).await;
    }

    /// Sends a message on a channel, once it is open.
    pub(crate) async fn send(&self, channel: Channel, message: Bytes) {
        self.order(Order::Send(channel, message)).await;
    }

    /// Publishes a track, once a description has a place for it.
    pub(crate) async fn publish(&self, track: Track) {
        self.order(Order::Publish(track)).await;
    }

    /// Stops, starts or closes it.
    pub(crate) async fn media(&self, media: Media) {
        self.order(Order::Media(media)).await;
    }

    /// Waits for what happens next on it.
    pub(crate) async fn next(&mut self) -> Report {
        self.news.next().await
    }

    /// One that has ended takes no orders.
    async fn order(&self, order: Order) {
        let _ = self.orders.send(order).await;
    }
}

fn check_size(what: &str, text: &str) -> Result<(), String> {
    match text.len() {
        0..=MAX_TEXT => Ok(()),
        length => Err(format!("{what} has {length} bytes; at most {MAX_TEXT} are read")),
    }
}
