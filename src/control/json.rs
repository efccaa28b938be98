//! A control as a JSON object, read leniently: a field that is wrong falls alone.

use super::{
    field::{Field, Json, Null},
    fields::{Control, FIELDS},
};
use crate::{
    go_json::{self, Members, Name},
    warning::{Warnings, suggestion},
};

/// Reads the object. `source` names it in warnings (`X-Lk-Mock`).
pub(crate) fn read(text: &str, source: &str, warnings: &mut Warnings) -> Option<Box<Control>> {
    let value = go_json::parse(text.as_bytes());
    let problem = match value.as_ref().map(|value| (value.kind(), value.members())) {
        Ok((_, Some(members))) => return Some(read_members(members, source, warnings)),
        Ok((kind, None)) => format!("it is {}", kind.described()),
        Err(fault) => fault.to_string(),
    };
    warnings.add(format_args!(
        "{source}: ignored, it must be one JSON object such as {{\"failRegions\":[0]}}: {problem}"
    ));
    None
}

fn read_members(members: Members<'_>, source: &str, warnings: &mut Warnings) -> Box<Control> {
    // On the heap, since it is large and handed on from here.
    let mut control = Box::<Control>::default();
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in members {
        let Some((field, Json { name, read })) = named(name) else {
            warn_of_unknown(name, source, warnings);
            continue;
        };
        if seen.contains(name) {
            warnings.add(format_args!("{source}: \"{name}\" is given twice, the last one counts"));
        }
        if value.is_null() && field.null != Some(Null::Counts) {
            if field.null == Some(Null::Clears) {
                (field.clear)(&mut control);
            }
            continue;
        }
        seen.push(name);
        if let Err(problem) = read(&mut control, value, field.otherwise) {
            warnings.add(format_args!("{source}: \"{name}\" {problem}"));
        }
    }
    control
}

fn named(name: Name<'_>) -> Option<(&'static Field<Control>, &'static Json<Control>)> {
    let field = &FIELDS[name.find_by(FIELDS, Field::name)?];
    Some((field, field.json.as_ref()?))
}

fn warn_of_unknown(name: Name<'_>, source: &str, warnings: &mut Warnings) {
    if !warnings.is_full() {
        let name = name.text();
        let hint = suggestion(&name, FIELDS.iter().filter_map(Field::name));
        warnings.add(format_args!("{source}: unknown field \"{name}\"{hint}"));
    }
}
