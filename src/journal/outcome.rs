//! What kinds of calls there are, and how one may end.

use std::fmt;

/// Declares an enum whose variants have names of their own in the journal.
macro_rules! named {
    (
        $(#[$about:meta])+
        $type:ident { $($(#[$doc:meta])+ $variant:ident = $name:literal,)+ }
    ) => {
        $(#[$about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $type { $($(#[$doc])+ $variant,)+ }

        impl $type {
            /// All names.
            pub(crate) const NAMES: &'static [&'static str] = &[$($name),+];

            /// Its name in the journal.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.name())
            }
        }
    };
}

named! {
    /// What a client asked for.
    CallKind {
        /// A call of the API.
        Api = "api",
        /// `/settings/regions`.
        Regions = "regions",
        /// `/rtc/validate` or `/rtc/v1/validate`.
        Validate = "validate",
        /// A signalling connection, `/rtc` or `/rtc/v1`.
        Signal = "signal",
    }
}

named! {
    /// How a call ended, or is to end.
    CallOutcome {
        /// It was answered with success, or upgraded.
        Answered = "answered",
        /// It failed because its control said so.
        Failed = "failed",
        /// It was refused: its token, its path or something in it was wrong.
        Refused = "refused",
        /// The connection ended in order, without an answer.
        Dropped = "dropped",
        /// The connection was reset.
        Reset = "reset",
        /// It never got a byte.
        Hung = "hung",
        /// The answer broke off.
        Truncated = "truncated",
        /// It got bytes that are no answer.
        Garbage = "garbage",
        /// The client went away before its answer.
        Gone = "gone",
    }
}
