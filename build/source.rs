//! Finds the package `livekit-protocol` on this disk.
//!
//! Cargo has unpacked it before this script runs, since the library depends on it. If this package
//! comes from a registry or a vendor folder, it is in the same folder. Otherwise it is in a vendor folder
//! further up, or among the registry's sources.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

const PACKAGE: &str = "livekit-protocol";
/// The folder of the `.proto` files inside the package.
const PROTOBUFS: &str = "protocol/protobufs";
/// The release line whose files this crate was written for, as in `Cargo.toml`.
const LINE: &str = "0.8.";
const OVERRIDE: &str = "LIVEKIT_PROTOCOL_DIR";

/// The folder of the `.proto` files, or a sentence that lists the places where it was searched.
pub(crate) fn find() -> Result<PathBuf, String> {
    println!("cargo::rerun-if-env-changed={OVERRIDE}");
    if let Some(package) = env::var_os(OVERRIDE).filter(|value| !value.is_empty()) {
        let protobufs = Path::new(&package).join(PROTOBUFS);
        return if protobufs.is_dir() {
            Ok(protobufs)
        } else {
            Err(format!("{OVERRIDE} is set, but {} is not a folder", protobufs.display()))
        };
    }
    let places = places();
    let locked = locked_version();
    let mut packages: Vec<(PathBuf, String)> =
        places.iter().flat_map(|place| packages_in(place)).collect();
    // The best one is last: the version in the lock file, or else the newest of the release line.
    packages.sort_by_key(|(_, version)| (Some(version) == locked.as_ref(), patch(version)));
    match packages.pop() {
        Some((package, _)) => Ok(package.join(PROTOBUFS)),
        None => Err(not_found(&places)),
    }
}

fn not_found(places: &[PathBuf]) -> String {
    let list: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    let list = list.join("\n  ");
    format!(
        "the .proto files of the package {PACKAGE} {LINE}x were not found; looked in\n  {list}\n\
         Run `cargo fetch` (or `cargo vendor`) and build again, or set {OVERRIDE} to the unpacked package."
    )
}

/// Folders that may hold the package, the likeliest first.
fn places() -> Vec<PathBuf> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut places: Vec<PathBuf> = manifest.parent().map(Path::to_owned).into_iter().collect();
    places.extend(manifest.ancestors().map(|folder| folder.join("vendor")));
    if let Some(sources) = cargo_home().map(|home| home.join("registry/src")) {
        places.extend(folders(&sources));
    }
    places.retain(|place| place.is_dir());
    places
}

fn cargo_home() -> Option<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CARGO_HOME")
        .or_else(|| set("HOME").or_else(|| set("USERPROFILE")).map(|home| home.join(".cargo")))
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// The packages of the release line in a folder, with their versions.
fn packages_in(place: &Path) -> Vec<(PathBuf, String)> {
    folders(place)
        .into_iter()
        .filter(|folder| {
            folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PACKAGE))
        })
        .filter_map(|folder| {
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
            let named = manifest.lines().any(|line| line == format!("name = \"{PACKAGE}\""));
            let version = field(&manifest, "version")?;
            let usable = named && version.starts_with(LINE) && folder.join(PROTOBUFS).is_dir();
            usable.then_some((folder, version))
        })
        .collect()
}

/// The version in this package's own lock file, which both a checkout and a published package have.
fn locked_version() -> Option<String> {
    let lock = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?).join("Cargo.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    let text = fs::read_to_string(lock).ok()?;
    let (_, entry) = text.split_once(&format!("name = \"{PACKAGE}\"\n"))?;
    field(entry, "version")
}

/// The first `name = "value"` of a manifest or a lock file.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \""))
        .map(|rest| rest.trim_end_matches('"').to_owned())
}

fn patch(version: &str) -> u64 {
    version.strip_prefix(LINE).and_then(|patch| patch.parse().ok()).unwrap_or(0)
}
