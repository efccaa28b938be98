//! The server inside the process of a test: its start, its use, its stop.

mod support;

use std::{
    net::TcpListener,
    time::{Duration, SystemTime},
};

use livekit_mock::{AccessToken, Auth, Control, Mock, Setting, StartError, VideoGrants};
use livekit_protocol::signal_response::Message as Response;
use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use support::{CREATE_ROOM, address, all_grants, get, post, raw, socket::Dial, soon, start};

const MS: Duration = Duration::from_millis(1);

#[tokio::test]
async fn starts_four_regions_on_free_loopback_ports() {
    let mock = Mock::start().await.expect("a server");
    assert_eq!(mock.urls().len(), 4);
    for (region, url) in mock.urls().iter().enumerate() {
        assert_eq!(*url, format!("http://{}", address(&mock, region)));
        assert_eq!(url, mock.url(region));
        assert!(address(&mock, region).ip().is_loopback());
        assert_eq!(get(&mock, region, "/_test/health", &[]).await.text(), "ok");
    }
}

#[test]
fn starts_without_an_async_runtime() {
    let mock = Mock::builder().regions(1).start_blocking().expect("a server");
    std::net::TcpStream::connect(mock.addresses()[0]).expect("a listening server");
}

#[tokio::test]
async fn takes_the_settings_of_the_builder() {
    let mock = start(Mock::builder().regions(2).auth(Auth::Strict).secret("other")).await;
    assert_eq!(mock.urls().len(), 2);
    assert_eq!(post(&mock, 0, CREATE_ROOM, &[], "{}").await.status, 401);

    let token = mock.token().grants(VideoGrants::new().room_create()).to_jwt();
    let token = format!("Bearer {token}");
    let allowed = post(&mock, 1, CREATE_ROOM, &[("authorization", &token)], "{}").await;
    assert_eq!(allowed.status, 200);

    let elsewhere = start(Mock::builder().auth(Auth::Strict)).await;
    let refused = post(&elsewhere, 0, CREATE_ROOM, &[("authorization", &token)], "{}").await;
    assert_eq!(refused.status, 401, "a token of another server's secret");
}

#[tokio::test]
async fn a_built_control_is_obeyed() {
    let mock = start(Mock::builder().regions(2)).await;
    let control = Control::new().fail_regions([0]).fail_status(500).expect("a status");
    let (name, value) = control.header();
    assert_eq!(post(&mock, 0, CREATE_ROOM, &[(name, &value)], "{}").await.status, 500);
    assert_eq!(post(&mock, 1, CREATE_ROOM, &[(name, &value)], "{}").await.status, 200);

    let room = serde_json::json!({ "sid": "RM_é", "name": "lobby" });
    let (name, value) = Control::new().response(&room).expect("JSON").header();
    assert!(value.is_ascii(), "{value}");
    let answer = post(&mock, 0, CREATE_ROOM, &[(name, &value)], "{}").await;
    assert_eq!(answer.json(), room);
    assert!(answer.warnings().iter().all(|warning| warning.contains("served without")));
}

#[test]
fn a_token_says_who_joins_and_what_happens() {
    let mock = Mock::builder().start_blocking().expect("a server");
    let grants = VideoGrants::new().room_join().room("lobby");
    let token = mock.token().identity("alice").name("Alice").grants(grants);
    let joins = |token: &AccessToken| Dial::to(&mock).token(&token.to_jwt()).connect();
    let Response::Join(join) = joins(&token).message() else { panic!("no join") };
    let participant = join.participant.expect("a participant");
    assert_eq!((&*participant.identity, &*participant.name), ("alice", "Alice"));
    assert_eq!(join.room.expect("a room").name, "lobby");

    let leaves = Control::new().signal("leave_first_message").expect("a scenario");
    for token in [
        token.clone().control(&leaves),
        token.clone().attribute("lk.mock", leaves.json()),
        token.clone().attributes([("lk.mock", leaves.json()), ("seat", "7".to_owned())]),
        token.clone().api_key(leaves.api_key()),
        AccessToken::new(leaves.api_key(), mock.api_secret()),
    ] {
        assert!(matches!(joins(&token).message(), Response::Leave(_)), "{token:?}");
    }
}

#[tokio::test]
async fn a_token_is_valid_as_long_as_it_says() {
    let mock = start(Mock::builder().auth(Auth::Strict).secret("other")).await;
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    let token = AccessToken::new(mock.api_key(), mock.api_secret());
    let token = token.grants(VideoGrants::new().room_create());
    for (token, status) in [
        (token.clone(), 200),
        (token.clone().ttl(Duration::from_secs(1)), 200),
        (token.clone().expires_at(now + hour).not_before(now), 200),
        (token.clone().expires_at(now - hour), 401),
        (token.clone().not_before(now + hour), 401),
    ] {
        let header = format!("Bearer {}", token.to_jwt());
        let answer = post(&mock, 0, CREATE_ROOM, &[("authorization", &header)], "{}").await;
        assert_eq!(answer.status, status, "{token:?}");
    }
}

#[tokio::test]
async fn no_debug_form_shows_the_secret() {
    let builder = Mock::builder().secret("hush-hush");
    let mock = start(builder.clone()).await;
    assert_eq!(mock.api_secret(), "hush-hush");
    let forms = format!("{builder:?} {mock:?} {:?}", mock.token());
    assert!(!forms.contains("hush-hush"), "{forms}");
}

/// Each test of a suite may have its own server. They do not share anything.
#[tokio::test]
async fn many_servers_run_at_the_same_time() {
    let mocks = (0..12).map(|n| async move {
        let secret = format!("secret-{n}");
        let mock = start(Mock::builder().regions(4).auth(Auth::Strict).secret(secret)).await;
        let token = all_grants(&mock);
        for region in 0..4 {
            let answer = post(&mock, region, CREATE_ROOM, &[("authorization", &token)], "{}").await;
            assert_eq!(answer.status, 200, "server {n}");
            assert_eq!(answer.header("x-lk-mock-region"), Some(region.to_string().as_str()));
        }
        mock
    });
    let tasks: Vec<_> = mocks.map(tokio::spawn).collect();
    let mut seen = std::collections::BTreeSet::new();
    let mut running = Vec::new();
    for task in tasks {
        let mock = task.await.expect("a task that ends");
        assert!(mock.addresses().iter().all(|address| seen.insert(*address)), "a port twice");
        running.push(mock);
    }
    assert_eq!(seen.len(), 48);
}

#[tokio::test]
async fn a_drop_frees_the_ports_at_once() {
    let mock = start(Mock::builder()).await;
    let addresses = mock.addresses().to_vec();
    // Neither an idle connection nor one that waits for its answer delays the drop.
    let idle = TcpStream::connect(addresses[0]).await.expect("a listening server");
    let mut waiting = slow_call(&mock, 1, 600_000).await;
    drop(mock);
    for address in addresses {
        TcpListener::bind(address).expect("a port that is free again");
    }
    assert_eq!(soon(raw::read_to_end(&mut waiting)).await, "", "the call is cut off");
    drop(idle);
}

#[tokio::test]
async fn a_shutdown_waits_for_a_delayed_answer_and_no_longer() {
    let mock = start(Mock::builder().grace(Duration::from_secs(600))).await;
    let first = address(&mock, 0);
    let mut waiting = slow_call(&mock, 0, 300).await;
    soon(mock.shutdown()).await;
    let answer = soon(raw::read_to_end(&mut waiting)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    TcpListener::bind(first).expect("a port that is free again");
}

#[tokio::test]
async fn a_shutdown_ends_what_takes_longer_than_the_grace() {
    let mock = start(Mock::builder().grace(Duration::from_millis(50))).await;
    let mut waiting = slow_call(&mock, 0, 600_000).await;
    soon(mock.shutdown()).await;
    assert_eq!(soon(raw::read_to_end(&mut waiting)).await, "");
}

#[tokio::test]
async fn a_server_survives_the_runtime_that_started_it() {
    let mock = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(start(Mock::builder().regions(1)))
    });
    let mock = mock.join().expect("a thread that ends");
    assert_eq!(get(&mock, 0, "/_test/health", &[]).await.status, 200);
}

#[tokio::test]
async fn all_wrong_settings_are_named_and_nothing_is_started() {
    let wrong = Mock::builder().ports([7, 7]).advertise_host("127.0.0.1").secret("");
    let error = wrong.start().await.expect_err("an error");
    let StartError::Config(errors) = &error else { panic!("{error:?}") };
    assert_eq!(errors.len(), 3, "{error}");
    let text = error.to_string();
    for setting in ["ports: ", "advertise_host: ", "api_secret: "] {
        assert!(text.contains(setting), "{text}");
    }

    let error = Mock::builder().regions(0).start().await.expect_err("an error");
    assert_eq!(error.to_string().split(';').next(), Some("ports: no port is given"));
}

#[tokio::test]
async fn a_setting_may_be_a_text() {
    let texts = [(Setting::Ports, "0, 0"), (Setting::Auth, "strict"), (Setting::Grace, "5ms")];
    let builder =
        texts.iter().fold(Mock::builder(), |builder, (setting, text)| builder.set(*setting, text));
    assert_eq!(builder.check(), Ok(()));
    let mock = start(builder.clone()).await;
    assert_eq!((mock.region_names(), mock.grace()), (names(&["region-0", "region-1"]), MS * 5));
    assert_eq!(post(&mock, 0, CREATE_ROOM, &[], "{}").await.status, 401);

    let builder = builder.set(Setting::Grace, "soon");
    let errors = builder.check().expect_err("an error");
    assert_eq!(errors[0].setting(), Setting::Grace);
    let said = errors[0].to_string();
    assert_eq!(said, "grace: \"soon\" must be a number of seconds, such as 10 or 0.5");
    let named = errors[0].sentence(|setting| setting.name().to_uppercase());
    assert!(named.starts_with("GRACE: "), "{named}");
    let _ = start(builder.grace(MS)).await;
}

#[tokio::test]
async fn no_error_speaks_of_flags() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let urls = ["http://a.test"];
    for builder in [
        Mock::builder().ports([port]),
        Mock::builder().bind("192.0.2.1"),
        Mock::builder().secret(""),
        Mock::builder().first_region(1),
        Mock::builder().regions(2).advertise(urls),
        Mock::builder().regions(2).advertise(urls).first_region(1),
        Mock::builder().regions(1).advertise(urls).advertise_host("http://b.test"),
    ] {
        let error = builder.start().await.expect_err("an error").to_string();
        assert!(!error.contains("--"), "{error}");
    }
}

#[test]
fn a_server_may_share_the_runtime_of_its_caller() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mock = Mock::builder().regions(1).start_here().expect("a server");
        assert_eq!(get(&mock, 0, "/_test/health", &[]).await.text(), "ok");
        soon(mock.shutdown()).await;
    });
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_port_in_use_is_named_and_the_others_are_left_free() {
    let mock = start(Mock::builder().regions(1)).await;
    let taken = address(&mock, 0).port();
    let error = Mock::builder().ports([0, taken]).start().await.expect_err("an error");
    assert!(matches!(error, StartError::Bind(_)), "{error:?}");
    assert!(error.to_string().contains(&format!("port {taken} ")), "{error}");
    assert_eq!(get(&mock, 0, "/_test/health", &[]).await.status, 200, "the first server");
}

/// Starts a call that is answered after the delay, and returns when the server has read it.
async fn slow_call(mock: &Mock, region: usize, milliseconds: u64) -> TcpStream {
    let mut stream = TcpStream::connect(address(mock, region)).await.expect("a listening server");
    let (name, value) = Control::new().delay_ms(milliseconds).header();
    let request = format!("POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\n{name}: {value}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a reading server");
    // A region accepts its connections in order. When this one is answered, the other has been
    // read.
    get(mock, region, "/_test/health", &[]).await;
    stream
}
