//! A setting of the command line: its flag, its variable, and its documentation.

use livekit_mock::{Setting, SettingForm};

/// The beginning of the variables' names. The name of the setting follows.
pub(super) const VARIABLE_PREFIX: &str = "LK_TEST_SERVER_";

/// A setting of a server or of the program, as a row of the help and of the documentation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Such as `advertise_host`.
    pub(super) name: &'static str,
    /// A sentence in Markdown.
    pub(super) meaning: &'static str,
    pub(super) form: SettingForm,
    pub(super) placeholder: &'static str,
    pub(super) default: Option<&'static str>,
}

impl From<Setting> for Row {
    fn from(setting: Setting) -> Self {
        Self {
            name: setting.name(),
            meaning: setting.meaning(),
            form: setting.form(),
            placeholder: setting.placeholder(),
            default: setting.default_text(),
        }
    }
}

impl Row {
    /// Its line in the help.
    pub(super) fn help(&self) -> String {
        let meaning = self.meaning.trim_end_matches('.').replace('`', "");
        let default = self.default.map_or(String::new(), |text| format!(" [default: {text}]"));
        format!("{meaning}{default} [env: {}]", variable_of(self.name))
    }

    /// Its row in the tables of `docs/BEHAVIOUR.md`, Settings.
    #[cfg(test)]
    pub(super) fn documented(&self) -> String {
        let flag = format!("{} {}", flag_of(self.name), self.placeholder);
        let default = match (self.default, self.form) {
            (Some(text), _) => format!("`{text}`"),
            (None, SettingForm::Switch) => "`false`".to_owned(),
            (None, _) => "none".to_owned(),
        };
        let (flag, variable) = (flag.trim_end(), variable_of(self.name));
        let meaning = self.meaning.trim_end_matches('.');
        format!("| `{flag}` | `{variable}` | {default} | {meaning} |")
    }
}

/// `advertise_host` is `advertise-host` as a flag, without its two dashes.
pub(super) fn long_of(name: &str) -> String {
    name.replace('_', "-")
}

pub(super) fn flag_of(name: &str) -> String {
    format!("--{}", long_of(name))
}

/// `advertise_host` is `LK_TEST_SERVER_ADVERTISE_HOST` as a variable.
pub(super) fn variable_of(name: &str) -> String {
    format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase())
}
