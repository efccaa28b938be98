//! The client `livekit-api` fails over from a region that drops its connections to the next.
//!
//! The client does that only for hosts under `livekit.cloud`, so such a name has to lead to
//! loopback: `127.0.0.1 mock.livekit.cloud` in the hosts file. Then `cargo run --example failover`.

use std::{error::Error, net::ToSocketAddrs as _};

use livekit_api::services::{LiveKitApi, room::CreateRoomOptions};
use livekit_mock::{Auth, Control, FailMode, Mock};

const HOST: &str = "mock.livekit.cloud";
const SECRET: &str = "secret";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if !(HOST, 0).to_socket_addrs().is_ok_and(|mut found| found.any(|at| at.ip().is_loopback())) {
        return Err(format!(
            "{HOST} is not this machine: add \"127.0.0.1 {HOST}\" to the hosts file"
        )
        .into());
    }
    let mock = Mock::builder()
        .regions(3)
        .advertise_host(format!("http://{HOST}"))
        .auth(Auth::Strict)
        .secret(SECRET)
        .start()
        .await?;

    // The client copies its API key into its tokens, and the key may hold a control.
    let one_down = Control::new().fail_regions([0]).fail_mode(FailMode::Drop);
    let room =
        client(&mock, &one_down).room().create_room("lobby", CreateRoomOptions::default()).await?;
    println!("region 0 drops the connection, another answers: room {} is {}", room.name, room.sid);

    let all_down = Control::new().fail_regions([0, 1, 2]);
    match client(&mock, &all_down).room().create_room("lobby", CreateRoomOptions::default()).await {
        Err(error) => println!("all regions fail, and so does the call: {error}"),
        Ok(room) => return Err(format!("no region was up, but {room:?} came").into()),
    }
    mock.shutdown().await;
    Ok(())
}

fn client(mock: &Mock, control: &Control) -> LiveKitApi {
    LiveKitApi::with_api_key(mock.url(0), &control.api_key(), SECRET)
}
