//! Time-outs without waiting for them: tokio's clock, by which the clients go, is put forward.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, advance, pause, resume, sleep};

use crate::wire::Wire;

/// Within this a time-out is the one that was expected. It is more than a slow machine takes
/// between two requests, and than a client waits before it tries again.
const MARGIN: Duration = Duration::from_secs(2);

/// Runs a call. After its request of this number, counted from 1, the client has to wait for
/// so long before it does anything else.
pub async fn with_waits<T>(
    wire: &Wire,
    waits: &[(usize, Duration)],
    call: impl Future<Output = T>,
) -> T {
    let mut call = pin!(call);
    let mut over = None;
    for (request, wait) in waits {
        tokio::select! {
            _ = &mut call => panic!("it ended without request {request}: {:?}", wire.lines()),
            () = wire.until(*request) => {}
        }
        in_time(over);
        over = Some(Instant::now() + *wait + MARGIN);
        put_forward(*wait - MARGIN).await;
        tokio::select! {
            _ = &mut call => panic!("it ended before {wait:?}: {:?}", wire.lines()),
            () = sleep(MARGIN / 20) => {}
        }
        assert_eq!(wire.lines().len(), *request, "it went on before {wait:?}");
        put_forward(MARGIN).await;
    }
    let result = call.await;
    in_time(over);
    result
}

#[track_caller]
fn in_time(over: Option<Instant>) {
    if let Some(over) = over {
        assert!(Instant::now() < over, "it waited for longer");
    }
}

async fn put_forward(time: Duration) {
    pause();
    advance(time).await;
    resume();
}
