//! The kinds of values that are read as they are, each a row.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    kind::{InHeader, InJson, Kind},
    value::{
        Problem, as_it_stands, boolean, cut, integer, integers, put, string, strings, written,
    },
};
use crate::go_json::Raw;

/// Each with its JSON type in the docs, what it is kept as, and what reads it.
macro_rules! kinds {
    ($($(#[$about:meta])+ $kind:ident $type:literal: $held:ty = $read:ident;)+) => {
        $(
            $(#[$about])+
            pub(crate) enum $kind {}

            impl Kind for $kind {
                type Held = $held;
                const TYPE: &'static str = $type;
            }

            impl InJson for $kind {
                fn read(place: &mut Option<$held>, value: Raw<'_>, _: &str) -> Result<(), Problem> {
                    put(place, $read(value))
                }
            }
        )+
    };
}

kinds! {
    /// Yes or no.
    Flag "bool": bool = boolean;
    /// Any string.
    Text "string": String = string;
    /// Any strings.
    Texts "string[]": Vec<String> = strings;
    /// Region indices.
    Regions "int[]": Vec<i64> = integers;
    /// A time in whole milliseconds; 0 or less is none.
    Milliseconds "int": i64 = integer;
    /// The JSON of a message. Its type depends on the method, so it is read where that is known.
    Message "object": Box<RawValue> = as_it_stands;
    /// The name of a scenario. The signalling knows which there are.
    Scenario "string": String = string;
    /// The steps of a scenario of one's own. The signalling reads them.
    Script "object[]": Box<RawValue> = as_it_stands;
}

impl Message {
    /// A caller's message, which must be an object.
    pub(super) fn given(message: &impl Serialize) -> Result<Box<RawValue>, Problem> {
        let json = written(message)?;
        match json.get().as_bytes() {
            [b'{', ..] => Ok(json),
            [b'"', ..] => Err("must be an object, not a string: parse a text of JSON first".into()),
            _ => Err(format!("must be an object, not {}", cut(json.get()))),
        }
    }
}

// === What of them a seed-era header can hold ===

impl InHeader for Flag {
    fn read_text(place: &mut Option<bool>, text: &str, _: &str) -> Result<(), Problem> {
        let set = text.eq_ignore_ascii_case("true");
        *place = Some(set);
        if set || text.eq_ignore_ascii_case("false") {
            return Ok(());
        }
        Err(format!("must be true, not \"{text}\"; ignored"))
    }
}

impl InHeader for Text {
    fn read_text(place: &mut Option<String>, text: &str, _: &str) -> Result<(), Problem> {
        *place = Some(text.to_owned());
        Ok(())
    }
}

impl InHeader for Regions {
    /// A comma list; parts that are no index are skipped and named.
    fn read_text(place: &mut Option<Vec<i64>>, text: &str, _: &str) -> Result<(), Problem> {
        let (mut regions, mut skipped) = (Vec::new(), Vec::new());
        for part in text.split(',').map(str::trim) {
            match part.parse() {
                Ok(region) => regions.push(region),
                Err(_) => skipped.push(format!("\"{part}\"")),
            }
        }
        *place = Some(regions);
        if skipped.is_empty() {
            return Ok(());
        }
        let skipped = skipped.join(", ");
        Err(format!("must be a comma list of region indices; skipped {skipped}"))
    }
}

impl InHeader for Message {
    fn read_text(place: &mut Option<Box<RawValue>>, text: &str, _: &str) -> Result<(), Problem> {
        let parsed = serde_json::from_str(text);
        put(place, parsed.map_err(|error| format!("ignored, it is no JSON: {error}")))
    }
}
