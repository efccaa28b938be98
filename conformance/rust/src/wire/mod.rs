//! Stands between a client and the regions, copies every byte, a RST included, and tells
//! which requests went over the wire. Discovery has to name it in place of the regions: by
//! `advertise` in the API key.

mod exchange;

use std::{io, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use exchange::{Answer, Exchange, Requests};

pub struct Wire {
    /// The four regions by index, under the host of those that it stands before.
    pub urls: Vec<String>,
    log: Log,
}

impl Wire {
    /// Stands before these regions.
    pub async fn before(regions: &[String]) -> Self {
        let log = Log::default();
        let mut urls = Vec::new();
        for (region, url) in regions.iter().enumerate() {
            let (host, port) = url.rsplit_once(':').expect("a url with a port");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let own = listener.local_addr().expect("an address").port();
            urls.push(format!("{host}:{own}"));
            let upstream = format!("127.0.0.1:{port}");
            tokio::spawn(accept(listener, upstream, region, log.clone()));
        }
        Self { urls, log }
    }

    /// What went over the wire until now, a line a request.
    pub fn lines(&self) -> Vec<String> {
        self.log.0.borrow().iter().map(ToString::to_string).collect()
    }

    /// The ids that the requests brought.
    pub fn ids(&self) -> Vec<Option<String>> {
        self.log.0.borrow().iter().map(|exchange| exchange.id.clone()).collect()
    }

    /// Waits until so many requests have been sent.
    pub async fn until(&self, requests: usize) {
        let mut log = self.log.0.subscribe();
        log.wait_for(|log| log.len() >= requests).await.expect("it is logged to");
    }
}

/// The exchanges in the order in which they began.
#[derive(Clone, Default)]
struct Log(Arc<watch::Sender<Vec<Exchange>>>);

impl Log {
    fn push(&self, exchange: Exchange) -> usize {
        self.0.send_modify(|log| log.push(exchange));
        self.0.borrow().len() - 1
    }

    fn change(&self, index: Option<usize>, change: impl FnOnce(&mut Exchange)) {
        let Some(index) = index else { return };
        self.0.send_modify(|log| change(&mut log[index]));
    }
}

async fn accept(listener: TcpListener, upstream: String, region: usize, log: Log) {
    loop {
        let (client, _) = listener.accept().await.expect("a client");
        let mock = TcpStream::connect(&upstream).await.expect("the mock listens");
        tokio::spawn(relay(client, mock, region, log.clone()));
    }
}

/// Ends each side as the other one ended.
async fn relay(mut client: TcpStream, mut mock: TcpStream, region: usize, log: Log) {
    let mut requests = Requests::default();
    let mut answer = Answer::default();
    // The exchange that is under way.
    let mut current = None;
    let end = loop {
        let (mut sent, mut came) = ([0; 4096], [0; 4096]);
        tokio::select! {
            read = client.read(&mut sent) => {
                // A client that goes has its reasons, and its test knows them.
                let Some(bytes) = some(&read, &sent) else { return };
                for mut request in requests.take(bytes) {
                    request.region = region;
                    current = Some(log.push(request));
                    answer = Answer::default();
                }
                if mock.write_all(bytes).await.is_err() {
                    return;
                }
            }
            read = mock.read(&mut came) => {
                let Some(bytes) = some(&read, &came) else { break read };
                answer.take(bytes);
                log.change(current, |exchange| answer.tell(exchange));
                if client.write_all(bytes).await.is_err() {
                    return;
                }
            }
        }
    };
    if end.is_err() {
        client.set_zero_linger().expect("a socket");
    }
    if !answer.is_whole() {
        log.change(current, |exchange| exchange.broke(if end.is_err() { "reset" } else { "cut" }));
    }
}

/// What was read, unless it was the end.
fn some<'a>(read: &io::Result<usize>, buffer: &'a [u8]) -> Option<&'a [u8]> {
    read.as_ref().ok().filter(|length| **length > 0).map(|length| &buffer[..*length])
}
