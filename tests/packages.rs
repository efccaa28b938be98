//! The settings that are written by hand outside of the crate: in the Python package, in the npm
//! package and in the files for containers. This test is not part of the published crate, which
//! lacks those files.

mod support;

use std::collections::BTreeSet;

use support::program::run;

const PYTHON: &str = include_str!("../python/livekit_mock/_mock.py");
const NODE: &str = include_str!("../npm/livekit-mock/index.cjs");
const NODE_TYPES: &str = include_str!("../npm/livekit-mock/index.d.mts");
const DOCUMENTS: [&str; 7] = [
    include_str!("../README.md"),
    include_str!("../docs/MIGRATING.md"),
    include_str!("../docs/CONTROL-BY-KEY.md"),
    include_str!("../docker/Dockerfile"),
    include_str!("../docker/compose.yaml"),
    include_str!("../docker/kubernetes.yaml"),
    include_str!("../docker/kubernetes-regions.yaml"),
];

/// Flags that the packages set by themselves, since they read the program's output.
const THEIR_OWN: [&str; 2] = ["stop-with-stdin", "log-format"];

/// The program's flags, by its own help.
async fn flags() -> BTreeSet<String> {
    let help = run(&["--help"], &[]).await.stdout;
    let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
    let flags: BTreeSet<String> =
        flags.map(|flag| flag.split([' ', '[']).next().unwrap_or(flag).to_owned()).collect();
    assert!(flags.contains("ports") && flags.len() > 10, "{help}");
    flags
}

/// The settings of a package: the flags that its users may set, and the number of regions.
async fn settings(spelled: impl Fn(&str) -> String) -> BTreeSet<String> {
    let flags = flags().await;
    let left = flags.iter().map(String::as_str).filter(|flag| !THEIR_OWN.contains(flag));
    left.chain(["regions"]).map(spelled).collect()
}

/// What `name` finds in the lines between the one with `begin` and the next that begins with `end`.
fn names(
    text: &str,
    begin: &str,
    end: &str,
    name: impl Fn(&str) -> Option<&str>,
) -> BTreeSet<String> {
    let lines = text.lines().skip_while(|line| !line.contains(begin)).skip(1);
    let lines = lines.take_while(|line| !line.starts_with(end));
    lines.filter_map(name).map(str::to_owned).collect()
}

/// The word before `after`, if the line has exactly this indent and begins with the word.
fn word_before<'a>(line: &'a str, indent: &str, after: &str) -> Option<&'a str> {
    let (word, _) = line.strip_prefix(indent)?.split_once(after)?;
    word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(word)
}

fn camel_case(flag: &str) -> String {
    let mut words = flag.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| all + &word[..1].to_ascii_uppercase() + &word[1..])
}

#[tokio::test]
async fn python_has_every_setting() {
    let wanted = settings(|flag| flag.replace('-', "_")).await;
    let documented =
        names(PYTHON, "class Settings(", "class ", |line| word_before(line, "    ", ": "));
    assert_eq!(documented, wanted, "class Settings of python/livekit_mock/_mock.py");
    let taken =
        names(PYTHON, "def __init__(", "    ) ->", |line| word_before(line, "        ", ": "));
    assert_eq!(taken, wanted, "arguments of Mock in python/livekit_mock/_mock.py");
    let given = names(PYTHON, "settings = {", "        }", |line| {
        line.trim_start().strip_prefix('"')?.split_once('"').map(|(flag, _)| flag)
    });
    let mut flags = flags().await;
    flags.remove("stop-with-stdin");
    assert_eq!(given, flags, "what Mock gives the program, in python/livekit_mock/_mock.py");
}

#[tokio::test]
async fn node_has_every_setting() {
    let wanted = settings(camel_case).await;
    let taken = names(NODE, "SETTINGS = new Set([", "]", |line| {
        line.trim_start().strip_prefix('"')?.split_once('"').map(|(name, _)| name)
    });
    assert_eq!(taken, wanted, "SETTINGS of npm/livekit-mock/index.cjs");
    let typed =
        names(NODE_TYPES, "interface MockSettings {", "}", |line| word_before(line, "  ", "?: "));
    assert_eq!(typed, wanted, "MockSettings of npm/livekit-mock/index.d.mts");
}

#[tokio::test]
async fn every_documented_variable_exists() {
    const PREFIX: &str = "LK_TEST_SERVER_";
    let flags = flags().await;
    let mut count = 0;
    for text in DOCUMENTS {
        for rest in text.split(PREFIX).skip(1) {
            let name = rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next();
            let name = name.unwrap_or_default();
            // An ellipsis stands for all of them.
            if !name.is_empty() {
                let flag = name.to_ascii_lowercase().replace('_', "-");
                assert!(flags.contains(&flag), "{PREFIX}{name} is not a variable of the program");
                count += 1;
            }
        }
    }
    assert!(count > 3, "{count}");
}
