//! What a peer connection has to tell, until whoever has it listens.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::report::Report;

/// What may wait, in bytes. More is lost, as nobody listens.
const MAX_WAITING: usize = 4 << 20;
/// What a report takes beside its bytes.
const OVERHEAD: usize = 64;

#[derive(Debug)]
pub(super) struct Teller {
    reports: UnboundedSender<Report>,
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
pub(super) struct News {
    reports: UnboundedReceiver<Report>,
    waiting: Arc<AtomicUsize>,
}

pub(super) fn news() -> (Teller, News) {
    let (reports, told) = unbounded_channel();
    let waiting = Arc::<AtomicUsize>::default();
    (Teller { reports, waiting: waiting.clone() }, News { reports: told, waiting })
}

impl Teller {
    pub(super) fn tell(&self, report: Report) {
        let weight = report.weight();
        if self.waiting.fetch_add(weight, Relaxed) + weight > MAX_WAITING {
            self.waiting.fetch_sub(weight, Relaxed);
            tracing::warn!("signalling: data of a client is lost: the script does not read it");
            return;
        }
        let _ = self.reports.send(report);
    }
}

impl News {
    pub(super) async fn next(&mut self) -> Report {
        let Some(report) = self.reports.recv().await else { return Report::Ended };
        self.waiting.fetch_sub(report.weight(), Relaxed);
        report
    }
}

impl Report {
    fn weight(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Data(_, message) => message.len(),
                Self::Offer(description) => description.sdp.len(),
                Self::Opened(_) | Self::Ended => 0,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtc::Channel;

    #[tokio::test]
    async fn what_waits_is_bounded() {
        let (teller, mut news) = news();
        let report = || Report::Data(Channel::Reliable, vec![0; MAX_WAITING / 2].into());
        teller.tell(report());
        teller.tell(report());
        teller.tell(Report::Ended);
        assert_eq!(news.next().await, report());
        assert_eq!(news.next().await, Report::Ended);
        teller.tell(report());
        assert_eq!(news.next().await, report());
    }
}
