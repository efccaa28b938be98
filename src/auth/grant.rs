//! How the claims that hold grants are declared. From one line come a field, its setter, its name in a
//! token, and how it is read.

/// The field that holds a grant's value, by its type.
pub(super) enum GrantSlot<'a> {
    Flag(&'a mut bool),
    /// A flag for which being left out means something else than false.
    Choice(&'a mut Option<bool>),
    Text(&'a mut String),
    Texts(&'a mut Vec<String>),
}

/// A claim whose members are grants, such as `video`.
pub(super) trait GrantClaim {
    /// The names of its grants.
    fn names(&self) -> &'static [&'static str];

    /// The field of the grant whose name stands at this place.
    fn slot(&mut self, place: usize) -> Option<GrantSlot<'_>>;

    /// The names of the flags that are true.
    fn flags(&self) -> Vec<&'static str>;

    /// Removes every grant.
    fn clear(&mut self);
}

/// Whether the value is the default, which a token leaves out.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares one claim: its grants, each with its type (`flag`, `choice`, `text`, `texts`) and its name.
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

            /// Without any of these grants.
            pub fn new() -> Self {
                Self::default()
            }

            $(grant_claim!(@setter $kind $field $(#[$doc])*);)*
        }

        impl GrantClaim for $claim {
            fn names(&self) -> &'static [&'static str] {
                Self::NAMES
            }

            fn slot(&mut self, place: usize) -> Option<GrantSlot<'_>> {
                let mut places = 0..;
                $(
                    if places.next() == Some(place) {
                        return Some(grant_claim!(@slot $kind self.$field));
                    }
                )*
                None
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

    (@slot flag $field:expr) => { GrantSlot::Flag(&mut $field) };
    (@slot choice $field:expr) => { GrantSlot::Choice(&mut $field) };
    (@slot text $field:expr) => { GrantSlot::Text(&mut $field) };
    (@slot texts $field:expr) => { GrantSlot::Texts(&mut $field) };

    (@flag flag $flags:ident, $field:expr, $name:literal) => {
        if $field {
            $flags.push($name);
        }
    };
    (@flag $kind:ident $flags:ident, $field:expr, $name:literal) => {};

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

/// Declares the claims together, each with its type and its name.
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
            /// Without any grants.
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

            /// Replaces each claim that has a grant in `over`, and keeps the others.
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

            /// The names of the grants that the claim of this name may hold.
            pub(super) fn names_in(claim: &str) -> &'static [&'static str] {
                match claim {
                    $($name => $claim::NAMES,)*
                    _ => &[],
                }
            }

            /// The names of the flags that are true, such as `video.roomCreate`.
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
