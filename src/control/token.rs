//! A control in a token, where the signalling looks for it (`docs/SIGNALLING.md`, Bringing a control).

use super::{fields::Control, names::ATTRIBUTE};
use crate::auth::AccessToken;

impl AccessToken {
    /// A control, in the participant's attribute `lk.mock`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use livekit_mock::{Control, Mock};
    ///
    /// let mock = Mock::start().await?;
    /// let control = Control::new().signal("no_pong")?;
    /// let token = mock.token().identity("alice").control(&control).to_jwt();
    /// # let _ = token;
    /// # Ok(()) }
    /// ```
    pub fn control(self, control: &Control) -> Self {
        self.attribute(ATTRIBUTE, control.json())
    }
}
