//! The files of `src/` must not depend on each other in a circle, and no room may depend on
//! another. `cargo test --test modules -- --nocapture` says how many files and arrows there are.

#[path = "support/modules/mod.rs"]
mod modules;

use std::path::Path;

use modules::{Graph, Texts, texts};

/// The rooms, which are independent of each other: folders of `src/`, or files with these names.
const ROOMS: [&str; 7] =
    ["agent", "api", "discovery", "inspector", "signal", "token_endpoint", "webhook"];

fn graph_of(folder: &str, roots: &[&str]) -> Graph {
    let texts = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let graph = Graph::read(&texts, roots).expect("readable modules");
    println!("{folder}: {}", graph.summary());
    graph
}

#[test]
fn no_modules_form_a_circle() {
    let circles = graph_of("src", &["lib.rs", "main.rs"]).told_circles();
    assert!(
        circles.is_empty(),
        "move what one of them takes to a file that both may take from\n{circles}"
    );
}

#[test]
fn no_modules_of_the_build_script_form_a_circle() {
    let circles = graph_of("build", &["main.rs"]).told_circles();
    assert!(
        circles.is_empty(),
        "move what one of them takes to a file that both may take from\n{circles}"
    );
}

#[test]
fn no_room_depends_on_another() {
    let between = graph_of("src", &["lib.rs", "main.rs"]).told_between(&ROOMS);
    assert!(
        between.is_empty(),
        "move it to where what they share stands (docs/ARCHITECTURE.md)\n{between}"
    );
}

// === The reader, on made-up sources ===

/// A crate with `a.rs` and `b.rs`, whose root is `lib.rs`.
fn two(a: &str, b: &str) -> Graph {
    several(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", b)])
}

fn several(files: &[(&str, &str)]) -> Graph {
    let own = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()));
    Graph::read(&own.collect::<Texts>(), &["lib.rs"]).expect("readable modules")
}

#[test]
fn a_circle_is_reported_with_its_imports() {
    let graph = two("use crate::b::Answer; use crate::b::ask;", "fn f() { crate::a::listen(); }");
    assert_eq!(
        graph.told_circles(),
        "2 files form a circle: a.rs, b.rs\n  a.rs takes from b.rs: Answer, ask\n  b.rs takes from a.rs: listen\n"
    );
    assert_eq!(graph.summary(), "files: 3, arrows: 2, circles: 1, files of the largest: 2");
}

#[test]
fn arrows_in_one_direction_are_not_a_circle() {
    let graph = two("use crate::b::Answer;", "struct Answer;");
    assert_eq!(graph.told_circles(), "");
    assert_eq!(graph.summary(), "files: 3, arrows: 1, circles: 0, files of the largest: 0");
}

#[test]
fn a_circle_may_have_many_files() {
    let graph = several(&[
        ("lib.rs", "mod a; mod b; mod c; pub use a::A;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "use crate::c::C;"),
        ("c.rs", "use crate::A;"),
    ]);
    assert!(graph.told_circles().starts_with("4 files form a circle: a.rs, b.rs, c.rs, lib.rs\n"));
}

#[test]
fn a_declared_module_alone_is_not_an_arrow() {
    let graph = several(&[("lib.rs", "mod a;"), ("a.rs", "use crate::Mock;")]);
    assert_eq!(graph.told_circles(), "");
    assert_eq!(graph.names("a.rs", "lib.rs"), ["Mock"]);
}

#[test]
fn a_child_and_its_parent_make_a_circle() {
    let child = "use super::Schema; pub fn read() {}";
    let graph = several(&[
        ("lib.rs", "mod api;"),
        ("api/mod.rs", "mod body; struct Schema; fn f() { body::read(); }"),
        ("api/body.rs", child),
    ]);
    assert_eq!(graph.names("api/mod.rs", "api/body.rs"), ["read"]);
    assert_eq!(graph.names("api/body.rs", "api/mod.rs"), ["Schema"]);
    assert!(graph.told_circles().starts_with("2 files form a circle: api/body.rs, api/mod.rs\n"));
}

#[test]
fn super_leads_to_siblings_and_up_again() {
    let graph = several(&[
        ("lib.rs", "mod a; mod top;"),
        ("a.rs", "mod b; mod c;"),
        ("a/b.rs", "use super::c::C; use super::super::top::Top; fn f() { self::super::g(); }"),
        ("a/c.rs", ""),
        ("top.rs", ""),
    ]);
    assert_eq!(graph.names("a/b.rs", "a/c.rs"), ["C"]);
    assert_eq!(graph.names("a/b.rs", "top.rs"), ["Top"]);
    assert_eq!(graph.names("a/b.rs", "a.rs"), ["g"]);
}

#[test]
fn braces_nest_in_imports() {
    let graph = several(&[
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "pub(crate) use crate::{b::{self, c::{C, d as e}, B}, Mock as _}; use {std::io, crate::b::f::*};",
        ),
        ("b.rs", "pub mod c; pub mod f;"),
        ("b/c.rs", ""),
        ("b/f.rs", ""),
    ]);
    assert_eq!(graph.names("a.rs", "b.rs"), ["B", "b"]);
    assert_eq!(graph.names("a.rs", "b/c.rs"), ["C", "d"]);
    assert_eq!(graph.names("a.rs", "b/f.rs"), ["*"]);
    assert_eq!(graph.names("a.rs", "lib.rs"), ["Mock"]);
}

#[test]
fn calls_of_macros_are_read() {
    let graph = two(
        "fn f() { println!(\"{}\", vec![crate::b::ask()][0]); }",
        "fn f() { crate::a::told!(); }",
    );
    assert_eq!(graph.names("a.rs", "b.rs"), ["ask"]);
    assert_eq!(graph.names("b.rs", "a.rs"), ["told"]);
}

#[test]
fn a_macro_may_hold_an_import_and_name_its_crate() {
    let a = "macro_rules! told { () => { { use $crate::b::ask; ask() } } }";
    assert_eq!(two(a, "").names("a.rs", "b.rs"), ["ask"]);
}

#[test]
fn what_only_looks_like_a_path_is_ignored() {
    let a = r##"
        //! crate::b::One
        /// [`crate::b::Two`]
        /* crate::b::Three */ // crate::b::Four
        const FIVE: &str = "crate::b::Five"; const SIX: &str = r#"use crate::b::Six;"#;
        pub(in crate::b) fn seven() {}
        use ::b::Eight; use b::Nine; fn f() { other::crate_b(); x.b::<u8>(); std::b::c(); }
    "##;
    assert_eq!(two(a, "").summary(), "files: 3, arrows: 0, circles: 0, files of the largest: 0");
}

#[test]
fn what_is_only_for_tests_is_left_out() {
    let a = r#"
        #[cfg(test)] use crate::b::One;
        #[cfg(any(test, feature = "fuzzing"))] #[allow(dead_code)] pub(crate) fn two() -> u8 { crate::b::two() }
        #[cfg(all(test, unix))] mod tests { use crate::b::Three; }
        struct Four { #[cfg(test)] four: crate::b::Four, five: crate::b::Five }
        #[cfg(feature = "fuzzing")] pub mod fuzzing;
        #[cfg(test)] mod tests;
    "#;
    assert_eq!(two(a, "").names("a.rs", "b.rs"), ["Five"]);
}

#[test]
fn what_some_users_build_is_read() {
    let a = r#"
        #[cfg(not(test))] use crate::b::One;
        #[cfg(unix)] fn two() { crate::b::two(); }
        #[cfg(feature = "cli")] fn three() { crate::b::three(); }
        #[cfg(any(test, windows))] fn four() { crate::b::four(); }
        #[derive(crate::b::Five)] struct Five;
    "#;
    assert_eq!(two(a, "").names("a.rs", "b.rs"), ["Five", "One", "four", "three", "two"]);
}

#[test]
fn modules_in_braces_belong_to_their_file() {
    let a = "mod inner { use super::x; use super::super::b::B; pub mod b {} } use inner::b; fn f() { b::g(); }";
    let graph = two(a, "");
    assert_eq!(graph.names("a.rs", "b.rs"), ["B"]);
    assert_eq!(graph.summary(), "files: 3, arrows: 1, circles: 0, files of the largest: 0");
}

#[test]
fn a_path_may_begin_with_an_imported_module() {
    let graph = several(&[
        ("lib.rs", "mod a; mod b; mod d;"),
        ("a.rs", "use crate::b; use b::c as renamed; fn f() { b::c::x(); renamed::y(); }"),
        ("b.rs", "pub mod c;"),
        ("b/c.rs", ""),
        ("d.rs", "use crate::b::*; fn f() { c::z(); Vec::<u8>::new(); String::new(); }"),
    ]);
    assert_eq!(graph.names("a.rs", "b/c.rs"), ["c", "x", "y"]);
    assert_eq!(graph.names("d.rs", "b/c.rs"), ["z"]);
    assert_eq!(graph.names("d.rs", "b.rs"), ["*"]);
}

#[test]
fn a_declared_module_without_a_file_is_an_error() {
    let texts = Texts::from([("lib.rs".to_owned(), "mod a;".to_owned())]);
    let error = Graph::read(&texts, &["lib.rs"]).err();
    assert_eq!(
        error.as_deref(),
        Some("lib.rs declares the module a, and there is neither a.rs nor a/mod.rs")
    );
}

#[test]
fn rooms_are_folders_or_files() {
    let graph = several(&[
        ("lib.rs", "mod api; mod discovery; mod fault;"),
        ("api/mod.rs", "mod body; use crate::fault::Fault;"),
        ("api/body.rs", "use crate::discovery::Region; use super::Schema;"),
        ("discovery.rs", ""),
        ("fault.rs", "use crate::discovery::Region;"),
    ]);
    assert_eq!(
        graph.told_between(&["api", "discovery"]),
        "  api/body.rs takes from discovery.rs: Region\n"
    );
}
