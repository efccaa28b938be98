//! Which regions the SDK went on to. It says so in one warning a retry, through `log`.

use std::{cell::RefCell, sync::Once};

thread_local! {
    /// A test and its SDK share one thread, so the tests can run side by side.
    static RETRIES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The urls that the SDK fell back to while `call` ran, in order.
pub async fn during<T>(call: impl Future<Output = T>) -> (T, Vec<String>) {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        log::set_logger(&Recorder).expect("no other logger");
        log::set_max_level(log::LevelFilter::Warn);
    });
    RETRIES.take();
    let result = call.await;
    (result, RETRIES.take())
}

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("livekit_api")
    }

    fn log(&self, record: &log::Record<'_>) {
        let message = record.args().to_string();
        if let Some((_, url)) = message.split_once("retrying with fallback url ") {
            let url = url.trim_end_matches('/').to_owned();
            RETRIES.with_borrow_mut(|retries| retries.push(url));
        }
    }

    fn flush(&self) {}
}
