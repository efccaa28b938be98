//! The HTTP statuses that a control may name.

use http::StatusCode;

use super::{
    kind::{InHeader, InJson, Kind},
    value::{Problem, integer},
};
use crate::go_json::Raw;

/// A status from 100 to 599. Another number is kept too: it overrides one of another source.
pub(crate) enum Status {}

impl Kind for Status {
    type Held = i64;
    const TYPE: &'static str = "int";
}

impl InJson for Status {
    fn read(place: &mut Option<i64>, value: Raw<'_>, otherwise: &str) -> Result<(), Problem> {
        take(place, integer(value)?, otherwise)
    }
}

impl InHeader for Status {
    fn read_text(place: &mut Option<i64>, text: &str, otherwise: &str) -> Result<(), Problem> {
        let number = text.parse();
        let number = number.map_err(|_| format!("must be an integer, not \"{text}\"; ignored"))?;
        take(place, number, otherwise)
    }
}

impl Status {
    /// The status of this number, if it is one.
    pub(super) fn of(number: i64) -> Option<StatusCode> {
        let number = u16::try_from(number).ok().filter(|number| (100..600).contains(number))?;
        StatusCode::from_u16(number).ok()
    }

    /// A caller's status, which must be one that an answer can have.
    pub(super) fn given(number: u16) -> Result<i64, Problem> {
        match number {
            200..600 => Ok(number.into()),
            100..200 => Err(format!("must not be {number}, which only announces an answer")),
            _ => Err(format!("must be a status from 200 to 599, not {number}")),
        }
    }
}

fn take(place: &mut Option<i64>, number: i64, otherwise: &str) -> Result<(), Problem> {
    *place = Some(number);
    match number {
        100..200 => Err(format!(
            "is {number}, which only announces an answer: 200 follows it, as from the reference"
        )),
        200..600 => Ok(()),
        _ => Err(format!("must be a status from 100 to 599, not {number}; {otherwise}")),
    }
}
