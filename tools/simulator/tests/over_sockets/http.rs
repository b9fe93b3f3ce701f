//! How requests may arrive.

use serde_json::json;
use simulator::expected_text;

use crate::raw_client::{End, PATIENCE, RawClient, ask, chat, one_node, post};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let (_simulator, node) = one_node().await;
    let mut client = RawClient::connect(node.address()).await;
    // Both at once: the second is read while the first is answered.
    let both = post(CHAT, "", &chat("one", true)) + &post(CHAT, "", &chat("two", false));
    client.send(both).await;
    assert_eq!(client.answer().await.streamed_text(), expected_text("one", 32));
    let second = client.answer().await.json();
    assert_eq!(second["choices"][0]["message"]["content"], expected_text("two", 32));
    let connections: Vec<u64> = node.records().iter().map(|record| record.connection).collect();
    assert_eq!(connections, [1, 1]);
}

#[tokio::test]
async fn a_chunked_body_is_read_however_it_is_cut() {
    let (_simulator, node) = one_node().await;
    let body = chat("hello", false).to_string();
    let (front, back) = body.split_at(10);
    let wire = format!(
        "POST {CHAT} HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{front}\r\n{:x};ext=1\r\n{back}\r\n0\r\nx: y\r\n\r\n",
        front.len(),
        back.len()
    );
    let mut client = RawClient::connect(node.address()).await;
    for byte in wire.as_bytes() {
        client.send([*byte]).await;
    }
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(node.records()[0].body, body.as_bytes());
}

#[tokio::test]
async fn who_waits_for_100_gets_it() {
    let (_simulator, node) = one_node().await;
    let body = chat("hello", false).to_string();
    let mut client = RawClient::connect(node.address()).await;
    client
        .send(format!(
            "POST {CHAT} HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ))
        .await;
    assert_eq!(client.read_exactly(25).await, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.send(body).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_connection_is_closed_on_request() {
    let (_simulator, node) = one_node().await;
    let mut client = RawClient::connect(node.address()).await;
    client.send(post(CHAT, "connection: close\r\n", &chat("hello", true))).await;
    let answer = client.answer().await;
    assert!(answer.is_whole && answer.header("connection") == Some("close"));
    assert_eq!(client.read_to_end(PATIENCE).await, (Vec::new(), End::File));
}

#[tokio::test]
async fn an_older_client_gets_no_chunks() {
    let (_simulator, node) = one_node().await;
    let mut client = RawClient::connect(node.address()).await;
    client.send(post(CHAT, "", &chat("hello", true)).replace("HTTP/1.1", "HTTP/1.0")).await;
    let answer = client.answer().await;
    assert_eq!((answer.header("transfer-encoding"), answer.header("content-length")), (None, None));
    assert_eq!(answer.streamed_text(), expected_text("hello", 32));
}

#[tokio::test]
async fn broken_requests_are_refused() {
    let (_simulator, node) = one_node().await;
    let check = async |wire: &str, status| {
        let mut client = RawClient::connect(node.address()).await;
        client.send(wire).await;
        assert_eq!(client.answer().await.status, status, "{wire}");
        assert_eq!(client.read_to_end(PATIENCE).await.1, End::File);
    };
    check("nonsense\r\n\r\n", 400).await;
    check("POST / HTTP/1.1\r\ncontent-length: +5\r\n\r\nhello", 400).await;
    check("POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", 400).await;
    check("POST / HTTP/1.1\r\ncontent-length: 999999999999\r\n\r\n", 413).await;
    check("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nx\r\n", 400).await;
    assert_eq!(node.counters().requests_unreadable, 5);
}

#[tokio::test]
async fn everything_received_is_kept() {
    let (_simulator, node) = one_node().await;
    let body = json!({ "model": "m", "input": "hello" });
    ask(&node, "/deep/path/v1/embeddings?api-version=1", &body).await;
    let record = node.records_when(|records| records[0].outcome.is_some()).await.remove(0);
    assert_eq!((record.number, record.method.as_str()), (1, "POST"));
    assert_eq!(record.target, "/deep/path/v1/embeddings?api-version=1");
    assert_eq!((record.header("Host"), record.body_json()), (Some("simulator"), body));
    assert_eq!(record.outcome, Some(simulator::Outcome::Whole));
    assert!(record.sent_bytes > 1_000 && record.ended_at_ms.unwrap() >= record.at_ms);
}
