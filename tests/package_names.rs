//! The packages for Python and Node.js have the same names as the server, for each grant, each field
//! of a control, and each field of a call in the journal.

use std::{collections::BTreeSet, fs, path::Path};

type Names = BTreeSet<String>;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines after the one that begins like this, up to the next one that is not indented further.
fn block<'a>(text: &'a str, opening: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| !line.trim_start().starts_with(opening));
    let depth = |line: &str| line.len() - line.trim_start().len();
    let outer = depth(lines.next().unwrap_or_else(|| panic!("no line \"{opening}\"")));
    lines.take_while(|line| line.is_empty() || depth(line) > outer).map(str::trim).collect()
}

/// The text, if it is a name.
fn name(text: &str) -> Option<String> {
    let is_name = text.chars().all(|letter| letter.is_ascii_alphanumeric());
    (is_name && !text.is_empty()).then(|| text.to_owned())
}

/// The names of a `TypedDict`.
fn python(text: &str, class: &str) -> Names {
    let lines = block(text, &format!("class {class}(TypedDict,"));
    lines.iter().filter_map(|line| name(line.split_once(": ")?.0)).collect()
}

/// The names of an interface.
fn typescript(text: &str, interface: &str) -> Names {
    let lines = block(text, &format!("export interface {interface} "));
    let before = |line: &str| name(line.split_once(": ")?.0.trim_end_matches('?'));
    lines.iter().filter_map(|line| before(line)).collect()
}

/// The strings of a TypeScript type that is one of several.
fn alternatives(text: &str, kind: &str) -> Names {
    let (_, from) = text.split_once(&format!("export type {kind} =")).expect(kind);
    quoted(from.split(';').next().unwrap_or(from))
}

fn quoted(text: &str) -> Names {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_ascii_uppercase() + &word[1..])
}

#[test]
fn each_field_of_a_control_is_in_each_package() {
    let behaviour = file("docs/BEHAVIOUR.md");
    let table = behaviour.lines().skip_while(|line| *line != "## The control");
    let rows = table.skip_while(|line| !line.starts_with("| field")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let fields: Names = rows.filter_map(|row| Some(row.split('`').nth(1)?.to_owned())).collect();
    assert!(fields.contains("failRegions") && fields.contains("v1"), "{fields:?}");
    assert_eq!(python(&file("python/livekit_mock/_control.py"), "ControlFields"), fields);
    assert_eq!(typescript(&file("npm/livekit-mock/index.d.mts"), "ControlFields"), fields);
}

#[test]
fn each_field_of_a_call_is_in_each_package() {
    let json = file("src/journal/json.rs");
    let declared = block(&json, "struct Shown<");
    let fields = declared.iter().filter_map(|line| name(&camel_case(line.split_once(": ")?.0)));
    let fields: Names = fields.collect();
    assert!(fields.contains("seq") && fields.contains("messagesLost"), "{fields:?}");
    assert_eq!(python(&file("python/livekit_mock/_journal.py"), "Call"), fields);
    assert_eq!(typescript(&file("npm/livekit-mock/index.d.mts"), "Call"), fields);
}

#[test]
fn each_kind_and_each_outcome_of_a_call_is_in_each_package() {
    let declared = file("src/journal/outcome.rs");
    let (types, filter) =
        (file("npm/livekit-mock/index.d.mts"), file("python/livekit_mock/_journal.py"));
    for kind in ["CallKind", "CallOutcome"] {
        let names = quoted(&block(&declared, &format!("{kind} {{")).join("\n"));
        assert!(names.len() > 3, "{names:?}");
        assert_eq!(alternatives(&types, kind), names, "{kind} in TypeScript");
        for name in names {
            assert!(filter.contains(&format!("``{name}``")), "{name} in class CallFilter");
        }
    }
}

#[test]
fn each_grant_is_in_each_package() {
    let grants = file("src/auth/grants.rs");
    let (python_grants, types) =
        (file("python/livekit_mock/_token.py"), file("npm/livekit-mock/index.d.mts"));
    let claims = grants.lines().filter_map(|line| name(line.trim().strip_suffix(" {")?));
    let claims: Vec<_> = claims.filter(|claim| claim.ends_with("Grants")).collect();
    assert_eq!(claims.len(), 8, "{claims:?}");
    for claim in claims {
        let declared = block(&grants, &format!("{claim} {{"));
        let names = declared.iter().filter_map(|line| name(line.split('"').nth(1)?));
        let names: Names = names.collect();
        assert!(!names.is_empty(), "{claim}");
        assert_eq!(python(&python_grants, &claim), names, "{claim} in Python");
        assert_eq!(typescript(&types, &claim), names, "{claim} in TypeScript");
    }
}
