//! All settings of the command line.

use livekit_mock::Setting;

use super::{program, row::Row};

/// The settings of a server, and then those of the program.
pub(super) fn rows() -> impl Iterator<Item = Row> {
    let of_servers = Setting::ALL.iter().map(|setting| Row::from(*setting));
    of_servers.chain(program::SETTINGS.iter().map(|(row, _)| *row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_them_all() {
        let document = include_str!("../../docs/BEHAVIOUR.md");
        let section = document.split("\n## ").find(|section| section.starts_with("Settings\n"));
        let section = section.expect("a section of that name");
        let found: Vec<&str> = section.lines().filter(|line| line.starts_with("| `--")).collect();
        let wanted: Vec<String> = rows().map(|row| row.documented()).collect();
        assert!(
            found == wanted,
            "the tables of docs/BEHAVIOUR.md, Settings, must have these rows, in this order:\n{}",
            wanted.join("\n")
        );
    }
}
