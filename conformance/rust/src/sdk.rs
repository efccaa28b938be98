//! The SDK's own source, as cargo has it: its version, and every method that it offers.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

pub const PACKAGE: &str = "livekit-api";

pub struct Sdk {
    pub version: String,
    root: PathBuf,
}

/// Asks cargo for the package that this suite is built with.
pub fn find() -> &'static Sdk {
    static SDK: LazyLock<Sdk> = LazyLock::new(|| {
        let metadata = metadata();
        let package = metadata["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|package| package["name"] == PACKAGE)
            .expect("the SDK is a dependency");
        let manifest = Path::new(package["manifest_path"].as_str().expect("a manifest path"));
        Sdk {
            version: package["version"].as_str().expect("a version").to_owned(),
            root: manifest.parent().expect("the manifest has a folder").to_owned(),
        }
    });
    &SDK
}

/// What cargo knows of this suite's packages, without those of other platforms: building
/// has downloaded none of them.
fn metadata() -> Value {
    let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command
        .args(["metadata", "--format-version=1", "--locked", "--filter-platform", env!("TARGET")])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    let output =
        command.output().unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed ({}):\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{command:?} did not print JSON: {error}"))
}

impl Sdk {
    /// Every API method as `accessor.method`, read from the source: the accessors of
    /// `LiveKitApi`, and the public async methods of the clients that they return.
    pub fn methods(&self) -> BTreeSet<String> {
        let services = self.root.join("src/services");
        let accessors = accessors(
            &fs::read_to_string(services.join("livekit_api.rs")).expect("livekit_api.rs"),
        );
        assert!(!accessors.is_empty(), "LiveKitApi has accessors");

        let mut methods = BTreeSet::new();
        for entry in fs::read_dir(&services).expect("the services' folder") {
            let path = entry.expect("a file of the services").path();
            let source = fs::read_to_string(&path).expect("a source file");
            for (client, method) in async_methods(&source) {
                match accessors.get(&client) {
                    Some(accessor) => _ = methods.insert(format!("{accessor}.{method}")),
                    // What the clients send with; it is not exported.
                    None => assert_eq!(
                        client, "TwirpClient",
                        "{client} is a client that LiveKitApi does not give"
                    ),
                }
            }
        }
        methods
    }
}

/// `pub fn room(&self) -> &RoomClient` as `RoomClient` → `room`.
fn accessors(source: &str) -> BTreeMap<String, String> {
    source
        .lines()
        .filter_map(|line| {
            let (name, client) = line.trim().strip_prefix("pub fn ")?.split_once("(&self) -> &")?;
            Some((client.trim_end_matches(" {").to_owned(), name.to_owned()))
        })
        .collect()
}

/// The `pub async fn`s of each `impl`, as (type, method). The source is formatted by
/// rustfmt, so an `impl` starts its line and its methods are indented by four.
fn async_methods(source: &str) -> Vec<(String, String)> {
    let mut current = None;
    let mut methods = Vec::new();
    for line in source.lines() {
        if let Some(header) = line.strip_prefix("impl ") {
            current = Some(header.trim_end_matches(" {").to_owned());
        } else if let Some(rest) = line.strip_prefix("    pub async fn ") {
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            methods.push((current.clone().expect("a method stands in an impl"), name));
        }
    }
    methods
}
