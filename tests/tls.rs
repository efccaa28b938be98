//! TLS on the ports of plain text, as a client of TLS sees it (`docs/BEHAVIOUR.md`, TLS).
#![cfg(feature = "tls")]

mod support;

use std::{
    fs,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_mock::{Mock, MockBuilder, Setting, StartError};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    version::{TLS12, TLS13},
};

use support::{CREATE_ROOM, all_grants, blocking, program::Program};

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LONG: Duration = Duration::from_secs(60);

type Encrypted = StreamOwned<ClientConnection, TcpStream>;

fn started() -> Mock {
    Mock::builder().start_blocking().expect("a mock")
}

/// What trusts this authority, and has these versions.
fn trusting(pem: &str, versions: &[&'static rustls::SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("a certificate");
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn connected(address: SocketAddr, config: ClientConfig, name: &str) -> Encrypted {
    let tcp = TcpStream::connect(address).expect("a listening server");
    tcp.set_read_timeout(Some(LONG)).expect("an option");
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let session = ClientConnection::new(Arc::new(config), name).expect("a session");
    StreamOwned::new(session, tcp)
}

fn encrypted(mock: &Mock) -> Encrypted {
    let config = trusting(mock.ca_pem(), &[&TLS12, &TLS13]);
    connected(mock.addresses()[0], config, "localhost")
}

/// An answer, on a connection that stays.
fn answer(stream: &mut Encrypted) -> String {
    let (head, body) = blocking::answer(stream);
    head + &String::from_utf8_lossy(&body)
}

fn ask(stream: &mut Encrypted, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("a server that reads");
    answer(stream)
}

fn create_room(mock: &Mock, control: &str, body: &str) -> String {
    format!(
        "POST {CREATE_ROOM} HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nX-Lk-Mock: {control}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        all_grants(mock),
        body.len()
    )
}

/// All that comes of a call with this control, and how the connection ends.
fn broken(control: &str) -> (String, io::Result<()>) {
    let mock = started();
    let mut stream = encrypted(&mock);
    let request = create_room(&mock, control, r#"{"name":"lobby"}"#);
    stream.write_all(request.as_bytes()).expect("a server that reads");
    let mut heard = Vec::new();
    let ended = stream.read_to_end(&mut heard).map(drop);
    (String::from_utf8_lossy(&heard).into_owned(), ended)
}

#[test]
fn https_is_served_beside_plain_text_under_every_name() {
    let mock = started();
    for region in 0..4 {
        let address = mock.addresses()[region];
        for name in ["localhost", "127.0.0.1", "::1", "mock.livekit.cloud", "x.y.livekit.run"] {
            let mut stream = connected(address, trusting(mock.ca_pem(), &[&TLS13]), name);
            assert!(ask(&mut stream, GET).ends_with("ok"), "{name}");
        }
        let mut plain = TcpStream::connect(address).expect("a listening server");
        plain.write_all(GET.as_bytes()).expect("a server that reads");
        let mut start = [0; 15];
        plain.read_exact(&mut start).expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200 OK");
    }
}

#[test]
fn a_region_s_address_needs_no_name() {
    let builder = Mock::builder().advertise_host("https://192.0.2.1");
    let mock = builder.start_blocking().expect("a mock");
    let config = trusting(mock.ca_pem(), &[&TLS13]);
    let mut stream = connected(mock.addresses()[0], config, "192.0.2.1");
    assert!(ask(&mut stream, GET).ends_with("ok"));
}

/// All of 127.0.0.0/8 is this machine's there.
#[cfg(target_os = "linux")]
#[test]
fn the_address_that_a_client_connects_to_needs_no_name() {
    let mock = Mock::builder().bind("0.0.0.0").start_blocking().expect("a mock");
    let port = mock.addresses()[0].port();
    for host in ["127.0.0.1", "127.0.0.2", "127.1.2.3", "127.0.0.2"] {
        let address = SocketAddr::new(host.parse().expect("an address"), port);
        let mut stream = connected(address, trusting(mock.ca_pem(), &[&TLS13]), host);
        assert!(ask(&mut stream, GET).ends_with("ok"), "{host}");
    }
}

/// As a browser's is that offers a key of the new kind and resumes a session.
#[test]
fn a_first_message_may_be_long() {
    let mock = started();
    let mut config = trusting(mock.ca_pem(), &[&TLS13]);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.alpn_protocols.extend((b'a'..=b'l').map(|letter| vec![letter; 200]));
    let mut stream = connected(mock.addresses()[0], config, "localhost");
    assert!(ask(&mut stream, GET).ends_with("ok"));
}

#[test]
fn a_connection_serves_one_call_after_the_other_in_both_versions() {
    let mock = started();
    for (version, name) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)]
    {
        let config = trusting(mock.ca_pem(), &[version]);
        let mut stream = connected(mock.addresses()[1], config, "localhost");
        for room in ["a", &"long".repeat(200_000), "b"] {
            let body = format!(r#"{{"name":"{room}"}}"#);
            let said = ask(&mut stream, &create_room(&mock, "{}", &body));
            assert!(said.contains("X-Lk-Mock-Region: 1\r\n") && said.contains(room), "{said:.300}");
        }
        assert_eq!(stream.conn.protocol_version(), Some(name));
    }
}

#[test]
fn the_journal_says_that_a_call_came_over_tls() {
    let mock = started();
    ask(&mut encrypted(&mock), &create_room(&mock, "{}", "{}"));
    let mut plain = TcpStream::connect(mock.addresses()[0]).expect("a listening server");
    plain.write_all(create_room(&mock, "{}", "{}").as_bytes()).expect("a server that reads");
    plain.read_exact(&mut [0; 15]).expect("an answer");
    let told = ask(&mut encrypted(&mock), "GET /_mock/calls HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let (_, body) = told.split_once("\r\n\r\n").expect("a head");
    let page: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!([&page["calls"][0]["tls"], &page["calls"][1]["tls"]], [true, false]);
}

#[test]
fn requests_that_come_in_one_piece_are_all_answered() {
    let mock = started();
    let mut stream = encrypted(&mock);
    stream.write_all(GET.repeat(50).as_bytes()).expect("a server that reads");
    for _ in 0..50 {
        assert!(answer(&mut stream).ends_with("ok"));
    }
}

#[test]
fn http_1_1_is_agreed_on_where_that_is_offered() {
    let mock = started();
    let mut config = trusting(mock.ca_pem(), &[&TLS13]);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let mut stream = connected(mock.addresses()[0], config, "localhost");
    assert!(ask(&mut stream, GET).ends_with("ok"));
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
}

/// As clients of Go and Java choose.
#[cfg(feature = "http2")]
#[tokio::test]
async fn http_2_is_agreed_on_where_that_is_offered() {
    let mock = Mock::start().await.expect("a mock");
    let mut config = trusting(mock.ca_pem(), &[&TLS13]);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("mock.livekit.cloud").expect("a name");
    let tcp = tokio::net::TcpStream::connect(mock.addresses()[0]).await.expect("a server");
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connector.connect(name, tcp).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (requests, connection) = h2::client::handshake(stream).await.expect("a preface");
    tokio::spawn(connection);
    let mut requests = requests.ready().await.expect("room");
    let url = "https://mock.livekit.cloud/settings/regions";
    let request = http::Request::get(url).body(()).expect("a request");
    let (answer, _) = requests.send_request(request, true).expect("sent");
    assert_eq!(support::soon(answer).await.expect("an answer").status(), 200);
    // What the journal says of both.
    let journal = http::Request::get("https://localhost/_mock/calls").body(()).expect("a request");
    let (answer, _) = requests.send_request(journal, true).expect("sent");
    let mut body = support::soon(answer).await.expect("an answer").into_body();
    let mut told = Vec::new();
    while let Some(piece) = body.data().await {
        told.extend_from_slice(&piece.expect("no reset"));
    }
    let page: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    assert_eq!((&page["calls"][0]["http"], &page["calls"][0]["tls"]), (&"2".into(), &true.into()));
}

#[test]
fn an_end_in_order_is_said_and_a_drop_is_not() {
    let mock = started();
    let mut stream = encrypted(&mock);
    let request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(ask(&mut stream, request).ends_with("ok"));
    assert_eq!(stream.read(&mut [0]).expect("close_notify"), 0);

    let (heard, ended) = broken(r#"{"failRegions":[0],"failMode":"drop"}"#);
    assert_eq!(heard, "");
    assert_eq!(ended.expect_err("no close_notify").kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_reset_is_one_of_tcp() {
    let (heard, ended) = broken(r#"{"failRegions":[0],"failMode":"reset"}"#);
    assert_eq!(heard, "");
    assert_eq!(ended.expect_err("a RST").kind(), ErrorKind::ConnectionReset);
}

#[test]
fn garbage_is_none_of_http() {
    let (heard, ended) = broken(r#"{"failRegions":[0],"failMode":"garbage"}"#);
    assert!(heard.contains("garbage") && !heard.starts_with("HTTP"), "{heard}");
    ended.expect("the end of the connection");
}

#[test]
fn a_truncated_answer_is_half_a_body() {
    let (answer, ended) = broken(r#"{"failRegions":[0],"failMode":"truncate"}"#);
    ended.expect("the end of the connection");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert_eq!(body.len(), blocking::content_length(head) / 2);
}

#[test]
fn a_body_drips() {
    let mock = started();
    let mut stream = encrypted(&mock);
    let begun = Instant::now();
    let control = r#"{"failRegions":[0],"failMode":"drip","dripMs":300}"#;
    assert!(ask(&mut stream, &create_room(&mock, control, "{}")).contains("200 OK"));
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert!(ask(&mut stream, GET).ends_with("ok"));
}

#[test]
fn a_call_that_hangs_ends_with_the_server() {
    let mock = started();
    let mut stream = encrypted(&mock);
    let control = r#"{"failRegions":[0],"failMode":"hang"}"#;
    let request = create_room(&mock, control, "{}");
    stream.write_all(request.as_bytes()).expect("a server that reads");
    let calls = mock.calls().method("CreateRoom");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(mock.wait_for_call(&calls, LONG)).expect("the call");
    let begun = Instant::now();
    runtime.block_on(mock.shutdown());
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    assert_eq!(heard, b"");
}

#[test]
fn an_idle_connection_is_told_that_the_server_stops() {
    let mock = started();
    let mut stream = encrypted(&mock);
    assert!(ask(&mut stream, GET).ends_with("ok"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(mock.shutdown());
    assert_eq!(stream.read(&mut [0]).expect("close_notify"), 0);
}

#[test]
fn a_websocket_is_opened_over_tls() {
    let mock = started();
    let url = format!("ws://localhost/rtc?access_token={}", &all_grants(&mock)["Bearer ".len()..]);
    let (mut socket, _) = tungstenite::client(&url, encrypted(&mock)).expect("an upgrade");
    assert!(socket.read().expect("a join").is_binary());
    socket.close(None).expect("a close");
    while socket.read().is_ok() {}
}

#[test]
fn the_authority_is_given_to_every_page_and_to_a_file() {
    let folder = Folder::new("authority");
    let file = folder.0.join("ca.pem");
    let mock = Mock::builder().tls_ca(&file).start_blocking().expect("a mock");
    let mut stream = encrypted(&mock);
    let said = ask(&mut stream, "GET /_mock/ca.pem HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n");
    let (head, body) = said.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("Access-Control-Allow-Origin: *\r\n"), "{head}");
    assert_eq!(body, mock.ca_pem());
    assert_eq!(fs::read_to_string(file).expect("the file"), mock.ca_pem());
}

#[tokio::test]
async fn the_log_says_why_a_handshake_failed() {
    let mut program = Program::start(&[]).await;
    let address = program.address(0);
    let failing = tokio::task::spawn_blocking(move || {
        let (other, _) = pair();
        let mut stream = connected(address, trusting(&other, &[&TLS13]), "localhost");
        let _ = stream.write_all(GET.as_bytes());
        let left = TcpStream::connect(address).expect("a listening server");
        (&left).write_all(b"\x16\x03").expect("a server that reads");
    });
    failing.await.expect("no panic");
    for sentence in
        ["does not trust this server's certificate", "left in the midst of a TLS handshake"]
    {
        let line = program.logs(sentence).await;
        assert!(line.contains("region-0: ") && line.contains("/_mock/ca.pem"), "{line}");
    }
}

#[tokio::test]
async fn handshakes_that_are_never_finished_need_little_memory() {
    let program = Program::start(&["--log-level", "off"]).await;
    let address = program.address(0);
    // The most that a hello may need: its record is announced longer than what comes of it.
    let hello = [&b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"[..], &[0; 4096]].concat();
    let mut open = Vec::new();
    for _ in 0..1000 {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        tokio::io::AsyncWriteExt::write_all(&mut stream, &hello)
            .await
            .expect("a server that reads");
        open.push(stream);
    }
    let answer = support::call_at(address, "GET", "/", &[], "").await.expect("an answer");
    assert_eq!(answer.status, 200);
    #[cfg(target_os = "linux")]
    {
        let peak = program.memory("VmHWM");
        println!("{peak} KiB with {} half-open handshakes", open.len());
        assert!(peak < 64 << 10, "{peak} KiB");
    }
}

#[test]
fn tls_inside_of_tls_is_none_of_http() {
    let mock = started();
    let mut stream = encrypted(&mock);
    stream.write_all(b"\x16\x03\x01\x02\x00\x01").expect("a server that reads");
    assert!(answer(&mut stream).starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

#[test]
fn what_is_none_of_tls_ends_the_handshake() {
    let mock = started();
    let mut stream = TcpStream::connect(mock.addresses()[0]).expect("a listening server");
    stream.set_read_timeout(Some(LONG)).expect("an option");
    stream.write_all(b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00").expect("a server that reads");
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    // An alert, or nothing: no head of HTTP.
    assert!(heard.is_empty() || heard[0] == 0x15, "{heard:?}");
}

/// A folder for the files of one test, which is removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("livekit-mock-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.0.join(name);
        fs::write(&file, text).expect("a file");
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A certificate for `localhost` and its key, in PEM.
fn pair() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

#[test]
fn a_certificate_of_one_s_own_is_shown() {
    let folder = Folder::new("own");
    let (cert, key) = pair();
    let builder = Mock::builder().tls_cert(folder.file("cert.pem", &cert));
    let mock = builder.tls_key(folder.file("key.pem", &key)).start_blocking().expect("a mock");
    assert_eq!(mock.ca_pem(), cert);
    assert!(ask(&mut encrypted(&mock), GET).ends_with("ok"));
}

#[test]
fn a_pair_that_is_wrong_is_said_before_a_port_that_is_taken() {
    let taken = started();
    let builder = Mock::builder().ports([taken.addresses()[0].port()]);
    let (setting, _) = refusal(builder.tls_cert("missing.pem").tls_key("missing.pem"));
    assert_eq!(setting, Setting::TlsCert);
}

/// The setting that is wrong, and what is said of it.
fn refusal(builder: MockBuilder) -> (Setting, String) {
    match builder.start_blocking() {
        Err(StartError::Config(errors)) if errors.len() == 1 => {
            (errors[0].setting(), errors[0].to_string())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_are_wrong_are_named() {
    let folder = Folder::new("wrong");
    let (cert, key) = pair();
    let (_, other_key) = pair();
    let good = (folder.file("cert.pem", &cert), folder.file("key.pem", &key));
    let missing = folder.0.join("missing.pem");
    let broken = cert.replace("MII", "!!!");
    let junk = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
    let no_key = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n";
    for (cert, key, setting, said) in [
        (Some(&good.0), None, Setting::TlsCert, "give tls_key too"),
        (None, Some(&good.1), Setting::TlsKey, "give tls_cert too"),
        (
            Some(&missing),
            Some(&good.1),
            Setting::TlsCert,
            "missing.pem can't be read: No such file",
        ),
        (Some(&good.0), Some(&missing), Setting::TlsKey, "missing.pem can't be read: No such file"),
        (Some(&good.1), Some(&good.1), Setting::TlsCert, "key.pem: it holds no certificate in PEM"),
        (Some(&good.0), Some(&good.0), Setting::TlsKey, "cert.pem: it holds no private key in PEM"),
        (
            Some(&folder.file("broken.pem", &broken)),
            Some(&good.1),
            Setting::TlsCert,
            "broken.pem: it is not valid PEM",
        ),
        (
            Some(&folder.file("junk.pem", junk)),
            Some(&good.1),
            Setting::TlsCert,
            "junk.pem: its first certificate is not valid X.509",
        ),
        (
            Some(&good.0),
            Some(&folder.file("other.pem", &other_key)),
            Setting::TlsKey,
            "other.pem: it is not the key of the certificate in",
        ),
        (
            Some(&good.0),
            Some(&folder.file("no_key.pem", no_key)),
            Setting::TlsKey,
            "no_key.pem: it holds no key of ECDSA, RSA or Ed25519",
        ),
    ] {
        let mut builder = Mock::builder();
        builder = cert.into_iter().fold(builder, MockBuilder::tls_cert);
        builder = key.into_iter().fold(builder, MockBuilder::tls_key);
        let (wrong, sentence) = refusal(builder);
        assert_eq!(wrong, setting, "{sentence}");
        assert!(sentence.contains(said), "{sentence}");
    }
    let nowhere = folder.0.join("no/such/folder/ca.pem");
    let (wrong, sentence) = refusal(Mock::builder().tls_ca(nowhere));
    assert_eq!(wrong, Setting::TlsCa);
    assert!(sentence.contains("ca.pem can't be written: No such file"), "{sentence}");
}
