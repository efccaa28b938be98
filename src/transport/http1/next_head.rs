//! The next request's head, as its bytes come.

use tokio::time::{Instant, timeout_at};

use super::{
    error::HeadError,
    head::{self, Found, Head},
    limits::{HEAD_TIMEOUT, MAX_HEAD},
    wire::Wire,
};
use crate::budget::SMALL;

/// The turn of a large head: its bytes, and as much for its lines.
const HEAD_TURN: usize = 2 * MAX_HEAD;
/// A head that is not longer than this, in bytes, can't have many lines.
const FEW_LINES: usize = 2 << 10;

/// Reads it to its end.
///
/// # Errors
/// Why it is none, or none that can be had.
pub(super) async fn next_head(wire: &mut Wire) -> Result<Head, HeadError> {
    match head::find(&wire.unread, 0) {
        Found::Whole(length) if length <= FEW_LINES => read_head(wire, length),
        _ => Box::pin(long_head(wire)).await,
    }
}

fn read_head(wire: &mut Wire, length: usize) -> Result<Head, HeadError> {
    head::read(&wire.unread.split_to(length).freeze())
}

/// A head that has not come at once, or that is long.
async fn long_head(wire: &mut Wire) -> Result<Head, HeadError> {
    let mut deadline = Instant::now() + HEAD_TIMEOUT;
    let mut looked = 0;
    loop {
        let here = wire.unread.len();
        match head::find(&wire.unread, looked) {
            Found::Whole(length) if length <= MAX_HEAD => {
                let weight = head::weight(&wire.unread[..length]);
                if wire.holds_none() && weight > SMALL {
                    wire.turn(weight).await?;
                }
                return read_head(wire, length);
            }
            Found::Whole(_) => return Err(HeadError::TooLong),
            Found::Part if here > MAX_HEAD => return Err(HeadError::TooLong),
            Found::Part => {}
        }
        if here <= FEW_LINES
            && let Some(error) = head::hopeless(&wire.unread)
        {
            return Err(error);
        }
        looked = here;
        if wire.needs_turn(here) {
            let asked = Instant::now();
            wire.turn(HEAD_TURN).await?;
            deadline += asked.elapsed();
        }
        match timeout_at(deadline, wire.more(here)).await {
            Ok(read) => read?,
            Err(_) => return Err(HeadError::Late),
        }
    }
}
