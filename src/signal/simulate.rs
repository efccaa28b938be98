//! What a client asks the server to pretend, to see how it takes it.

use std::time::Duration;

use livekit_protocol::{SimulateScenario, simulate_scenario::Scenario};

use super::{action::Ending, message, room, session::Player};
use crate::{control::LeaveAction, rtc::Found};

impl Player {
    pub(super) async fn simulate(&mut self, wanted: SimulateScenario) -> Result<(), Ending> {
        match wanted.scenario {
            Some(Scenario::SpeakerUpdate(seconds)) => {
                let seconds = u64::try_from(seconds).unwrap_or(0);
                self.room.speak_for(Duration::from_secs(seconds));
                self.send(&room::speaks(true)).await?;
            }
            Some(Scenario::NodeFailure(true)) => {
                self.room.will_be(Found::Nothing);
                self.room.fail().await;
                return Err(Ending::Reset);
            }
            Some(Scenario::Migration(true)) => return Err(Ending::Drop),
            Some(Scenario::ServerLeave(true)) => {
                self.send(&message::leave(LeaveAction::Disconnect)).await?;
            }
            Some(Scenario::LeaveRequestFullReconnect(true)) => {
                self.send(&message::leave(LeaveAction::Reconnect)).await?;
            }
            Some(Scenario::DisconnectSignalOnResume(true)) => {
                self.room.will_be(Found::EndAfterGreeting);
            }
            Some(Scenario::DisconnectSignalOnResumeNoMessages(true)) => {
                self.room.will_be(Found::End);
            }
            Some(Scenario::SwitchCandidateProtocol(_)) => {
                self.refuse("there are no candidates of TCP or TLS here: UDP goes on").await?;
            }
            Some(Scenario::SubscriberBandwidth(_)) => {
                self.refuse("the bandwidth can't be limited here: it stays as it is").await?;
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    async fn refuse(&mut self, why: &str) -> Result<(), Ending> {
        tracing::warn!("signalling: simulate: {why}");
        Ok(self.send(&room::unsupported(why)).await?)
    }
}
