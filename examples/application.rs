//! An application and its tests: a support desk that calls a customer back. The application is as it
//! would be in production. The tests program the mock by what the application is configured with.
//!
//! `cargo test --example application` runs the tests. SDKs fail over only for hosts under
//! `livekit.cloud`, so one of them needs `127.0.0.1 mock.livekit.cloud` in the hosts file.

use std::{env, error::Error, time::Duration};

use livekit_api::{
    access_token::{AccessToken, VideoGrants},
    services::{
        LiveKitApi, ServiceError, ServiceResult, SipCallError, room::CreateRoomOptions,
        sip::CreateSIPParticipantOptions,
    },
};
use livekit_protocol::{Room, SipParticipantInfo};
use tokio::time::timeout;

/// Calls customers back, on behalf of agents who talk to them in a browser.
struct Desk {
    livekit: LiveKitApi,
    api_key: String,
    api_secret: String,
    /// How long an agent waits before the desk gives up.
    patience: Duration,
}

/// A customer who has answered the phone.
#[derive(Debug)]
struct Call {
    room: Room,
    customer: SipParticipantInfo,
    /// What the agent's browser joins with.
    token: String,
}

/// Why there is no call, as the agent is told.
#[derive(Debug, PartialEq, Eq)]
enum NoCall {
    Busy,
    TookTooLong,
    NotAllowed,
    Failed(String),
}

impl Desk {
    fn new(url: &str, api_key: &str, api_secret: &str) -> Self {
        Self {
            livekit: LiveKitApi::with_api_key(url, api_key, api_secret),
            api_key: api_key.to_owned(),
            api_secret: api_secret.to_owned(),
            patience: Duration::from_secs(45),
        }
    }

    async fn call_back(&self, agent: &str, phone: &str) -> Result<Call, NoCall> {
        match timeout(self.patience, self.call(agent, phone)).await {
            Err(_) => Err(NoCall::TookTooLong),
            Ok(called) => called.map_err(NoCall::from),
        }
    }

    async fn call(&self, agent: &str, phone: &str) -> ServiceResult<Call> {
        let name = format!("callback-{agent}");
        let options =
            CreateRoomOptions { empty_timeout: 60, max_participants: 2, ..Default::default() };
        let room = self.livekit.room().create_room(&name, options).await?;
        let token = AccessToken::with_api_key(&self.api_key, &self.api_secret)
            .with_identity(agent)
            .with_grants(VideoGrants { room_join: true, room: name.clone(), ..Default::default() })
            .to_jwt()?;
        let options = CreateSIPParticipantOptions {
            participant_identity: "customer".to_owned(),
            wait_until_answered: Some(true),
            ..Default::default()
        };
        let sip = self.livekit.sip();
        let customer = sip
            .create_sip_participant("ST_desk".to_owned(), phone.to_owned(), name, options, None)
            .await?;
        Ok(Call { room, customer, token })
    }
}

impl From<ServiceError> for NoCall {
    fn from(error: ServiceError) -> Self {
        use livekit_api::services::ServerError::Twirp;
        if let Some(call) = SipCallError::from_error(&error)
            && matches!(call.sip_status_code(), Some(486 | 600))
        {
            return Self::Busy;
        }
        match &error {
            ServiceError::Twirp(Twirp(twirp)) if twirp.code == "permission_denied" => {
                Self::NotAllowed
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let [url, key, secret] = ["LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"]
        .map(|name| env::var(name).map_err(|_| format!("{name} must be set")));
    let phone = env::args().nth(1).ok_or("say which number to call: application PHONE")?;
    let desk = Desk::new(&url?, &key?, &secret?);
    match desk.call_back("agent-1", &phone).await {
        Ok(Call { room, customer, token }) => {
            println!("{} waits in {}: join with {token}", customer.participant_identity, room.name);
        }
        Err(why) => println!("no call: {why:?}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use livekit_api::access_token::TokenVerifier;
    use livekit_mock::{Auth, CallOutcome, Control, FailMode, Mock, VideoGrants};
    use livekit_protocol::{CreateRoomRequest, CreateSipParticipantRequest};

    use super::*;

    const PHONE: &str = "+15550100";

    async fn mock() -> Mock {
        Mock::builder()
            .regions(3)
            .advertise_host("http://mock.livekit.cloud")
            .auth(Auth::Strict)
            .start()
            .await
            .expect("a server")
    }

    /// The desk, configured with a key that says what its calls are to see. It reaches the mock by an
    /// address for which the SDK does not fail over.
    fn desk(mock: &Mock, control: &Control) -> Desk {
        let url = format!("http://{}", mock.addresses()[0]);
        Desk::new(&url, &control.api_key(), mock.api_secret())
    }

    /// Whoever is called reacts at once. Without this it takes them eleven seconds.
    fn at_once() -> Control {
        Control::new().delay_ms(0)
    }

    #[tokio::test]
    async fn a_customer_who_answers_is_in_a_room_with_the_agent() {
        let mock = mock().await;
        let desk = desk(&mock, &at_once());
        let call = desk.call_back("alice", PHONE).await.expect("a call");
        assert_eq!((&*call.room.name, &*call.room.sid), ("callback-alice", "MOCK_SID"));
        let verifier = TokenVerifier::with_api_key(&desk.api_key, mock.api_secret());
        let claims = verifier.verify(&call.token).expect("a sound token");
        assert_eq!((&*claims.sub, &*claims.video.room), ("alice", "callback-alice"));
    }

    #[tokio::test]
    async fn the_desk_asks_for_what_it_should() {
        let mock = mock().await;
        desk(&mock, &at_once()).call_back("alice", PHONE).await.expect("a call");
        let room: CreateRoomRequest =
            mock.calls().method("CreateRoom").one().request().expect("a request");
        assert_eq!((room.empty_timeout, room.max_participants), (60, 2));
        let dialled: CreateSipParticipantRequest =
            mock.calls().method("CreateSIPParticipant").one().request().expect("a request");
        assert_eq!(
            (&*dialled.participant_identity, &*dialled.room_name),
            ("customer", "callback-alice")
        );
    }

    #[tokio::test]
    async fn a_busy_customer_is_told_as_such() {
        let mock = mock().await;
        let busy = desk(&mock, &at_once().sip_status(486));
        assert_eq!(busy.call_back("alice", PHONE).await.unwrap_err(), NoCall::Busy);
    }

    #[tokio::test]
    async fn a_region_that_drops_its_connections_is_not_noticed() {
        let mock = mock().await;
        let control = at_once().fail_regions([0]).fail_mode(FailMode::Drop);
        // The advertised URL of region 0, under a name for which the SDK fails over.
        let desk = Desk::new(mock.url(0), &control.api_key(), mock.api_secret());
        let call = desk.call_back("alice", PHONE).await.expect("a call by another region");
        assert_eq!(call.room.name, "callback-alice");
        let tries = mock.calls().method("CreateRoom");
        let outcomes: Vec<_> =
            tries.all().iter().map(|one| (one.region(), one.outcome())).collect();
        let expected = [(0, CallOutcome::Dropped), (1, CallOutcome::Answered)];
        assert_eq!(outcomes, expected, "{tries}");
    }

    #[tokio::test]
    async fn without_another_region_the_failure_is_told() {
        let mock = mock().await;
        let control = Control::new().fail_regions([0]).fail_status(500).expect("a status");
        let failed = desk(&mock, &control);
        let why = failed.call_back("alice", PHONE).await.unwrap_err();
        assert!(matches!(&why, NoCall::Failed(why) if why.contains("unavailable")), "{why:?}");
    }

    /// The desk's token lets it create rooms and dial nobody.
    #[tokio::test]
    async fn a_desk_that_may_not_dial_says_so() {
        let mock = mock().await;
        let token = mock.token().grants(VideoGrants::new().room_create()).to_jwt();
        let url = format!("http://{}", mock.addresses()[0]);
        let livekit = LiveKitApi::with_token(&url, &token);
        let desk = Desk { livekit, ..desk(&mock, &at_once()) };
        assert_eq!(desk.call_back("alice", PHONE).await.unwrap_err(), NoCall::NotAllowed);
    }

    #[tokio::test]
    async fn an_agent_does_not_wait_for_a_server_that_is_slow() {
        let mock = mock().await;
        let patience = Duration::from_millis(200);
        let slow = Control::new().delay_ms(60_000);
        let desk = Desk { patience, ..desk(&mock, &slow) };
        assert_eq!(desk.call_back("alice", PHONE).await.unwrap_err(), NoCall::TookTooLong);
    }
}
