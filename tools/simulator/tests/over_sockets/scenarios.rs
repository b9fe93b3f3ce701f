//! Scenarios: the same one in every dialect.

use serde_json::{Value, json};
use simulator::{Node, NodeOptions};

use crate::named_events::named_events;
use crate::raw_client::{Answer, RawClient, ask, one_node_with, post};

/// Reads a file, patches it, and says so.
fn edit() -> Value {
    json!({ "edit": [
        [
            { "thinking": "First I read it." }, { "text": "I read the file." },
            { "call": { "name": "read", "arguments": { "path": "a.txt" } } },
            { "call": { "name": "list" } },
        ],
        [{ "custom": { "name": "patch", "input": "*** Begin" } }],
        [{ "text": "Done: {result}" }],
    ] })
}

async fn node() -> (simulator::Simulator, std::sync::Arc<Node>) {
    let (simulator, node) = one_node_with(NodeOptions::new("eu")).await;
    node.patch(&json!({ "scenarios": edit() })).unwrap();
    (simulator, node)
}

#[tokio::test]
async fn a_chat_plays_it() {
    let (_simulator, node) = node().await;
    let function = |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
    let mut messages = vec![json!({ "role": "user", "content": "go" })];
    let tools =
        json!([function("read"), function("list"), { "type": "custom", "custom": { "name": "patch" } }]);
    let mut said = Vec::new();
    for result in ["one", "two", "three"] {
        let body = json!({ "model": "edit", "messages": messages, "tools": tools });
        let json = ask(&node, "/v1/chat/completions", &body).await.json();
        let message = json["choices"][0]["message"].clone();
        messages.push(message.clone());
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            messages.push(json!({ "role": "tool", "tool_call_id": call["id"], "content": result }));
        }
        said.push(message);
    }
    assert_eq!(
        (&said[0]["content"], &said[0]["tool_calls"][0]["function"]["arguments"]),
        (&json!("I read the file."), &json!(r#"{"path":"a.txt"}"#))
    );
    assert_eq!(said[0]["tool_calls"][1]["function"], json!({ "name": "list", "arguments": "{}" }));
    assert_eq!(said[1]["tool_calls"][0]["custom"], json!({ "name": "patch", "input": "*** Begin" }));
    assert_eq!(said[2]["content"], "Done: two");
}

async fn messages_answer(node: &Node, body: &Value) -> Answer {
    let mut client = RawClient::connect(node.address()).await;
    client.send(post("/v1/messages", "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n", body)).await;
    client.answer().await
}

#[tokio::test]
async fn messages_play_it() {
    let (_simulator, node) = node().await;
    let tool = |name: &str| json!({ "name": name, "input_schema": { "type": "object" } });
    let mut messages = vec![json!({ "role": "user", "content": "go [scenario:edit]" })];
    let mut said = Vec::new();
    for result in ["one", "two", "three"] {
        let body = json!({
            "model": "m", "max_tokens": 2000, "messages": messages, "thinking": { "type": "adaptive" },
            "tools": [tool("read"), tool("list"), tool("patch")],
        });
        let json = messages_answer(&node, &body).await.json();
        let calls = json["content"].as_array().unwrap().iter().filter(|block| block["type"] == "tool_use");
        let results: Vec<Value> = calls
            .map(|call| json!({ "type": "tool_result", "tool_use_id": call["id"], "content": result }))
            .collect();
        messages.push(json!({ "role": "assistant", "content": json["content"] }));
        messages.push(json!({ "role": "user", "content": results }));
        said.push(json);
    }
    let kinds: Vec<&str> =
        said[0]["content"].as_array().unwrap().iter().filter_map(|block| block["type"].as_str()).collect();
    assert_eq!(kinds, ["thinking", "text", "tool_use", "tool_use"]);
    assert_eq!(said[1]["content"][0]["input"], json!({ "input": "*** Begin" }));
    assert_eq!(said[2]["content"][0]["text"], "Done: two");
}

#[tokio::test]
async fn responses_play_it() {
    let (_simulator, node) = node().await;
    let function = |name: &str| json!({ "type": "function", "name": name, "strict": false, "parameters": { "type": "object" } });
    let mut items = vec![json!({ "role": "user", "content": "go" })];
    let mut said = Vec::new();
    for result in ["one", "two", "three"] {
        let body = json!({
            "model": "edit", "input": items, "store": false, "stream": true, "include": ["reasoning.encrypted_content"],
            "tools": [function("read"), function("list"), { "type": "custom", "name": "patch" }],
        });
        let events = named_events(&ask(&node, "/v1/responses", &body).await);
        let output = events.last().unwrap()["response"]["output"].as_array().unwrap().clone();
        for item in &output {
            items.push(item.clone());
        }
        for item in &output {
            if item["call_id"].is_string() {
                let kind = format!("{}_output", item["type"].as_str().unwrap());
                items.push(json!({ "type": kind, "call_id": item["call_id"], "output": result }));
            }
        }
        said.push(output);
    }
    let kinds: Vec<&str> = said[0].iter().filter_map(|item| item["type"].as_str()).collect();
    assert_eq!(kinds, ["reasoning", "message", "function_call", "function_call"]);
    assert_eq!(
        (&said[1][0]["type"], &said[1][0]["input"]),
        (&json!("custom_tool_call"), &json!("*** Begin"))
    );
    assert_eq!(said[2][0]["content"][0]["text"], "Done: two");
}

#[tokio::test]
async fn who_plays_is_said_in_four_ways() {
    let (_simulator, node) = node().await;
    let mut options = json!({ "short": [[{ "text": "ha" }, { "stop": "length" }]] });
    options["edit"] = edit()["edit"].clone();
    node.patch(&json!({ "scenarios": options, "scenario": "short" })).unwrap();
    let text = async |headers: &str, message: &str| {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": message }] });
        let mut client = RawClient::connect(node.address()).await;
        client.send(post("/v1/chat/completions", headers, &body)).await;
        client.answer().await.json()
    };
    let json = text("", "hi").await;
    assert_eq!(
        (&json["choices"][0]["message"]["content"], &json["choices"][0]["finish_reason"]),
        (&json!("ha"), &json!("length"))
    );
    let json = text("x-simulate-scenario: edit\r\n", "hi").await;
    assert!(
        json["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .contains("wants to call read, which is not offered")
    );
    assert_eq!(text("", "[scenario:none]").await["error"]["code"], "unknown_scenario");
    node.reset().await;
    assert!(
        text("", "hi").await["choices"][0]["message"]["content"].as_str().unwrap().starts_with("Answer to")
    );
}
