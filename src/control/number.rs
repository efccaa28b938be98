//! Numbers that are more than an integer, or less.

use super::{
    kind::{InJson, Kind},
    value::{Problem, integer, put, shown, wrong_type},
};
use crate::go_json::Raw;

/// How often something happens at most.
pub(crate) enum Times {}

/// A share of all, from 0 to 1.
pub(crate) enum Share {}

/// What chance begins from: a string, or an integer, which is read as its digits.
pub(crate) enum Seed {}

/// A protocol of LiveKit's servers, by its number.
pub(crate) enum ServerProtocol {}

impl Kind for ServerProtocol {
    type Held = u8;
    const TYPE: &'static str = "int";
}

impl InJson for ServerProtocol {
    fn read(place: &mut Option<u8>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let number = integer(value)?;
        let wrong = || format!("must be from 1 to {}, not {}; ignored", Self::LAST, shown(value));
        put(place, u8::try_from(number).ok().and_then(Self::within).ok_or_else(wrong))
    }
}

impl ServerProtocol {
    /// The last one that the signalling knows.
    const LAST: u8 = 18;

    /// A caller's protocol.
    pub(super) fn given(number: u8) -> Result<u8, Problem> {
        Self::within(number)
            .ok_or_else(|| format!("must be from 1 to {}, not {number}", Self::LAST))
    }

    fn within(number: u8) -> Option<u8> {
        (1..=Self::LAST).contains(&number).then_some(number)
    }
}

impl Kind for Times {
    type Held = u32;
    const TYPE: &'static str = "int";
}

impl InJson for Times {
    fn read(place: &mut Option<u32>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let times = integer(value)?;
        let wrong = |_| format!("must be from 0 to {}, not {}; ignored", u32::MAX, shown(value));
        put(place, u32::try_from(times).map_err(wrong))
    }
}

impl Kind for Share {
    type Held = f64;
    const TYPE: &'static str = "number";
}

impl InJson for Share {
    fn read(place: &mut Option<f64>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let number = value.number().and_then(|number| number.parse().ok());
        put(place, number.and_then(Self::within).ok_or_else(|| wrong_type(Self::EXPECTED, value)))
    }
}

impl Share {
    const EXPECTED: &'static str = "a number from 0 to 1";

    /// A caller's share.
    pub(super) fn given(share: f64) -> Result<f64, Problem> {
        Self::within(share).ok_or_else(|| format!("must be {}, not {share}", Self::EXPECTED))
    }

    fn within(share: f64) -> Option<f64> {
        (0.0..=1.0).contains(&share).then_some(share)
    }
}

impl Kind for Seed {
    type Held = String;
    const TYPE: &'static str = "string or int";
}

impl InJson for Seed {
    fn read(place: &mut Option<String>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
        let text = value.string().map(Into::into);
        let digits = || integer(value).ok().map(|number| number.to_string());
        let wrong = || wrong_type("a string or an integer", value);
        put(place, text.or_else(digits).ok_or_else(wrong))
    }
}
