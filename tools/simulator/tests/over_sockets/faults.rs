//! Each fault, proven by what a raw client sees.

use serde_json::Value;
use simulator::{Fault, expected_text};

use crate::raw_client::{Answer, End, PATIENCE, RawClient, SILENCE, chat, one_node, parse, post};

const CHAT: &str = "/v1/chat/completions";

/// All that a client saw.
struct Seen {
    bytes: Vec<u8>,
    end: End,
}

impl Seen {
    fn answer(&self) -> Answer {
        parse(&self.bytes, self.end == End::File).unwrap().0
    }
}

async fn see(fault: &str, is_streaming: bool) -> Seen {
    let silent = ["hang", "stall", "keeps_open"].iter().any(|name| fault.starts_with(name));
    see_for(fault, is_streaming, if silent { SILENCE } else { PATIENCE }).await
}

async fn see_for(fault: &str, is_streaming: bool, patience: std::time::Duration) -> Seen {
    let (_simulator, node) = one_node().await;
    node.add_fault(fault.parse::<Fault>().unwrap()).await.unwrap();
    let mut client = RawClient::connect(node.address()).await;
    client.send(post(CHAT, "connection: close\r\n", &chat("hello", is_streaming))).await;
    let (bytes, end) = client.read_to_end(patience).await;
    Seen { bytes, end }
}

#[tokio::test]
async fn unanswered_requests() {
    for (fault, end) in
        [("reset_after_request", End::Reset), ("close_after_request", End::File), ("hang", End::Silence)]
    {
        let seen = see(fault, true).await;
        assert_eq!((seen.bytes.len(), seen.end), (0, end), "{fault}");
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    for is_streaming in [false, true] {
        let seen = see("cut_head=20", is_streaming).await;
        assert_eq!((seen.bytes.as_slice(), seen.end), (&b"HTTP/1.1 200 OK\r\ncon"[..], End::File));
        let seen = see("not_http", is_streaming).await;
        assert!(seen.bytes.starts_with(b"220 ") && seen.end == End::File);
    }
}

#[tokio::test]
async fn streams_that_break_off_after_events() {
    for (fault, end) in [("cut=3", End::File), ("reset=3", End::Reset), ("stall=3", End::Silence)] {
        let seen = see(fault, true).await;
        let answer = seen.answer();
        assert_eq!((answer.events().len(), answer.is_whole, seen.end), (3, false, end), "{fault}");
    }
}

#[tokio::test]
async fn streams_that_break_off_after_bytes() {
    for (fault, end) in
        [("cut_bytes=10", End::File), ("reset_bytes=10", End::Reset), ("stall_bytes=10", End::Silence)]
    {
        let seen = see(fault, true).await;
        let answer = seen.answer();
        assert_eq!((answer.text(), answer.is_whole, seen.end), ("data: {\"ch", false, end), "{fault}");
    }
}

#[tokio::test]
async fn whole_answers_that_break_off() {
    for (fault, end) in [("cut=2", End::File), ("reset_bytes=128", End::Reset), ("stall=2", End::Silence)] {
        let seen = see(fault, false).await;
        let answer = seen.answer();
        assert_eq!((answer.body.len(), answer.is_whole, seen.end), (128, false, end), "{fault}");
    }
}

#[tokio::test]
async fn truncated_answers_end_well_formed() {
    let answer = see("truncate=3", true).await.answer();
    assert_eq!((answer.events().len(), answer.is_whole), (3, true));
    let answer = see("truncate_bytes=100", false).await.answer();
    assert_eq!((answer.body.len(), answer.is_whole), (100, true));
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
}

#[tokio::test]
async fn error_statuses() {
    let answer = see("status=429;retry_after=2", true).await.answer();
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")));
    assert_eq!(answer.json()["error"]["code"], "rate_limit_exceeded");
    let answer = see("retry_after=2;status=503", false).await.answer();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    let answer = see("status=400;code=context_length_exceeded", true).await.answer();
    assert_eq!(answer.json()["error"]["code"], "context_length_exceeded");
    let answer = see("status=502;html", true).await.answer();
    assert_eq!((answer.status, answer.header("content-type")), (502, Some("text/html; charset=utf-8")));
}

#[tokio::test]
async fn odd_heads() {
    let answer = see("redirect=http://127.0.0.1:9/x", false).await.answer();
    assert_eq!((answer.status, answer.header("location")), (307, Some("http://127.0.0.1:9/x")));
    assert!(see("cookie", true).await.answer().header("set-cookie").is_some());
    let answer = see("wrong_type=text/plain", true).await.answer();
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.events().last(), Some(&"[DONE]"));
}

#[tokio::test]
async fn wrong_contents() {
    assert!(see("html", false).await.answer().text().starts_with("<!DOCTYPE html>"));
    let answer = see("empty", true).await.answer();
    assert_eq!((answer.status, answer.body.len(), answer.is_whole), (200, 0, true));

    let answer = see("malformed=2", true).await.answer();
    let broken: Vec<bool> =
        answer.events().iter().map(|event| serde_json::from_str::<Value>(event).is_err()).collect();
    assert_eq!(broken[..4], [false, false, true, false]);
    assert_eq!(answer.events().last(), Some(&"[DONE]"));
    assert!(serde_json::from_slice::<Value>(&see("malformed=0", false).await.answer().body).is_err());

    let answer = see("error_event=2", true).await.answer();
    let events = answer.events();
    assert_eq!((events.len(), answer.status), (3, 200));
    assert!(serde_json::from_str::<Value>(events[2]).unwrap()["error"]["message"].is_string());
    assert!(see("error_event=0", false).await.answer().json()["error"].is_object());

    let answer = see("no_done", true).await.answer();
    assert!(answer.is_whole && !answer.text().contains("[DONE]"));
    assert!(!see("no_usage", true).await.answer().text().contains("usage"));
    assert!(!see("no_usage", false).await.answer().text().contains("usage"));
}

#[tokio::test]
async fn huge_answers() {
    let text = expected_text("hello", 25_000);
    let answer = see("huge=100000", false).await.answer();
    assert_eq!(answer.json()["choices"][0]["message"]["content"], text);
    assert_eq!(see("huge=100000", true).await.answer().streamed_text(), text);
    let answer = see("huge_event=100000", true).await.answer();
    assert!(answer.events()[1].len() > 100_000);
    assert_eq!(answer.streamed_text(), text);
}

#[tokio::test]
async fn odd_ends() {
    let seen = see("keeps_open", true).await;
    let answer = seen.answer();
    assert_eq!((answer.events().last(), seen.end), (Some(&"[DONE]"), End::Silence));
    assert!(!answer.is_whole);

    let seen = see("until_close", true).await;
    assert_eq!((seen.answer().header("transfer-encoding"), seen.end), (None, End::File));
    assert_eq!(seen.answer().streamed_text(), expected_text("hello", 32));

    let seen = see("wrong_length=10", false).await;
    assert_eq!((seen.answer().is_whole, seen.end), (false, End::File));
    let seen = see("wrong_length=-10", false).await;
    let (answer, used) = parse(&seen.bytes, true).unwrap();
    assert_eq!((answer.is_whole, seen.bytes.len() - used), (true, 10));
}

#[tokio::test]
async fn pings_hide_a_dead_stream() {
    let (_simulator, node) = one_node().await;
    node.add_fault("pings=3:1".parse::<Fault>().unwrap()).await.unwrap();
    let mut client = RawClient::connect(node.address()).await;
    client.post(CHAT, &chat("hello", true)).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b": ping\n\n\r\n8\r\n: ping\n\n\r\n") {
        seen.extend(client.read_exactly(1).await);
    }
    assert_eq!(parse(&seen, false).unwrap().0.events().len(), 3);
}

#[tokio::test]
async fn gzip_is_announced_and_well_formed() {
    let answer = see("gzip", false).await.answer();
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(answer.body[..3], [0x1f, 0x8b, 8]);
}

#[tokio::test]
async fn lines_may_end_in_crlf() {
    let answer = see("crlf", true).await.answer();
    assert!(answer.text().ends_with("data: [DONE]\r\n\r\n"));
    assert_eq!(answer.text().matches("\r\n").count(), answer.text().matches('\n').count());
}

#[tokio::test]
async fn bytes_may_come_in_any_pieces() {
    for fault in ["split=1", "split=7", "drip=200:1"] {
        let answer = see(fault, true).await.answer();
        assert_eq!(answer.streamed_text(), expected_text("hello", 32), "{fault}");
        assert!(answer.is_whole);
    }
}

#[tokio::test]
async fn slowness_has_its_place() {
    let (_simulator, node) = one_node().await;
    let check = async |fault: &str, shown: usize| {
        node.clear_faults().await;
        node.add_fault(fault.parse::<Fault>().unwrap()).await.unwrap();
        let mut client = RawClient::connect(node.address()).await;
        client.post(CHAT, &chat("hello", true)).await;
        let (bytes, end) = client.read_to_end(SILENCE).await;
        let heads = bytes.windows(4).filter(|four| *four == b"\r\n\r\n").count();
        assert_eq!((heads, end), (shown, End::Silence), "{fault}");
    };
    check("slow_head=600000", 0).await;
    check("slow_first=600000", 1).await;
}

#[tokio::test]
async fn the_latency_is_kept() {
    let (_simulator, node) = one_node().await;
    let patch =
        serde_json::json!({ "latency_ms": 30, "first_token_ms": 30, "gap_ms": 2, "answer_tokens": 8 });
    node.patch(&patch).unwrap();
    let started = std::time::Instant::now();
    crate::raw_client::ask(&node, CHAT, &chat("hello", true)).await;
    // Role, eight pieces, finish, usage, done: eleven gaps.
    assert!(started.elapsed().as_millis() >= 30 + 30 + 22, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_request_may_ask_for_its_own_fault() {
    let (_simulator, node) = one_node().await;
    let mut client = RawClient::connect(node.address()).await;
    let mut body = chat("hello", true);
    client.send(post(CHAT, "x-simulate: status=503\r\n", &body)).await;
    assert_eq!(client.answer().await.status, 503);
    body["user"] = "simulate@eu:status=504".into();
    client.post(CHAT, &body).await;
    assert_eq!(client.answer().await.status, 504);
    body["user"] = "simulate@us:status=504".into();
    client.post(CHAT, &body).await;
    assert_eq!(client.answer().await.status, 200);
    body["user"] = "simulate:explode".into();
    client.post(CHAT, &body).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (400, Some("bad_directive")));
    let faults: Vec<_> = node.records().into_iter().map(|record| record.fault).collect();
    assert_eq!(faults, [Some("status=503".to_owned()), Some("status=504".to_owned()), None, None]);
}

#[tokio::test]
async fn a_node_takes_so_many_at_once_and_refuses_the_others_at_once() {
    let (_simulator, node) = one_node().await;
    node.patch(&serde_json::json!({
        "concurrent_max": 1, "latency_ms": 600_000, "refusal": "status=429;retry_after=3"
    }))
    .unwrap();
    let mut first = RawClient::connect(node.address()).await;
    first.send(post(CHAT, "", &chat("hello", false))).await;
    node.records_when(|records| records.len() == 1).await;
    let refused = async || {
        let mut second = RawClient::connect(node.address()).await;
        second.send(post(CHAT, "connection: close\r\n", &chat("hello", false))).await;
        let (bytes, _) = second.read_to_end(PATIENCE).await;
        parse(&bytes, true).unwrap().0
    };
    let answer = refused().await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3")));
    assert_eq!(node.counters().refused, 1);
    drop(first);
    node.records_when(|records| records[0].outcome.is_some()).await;
    node.patch(&serde_json::json!({ "latency_ms": 0 })).unwrap();
    assert_eq!(refused().await.status, 200);
}
