//! Tells the suite which platform it is built for; cargo tells it to build scripts alone.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=TARGET={}", std::env::var("TARGET").expect("cargo sets it"));
}
