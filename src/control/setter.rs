//! How the fields of the control are set in Rust: a method of the field's name, whose form depends on
//! the kind of value.

/// The method that sets a field: its kind, its name, its docs.
macro_rules! setter {
    (Flag $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, yes: bool) -> Self {
            self.$field = Some(yes);
            self
        }
    };
    (Text $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, text: impl Into<String>) -> Self {
            self.$field = Some(text.into());
            self
        }
    };
    (Texts $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$field = Some(texts.into_iter().map(Into::into).collect());
            self
        }
    };
    (Regions $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, indices: impl IntoIterator<Item = usize>) -> Self {
            let index = |index| i64::try_from(index).unwrap_or(i64::MAX);
            self.$field = Some(indices.into_iter().map(index).collect());
            self
        }
    };
    (Milliseconds $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, milliseconds: u64) -> Self {
            self.$field = Some(i64::try_from(milliseconds).unwrap_or(i64::MAX));
            self
        }
    };
    (FailDelay $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, milliseconds: u64) -> Self {
            self.$field = Some(milliseconds);
            self
        }
    };
    (Times $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, times: u32) -> Self {
            self.$field = Some(times);
            self
        }
    };
    (Share $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// # Errors
        /// It is not from 0 to 1.
        pub fn $field(mut self, share: f64) -> Result<Self, ControlError> {
            let given = Share::given(share);
            self.$field = Some(given.map_err(|wrong| ControlError::new(stringify!($field), wrong))?);
            Ok(self)
        }
    };
    (ServerProtocol $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// # Errors
        /// It is not from 1 to 18.
        pub fn $field(mut self, number: u8) -> Result<Self, ControlError> {
            let given = ServerProtocol::given(number);
            self.$field = Some(given.map_err(|wrong| ControlError::new(stringify!($field), wrong))?);
            Ok(self)
        }
    };
    (Seed $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// It is a string or an integer.
        pub fn $field(mut self, seed: impl ToString) -> Self {
            self.$field = Some(seed.to_string());
            self
        }
    };
    (Strings $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field<N: Into<String>, T: Into<String>>(
            mut self,
            members: impl IntoIterator<Item = (N, T)>,
        ) -> Self {
            let member = |(name, text): (N, T)| (name.into(), text.into());
            self.$field = Some(members.into_iter().map(member).collect());
            self
        }
    };
    (Headers $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// # Errors
        /// One of them can't be sent, or the server sends it itself.
        pub fn $field<N: Into<String>, T: Into<String>>(
            mut self,
            headers: impl IntoIterator<Item = (N, T)>,
        ) -> Result<Self, ControlError> {
            let header = |(name, value): (N, T)| (name.into(), value.into());
            let given = Headers::given(headers.into_iter().map(header).collect());
            self.$field = Some(given.map_err(|wrong| ControlError::new(stringify!($field), wrong))?);
            Ok(self)
        }
    };
    (ContentType $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// # Errors
        /// It is no value of a header.
        pub fn $field(mut self, media_type: &str) -> Result<Self, ControlError> {
            let given = ContentType::given(media_type);
            self.$field = Some(given.map_err(|wrong| ControlError::new(stringify!($field), wrong))?);
            Ok(self)
        }
    };
    (Status $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// # Errors
        /// The status is not from 200 to 599: no answer has it.
        pub fn $field(mut self, status: u16) -> Result<Self, ControlError> {
            let given = Status::given(status);
            self.$field = Some(given.map_err(|wrong| ControlError::new(stringify!($field), wrong))?);
            Ok(self)
        }
    };
    (Message $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        ///
        /// It is a message of `livekit-protocol`, a `serde_json::Value`, or whatever else `serde`
        /// writes as an object.
        ///
        /// # Errors
        /// It has no JSON form, or one that is no object. Whether the object is a response of the
        /// method that is called, the server says in a warning.
        pub fn $field(mut self, message: impl Serialize) -> Result<Self, ControlError> {
            let given = Message::given(&message);
            self.$field = Some(given.map_err(|wrong| ControlError::new(stringify!($field), wrong))?);
            Ok(self)
        }
    };
    (SipStatus $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, status: impl Into<SipStatus>) -> Self {
            self.$field = Some(status.into());
            self
        }
    };
    // Whether there is such a scenario, and what the steps are, the signalling knows: the methods
    // stand there.
    (Scenario $field:ident $($about:tt)+) => {};
    (Script $field:ident $($about:tt)+) => {};
    ($own:ident $field:ident $(#[$about:meta])+) => {
        $(#[$about])+
        pub fn $field(mut self, value: $own) -> Self {
            self.$field = Some(value);
            self
        }
    };
}

pub(super) use setter;
