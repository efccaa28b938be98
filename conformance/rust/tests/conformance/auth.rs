use livekit_api::{
    access_token::{AccessToken, VideoGrants},
    services::{LiveKitApi, ServerErrorCode},
};
use livekit_mock_conformance::{ENVIRONMENT, Outcome, report, twirp_error};

#[tokio::test]
async fn wrong_secret() {
    let environment = &*ENVIRONMENT;
    let api =
        LiveKitApi::with_api_key(&environment.urls[0], &environment.api_key, "not the secret");
    let error = twirp_error(api.room().create_room("lobby", Default::default()).await);
    assert_eq!(error.code, ServerErrorCode::UNAUTHENTICATED);
    report("wrong-secret", Outcome::Works);
}

#[tokio::test]
async fn missing_grant() {
    let environment = &*ENVIRONMENT;
    let token = AccessToken::with_api_key(&environment.api_key, &environment.api_secret)
        .with_grants(VideoGrants { room_list: true, ..Default::default() })
        .to_jwt()
        .unwrap();
    let api = LiveKitApi::with_token(&environment.urls[0], &token);
    api.room().list_rooms(Vec::new()).await.expect("the token lists rooms");
    let error = twirp_error(api.room().create_room("lobby", Default::default()).await);
    assert_eq!(error.code, ServerErrorCode::PERMISSION_DENIED);
    report("missing-grant", Outcome::Works);
}
