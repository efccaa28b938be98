//! Makes a small descriptor set for each service from the `.proto` files of the package
//! `livekit-protocol`, so that the server only has to decode the one that a request names.

mod prune;
mod source;

use std::{env, error::Error, fmt::Write as _, fs, path::Path, path::PathBuf, process::ExitCode};

use prost::Message as _;
use prune::Service;

/// Messages that no service uses, but that the signalling and the data of rooms need as JSON.
const SIGNAL_ROOTS: [&str; 4] = [
    "livekit.SignalResponse",
    "livekit.SignalRequest",
    "livekit.JoinRequest",
    "livekit.DataPacket",
];

/// The message in the claim `roomConfig` of a token.
const TOKEN_ROOT: &str = "livekit.RoomConfiguration";

fn main() -> ExitCode {
    fix_address();
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `cargo::error` shows only the sentence. The exit code stops the build.
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Lets the program lie at a fixed address, where it needs no relocation: that took a sixth of the time
/// of a start, and two fifths of the memory that the idle program writes to. A static program has to be
/// told by `-C relocation-model=static`.
fn fix_address() {
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    if target("OS") == "linux" && target("ENV") == "gnu" && !is_static {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

fn generate() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    let protobufs = source::find()?;
    println!("cargo::rerun-if-changed={}", protobufs.display());
    let files = protox::compile(proto_files(&protobufs)?, [&protobufs])
        .map_err(|error| {
            format!("the protocol files in {} do not compile: {error}", protobufs.display())
        })?
        .file;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut table = String::from("pub(crate) static SERVICES: &[Service] = &[\n");
    for Service { name, methods, roots } in prune::services(&files) {
        write_set(&out, &name, &prune::reach(&files, &roots, Some(&name)))?;
        let descriptors = format!("include_bytes!(\"{name}.bin\")");
        writeln!(
            table,
            "    Service {{ name: {name:?}, descriptors: {descriptors}, methods: &{methods:?} }},"
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("services.rs"), table)?;
    write_set(&out, "signal", &prune::reach(&files, &SIGNAL_ROOTS.map(str::to_owned), None))?;
    write_set(&out, "token", &prune::reach(&files, &[TOKEN_ROOT.to_owned()], None))
}

/// The public protocol: the `.proto` files in the folder itself. Those in its subfolders are internal to
/// LiveKit's servers.
fn proto_files(protobufs: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = fs::read_dir(protobufs)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "proto"));
    files.sort();
    Ok(files)
}

fn write_set(
    out: &Path,
    name: &str,
    set: &prost_types::FileDescriptorSet,
) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(out.join(format!("{name}.bin")), set.encode_to_vec())?)
}
