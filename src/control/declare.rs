//! How the control is declared: from a row for each field, all that there is to a field follows.

/// Declares `Control`. A row, with what of it may be left out in brackets:
///
/// ```text
/// /// What the field does: for the docs, and for who builds a control in Rust.
/// name_in_rust: Kind {
///     [json: "nameInJson",]
///     [header: "-suffix",]          what follows X-Lk-Mock in the name of the seed-era header
///     [null: Clears or Counts,]     what `null` does, where it is not passed over
///     [otherwise: "503 is used",]   what a warning says to have counted in place of an odd value
///     [needs: ["failRegions"],]     without any of which it has no effect
///     counts_for: [Calls],          the parts of the server that heed it
/// }
/// ```
///
/// The `Kind` is a type that implements that trait. It gives the field its type and its readers, and
/// `setter!` the method that sets it.
macro_rules! control {
    (
        $(#[$about_control:meta])+
        pub struct Control;

        $(
            $(#[doc = $about:literal])+
            $field:ident: $kind:ident {
                $(json: $json:literal,)?
                $(header: $header:literal,)?
                $(null: $null:ident,)?
                $(otherwise: $otherwise:literal,)?
                $(needs: [$($needs:literal),+],)?
                counts_for: [$($part:ident),+],
            }
        )+
    ) => {
        $(#[$about_control])+
        pub struct Control {
            $(pub(crate) $field: Option<<$kind as Kind>::Held>,)+
        }

        /// All fields, in the order in which they are written and warned of.
        pub(super) static FIELDS: &[Field<Control>] = &[$(
            Field {
                json: optional!($(Json {
                    name: $json,
                    read: |control, value, otherwise| {
                        <$kind as InJson>::read(&mut control.$field, value, otherwise)
                    },
                })?),
                header: optional!($(Header {
                    suffix: $header,
                    read: |control, text, otherwise| {
                        <$kind as InHeader>::read_text(&mut control.$field, text, otherwise)
                    },
                })?),
                null: optional!($(Null::$null)?),
                otherwise: concat!($($otherwise)?),
                needs: &[$($($needs),+)?],
                counts_for: &[$(Part::$part),+],
                clear: |control| control.$field = None,
                kind: <$kind as Kind>::TYPE,
                values: <$kind as Kind>::VALUES,
                about: concat!($($about),+),
            },
        )+];

        impl Control {
            /// Which of its fields are given.
            pub(crate) fn given(&self) -> Given {
                let (mut given, mut bit) = (0, 1);
                $(
                    if self.$field.is_some() {
                        given |= bit;
                    }
                    bit <<= 1;
                )+
                let _ = bit; // That of the next field, if there were one.
                Given(given)
            }

            /// Takes each field that `over` gives and keeps the others.
            pub(crate) fn lay_over(&mut self, over: Self) {
                $(
                    if over.$field.is_some() {
                        self.$field = over.$field;
                    }
                )+
            }
        }

        impl Serialize for Control {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut object = serializer.serialize_map(None)?;
                $($(
                    if let Some(value) = &self.$field {
                        object.serialize_entry($json, value)?;
                    }
                )?)+
                object.end()
            }
        }

        /// Its fields.
        impl Control {
            $(setter! { $kind $field $(#[doc = $about])+ })+
        }
    };
}

/// What is there, if it is.
macro_rules! optional {
    () => { None };
    ($($there:tt)+) => { Some($($there)+) };
}

pub(super) use {control, optional};
