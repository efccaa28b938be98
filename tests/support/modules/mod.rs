//! Which module takes what from which other, read from the text of a crate's files.
//!
//! A module is a file here; `mod x { … }` belongs to the file that it stands in. An arrow goes from a file to the
//! deepest one that a path in it reaches: `crate::control::json::read` to `control/json.rs`, and `crate::Mock` to
//! `lib.rs`, which exports it again. Code for tests and for fuzzing does not count. What a macro of another file
//! expands to is not read; what stands between the brackets of its call is.

#![allow(dead_code)] // Each package's test uses its part.

mod attribute;
mod graph;
mod source;
mod tree;

use std::{collections::BTreeMap, fs, path::Path};

pub(crate) use graph::Graph;

/// The text of each file, by its path below the folder of the crate's root.
pub(crate) type Texts = BTreeMap<String, String>;

/// Every Rust file in and below the folder.
pub(crate) fn texts(folder: &Path) -> Texts {
    let mut texts = Texts::new();
    collect(folder, "", &mut texts);
    texts
}

fn collect(folder: &Path, prefix: &str, into: &mut Texts) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.insert(
                format!("{prefix}{name}"),
                fs::read_to_string(&path).expect("a file in UTF-8"),
            );
        }
    }
}
