//! Reads the head of the next request from the connection.

use tokio::time::{Instant, timeout_at};

use super::{
    buffered_stream::BufferedStream,
    error::HeadError,
    head::{self, Head},
    limits::MAX_HEAD,
};
use crate::{budget::SMALL, transport::limits::HEAD_TIMEOUT};

/// The size of the turn for a head of unknown length: its bytes, and as much for its lines.
const HEAD_TURN: usize = 2 * MAX_HEAD;
/// A head of at most this many bytes can't have many lines.
const SHORT: usize = 2 << 10;

/// Reads the next head to its end.
///
/// # Errors
/// It is not a valid head, or could not be read.
pub(super) async fn next_head(stream: &mut BufferedStream) -> Result<Head, HeadError> {
    match head::find_end(&stream.unread, 0) {
        Some(length) if length <= SHORT => take_head(stream, length),
        _ => Box::pin(long_head(stream)).await,
    }
}

/// Takes the head out of the buffer, unless it is not valid: then it may be another protocol's.
fn take_head(stream: &mut BufferedStream, length: usize) -> Result<Head, HeadError> {
    let bytes = stream.unread.split_to(length).freeze();
    let head = head::read(&bytes);
    if head.is_err() {
        stream.unread = [&bytes[..], &stream.unread].concat()[..].into();
    }
    head
}

/// Reads a head that has not come at once, or that is long.
async fn long_head(stream: &mut BufferedStream) -> Result<Head, HeadError> {
    let mut deadline = Instant::now() + HEAD_TIMEOUT;
    let mut searched = 0;
    loop {
        let here = stream.unread.len();
        match head::find_end(&stream.unread, searched) {
            Some(length) if length <= MAX_HEAD => {
                let memory = head::memory(&stream.unread[..length]);
                if stream.has_no_turn() && memory > SMALL {
                    stream.turn(memory).await?;
                }
                return take_head(stream, length);
            }
            Some(_) => return Err(HeadError::TooLong),
            None if here > MAX_HEAD => return Err(HeadError::TooLong),
            None => {}
        }
        // What comes first is looked at in any case: a browser's first message of TLS may be longer than that.
        if (searched == 0 || here <= SHORT)
            && let Some(error) = head::early_error(&stream.unread)
        {
            return Err(error);
        }
        searched = here;
        if stream.needs_turn(here) {
            let queued = Instant::now();
            stream.turn(HEAD_TURN).await?;
            deadline += queued.elapsed();
        }
        match timeout_at(deadline, stream.read_more(here)).await {
            Ok(read) => read?,
            Err(_) => return Err(HeadError::Late),
        }
    }
}
