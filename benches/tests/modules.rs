//! The files of `benches/src/` must not depend on each other in a circle.

#[path = "../../tests/support/modules/mod.rs"]
mod modules;

use std::path::Path;

use modules::{Graph, texts};

#[test]
fn no_modules_form_a_circle() {
    let texts = texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let graph = Graph::read(&texts, &["main.rs", "bin/floor.rs"]).expect("readable modules");
    println!("benches/src: {}", graph.summary());
    let circles = graph.told_circles();
    assert!(
        circles.is_empty(),
        "move what one of them takes to a file that both may take from\n{circles}"
    );
}
