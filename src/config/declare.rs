//! Declares settings. One row contains everything about a setting.

/// Makes from each row the field of `Config` with its default, the method of `MockBuilder`, and the
/// `Setting`. From that, the command line makes the flag, the variable and the help, and a test checks
/// the documentation.
///
/// ```text
/// /// What it means, in one sentence.                        for the help and the documentation
/// #[cfg(feature = "…")]                                      if it needs a feature
/// Ports: ports(ports: impl Into<…>) -> Vec<u16> { … }        the method, the type of the field, and
///                                                            its new value, or the error
///     as One "PORT,…" = "9999,10000" by read::ports;         the form, the default as text, and the
///                                                            reader of a text
/// ```
///
/// A row without a default has that of its type. A row of the form `Each` makes one of the values that
/// its field holds.
macro_rules! settings {
    ($(
        $(#[doc = $meaning:literal])+
        $(#[cfg($condition:meta)])?
        $setting:ident: $name:ident($given:ident: $takes:ty) -> $holds:ty { $made:expr }
            as $form:ident $($placeholder:literal)? $(= $default:literal)? by $read:path;
    )+) => {
        /// A setting of a server, for programs that have settings as text: as flags, as variables or
        /// in a file. [`MockBuilder::set`] takes such a text, and the method with the setting's name
        /// takes a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Setting {
            $(
                $(#[doc = $meaning])+
                $(#[cfg($condition)])?
                $setting,
            )+
        }

        impl Setting {
            /// All settings, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$($(#[cfg($condition)])? Self::$setting),+];

            /// Its name, which is that of the builder's method, such as `advertise_host`.
            pub fn name(self) -> &'static str {
                match self { $($(#[cfg($condition)])? Self::$setting => stringify!($name)),+ }
            }

            /// What it means, as a sentence in Markdown.
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(#[cfg($condition)])? Self::$setting => concat!($($meaning),+).trim_ascii()),+
                }
            }

            /// How it takes its values.
            pub fn form(self) -> SettingForm {
                match self { $($(#[cfg($condition)])? Self::$setting => SettingForm::$form),+ }
            }

            /// The placeholder for a value in the help, such as `ADDRESS`. It is empty for a switch.
            pub fn placeholder(self) -> &'static str {
                match self { $($(#[cfg($condition)])? Self::$setting => concat!($($placeholder)?)),+ }
            }

            /// The program's default, as the text that would set it.
            pub fn default_text(self) -> Option<&'static str> {
                match self {
                    $($(#[cfg($condition)])? Self::$setting => default_text!($($default)?)),+
                }
            }
        }

        /// The settings with which a server is started.
        #[derive(Debug, Clone)]
        pub(crate) struct Config {
            $(
                $(#[doc = $meaning])+
                $(#[cfg($condition)])?
                pub(crate) $name: $holds,
            )+
        }

        /// The defaults of the program.
        impl Default for Config {
            fn default() -> Self {
                Self { $($(#[cfg($condition)])? $name: default_value!($read $(, $default)?)),+ }
            }
        }

        impl MockBuilder {
            $(
                $(#[doc = $meaning])+
                $(#[cfg($condition)])?
                #[must_use]
                pub fn $name(self, $given: $takes) -> Self {
                    self.with(Setting::$setting, $made, |config, value| {
                        put!($form, config.$name, value);
                    })
                }
            )+

            /// Sets a setting by a text, as in a flag or a variable. If it can't be read, the start
            /// returns that error, together with all others.
            #[must_use]
            pub fn set(self, setting: Setting, text: &str) -> Self {
                match setting {
                    $(
                        $(#[cfg($condition)])?
                        Setting::$setting => self.with(setting, $read(text), |config, value| {
                            put!($form, config.$name, value);
                        }),
                    )+
                }
            }
        }
    };
}

macro_rules! default_text {
    () => {
        None
    };
    ($default:literal) => {
        Some($default)
    };
}

macro_rules! default_value {
    ($read:path) => {
        Default::default()
    };
    ($read:path, $default:literal) => {
        $read($default).expect("a valid default")
    };
}

macro_rules! put {
    (Each, $field:expr, $value:expr) => {
        $field.push($value)
    };
    ($form:ident, $field:expr, $value:expr) => {
        $field = $value
    };
}

pub(super) use {default_text, default_value, put, settings};

#[cfg(test)]
#[allow(unreachable_pub)] // The macro makes public items.
mod tests {
    use super::super::form::SettingForm;

    settings! {
        /// Where to
        /// send.
        Targets: targets(target: &str) -> Vec<String> { text(target) } as Each "URL" by text;

        /// Never.
        #[cfg(any())]
        Never: never(never: NoSuchType) -> NoSuchType { Ok(never) } as Switch by text;

        /// How many.
        Count: count(count: u8) -> u8 { Ok(count) } as One "NUMBER" = "3" by number;
    }

    #[derive(Default)]
    struct MockBuilder {
        config: Config,
    }

    impl MockBuilder {
        fn with<T>(
            mut self,
            _: Setting,
            value: Result<T, String>,
            put: impl FnOnce(&mut Config, T),
        ) -> Self {
            put(&mut self.config, value.expect("a value"));
            self
        }
    }

    #[allow(clippy::unnecessary_wraps)] // All readers return a result.
    fn text(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    fn number(text: &str) -> Result<u8, String> {
        text.parse().map_err(|_| "not a number".to_owned())
    }

    #[test]
    fn a_row_contains_everything_about_its_setting() {
        assert_eq!(Setting::ALL, [Setting::Targets, Setting::Count], "one lacks its feature");
        let said = |setting: Setting| {
            (setting.name(), setting.meaning(), setting.form(), setting.default_text())
        };
        assert_eq!(said(Setting::Targets), ("targets", "Where to send.", SettingForm::Each, None));
        assert_eq!(said(Setting::Count), ("count", "How many.", SettingForm::One, Some("3")));
        assert_eq!(Setting::Count.placeholder(), "NUMBER");
    }

    #[test]
    fn one_replaces_the_value_and_each_adds_to_it() {
        let Config { targets, count } = MockBuilder::default().config;
        assert_eq!((targets, count), (vec![], 3));
        let by_text = MockBuilder::default().set(Setting::Count, "4").set(Setting::Targets, "a");
        let Config { targets, count } = by_text.count(5).targets("b").config;
        assert_eq!((targets, count), (vec!["a".to_owned(), "b".to_owned()], 5));
    }
}
