//! How a setting is declared: one row, of which all that a setting has is made.

/// Makes of each row the field of `Config` with its default, the method of `MockBuilder`, and the
/// `Setting`, of which the command line makes flag, variable and help, and a test the documentation.
///
/// ```text
/// /// What it means, in one sentence.                        the help and the documentation
/// #[cfg(feature = "…")]                                      where it needs a feature
/// Ports: ports(ports: impl Into<…>) -> Vec<u16> { … }        the method, the field, and what the
///                                                            field becomes, or what is wrong with it
///     as One "PORT,…" = "9999,10000" by read::ports;         its form and default as a text, and
///                                                            how a text is read
/// ```
///
/// A row without a default begins with that of its type. What a row of the form `Each` makes is one
/// of the values that its field holds.
macro_rules! settings {
    ($(
        $(#[doc = $meaning:literal])+
        $(#[cfg($condition:meta)])?
        $setting:ident: $name:ident($given:ident: $takes:ty) -> $holds:ty { $made:expr }
            as $form:ident $($placeholder:literal)? $(= $default:literal)? by $read:path;
    )+) => {
        /// A setting of a server, for those who have settings as text: flags, variables, a file.
        /// [`MockBuilder::set`] takes such a text, and the method of the same name a value.
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
            /// All of them, in the order in which they are told of.
            pub const ALL: &'static [Self] = &[$($(#[cfg($condition)])? Self::$setting),+];

            /// Its name, as the builder's method has it: `advertise_host`.
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

            /// What a value is called where one is asked for, such as `ADDRESS`; of a switch, nothing.
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

        /// What a server is started with.
        #[derive(Debug, Clone)]
        pub(crate) struct Config {
            $(
                $(#[doc = $meaning])+
                $(#[cfg($condition)])?
                pub(crate) $name: $holds,
            )+
        }

        /// That of the program.
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

            /// Sets a setting by its text, as it stands in a flag or a variable. One that can't be
            /// read is told of by the start, together with all else that is wrong.
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
        $read($default).expect("a default that can be read")
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
#[allow(unreachable_pub)] // What the declaration makes is public elsewhere.
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

    #[allow(clippy::unnecessary_wraps)] // The shape of a reader.
    fn text(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    fn number(text: &str) -> Result<u8, String> {
        text.parse().map_err(|_| "no number".to_owned())
    }

    #[test]
    fn a_row_says_all_of_its_setting() {
        assert_eq!(Setting::ALL, [Setting::Targets, Setting::Count], "one lacks its feature");
        let said = |setting: Setting| {
            (setting.name(), setting.meaning(), setting.form(), setting.default_text())
        };
        assert_eq!(said(Setting::Targets), ("targets", "Where to send.", SettingForm::Each, None));
        assert_eq!(said(Setting::Count), ("count", "How many.", SettingForm::One, Some("3")));
        assert_eq!(Setting::Count.placeholder(), "NUMBER");
    }

    #[test]
    fn one_value_takes_the_place_of_another_and_each_follows_it() {
        let Config { targets, count } = MockBuilder::default().config;
        assert_eq!((targets, count), (vec![], 3));
        let by_text = MockBuilder::default().set(Setting::Count, "4").set(Setting::Targets, "a");
        let Config { targets, count } = by_text.count(5).targets("b").config;
        assert_eq!((targets, count), (vec!["a".to_owned(), "b".to_owned()], 5));
    }
}
