//! Where the client connected to. It says so in one line an attempt, through `log`.

use std::{cell::RefCell, sync::Once};

use crate::ENVIRONMENT;

thread_local! {
    /// A test and its client share one thread, so the tests can run side by side.
    static ATTEMPTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The region's index and the path of every attempt while `call` ran, as `0 /rtc`.
pub async fn during<T>(call: impl Future<Output = T>) -> (T, Vec<String>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        log::set_logger(&Recorder).expect("no other logger");
        log::set_max_level(log::LevelFilter::Info);
    });
    ATTEMPTS.take();
    let result = call.await;
    (result, ATTEMPTS.take())
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("livekit_signaling")
    }

    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        if let Some(url) = message.strip_prefix("connecting to ") {
            ATTEMPTS.with_borrow_mut(|attempts| attempts.push(attempt(url)));
        }
    }

    fn flush(&self) {}
}

fn attempt(url: &str) -> String {
    let url = url.replacen("ws", "http", 1);
    let known = ENVIRONMENT.urls.iter().zip(&ENVIRONMENT.cloud_urls).enumerate();
    for (index, (plain, cloud)) in known {
        if let Some(path) = url.strip_prefix(plain).or_else(|| url.strip_prefix(cloud)) {
            return format!("{index} {path}");
        }
    }
    url
}
