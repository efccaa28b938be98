//! What of a control only the signalling can check, as a caller in Rust sets it.

use serde::Serialize;

use super::{scenario, script::Script};
use crate::{
    control::{Control, ControlError, written},
    warning::suggestion,
};

/// Its fields for the signalling, which knows the scenarios and the steps that there are.
impl Control {
    /// The scenario, by its name, such as `no_pong` (`docs/SIGNALLING.md`, Scenarios).
    ///
    /// # Errors
    /// There is no scenario of this name.
    pub fn signal(mut self, scenario: impl Into<String>) -> Result<Self, ControlError> {
        let name = scenario.into();
        if scenario::script(&name).is_none() {
            let hint = suggestion(&name, scenario::names());
            let problem = format!("must name a scenario, not \"{name}\"{hint}");
            return Err(ControlError::new("signal", problem));
        }
        self.signal = Some(name);
        Ok(self)
    }

    /// A scenario of one's own, as a list of steps (`docs/SIGNALLING.md`, Scripts). **Beyond** the
    /// reference.
    ///
    /// ```
    /// # use livekit_mock::Control;
    /// # use serde_json::json;
    /// let steps = json!([{"greet": {}}, {"wait": 200}, {"close": {"code": 1011}}]);
    /// let control = Control::new().script(steps)?;
    ///
    /// let error = Control::new().script(json!([{"wiat": 200}])).unwrap_err().to_string();
    /// assert!(error.starts_with("script: step 1: unknown step \"wiat\", did you mean \"wait\"?"));
    /// # Ok::<(), livekit_mock::ControlError>(())
    /// ```
    ///
    /// # Errors
    /// It has no JSON form, or is no script; the step that is wrong is named.
    pub fn script(mut self, steps: impl Serialize) -> Result<Self, ControlError> {
        let steps = written(&steps).map_err(|problem| ControlError::new("script", problem))?;
        Script::parse(steps.get()).map_err(|problem| ControlError::new("script", problem))?;
        self.script = Some(steps);
        Ok(self)
    }
}
