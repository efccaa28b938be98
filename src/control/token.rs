//! A control in a token, where the signalling looks for it (`docs/SIGNALLING.md`, Bringing a control).

use super::{ATTRIBUTE, Control};
use crate::auth::AccessToken;

impl AccessToken {
    /// A control, in the participant's attribute `lk.mock`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), livekit_mock::StartError> {
    /// use livekit_mock::{Control, Mock};
    ///
    /// let mock = Mock::start().await?;
    /// let token = mock.token().identity("alice").control(&Control::new().signal("no_pong")).to_jwt();
    /// # let _ = token;
    /// # Ok(()) }
    /// ```
    pub fn control(self, control: &Control) -> Self {
        self.attribute(ATTRIBUTE, control.json())
    }
}
