//! Regions on several hosts: there is one process for each region, and each has the URLs of all.
//! Addresses of loopback take the place of hosts, since Linux answers on all of 127.0.0.0/8.

mod support;

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    process::{self, Child, Command, Stdio},
};

use livekit_mock::{Control, Mock};
use serde_json::json;

use support::{Answer, CREATE_ROOM};

/// One region's process; it ends with the test.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes of three regions, as on three hosts. Every process needs all ports before any of
/// them is started. So only this test uses the hosts' addresses, and nobody else takes a port there
/// meanwhile.
fn processes(test: u8) -> (Vec<Process>, Vec<String>) {
    let [.., high, low] = process::id().to_be_bytes();
    let url = |region: u8| {
        let host = format!("127.{}.{high}.{low}", 16 * test + region);
        let probe = TcpListener::bind((host.as_str(), 0)).expect("a free port of loopback");
        format!("http://{}", probe.local_addr().expect("its address"))
    };
    let urls: Vec<String> = (0..3).map(url).collect();
    let processes = urls.iter().enumerate().map(|(index, url)| start_region(index, url, &urls));
    (processes.collect(), urls.clone())
}

fn start_region(index: usize, url: &str, urls: &[String]) -> Process {
    let (host, port) = url.trim_start_matches("http://").rsplit_once(':').expect("host and port");
    let mut child = Command::new(env!("CARGO_BIN_EXE_livekit-mock"))
        .args(["--bind", host, "--ports", port])
        .args(["--advertise", &urls.join(","), "--first-region", &index.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let lines = BufReader::new(child.stdout.take().expect("its standard output")).lines();
    let ready = lines.map_while(Result::ok).any(|line| line.starts_with("ready"));
    let address = format!("{host}:{port}").parse().expect("an address");
    let mut process = Process { child, address };
    if !ready {
        let status = process.child.wait().expect("its status");
        panic!("region {index}, on {host}:{port}, did not start ({status}); it says why above");
    }
    process
}

async fn call(process: &Process, path: &str, control: &Control) -> Answer {
    let (name, value) = control.header();
    let request = http::Request::post(path)
        .header("host", process.address.to_string())
        .header("content-type", "application/json")
        .header(name, value)
        .body(http_body_util::Full::from("{}"));
    support::send(process.address, request.expect("a sound request")).await.expect("an answer")
}

#[tokio::test]
async fn every_process_lists_all_regions_and_answers_as_its_own_region() {
    let (processes, urls) = processes(1);
    let all = json!({ "regions": [
        { "region": "region-0", "url": urls[0] },
        { "region": "region-1", "url": urls[1], "distance": "1" },
        { "region": "region-2", "url": urls[2], "distance": "2" },
    ]});
    for (index, process) in processes.iter().enumerate() {
        let index = index.to_string();
        let regions = call(process, "/settings/regions", &Control::new()).await;
        assert_eq!(regions.json(), all);
        assert_eq!(regions.header("x-lk-mock-region"), Some(index.as_str()));
        let room = call(process, CREATE_ROOM, &Control::new()).await;
        assert_eq!((room.status.as_u16(), room.header("x-lk-mock-region")), (200, Some(&*index)));
    }
}

#[tokio::test]
async fn one_script_means_the_same_to_every_process() {
    let (processes, _) = processes(2);
    let failing = Control::new().fail_regions([0, 2]);
    let pinned = Control::new().pinned_regions(["region-1"]);
    for (index, process) in processes.iter().enumerate() {
        let expected = if index == 1 { (200, 200) } else { (503, 451) };
        let failed = call(process, CREATE_ROOM, &failing).await;
        let kept_out = call(process, CREATE_ROOM, &pinned).await;
        assert_eq!((failed.status.as_u16(), kept_out.status.as_u16()), expected, "region {index}");
        for answer in [failed, kept_out] {
            let unknown = answer.warnings().into_iter().find(|text| text.contains("there is no"));
            assert_eq!(unknown, None, "a region of another process is known");
        }
    }
}

#[tokio::test]
async fn replicas_of_a_region_answer_alike() {
    let urls = ["http://a.test:1", "http://b.test:2"];
    for _ in 0..2 {
        let replica =
            support::start(Mock::builder().regions(1).advertise(urls).first_region(1)).await;
        assert_eq!((replica.first_region(), replica.url(0)), (1, urls[1]));
        let listed = support::get(&replica, 0, "/settings/regions", &[]).await;
        assert_eq!(listed.json()["regions"][1]["url"], urls[1]);
        assert_eq!(listed.header("x-lk-mock-region"), Some("1"));
    }
}

#[tokio::test]
async fn a_host_may_hold_index_and_port() {
    let mock =
        support::start(Mock::builder().regions(2).advertise_host("http://r{index}.test:{port}/x"))
            .await;
    let port = mock.addresses()[1].port();
    assert_eq!(mock.url(1), format!("http://r1.test:{port}/x"));
    let listed = support::get(&mock, 0, "/settings/regions", &[]).await;
    assert_eq!(listed.json()["regions"][1]["url"], mock.url(1));
}

/// Testcontainers needs this, since the mapped ports are only known after the start.
#[tokio::test]
async fn a_request_may_say_where_the_regions_are() {
    let mock = support::start(Mock::builder().regions(2)).await;
    let mapped = ["http://localhost:32768", "http://localhost:32769"];
    let (name, value) = Control::new().advertise(mapped).header();
    let listed = support::get(&mock, 1, "/settings/regions", &[(name, &value)]).await;
    assert_eq!(
        listed.json(),
        json!({ "regions": [
            { "region": "region-0", "url": mapped[0] },
            { "region": "region-1", "url": mapped[1], "distance": "1" },
        ]})
    );
}

#[tokio::test]
async fn contradictions_are_usage_errors() {
    let two = ["http://a.test:1", "http://b.test:2"];
    for (builder, sentence) in [
        (Mock::builder().regions(1).first_region(1), "first_region: "),
        (
            Mock::builder().regions(2).advertise(two).first_region(1),
            "first_region: with 2 ports from region 1 on, advertise must name 3 URLs, not 2",
        ),
        (
            Mock::builder().regions(2).advertise(two).advertise_host("http://c.test"),
            "give only one of the two",
        ),
        (Mock::builder().regions(1).advertise(["a.test:1"]), "must be a URL"),
    ] {
        let error = builder.start().await.expect_err(sentence).to_string();
        assert!(error.contains(sentence), "{error}");
    }
}
