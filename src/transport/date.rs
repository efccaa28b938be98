//! The date of an answer.

use std::{
    cell::RefCell,
    time::{Duration, UNIX_EPOCH},
};

use crate::clock;

/// Calls `take` with the current date, which is formatted once a second.
pub(crate) fn with_date<T>(take: impl FnOnce(&str) -> T) -> T {
    thread_local! {
        static DATE: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let now = clock::now().as_secs();
    DATE.with_borrow_mut(|(second, text)| {
        if *second != now || text.is_empty() {
            *second = now;
            *text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now));
        }
        take(text)
    })
}
