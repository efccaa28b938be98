//! The declaration, held against the docs and against itself.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    choice::{FailMode, LeaveAction},
    error::ControlError,
    field::Field,
    fields::{Control, FIELDS},
    kind::Kind as _,
    names::{FAIL_DELAY_HEADER, HEADER},
    sip_transfer::SipTransfer,
};
use crate::auth::Auth;

const BEHAVIOUR: &str = include_str!("../../docs/BEHAVIOUR.md");

const FIELDS_HEAD: &str = "| field | type | counts for | what it does |";
const HEADERS_HEAD: &str = "| header | field | value |";

/// The rows of the table with this head; none where there is no such table.
fn table(head: &str) -> Vec<&'static str> {
    let lines = BEHAVIOUR.lines().skip_while(|line| *line != head);
    lines.skip(2).take_while(|line| line.starts_with('|')).collect()
}

fn row(field: &Field<Control>, name: &str) -> String {
    let kind = match field.kind {
        kind if kind.starts_with('{') => format!("`{kind}`"),
        kind => kind.to_owned(),
    };
    let parts: Vec<&str> = field.counts_for.iter().map(|part| part.name()).collect();
    format!("| `{name}` | {kind} | {} | {} |", parts.join(", "), field.about.trim())
}

#[test]
fn the_docs_have_every_field_as_it_is_declared() {
    let rows = FIELDS.iter().filter_map(|field| Some(row(field, field.name()?)));
    let rows: Vec<String> = rows.collect();
    assert!(
        table(FIELDS_HEAD) == rows,
        "docs/BEHAVIOUR.md, The control, must have this table:\n{FIELDS_HEAD}\n|---|---|---|---|\n{}",
        rows.join("\n")
    );
}

#[test]
fn the_docs_have_every_older_header_as_it_is_declared() {
    let mut rows = String::new();
    for field in FIELDS {
        let Some(header) = &field.header else { continue };
        let words = header.suffix.split('-').map(|word| match word.split_at_checked(1) {
            Some((first, rest)) => first.to_ascii_uppercase() + rest,
            None => String::new(),
        });
        let name = words.collect::<Vec<_>>().join("-");
        let field = field.name().map_or("none".to_owned(), |name| format!("`{name}`"));
        writeln!(rows, "| `X-Lk-Mock{name}` | {field} |").unwrap();
    }
    let table = table(HEADERS_HEAD);
    assert!(
        table.len() == rows.lines().count()
            && table.iter().zip(rows.lines()).all(|(line, row)| line.starts_with(row)),
        "docs/BEHAVIOUR.md must have these older headers, each with its value:\n{HEADERS_HEAD}\n{rows}"
    );
}

#[test]
fn every_row_is_sound() {
    for field in FIELDS {
        for needed in field.needs {
            assert!(FIELDS.iter().any(|field| field.name() == Some(needed)), "{needed}");
        }
        assert!(field.about.trim().ends_with('.'), "{:?}", field.about);
        for value in field.values {
            assert!(field.about.contains(&format!("`{value}`")), "{value}: {:?}", field.about);
        }
    }
    let names = || FIELDS.iter().filter_map(Field::name);
    let distinct: std::collections::HashSet<_> = names().map(str::to_ascii_lowercase).collect();
    assert_eq!(distinct.len(), names().count());
}

#[test]
fn a_choice_is_written_as_it_is_listed() {
    let modes = FailMode::ALL;
    assert_eq!(json!(modes), json!(FailMode::VALUES));
    let actions = [LeaveAction::Disconnect, LeaveAction::Resume, LeaveAction::Reconnect];
    assert_eq!(json!(actions), json!(LeaveAction::VALUES));
    assert_eq!(json!([Auth::Strict, Auth::Lenient, Auth::Off]), json!(Auth::VALUES));
}

/// A control with all of its fields, each by the method of its name.
fn full() -> Result<Control, ControlError> {
    Control::new()
        .fail_regions([0, 1])
        .fail_mode(FailMode::Delay)
        .fail_status(500)?
        .fail_twirp_code("aborted")
        .fail_message("no luck")
        .fail_meta([("a", "b")])
        .fail_headers([("Retry-After", "2")])?
        .fail_body("<p>")
        .fail_content_type("text/html")?
        .drip_ms(3)
        .fail_times(1)
        .fail_rate(0.5)?
        .seed(7)
        .key("test")
        .delay_ms(1)
        .delay_jitter_ms(4)
        .fail_delay_ms(2)
        .regions_status(500)?
        .regions_mode(FailMode::Drip)
        .response(json!({"sid": "RM_1"}))?
        .future_field(true)
        .skip_auth(true)
        .auth(Auth::Off)
        .strict(true)
        .sip_status(486)
        .sip_transfer(SipTransfer::new("STR_REJECTED")?)
        .pinned_regions(["region-0"])
        .advertise(["http://localhost"])
        .signal("no_pong")?
        .leave_action(LeaveAction::Resume)
        .script(json!([{"greet": {}}]))?
        .v1(false)
        .rtc(false)
        .protocol(18)
}

#[test]
fn every_field_can_be_built() {
    let control = full().unwrap();
    let written: Map<String, Value> = serde_json::from_str(&control.json()).unwrap();
    let names =
        |fields: &mut dyn Iterator<Item = &Field<Control>>| fields.map(Field::name).collect();
    let (given, all): (Vec<_>, Vec<_>) =
        (names(&mut control.given().fields()), names(&mut FIELDS.iter()));
    assert_eq!(given, all);
    assert_eq!(written.len(), FIELDS.iter().filter_map(Field::name).count());
    assert_eq!(control.headers()[0], control.header());
    assert_eq!(control.headers()[1..], [("x-lk-mock-delay-ms", "2".to_owned())]);
}

#[test]
fn the_wait_of_a_late_failure_has_the_header_that_its_row_names() {
    let row = FIELDS.iter().find(|field| field.name().is_none()).and_then(|f| f.header.as_ref());
    assert_eq!(format!("{HEADER}{}", row.unwrap().suffix), FAIL_DELAY_HEADER);
}
