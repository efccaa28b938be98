//! How a server stops: every connection watches the stage of the stop, and the server waits until all
//! connections have ended.

use tokio::{
    sync::{mpsc, watch},
    time::Duration,
};

/// How far a stop has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Serving,
    /// No new connections are accepted. Requests in flight have this much time to be answered.
    Draining(Duration),
    Stopped,
}

/// A connection's handle: it tells the connection when the server stops, and the server when the
/// connection has ended.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown {
    stage: watch::Receiver<Stage>,
    /// The channel closes when the last handle is dropped.
    _alive: mpsc::Sender<()>,
}

/// Waits until every [`Shutdown`] of a server has been dropped.
pub(crate) struct Drained(mpsc::Receiver<()>);

impl Shutdown {
    pub(crate) fn new(stage: watch::Receiver<Stage>) -> (Self, Drained) {
        let (alive, ended) = mpsc::channel(1);
        (Self { stage, _alive: alive }, Drained(ended))
    }

    /// Waits until the server begins to stop.
    pub(crate) async fn begun(&mut self) {
        next_stage(&mut self.stage, Stage::Serving).await;
    }
}

impl Drained {
    pub(crate) async fn wait(&mut self) {
        self.0.recv().await;
    }
}

/// Waits for a stage other than the given one.
pub(crate) async fn next_stage(watched: &mut watch::Receiver<Stage>, stage: Stage) -> Stage {
    // If there is no sender, the mock has been dropped.
    watched.wait_for(|now| *now != stage).await.map_or(Stage::Stopped, |now| *now)
}
