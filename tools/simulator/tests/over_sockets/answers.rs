//! What a node answers when nothing is wrong.

use serde_json::{Value, json};
use simulator::{NodeOptions, Options, expected_text, expected_vector, tokens_in};

use crate::raw_client::{RawClient, ask, chat, one_node, one_node_with};

const CHAT: &str = "/v1/chat/completions";

fn chunks(events: &[&str]) -> Vec<Value> {
    events
        .iter()
        .filter(|event| **event != "[DONE]")
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

#[tokio::test]
async fn a_chat_is_answered_with_the_foretold_text() {
    let (_simulator, node) = one_node().await;
    let answer = ask(&node, CHAT, &chat("hello", false)).await;
    assert_eq!((answer.status, answer.header("x-simulator-node")), (200, Some("eu")));
    let json = answer.json();
    let text = expected_text("hello", 32);
    assert_eq!(json["object"], "chat.completion");
    assert_eq!(json["model"], "gpt-4o");
    assert_eq!(json["choices"][0]["message"]["content"], text);
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
    assert_eq!(json["usage"]["prompt_tokens"], tokens_in("Be brief.") + tokens_in("hello"));
    assert_eq!(json["usage"]["completion_tokens"], 32);
    assert_eq!(json["usage"]["total_tokens"], 32 + 5);
}

#[tokio::test]
async fn a_stream_says_the_same_in_pieces() {
    let (_simulator, node) = one_node().await;
    let answer = ask(&node, CHAT, &chat("hello “there” 🙂", true)).await;
    assert!(answer.is_whole);
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(answer.streamed_text(), expected_text("hello “there” 🙂", 32));
    let events = answer.events();
    assert_eq!(events.last(), Some(&"[DONE]"));
    let chunks = chunks(&events);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(chunks[0].as_object().unwrap().contains_key("usage") && chunks[0]["usage"].is_null());
    let [.., finish, usage] = chunks.as_slice() else { panic!("too few chunks") };
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert_eq!((&usage["choices"], &usage["usage"]["completion_tokens"]), (&json!([]), &json!(32)));
    assert!(chunks.iter().all(|chunk| chunk["id"] == usage["id"]));
}

#[tokio::test]
async fn usage_is_streamed_only_when_asked_for() {
    let (_simulator, node) = one_node().await;
    let mut body = chat("hello", true);
    body["stream_options"] = Value::Null;
    let answer = ask(&node, CHAT, &body).await;
    assert!(chunks(&answer.events()).iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test]
async fn the_callers_limit_cuts_the_answer() {
    let (_simulator, node) = one_node().await;
    for name in ["max_tokens", "max_completion_tokens"] {
        let mut body = chat("hello", false);
        body[name] = json!(5);
        let json = ask(&node, CHAT, &body).await.json();
        assert_eq!(json["choices"][0]["finish_reason"], "length");
        assert_eq!(json["usage"]["completion_tokens"], 5);
        assert_eq!(json["choices"][0]["message"]["content"], expected_text("hello", 5));
    }
}

#[tokio::test]
async fn several_choices_are_given() {
    let (_simulator, node) = one_node().await;
    let mut body = chat("hello", false);
    body["n"] = json!(2);
    let json = ask(&node, CHAT, &body).await.json();
    assert_eq!((json["choices"].as_array().unwrap().len(), &json["choices"][1]["index"]), (2, &json!(1)));
    assert_eq!(json["usage"]["completion_tokens"], 64);
}

fn with_tools(message: &str, is_streaming: bool) -> Value {
    let tool = |name: &str| {
        json!({ "type": "function", "function": { "name": name, "parameters": {
            "type": "object",
            "properties": { "city": { "type": "string" }, "days": { "type": "integer" }, "unit": { "enum": ["C", "F"] } },
        } } })
    };
    let mut body = chat(message, is_streaming);
    body["tools"] = json!([tool("weather"), tool("tides")]);
    body
}

#[tokio::test]
async fn tools_are_called_on_demand() {
    let (_simulator, node) = one_node().await;
    let arguments = r#"{"city":"simulated city","days":1,"unit":"C"}"#;
    let json = ask(&node, CHAT, &with_tools("the weather, please [tool]", false)).await.json();
    assert_eq!(json["choices"][0]["finish_reason"], "tool_calls");
    let call = &json["choices"][0]["message"]["tool_calls"][0];
    assert_eq!((&call["type"], &call["function"]["name"]), (&json!("function"), &json!("weather")));
    assert_eq!(call["function"]["arguments"], arguments);

    let mut body = with_tools("the weather, please", false);
    body["tool_choice"] = json!({ "type": "function", "function": { "name": "tides" } });
    let json = ask(&node, CHAT, &body).await.json();
    assert_eq!(json["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "tides");

    let json = ask(&node, CHAT, &with_tools("the weather, please", false)).await.json();
    assert_eq!(json["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn tool_calls_are_streamed_in_deltas() {
    let (_simulator, node) = one_node().await;
    let answer = ask(&node, CHAT, &with_tools("all of it [every tool]", true)).await;
    let chunks = chunks(&answer.events());
    let mut arguments = [String::new(), String::new()];
    let mut names = Vec::new();
    for delta in chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0)) {
        let index = delta["index"].as_u64().unwrap() as usize;
        arguments[index].push_str(delta["function"]["arguments"].as_str().unwrap());
        names.extend(delta["function"]["name"].as_str());
    }
    assert_eq!(names, ["weather", "tides"]);
    for text in arguments {
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["days"], 1);
    }
    let [.., finish, _usage] = chunks.as_slice() else { panic!("too few chunks") };
    assert_eq!(finish["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn older_completions_are_answered_too() {
    let (_simulator, node) = one_node().await;
    let json = ask(&node, "/v1/completions", &json!({ "model": "m", "prompt": ["a", "b"] })).await.json();
    assert_eq!(json["object"], "text_completion");
    assert_eq!(json["choices"][1]["text"], expected_text("b", 32));
    let body =
        json!({ "model": "m", "prompt": "a", "stream": true, "stream_options": { "include_usage": true } });
    let answer = ask(&node, "/v1/completions", &body).await;
    let chunks = chunks(&answer.events());
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert_eq!(text, expected_text("a", 32));
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 32);
}

#[tokio::test]
async fn embeddings_come_as_numbers_or_base64() {
    let (_simulator, node) = one_node().await;
    let mut body = json!({ "model": "e", "input": ["hello", "you"], "dimensions": 3 });
    let json = ask(&node, "/v1/embeddings", &body).await.json();
    let vector: Vec<f32> = serde_json::from_value(json["data"][1]["embedding"].clone()).unwrap();
    assert_eq!(vector, expected_vector("you", 3));
    assert_eq!(json["usage"], json!({ "prompt_tokens": 3, "total_tokens": 3 }));
    body["encoding_format"] = json!("base64");
    let json = ask(&node, "/v1/embeddings", &body).await.json();
    assert_eq!(json["data"][0]["embedding"].as_str().unwrap().len(), 16);
    let json = ask(&node, "/v1/embeddings", &json!({ "model": "e", "input": [1, 2, 3] })).await.json();
    assert_eq!(json["data"][0]["embedding"].as_array().unwrap().len(), 1536);
}

#[tokio::test]
async fn models_are_listed() {
    let (_simulator, node) = one_node().await;
    let mut client = RawClient::connect(node.address()).await;
    client.send("GET /v1/models HTTP/1.1\r\n\r\n").await;
    let json = client.answer().await.json();
    assert_eq!((&json["object"], &json["data"][0]["id"]), (&json!("list"), &json!("gpt-4o")));
}

#[tokio::test]
async fn wrong_requests_get_openais_errors() {
    let (_simulator, node) = one_node().await;
    node.patch(&json!({ "serves_any_model": false })).unwrap();
    let check = async |path: &str, body: Value, status, code: &str| {
        let answer = ask(&node, path, &body).await;
        assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (status, Some(code)), "{body}");
    };
    check(CHAT, json!([]), 400, "invalid_json").await;
    check(CHAT, json!({ "model": "gpt-4o" }), 400, "invalid_value").await;
    check(CHAT, json!({ "model": "gpt-99", "messages": [{}] }), 404, "model_not_found").await;
    check("/v1/embeddings", json!({ "model": "gpt-4o", "input": {} }), 400, "invalid_value").await;
    check("/v1/nonsense", json!({}), 404, "unknown_url").await;
}

#[tokio::test]
async fn a_key_may_be_demanded() {
    let mut node = NodeOptions::new("eu");
    node.behaviour.key = Some("sk-right".to_owned());
    let (_simulator, node) = one_node_with(node).await;
    for (header, status) in [("sk-right", 200), ("sk-wrong", 401)] {
        let mut client = RawClient::connect(node.address()).await;
        let header = format!("authorization: Bearer {header}\r\n");
        client.send(crate::raw_client::post(CHAT, &header, &chat("hello", false))).await;
        assert_eq!(client.answer().await.status, status);
    }
    assert_eq!(ask(&node, CHAT, &chat("hello", false)).await.json()["error"]["code"], "invalid_api_key");
}

#[tokio::test]
async fn one_seed_gives_one_run() {
    async fn run(seed: u64) -> Vec<(u16, String)> {
        let mut node = NodeOptions::new("eu");
        node.faults.push("status=500".parse::<simulator::Fault>().unwrap().rate(0.5).unwrap());
        let simulator = simulator::start(Options { nodes: vec![node], control: None, seed }).await.unwrap();
        let mut run = Vec::new();
        for _ in 0..16 {
            let answer = ask(&simulator.nodes()[0], CHAT, &chat("hello", true)).await;
            run.push((answer.status, String::from_utf8(answer.body).unwrap()));
        }
        run
    }
    let first = run(1).await;
    assert_eq!(first, run(1).await);
    assert_ne!(first, run(2).await);
    assert!(first.iter().any(|(status, _)| *status == 500) && first.iter().any(|(status, _)| *status == 200));
}
