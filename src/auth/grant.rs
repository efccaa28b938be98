//! How the claims that hold grants are declared: a field, its setter, its name in a token, and how it
//! is read, from one line each.

/// Where the value of a grant goes, by its type.
pub(super) enum Grant<'a> {
    Flag(&'a mut bool),
    /// A flag that makes a difference when it is left out.
    Choice(&'a mut Option<bool>),
    Text(&'a mut String),
    Texts(&'a mut Vec<String>),
}

/// A claim whose members are grants, such as `video`.
pub(super) trait GrantClaim {
    /// The place of the grant of this name.
    fn grant(&mut self, name: &str) -> Option<Grant<'_>>;

    /// The names of the flags that are true.
    fn flags(&self) -> Vec<&'static str>;

    /// Takes every grant away.
    fn clear(&mut self);
}

/// Whether a token may leave it out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One claim: its grants, each with its type (`flag`, `choice`, `text`, `texts`) and its name.
macro_rules! grant_claim {
    (
        $(#[$about:meta])*
        $claim:ident { $($(#[$doc:meta])* $field:ident: $kind:ident = $name:literal,)* }
    ) => {
        $(#[$about])*
        #[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
        #[allow(clippy::struct_excessive_bools)] // LiveKit's own shape.
        #[non_exhaustive]
        pub struct $claim {
            $(
                $(#[$doc])*
                #[serde(rename = $name, skip_serializing_if = "is_default")]
                pub $field: grant_claim!(@type $kind),
            )*
        }

        impl $claim {
            pub(super) const NAMES: &'static [&'static str] = &[$($name),*];

            /// None of these grants.
            pub fn new() -> Self {
                Self::default()
            }

            $(grant_claim!(@setter $kind $field $(#[$doc])*);)*
        }

        impl GrantClaim for $claim {
            fn grant(&mut self, name: &str) -> Option<Grant<'_>> {
                match name {
                    $($name => Some(grant_claim!(@place $kind self.$field)),)*
                    _ => None,
                }
            }

            fn flags(&self) -> Vec<&'static str> {
                let mut flags = Vec::new();
                $(grant_claim!(@flag $kind flags, self.$field, $name);)*
                flags
            }

            fn clear(&mut self) {
                *self = Self::default();
            }
        }
    };

    (@type flag) => { bool };
    (@type choice) => { Option<bool> };
    (@type text) => { String };
    (@type texts) => { Vec<String> };

    (@place flag $place:expr) => { Grant::Flag(&mut $place) };
    (@place choice $place:expr) => { Grant::Choice(&mut $place) };
    (@place text $place:expr) => { Grant::Text(&mut $place) };
    (@place texts $place:expr) => { Grant::Texts(&mut $place) };

    (@flag flag $flags:ident, $place:expr, $name:literal) => {
        if $place {
            $flags.push($name);
        }
    };
    (@flag $kind:ident $flags:ident, $place:expr, $name:literal) => {};

    (@setter flag $field:ident $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self) -> Self {
            self.$field = true;
            self
        }
    };
    (@setter choice $field:ident $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, allowed: bool) -> Self {
            self.$field = Some(allowed);
            self
        }
    };
    (@setter text $field:ident $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl Into<String>) -> Self {
            self.$field = $field.into();
            self
        }
    };
    (@setter texts $field:ident $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $field(mut self, $field: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$field = $field.into_iter().map(Into::into).collect();
            self
        }
    };
}

/// All of these claims together, each with its type and its name.
macro_rules! grant_claims {
    ($(#[$about:meta])* $all:ident { $($(#[$doc:meta])* $field:ident: $claim:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
        #[non_exhaustive]
        pub struct $all {
            $(
                $(#[$doc])*
                #[serde(rename = $name, skip_serializing_if = "is_default")]
                pub $field: $claim,
            )*
        }

        impl $all {
            /// Nothing is allowed.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $field(mut self, $field: $claim) -> Self {
                    self.$field = $field;
                    self
                }
            )*

            /// Takes each claim that `over` gives anything in, and keeps the others.
            pub(super) fn overlaid_by(self, over: Self) -> Self {
                Self {
                    $($field: if is_default(&over.$field) { self.$field } else { over.$field },)*
                }
            }

            /// The claim of this name.
            pub(super) fn claim(&mut self, name: &str) -> Option<&mut dyn GrantClaim> {
                match name {
                    $($name => Some(&mut self.$field),)*
                    _ => None,
                }
            }

            /// The grants that the claim of this name may hold.
            pub(super) fn names_in(claim: &str) -> &'static [&'static str] {
                match claim {
                    $($name => $claim::NAMES,)*
                    _ => &[],
                }
            }

            /// The flags that are true, such as `video.roomCreate`.
            pub(super) fn flags(&self) -> Vec<String> {
                let mut flags = Vec::new();
                $(flags.extend(self.$field.flags().iter().map(|flag| format!("{}.{flag}", $name)));)*
                flags
            }
        }

        $(
            impl From<$claim> for $all {
                fn from($field: $claim) -> Self {
                    Self::new().$field($field)
                }
            }
        )*
    };
}

pub(super) use {grant_claim, grant_claims};
