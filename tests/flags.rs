//! The command line: what each flag and variable does, the announcement, and the errors of wrong
//! settings (`docs/BEHAVIOUR.md`, Settings).

mod support;

use std::net::TcpListener;

use livekit_mock::{Auth, Mock};
use serde_json::{Value, json};

use support::{
    CREATE_ROOM, call_at, post_at,
    program::{Ended, Program, run},
    token_of,
};

const LOOPBACK: [&str; 4] = ["--ports", "0", "--bind", "127.0.0.1"];

async fn with(more: &[&str], variables: &[(&str, &str)]) -> Program {
    let mut all = LOOPBACK.to_vec();
    all.extend(more);
    Program::with(&all, variables).await
}

/// Asserts that the program has ended with this code, one sentence on standard error and nothing on
/// standard output.
fn assert_refused(ended: &Ended, code: i32, sentence: &str) {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("livekit-mock: "), "{ended:?}");
    assert!(ended.stderr.contains(sentence), "{sentence:?} is not in {ended:?}");
}

#[tokio::test]
async fn announces_each_region_and_then_that_all_are_ready() {
    let program = Program::with(&["--ports", "0,0"], &[]).await;
    let ports: Vec<u16> = (0..2).map(|region| program.address(region).port()).collect();
    assert_eq!(
        program.announced,
        [
            format!(
                "region-0 listening on 0.0.0.0:{0} (advertised as http://127.0.0.1:{0})",
                ports[0]
            ),
            format!(
                "region-1 listening on 0.0.0.0:{0} (advertised as http://127.0.0.1:{0})",
                ports[1]
            ),
            "ready: 2 regions".to_owned(),
        ]
    );
    assert!(!ports.contains(&0), "the real ports are announced");
    for (region, port) in ports.iter().enumerate() {
        let answer = call_at(program.address(region), "GET", "/settings/regions", &[], "").await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.header("x-lk-mock-region"), Some(region.to_string().as_str()));
        let url = format!("http://127.0.0.1:{port}");
        assert_eq!(answer.json()["regions"][region]["url"], url, "the real port is advertised");
    }
}

#[tokio::test]
async fn one_region_is_not_announced_as_many() {
    let program = with(&[], &[]).await;
    assert_eq!(program.announced.last().map(String::as_str), Some("ready: 1 region"));
}

#[tokio::test]
async fn the_json_ready_line_holds_regions_and_ports() {
    let program = Program::start(&["--log-format", "json"]).await;
    let [line] = &program.announced[..] else { panic!("{:?}", program.announced) };
    let ready: Value = serde_json::from_str(line).expect("JSON");
    let port = |region: usize| ready["ports"][region].as_u64().expect("a port");
    let region = |index: usize| {
        let port = port(index);
        json!({
            "index": index, "name": format!("region-{index}"), "port": port,
            "address": format!("127.0.0.1:{port}"), "url": format!("http://127.0.0.1:{port}"),
        })
    };
    assert_eq!(ready["message"], "ready");
    assert_eq!(ready["regions"], json!([region(0), region(1)]));
    assert!(port(0) != 0 && port(1) != 0 && port(0) != port(1));
}

#[tokio::test]
async fn the_json_log_is_json() {
    let mut program = Program::start(&["--log-format=json", "--log-level", "debug"]).await;
    let ready: Value = serde_json::from_str(&program.announced[0]).expect("JSON");
    let address = ready["regions"][0]["address"].as_str().expect("an address");
    call_at(address.parse().expect("an address"), "GET", "/_test/health", &[], "")
        .await
        .expect("ok");
    let line: Value = serde_json::from_str(&program.logs("/_test/health").await).expect("JSON");
    assert_eq!(line["level"], "DEBUG");
    assert!(line["message"].as_str().expect("a message").contains("region-0 GET /_test/health"));
}

#[tokio::test]
async fn a_flag_counts_in_every_spelling() {
    for flag in [
        &["--advertise-host", "http://x.test"][..],
        &["--advertise-host=http://x.test"],
        &["-advertise-host", "http://x.test"],
        &["-advertise-host=http://x.test"],
    ] {
        let program = with(flag, &[]).await;
        assert!(program.announced[0].contains("advertised as http://x.test:"), "{flag:?}");
    }
}

#[tokio::test]
async fn spaces_and_empty_parts_of_ports_are_skipped() {
    for ports in ["0,0", " 0 , 0 ", ",0,,0,", "0, ,0"] {
        let program = Program::with(&["--bind", "127.0.0.1", "--ports", ports], &[]).await;
        assert_eq!(program.announced.len(), 3, "{ports:?}: {:?}", program.announced);
    }
}

#[tokio::test]
async fn slashes_at_the_end_of_the_host_are_cut() {
    let program = with(&["--advertise-host", "https://mock.livekit.cloud//"], &[]).await;
    let port = program.address(0).port();
    let url = format!("(advertised as https://mock.livekit.cloud:{port})");
    assert!(program.announced[0].ends_with(&url), "{:?}", program.announced);
}

#[tokio::test]
async fn a_variable_replaces_a_flag_that_is_not_given() {
    let program = Program::with(
        &[],
        &[
            ("LK_TEST_SERVER_PORTS", "0, 0,"),
            ("LK_TEST_SERVER_BIND", "127.0.0.1"),
            ("LK_TEST_SERVER_ADVERTISE_HOST", "http://x.test"),
            ("LK_TEST_SERVER_TWIRP_PREFIX", "/api/v1/"),
            ("LK_TEST_SERVER_API_SECRET", "hush"),
            ("LK_TEST_SERVER_AUTH", "strict"),
            ("LK_TEST_SERVER_STRICT", "true"),
            ("LK_TEST_SERVER_GRACE", "3"),
            ("LK_TEST_SERVER_LOG_LEVEL", "warn"),
        ],
    )
    .await;
    assert_eq!(program.announced.len(), 3);
    assert!(program.announced[0].starts_with("region-0 listening on 127.0.0.1:"));
    assert!(program.announced[0].contains("http://x.test:"));
    let address = program.address(0);
    let path = "/api/v1/livekit.RoomService/CreateRoom";
    assert_eq!(post_at(address, CREATE_ROOM, &[], "{}").await.status, 404);
    assert_eq!(post_at(address, path, &[], "{}").await.status, 401, "auth is strict");
    let token = |secret: &str| format!("Bearer {}", token_of("key", secret));
    let (hush, secret) = (token("hush"), token("secret"));
    assert_eq!(post_at(address, path, &[("authorization", &hush)], "{}").await.status, 200);
    assert_eq!(post_at(address, path, &[("authorization", &secret)], "{}").await.status, 401);
    let bad = [("authorization", hush.as_str()), ("x-lk-mock", "{\"nope\":1}")];
    assert_eq!(post_at(address, path, &bad, "{}").await.status, 400, "bad control is an error");
}

#[tokio::test]
async fn the_log_format_may_come_from_its_variable() {
    let program = with(&[], &[("LK_TEST_SERVER_LOG_FORMAT", "json")]).await;
    assert!(program.announced[0].starts_with('{'), "{:?}", program.announced);
}

#[tokio::test]
async fn regions_of_several_processes_name_each_other() {
    let urls = "http://a.test:1,http://b.test:2";
    for (arguments, variables) in [
        (&["--advertise", urls, "--first-region", "1"][..], &[][..]),
        (&[], &[("LK_TEST_SERVER_ADVERTISE", urls), ("LK_TEST_SERVER_FIRST_REGION", "1")]),
    ] {
        let program = with(arguments, variables).await;
        assert!(program.announced[0].starts_with("region-1 listening on 127.0.0.1:"));
        assert!(program.announced[0].ends_with("(advertised as http://b.test:2)"));
        let answer = call_at(program.address(0), "GET", "/settings/regions", &[], "").await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.header("x-lk-mock-region"), Some("1"));
        assert_eq!(
            answer.json(),
            json!({"regions": [
                {"region": "region-0", "url": "http://a.test:1"},
                {"region": "region-1", "url": "http://b.test:2", "distance": "1"},
            ]})
        );
    }
}

#[tokio::test]
async fn a_flag_wins_over_its_variable() {
    let program = with(
        &["--advertise-host", "http://flag.test", "--auth", "off", "--log-format", "text"],
        &[
            ("LK_TEST_SERVER_PORTS", "nonsense"),
            ("LK_TEST_SERVER_BIND", "not an address"),
            ("LK_TEST_SERVER_ADVERTISE_HOST", "nonsense"),
            ("LK_TEST_SERVER_AUTH", "nonsense"),
            ("LK_TEST_SERVER_LOG_FORMAT", "nonsense"),
        ],
    )
    .await;
    assert!(program.announced[0].contains("http://flag.test:"));
    let answer = post_at(program.address(0), CREATE_ROOM, &[], "{}").await;
    assert_eq!((answer.status.as_u16(), answer.warnings()), (200, vec![]));
}

#[tokio::test]
async fn an_empty_variable_counts_as_unset() {
    let names = [
        "ADVERTISE_HOST",
        "ADVERTISE",
        "FIRST_REGION",
        "TWIRP_PREFIX",
        "API_SECRET",
        "AUTH",
        "STRICT",
        "GRACE",
        "LOG_FORMAT",
        "LOG_LEVEL",
    ]
    .map(|name| format!("LK_TEST_SERVER_{name}"));
    let variables: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let program = with(&[], &variables).await;
    assert!(program.announced[0].contains("(advertised as http://127.0.0.1:"));
    assert_eq!(post_at(program.address(0), CREATE_ROOM, &[], "{}").await.status, 200);
}

#[tokio::test]
async fn strict_needs_no_value() {
    for (flag, status) in [("--strict", 400), ("--strict=true", 400), ("--strict=false", 200)] {
        let program = with(&[flag], &[("LK_TEST_SERVER_STRICT", "true")]).await;
        let control = [("x-lk-mock", "{\"nope\":1}")];
        let answer = post_at(program.address(0), CREATE_ROOM, &control, "{}").await;
        assert_eq!(answer.status, status, "{flag}");
    }
}

#[tokio::test]
async fn a_request_is_logged_only_at_debug_level() {
    let mut program = Program::start(&["--log-level", "debug"]).await;
    call_at(program.address(1), "GET", "/_test/health", &[], "").await.expect("ok");
    let line = program.logs("/_test/health").await;
    assert!(line.contains("region-1 GET /_test/health: 200 OK"), "{line}");

    let mut program = Program::start(&[]).await;
    call_at(program.address(1), "GET", "/_test/health", &[], "").await.expect("ok");
    program.signal("TERM").await;
    program.end().await;
    let log = program.rest_of_log().await;
    assert!(!log.contains("health"), "{log}");
}

#[tokio::test]
async fn the_log_can_be_switched_off() {
    let mut program = Program::start(&["--log-level", "off"]).await;
    post_at(program.address(0), CREATE_ROOM, &[("x-lk-mock", "nonsense")], "{}").await;
    program.signal("TERM").await;
    program.end().await;
    assert_eq!(program.rest_of_log().await, "");
}

// === Wrong settings ===

#[tokio::test]
async fn a_port_in_use_is_a_runtime_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let ended = run(&["--bind", "127.0.0.1", "--ports", &format!("0,{port}")], &[]).await;
    let sentence = format!("--ports: port {port} on 127.0.0.1 is in use; stop what listens there");
    assert_refused(&ended, 1, &sentence);
    let variable = ("LK_TEST_SERVER_PORTS", format!("0,{port}"));
    let ended = run(&["--bind", "127.0.0.1"], &[(variable.0, &variable.1)]).await;
    assert_refused(&ended, 1, &sentence);
    assert!(ended.stderr.ends_with(" (from LK_TEST_SERVER_PORTS)\n"), "{ended:?}");
}

#[tokio::test]
async fn an_address_of_another_host_is_a_runtime_error() {
    let ended = run(&["--bind", "192.0.2.1", "--ports", "0"], &[]).await;
    assert_refused(&ended, 1, "--bind: 192.0.2.1 is not an address of this host");
}

#[tokio::test]
async fn an_error_of_the_command_line_is_one_sentence() {
    for (arguments, sentence) in [
        (&["--ports", "x"][..], "--ports: \"x\" must be a port from 0 to 65535"),
        (&["--ports", "65536"], "--ports: \"65536\" must be a port"),
        (&["--ports", "-1"], "-1"),
        (&["--ports=-1"], "--ports: \"-1\" must be a port"),
        (&["--ports", "1 2"], "--ports: \"1 2\" must be a port"),
        (&["--ports", ""], "--ports: no port is given"),
        (&["--ports", " , "], "--ports: no port is given"),
        (&["--ports", "7000,7001,7000"], "--ports: port 7000 is given twice"),
        (&["--ports"], "a value is required for '--ports"),
        (&["--port", "1"], "'--ports'"),
        (&["--advertize-host=x"], "'--advertise-host'"),
        (&["--nonsense"], "'--nonsense'"),
        (&["-x"], "'-x'"),
        (&["serve"], "'serve'"),
        (&["healthchek"], "'healthcheck'"),
        (&["--bind", "127.0.0.1:80"], "--bind: \"127.0.0.1:80\" must be an address or a host name"),
        (&["--bind", "not an address"], "--bind: \"not an address\" must be"),
        (&["--bind", "1.2.3"], "--bind: \"1.2.3\" must be"),
        (&["--bind", ""], "--bind: \"\" must be"),
        (&["--advertise-host", "127.0.0.1"], "--advertise-host: \"127.0.0.1\" must be a scheme"),
        (
            &["--advertise-host", "http://x:1"],
            "--advertise-host: \"http://x:1\" must not hold a port",
        ),
        (&["--advertise-host", "http://x/y"], "must not hold a path"),
        (&["--advertise-host", "http://a b"], "--advertise-host: \"http://a b\" must be"),
        (&["--advertise-host", "http://r{indx}"], "there are {index} and {port}"),
        (&["--advertise", "x"], "--advertise: \"x\" must be a URL"),
        (
            &["--first-region", "1"],
            "--first-region: region 1 is not the first, so --advertise must name every region's URL",
        ),
        (
            &["--ports=0,1", "--advertise=http://a", "--first-region=1"],
            "--first-region: with 2 ports from region 1 on, --advertise must name 3 URLs, not 1",
        ),
        (
            &["--advertise", "http://a", "--advertise-host", "http://b"],
            "--advertise: it names whole URLs, so --advertise-host has no effect",
        ),
        (&["--first-region", "x"], "--first-region: \"x\" must be a region's index"),
        (&["--twirp-prefix", "twirp"], "--twirp-prefix: \"twirp\" must be a path such as /twirp"),
        (&["--twirp-prefix", "/a b"], "--twirp-prefix: \"/a b\" must be a path"),
        (&["--twirp-prefix", "/a?b"], "--twirp-prefix: \"/a?b\" must be a path"),
        (&["--twirp-prefix", "/a#b"], "--twirp-prefix: \"/a#b\" must be a path"),
        (
            &["--api-secret", ""],
            "--api-secret: it must not be empty; to leave tokens unchecked, set --auth to off",
        ),
        (&["--auth", "none"], "--auth: \"none\" must be strict, lenient or off"),
        (&["--auth", "strickt"], "did you mean \"strict\"?"),
        (&["--strict=maybe"], "--strict: \"maybe\" must be true or false"),
        (&["--grace", "soon"], "--grace: \"soon\" must be a number of seconds"),
        (&["--grace=-1"], "--grace: \"-1\" must be a number of seconds"),
        (&["--grace", "NaN"], "--grace: \"NaN\" must be a number of seconds"),
        (&["--reference", "2026"], "--reference: \"2026\" must be latest or 2026-08"),
        (&["--log-format", "xml"], "--log-format: \"xml\" must be text or json"),
        (&["--log-level", "loud"], "--log-level: \"loud\" must be error, warn, info, debug or off"),
    ] {
        assert_refused(&run(arguments, &[]).await, 2, sentence);
    }
}

#[tokio::test]
async fn an_error_in_a_variable_has_its_name() {
    for (name, value, sentence) in [
        ("PORTS", "x", "--ports: \"x\" must be a port"),
        ("AUTH", "x", "--auth: \"x\" must be"),
        ("STRICT", "x", "--strict: \"x\" must be"),
        ("STOP_WITH_STDIN", "x", "--stop-with-stdin: \"x\" must be"),
        ("GRACE", "x", "--grace: \"x\" must be"),
        ("REFERENCE", "x", "--reference: \"x\" must be"),
        ("FIRST_REGION", "x", "--first-region: \"x\" must be"),
        ("LOG_FORMAT", "x", "--log-format: \"x\" must be"),
        ("LOG_LEVEL", "x", "--log-level: \"x\" must be"),
    ] {
        let name = format!("LK_TEST_SERVER_{name}");
        let ended = run(&[], &[(&name, value)]).await;
        assert_refused(&ended, 2, sentence);
        assert!(ended.stderr.contains(&format!("(from {name})")), "{ended:?}");
    }
    // Values that are spelled right but are wrong together.
    for (name, value) in [("BIND", "1.2.3"), ("PORTS", "7,7"), ("TWIRP_PREFIX", "twirp")] {
        let name = format!("LK_TEST_SERVER_{name}");
        let ended = run(&[], &[(&name, value)]).await;
        assert!(ended.stderr.contains(&format!("(from {name})")), "{ended:?}");
    }
    let contradicting = [("LK_TEST_SERVER_ADVERTISE_HOST", "http://a.test")];
    let ended = run(&["--ports=0", "--advertise=http://b.test"], &contradicting).await;
    let sentence = "(--advertise-host is from LK_TEST_SERVER_ADVERTISE_HOST)";
    assert!(ended.stderr.contains(sentence), "{ended:?}");
}

#[tokio::test]
async fn all_errors_are_reported_at_once() {
    let wrong = ["--log-level=x", "--ports", "x", "--auth", "x", "--bind", "a b", "--api-secret="];
    for arguments in [&wrong[..], &[&["healthcheck"], &wrong[..]].concat()] {
        let ended = run(arguments, &[]).await;
        assert_eq!(ended.code, Some(2));
        let lines = ended.stderr.lines().map(|line| line.trim_start_matches("livekit-mock: "));
        let flags: Vec<&str> = lines.filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(flags, ["--ports", "--bind", "--api-secret", "--auth", "--log-level"]);
    }
}

#[tokio::test]
async fn help_lists_every_flag_with_its_variable_and_default() {
    let ended = run(&["--help"], &[]).await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for (flag, default) in [
        ("ports", "9999,10000,10001,10002"),
        ("advertise-host", "http://127.0.0.1"),
        ("bind", "0.0.0.0"),
        ("twirp-prefix", "/twirp"),
        ("api-secret", "secret"),
        ("auth", "lenient"),
        ("reference", "latest"),
        ("grace", "10"),
        ("log-format", "text"),
        ("log-level", "info"),
    ] {
        assert!(ended.stdout.contains(&format!("--{flag} <")), "{flag}");
        let variable = format!("LK_TEST_SERVER_{}", flag.replace('-', "_").to_uppercase());
        let shown = format!("[default: {default}] [env: {variable}]");
        assert!(ended.stdout.contains(&shown), "{shown} is not in {}", ended.stdout);
    }
    for flag in ["--strict", "--advertise <", "--first-region <", "healthcheck", "Exit codes"] {
        assert!(ended.stdout.contains(flag), "{flag}");
    }
}

#[tokio::test]
async fn the_version_is_that_of_the_package() {
    let ended = run(&["--version"], &[]).await;
    let version = concat!("livekit-mock ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), version));
}

#[tokio::test]
async fn the_embedded_server_has_the_same_settings() {
    let mock = Mock::builder()
        .regions(2)
        .advertise_host("http://x.test")
        .twirp_prefix("/api")
        .secret("hush")
        .auth(Auth::Strict)
        .start()
        .await
        .expect("a server");
    assert!(mock.url(1).starts_with("http://x.test:"));
    let token = support::all_grants(&mock);
    let path = "/api/livekit.RoomService/CreateRoom";
    let address = support::address(&mock, 1);
    assert_eq!(post_at(address, path, &[("authorization", &token)], "{}").await.status, 200);
    assert_eq!(post_at(address, path, &[], "{}").await.status, 401);
    let error = Mock::builder().ports([7, 7]).start().await.expect_err("a port given twice");
    assert!(error.to_string().contains("port 7 is given twice"), "{error}");
}

#[tokio::test]
async fn the_last_of_a_repeated_flag_counts() {
    let program = Program::with(&["--ports", "x", "--ports=0"], &[]).await;
    assert_eq!(program.announced.len(), 2, "{:?}", program.announced);
}

#[tokio::test]
async fn a_misspelt_variable_is_named_and_an_unrelated_one_is_not() {
    let variables = [("LK_TEST_SERVER_PORT", "1"), ("LK_TEST_SERVER_ADDRESS_OF_MINE", "x")];
    let mut program = Program::with(&["--ports", "0"], &variables).await;
    let line = program.logs("LK_TEST_SERVER").await;
    assert!(line.contains("LK_TEST_SERVER_PORT is not a variable"), "{line}");
    assert!(line.contains("for PORT, did you mean \"PORTS\"?"), "{line}");
}

const SECRET_VARIABLE: &str = "LK_TEST_SERVER_API_SECRET";

/// The status of a call to a strict server whose token is signed with this secret.
async fn status_with(program: &Program, secret: &str) -> u16 {
    let token = token_of("key", secret);
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    post_at(program.address(0), CREATE_ROOM, &headers, "{}").await.status.as_u16()
}

/// The whole log, up to the stop.
async fn log_of(mut program: Program) -> String {
    program.signal("TERM").await;
    program.end().await;
    program.rest_of_log().await
}

#[tokio::test]
async fn blanks_and_line_ends_around_a_variable_are_cut() {
    let variables = [
        ("LK_TEST_SERVER_PORTS", " 0,0\n"),
        ("LK_TEST_SERVER_ADVERTISE_HOST", "\thttp://x.test\r\n"),
        ("LK_TEST_SERVER_BIND", " 127.0.0.1 "),
        ("LK_TEST_SERVER_TWIRP_PREFIX", "/api\n"),
        (SECRET_VARIABLE, "hush"),
        ("LK_TEST_SERVER_AUTH", "strict\n"),
        ("LK_TEST_SERVER_STRICT", " true"),
        ("LK_TEST_SERVER_REFERENCE", "latest\r\n"),
        ("LK_TEST_SERVER_GRACE", "3\n"),
        ("LK_TEST_SERVER_LOG_FORMAT", "text\n"),
        ("LK_TEST_SERVER_LOG_LEVEL", "debug\n"),
        ("LK_TEST_SERVER_STOP_WITH_STDIN", "false\n"),
        ("LK_TEST_SERVER_FIRST_REGION", "0\n"),
        ("LK_TEST_SERVER_ADVERTISE", " \n"),
    ];
    let program = Program::with(&[], &variables).await;
    assert!(program.announced[0].starts_with("region-0 listening on 127.0.0.1:"));
    assert!(program.announced[0].contains("(advertised as http://x.test:"));
    let path = "/api/livekit.RoomService/CreateRoom";
    assert_eq!(post_at(program.address(1), path, &[], "{}").await.status, 401);
    let log = log_of(program).await;
    assert!(!log.contains("LK_TEST_SERVER"), "nothing was bent that may have been meant: {log}");
}

#[tokio::test]
async fn a_secret_that_was_trimmed_is_named_and_not_shown() {
    for (value, secret, sentence) in [
        ("hush-hush\n", "hush-hush", "they are not part of the secret"),
        (" hush-hush", "hush-hush", "they are not part of the secret"),
        ("\thush-hush\u{a0}\r\n", "hush-hush", "they are not part of the secret"),
        (" \n", "secret", "holds nothing but blanks or line ends: it counts as unset"),
    ] {
        let program = with(&["--auth=strict"], &[(SECRET_VARIABLE, value)]).await;
        assert_eq!(status_with(&program, secret).await, 200, "{value:?}");
        assert_eq!(status_with(&program, value).await, 401, "{value:?}");
        let log = log_of(program).await;
        let warning = log.lines().find(|line| line.contains(SECRET_VARIABLE)).expect("a warning");
        assert!(warning.contains(" WARN ") && warning.contains(sentence), "{warning}");
        assert!(!log.contains("hush-hush"), "{log}");
    }
}

#[tokio::test]
async fn quotes_around_a_variable_are_kept_and_named() {
    let sentence = ": its value is in quotes; they are part of the value";
    for secret in ["'hush-hush'", "\"hush-hush\"", "''"] {
        let value = format!("{secret}\n");
        let program = with(&["--auth=strict"], &[(SECRET_VARIABLE, &value)]).await;
        assert_eq!(status_with(&program, secret).await, 200, "{secret}");
        let log = log_of(program).await;
        assert!(log.contains(&format!("{SECRET_VARIABLE}{sentence}")), "{log}");
        assert!(log.contains("not part of the secret") && !log.contains("hush-hush"), "{log}");
    }
    let program = with(&[], &[(SECRET_VARIABLE, "it's \"hush\", he's")]).await;
    assert!(!log_of(program).await.contains(SECRET_VARIABLE), "no quotes around it");
    // If a value is wrong because of its quotes, the error says so.
    for (name, value) in [("PORTS", "\"0,0\""), ("AUTH", "'strict'"), ("BIND", "'127.0.0.1'")] {
        let name = format!("LK_TEST_SERVER_{name}");
        let ended = run(&[], &[(&name, value)]).await;
        assert_refused(&ended, 2, &format!("(from {name}{sentence}"));
    }
}

#[tokio::test]
async fn a_flag_is_taken_as_it_is() {
    let flags = ["--auth=strict", "--api-secret", " 'hush' "];
    let program = with(&flags, &[(SECRET_VARIABLE, "'other' ")]).await;
    assert_eq!(status_with(&program, " 'hush' ").await, 200);
    assert!(!log_of(program).await.contains(SECRET_VARIABLE), "the flag has won");
}

#[cfg(unix)]
#[tokio::test]
async fn a_variable_that_is_not_text_is_an_error() {
    use std::os::unix::ffi::OsStrExt as _;
    let value = std::ffi::OsStr::from_bytes(b"hush\xff");
    for (name, flag) in [(SECRET_VARIABLE, "--api-secret"), ("LK_TEST_SERVER_PORTS", "--ports")] {
        let mut command = support::program::shell(r#"exec "$@""#, &LOOPBACK[2..]);
        let output = command.env(name, value).output().await.expect("a program that runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{said}");
        let sentence = format!("livekit-mock: {flag}: the value is not UTF-8 text (from {name})\n");
        assert_eq!(said, sentence);
        // A flag wins, whatever the variable holds.
        let given = format!("{flag}=0");
        let mut command = support::program::shell(
            r#"exec "$@""#,
            &["healthcheck", "--ports=1", "--bind=127.0.0.1", &given],
        );
        let output = command.env(name, value).output().await.expect("a program that runs");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("UTF-8"), "{output:?}");
    }
}
