//! The built-in demo provider.

use serde_json::{Value, json};
use simulator::{DEMO_MODELS, DEMO_NODE};

use crate::raw_client::{RawClient, ask, chat};

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn it_says_what_it_is_and_streams_the_same() {
    let simulator = simulator::demo().await.unwrap();
    let node = simulator.node(DEMO_NODE).unwrap();
    let whole = ask(node, CHAT, &chat("How are you?", false)).await.json();
    let text = whole["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(text.contains("demo provider: no AI was asked") && text.contains("How are you?"), "{text}");
    node.patch(&json!({ "gap_ms": 0 })).unwrap();
    assert_eq!(ask(node, CHAT, &chat("How are you?", true)).await.streamed_text(), text);
}

#[tokio::test]
async fn it_answers_to_the_well_known_names_only() {
    let simulator = simulator::demo().await.unwrap();
    let node = simulator.node(DEMO_NODE).unwrap();
    let mut client = RawClient::connect(node.address()).await;
    client.send("GET /v1/models HTTP/1.1\r\n\r\n").await;
    let listed = client.answer().await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), DEMO_MODELS.len());
    let mut body = chat("hello", false);
    body["model"] = json!("gpt-99");
    assert_eq!(ask(node, CHAT, &body).await.status, 404);
}

#[tokio::test]
async fn it_keeps_nothing_and_obeys_nobody() {
    let simulator = simulator::demo().await.unwrap();
    let node = simulator.node(DEMO_NODE).unwrap();
    let mut body = chat("hello", false);
    body["user"] = Value::from("simulate:status=500");
    assert_eq!(ask(node, CHAT, &body).await.status, 200);
    assert!(node.records().is_empty());
    assert_eq!(simulator.control(), None);
}
