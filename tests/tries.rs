//! Calls that are tried again: counted over all regions, failed so often and no more, drawn alike on
//! every machine (`docs/BEHAVIOUR.md`, Calls that are tried again).

mod support;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use livekit_mock::{Control, Grants, Mock};
use tokio::process::Command;

use support::{Answer, CREATE_ROOM, get, post, program::Program, start};

const VALIDATE: &str = "/rtc/validate?access_token=";

/// A try of this call, told to a region.
async fn attempt(mock: &Mock, region: usize, id: &str, control: &str) -> Answer {
    let mut headers = vec![("x-lk-mock", control)];
    if !id.is_empty() {
        headers.push(("x-livekit-request-id", id));
    }
    post(mock, region, CREATE_ROOM, &headers, "{}").await
}

/// Region, status and what the answer says of the try.
async fn statuses(mock: &Mock, tries: &[usize], id: &str, control: &str) -> Vec<(u16, String)> {
    let mut answers = Vec::new();
    for region in tries {
        let answer = attempt(mock, *region, id, control).await;
        let number = answer.header("x-lk-mock-attempt").unwrap_or("none").to_owned();
        answers.push((answer.status.as_u16(), number));
    }
    answers
}

fn expected(answers: &[(u16, &str)]) -> Vec<(u16, String)> {
    answers.iter().map(|(status, number)| (*status, (*number).to_owned())).collect()
}

#[tokio::test]
async fn so_many_tries_fail_over_all_regions_and_then_it_is_answered() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failTimes":2,"failStatus":500}"#;
    let answers = statuses(&mock, &[0, 2, 1, 0], "call-1", control).await;
    assert_eq!(answers, expected(&[(500, "1"), (500, "2"), (200, "3"), (200, "4")]));
    let another = statuses(&mock, &[3], "call-2", control).await;
    assert_eq!(another, expected(&[(500, "1")]), "another call is another count");
}

#[tokio::test]
async fn only_the_listed_regions_use_up_the_times() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failRegions":[1],"failTimes":1}"#;
    let answers = statuses(&mock, &[0, 1, 1], "a", control).await;
    assert_eq!(answers, expected(&[(200, "1"), (503, "2"), (200, "3")]));
}

#[tokio::test]
async fn no_time_is_none() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failRegions":[0],"failTimes":0}"#;
    assert_eq!(statuses(&mock, &[0], "a", control).await, expected(&[(200, "1")]));
}

#[tokio::test]
async fn the_key_of_a_test_takes_the_place_of_the_id() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failTimes":1,"key":"test-1"}"#;
    let answers = statuses(&mock, &[0, 0], "", control).await;
    assert_eq!(answers, expected(&[(503, "1"), (200, "2")]));
    // The client's own id comes first.
    assert_eq!(statuses(&mock, &[0], "own", control).await, expected(&[(503, "1")]));
}

#[tokio::test]
async fn without_an_id_times_are_ignored_and_told() {
    let mock = start(Mock::builder()).await;
    for (control, status) in [
        (r#"{"failTimes":1}"#, 200),
        (r#"{"failTimes":1,"failRegions":[0]}"#, 503),
        (r#"{"failTimes":1,"failRegions":[1]}"#, 200),
    ] {
        let answer = attempt(&mock, 0, "", control).await;
        assert_eq!(answer.status, status, "{control}");
        assert!(answer.header("x-lk-mock-attempt").is_none());
        let told = |warning: &&str| warning.starts_with("failTimes is ignored: the call has no id");
        assert!(answer.warnings().iter().any(told), "{:?}", answer.warnings());
    }
}

#[tokio::test]
async fn ids_differ_by_every_byte_and_an_empty_one_is_none() {
    let mock = start(Mock::builder()).await;
    let id = |bytes: &[u8]| http::HeaderValue::from_bytes(bytes).expect("a value");
    for (bytes, status) in [(&b"zz\xfe"[..], 503), (b"zz\xff", 503), (b"zz\xff", 200)] {
        let request = http::Request::post(CREATE_ROOM)
            .header("host", "x")
            .header("x-lk-mock", r#"{"failTimes":1}"#)
            .header("x-livekit-request-id", id(bytes))
            .body(http_body_util::Full::default())
            .expect("a request");
        let answer = support::send(mock.addresses()[0], request).await.expect("an answer");
        assert_eq!(answer.status, status, "{bytes:?}");
    }
    let answers = statuses(&mock, &[0, 0], "", r#"{"failTimes":1,"key":""}"#).await;
    assert_eq!(answers, expected(&[(200, "none"), (200, "none")]));
}

#[tokio::test]
async fn a_rate_of_all_or_nothing_draws_nothing() {
    let mock = start(Mock::builder()).await;
    for (rate, status) in [(0, 200), (1, 503)] {
        let control = format!(r#"{{"failRate":{rate},"strict":true}}"#);
        assert_eq!(attempt(&mock, 0, "", &control).await.status, status, "{rate}");
    }
    // What is drawn without an id is told, and no mistake.
    let drawn = attempt(&mock, 0, "", r#"{"failRate":0.5,"strict":true}"#).await;
    assert!(matches!(drawn.status.as_u16(), 200 | 503), "{drawn:?}");
}

#[tokio::test]
async fn every_answer_to_a_call_with_an_id_says_which_try_it_was() {
    let mock = start(Mock::builder()).await;
    for (control, status) in [
        ("{}", 200),
        (r#"{"strict":true,"nope":1}"#, 400),
        (r#"{"auth":"strict"}"#, 401),
        (r#"{"pinnedRegions":["region-1"]}"#, 451),
        (r#"{"failRegions":[0],"failBody":"x"}"#, 503),
    ] {
        let answer = attempt(&mock, 0, control, control).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-lk-mock-attempt")),
            (status, Some("1"))
        );
        let exposed = answer.header("access-control-expose-headers").expect("a list");
        assert!(exposed.ends_with(", X-Lk-Mock-Attempt"), "{exposed}");
    }
    let answer = attempt(&mock, 0, "", "{}").await;
    let exposed = answer.header("access-control-expose-headers");
    assert_eq!(exposed, Some("X-Lk-Mock-Region, X-Lk-Mock-Warning"));
}

#[tokio::test]
async fn the_modes_without_an_answer_are_counted_too() {
    let mock = start(Mock::builder()).await;
    for mode in ["drop", "reset", "garbage"] {
        let control = format!(r#"{{"failTimes":1,"failMode":"{mode}"}}"#);
        let headers = [("x-lk-mock", control.as_str()), ("x-livekit-request-id", mode)];
        let broken = support::call(&mock, 0, "POST", CREATE_ROOM, &headers, "").await;
        assert!(broken.is_err(), "{mode}");
        assert_eq!(statuses(&mock, &[1], mode, &control).await, expected(&[(200, "2")]));
    }
}

#[tokio::test]
async fn signalling_is_tried_again_apart_from_calls() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failTimes":1,"key":"test"}"#;
    assert_eq!(statuses(&mock, &[0], "", control).await, expected(&[(503, "1")]));
    let token = mock.token().attribute("lk.mock", control).grants(Grants::all("r")).to_jwt();
    let path = format!("{VALIDATE}{token}");
    for (status, number) in [(503, "1"), (200, "2")] {
        let answer = get(&mock, 0, &path, &[]).await;
        let told = answer.header("x-lk-mock-attempt");
        assert_eq!((answer.status.as_u16(), told), (status, Some(number)));
    }
}

#[tokio::test]
async fn a_call_that_another_one_pushed_out_is_told() {
    let mock = start(Mock::builder()).await;
    let mut told = Vec::new();
    for number in 0..4098 {
        let answer = attempt(&mock, 0, &format!("call-{number}"), "{}").await;
        let forgot = |warning: &&str| warning.starts_with("another call was forgotten");
        if answer.warnings().iter().any(forgot) {
            told.push(number);
        }
    }
    assert_eq!(told, [4096, 4097]);
    assert_eq!(statuses(&mock, &[0], "call-4000", "{}").await, expected(&[(200, "2")]));
    assert_eq!(statuses(&mock, &[0], "call-0", "{}").await, expected(&[(200, "1")]));
}

#[tokio::test]
async fn a_rate_fails_the_same_tries_on_every_server() {
    let control = r#"{"failRate":0.5,"seed":"today"}"#;
    let mut runs = HashSet::new();
    for _ in 0..2 {
        let mock = start(Mock::builder()).await;
        let mut failed = Vec::new();
        for number in 0..100 {
            let answer = attempt(&mock, number % 4, &format!("call-{number}"), control).await;
            assert_eq!(answer.warnings().len(), 1, "{:?}", answer.warnings());
            failed.push(answer.status == 503);
        }
        let count = failed.iter().filter(|failed| **failed).count();
        assert!((30..70).contains(&count), "{count}");
        runs.insert(failed);
    }
    assert_eq!(runs.len(), 1, "the same on both");
}

#[tokio::test]
async fn a_rate_without_an_id_does_not_repeat_and_says_so() {
    let mock = start(Mock::builder()).await;
    let mut failed = HashSet::new();
    for _ in 0..64 {
        let answer = attempt(&mock, 0, "", r#"{"failRate":0.5}"#).await;
        let told = |warning: &&str| warning.starts_with("what is drawn will not repeat");
        assert!(answer.warnings().iter().any(told), "{:?}", answer.warnings());
        failed.insert(answer.status.as_u16());
    }
    assert_eq!(failed, HashSet::from([200, 503]));
}

#[tokio::test]
async fn jitter_comes_on_top_of_the_wait() {
    let mock = start(Mock::builder()).await;
    let control = Control::new().delay_ms(50).delay_jitter_ms(100).seed(3).json();
    let mut waits = Vec::new();
    for id in ["a", "b", "c", "d"] {
        let begun = Instant::now();
        attempt(&mock, 0, id, &control).await;
        waits.push(begun.elapsed());
    }
    assert!(waits.iter().all(|wait| *wait >= Duration::from_millis(50)), "{waits:?}");
    let drawn = python_draws(&[("3", "b", 0, 1)]).await;
    let most = drawn[0].1 % 101;
    assert!(waits[1] >= Duration::from_millis(50 + most), "{waits:?}, {most}");
}

/// What the ten lines of Python in `docs/BEHAVIOUR.md` draw: whether half of the tries fail, and the
/// number that a wait is drawn from.
async fn python_draws(tries: &[(&str, &str, usize, u32)]) -> Vec<(bool, u64)> {
    let behaviour = include_str!("../docs/BEHAVIOUR.md");
    let (_, lines) = behaviour.split_once("```python\nimport hashlib\n").expect("the ten lines");
    let (lines, _) = lines.split_once("```").expect("their end");
    assert!(lines.lines().count() <= 10, "{lines}");
    let prints = tries.iter().map(|(seed, call, region, attempt)| {
        let of = format!("{seed:?}, {call:?}, {region}, {attempt}");
        format!("print(fails(0.5, {of}), jitter(2**64 - 1, {of}))\n")
    });
    let script = format!("import hashlib\n{lines}{}", prints.collect::<String>());
    let output = Command::new("python3").args(["-c", &script]).output().await.expect("Python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let parse = |line: &str| {
        let (fails, number) = line.split_once(' ').expect("two words");
        (fails == "True", number.parse().expect("a number"))
    };
    text.lines().map(parse).collect()
}

#[tokio::test]
async fn ten_lines_of_python_draw_the_same() {
    let mock = start(Mock::builder()).await;
    let control = r#"{"failRate":0.5,"seed":"s"}"#;
    let ids: Vec<String> = (0..40).map(|number| format!("call {number} \u{e9}")).collect();
    let tries: Vec<_> =
        ids.iter().flat_map(|id| [("s", id.as_str(), 2, 1), ("s", id, 0, 2)]).collect();
    let drawn = python_draws(&tries).await;
    for ((_, id, region, number), (fails, _)) in tries.iter().zip(drawn) {
        let answer = attempt(&mock, *region, id, control).await;
        assert_eq!(answer.header("x-lk-mock-attempt"), Some(number.to_string().as_str()));
        assert_eq!(answer.status == 503, fails, "{id} in region {region}, try {number}");
    }
}

#[tokio::test]
async fn the_test_vectors_of_the_documentation_hold() {
    let behaviour = include_str!("../docs/BEHAVIOUR.md");
    let rows = behaviour.lines().skip_while(|line| *line != VECTORS).skip(2);
    let rows: Vec<Vec<&str>> = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`')).collect()
        })
        .collect();
    assert!(rows.len() >= 4, "{rows:?}");
    let tries: Vec<_> = rows
        .iter()
        .map(|row| {
            (row[0], row[1], row[2].parse().expect("a region"), row[3].parse().expect("a try"))
        })
        .collect();
    for (row, (fails, number)) in rows.iter().zip(python_draws(&tries).await) {
        assert_eq!(
            (row[4], row[5]),
            (if fails { "yes" } else { "no" }, &*(number % 1001).to_string())
        );
    }
}

const VECTORS: &str = "| seed | call | region | try | fails at 0.5 | of `delayJitterMs: 1000` |";

// === A control for all requests ===

#[tokio::test]
async fn a_control_of_the_server_lies_below_all_others() {
    let control = Control::new().fail_regions([0]).fail_status(500).expect("a status");
    let mock = start(Mock::builder().control(&control)).await;
    assert_eq!(attempt(&mock, 0, "", "{}").await.status, 500);
    assert_eq!(attempt(&mock, 1, "", "{}").await.status, 200);
    let old = post(&mock, 0, CREATE_ROOM, &[("x-lk-mock-fail-status", "502")], "{}").await;
    assert_eq!(old.status, 502);
    let mixed = attempt(&mock, 0, "", r#"{"failStatus":429}"#).await;
    // That of the missing token alone: `failStatus` has its `failRegions`.
    assert_eq!((mixed.status.as_u16(), mixed.warnings().len()), (429, 1));
    assert_eq!(attempt(&mock, 0, "", r#"{"failRegions":[]}"#).await.status, 200);

    let token = mock.token().grants(Grants::all("r"));
    let plain = format!("{VALIDATE}{}", token.clone().to_jwt());
    assert_eq!(get(&mock, 0, &plain, &[]).await.status, 500);
    let own = Control::new().fail_regions([]);
    let answered = format!("{VALIDATE}{}", token.control(&own).to_jwt());
    assert_eq!(get(&mock, 0, &answered, &[]).await.status, 200);
}

#[tokio::test]
async fn a_control_of_the_server_is_a_flag_and_a_variable() {
    let control = r#"{"failRegions":[0],"failStatus":500}"#;
    let flag = format!("--control={control}");
    for (arguments, variables) in
        [(vec![flag.as_str()], vec![]), (vec![], vec![("LK_TEST_SERVER_CONTROL", control)])]
    {
        let mut all = vec!["--ports", "0,0", "--bind", "127.0.0.1"];
        all.extend(arguments);
        let program = Program::with(&all, &variables).await;
        let answer = support::post_at(program.address(0), CREATE_ROOM, &[], "{}").await;
        assert_eq!(answer.status, 500);
        drop(program);
    }
}

#[tokio::test]
async fn a_broken_control_of_the_server_is_a_usage_error() {
    for (control, expected) in [
        ("{", "it must be one JSON object"),
        (r#"{"failRegion":[0]}"#, "did you mean \"failRegions\"?"),
        (r#"{"failStatus":9}"#, "must be a status from 100 to 599"),
        (r#"{"failBody":"x"}"#, "failBody has no effect without failRegions"),
        (r#"{"failRegions":[9]}"#, "failRegions: there is no region 9"),
        (r#"{"pinnedRegions":["q"]}"#, "pinnedRegions: there is no region \"q\""),
        (r#"{"signal":"no_pon"}"#, "did you mean \"no_pong\"?"),
        (r#"{"script":5}"#, "a script is a list of steps"),
        (r#"{"regionsMode":"status"}"#, "regionsMode status has no effect without regionsStatus"),
    ] {
        let ended =
            support::program::run(&["--ports=0,0,0,0", &format!("--control={control}")], &[]).await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            !ended.stderr.contains(" is used") && !ended.stderr.contains("ignored"),
            "{ended:?}"
        );
        assert!(
            ended.stderr.contains("--control: ") && ended.stderr.contains(expected),
            "{ended:?}"
        );
    }
}
