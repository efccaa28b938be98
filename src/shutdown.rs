//! How a server ends: in stages that every connection watches, while the server waits for the
//! connections.

use tokio::{
    sync::{mpsc, watch},
    time::Duration,
};

/// How far the server is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Serving,
    /// No new connection; what is in flight is answered for at most so long.
    Draining(Duration),
    Stopped,
}

/// What ties a connection to the server: it learns when to end, and the server when it has ended.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown {
    stage: watch::Receiver<Stage>,
    /// The channel closes when the last connection has ended.
    _alive: mpsc::Sender<()>,
}

/// Tells when every [`Shutdown`] of a server is gone.
pub(crate) struct Ended(mpsc::Receiver<()>);

impl Shutdown {
    pub(crate) fn new(stage: watch::Receiver<Stage>) -> (Self, Ended) {
        let (alive, ended) = mpsc::channel(1);
        (Self { stage, _alive: alive }, Ended(ended))
    }

    /// Waits until the server no longer serves.
    pub(crate) async fn begins(&mut self) {
        next_stage(&mut self.stage, Stage::Serving).await;
    }
}

impl Ended {
    pub(crate) async fn wait(&mut self) {
        self.0.recv().await;
    }
}

/// Waits for the stage that follows the given one.
pub(crate) async fn next_stage(watched: &mut watch::Receiver<Stage>, stage: Stage) -> Stage {
    // Without a sender the mock is gone.
    watched.wait_for(|now| *now != stage).await.map_or(Stage::Stopped, |now| *now)
}
