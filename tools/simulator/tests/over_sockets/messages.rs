//! Anthropic's Messages, as a peer of a node sees them.

use serde_json::{Value, json};
use simulator::{Node, expected_text, expected_thinking, tokens_in};

use crate::named_events::{kinds, named_events as events};
use crate::raw_client::{Answer, RawClient, one_node, post};

const PATH: &str = "/v1/messages";
const HEADERS: &str = "x-api-key: sk-ant\r\nanthropic-version: 2023-06-01\r\n";
const PNG: &str = "iVBORw0KGgo=";

async fn ask(node: &Node, body: &Value) -> Answer {
    ask_at(node, PATH, HEADERS, body).await
}

async fn ask_at(node: &Node, path: &str, headers: &str, body: &Value) -> Answer {
    let mut client = RawClient::connect(node.address()).await;
    client.send(post(path, headers, body)).await;
    client.answer().await
}

fn hello() -> Value {
    json!({ "model": "m", "max_tokens": 4000, "messages": [{ "role": "user", "content": "hello" }] })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = hello();
    body[name] = value;
    body
}

fn tool(name: &str) -> Value {
    json!({ "name": name, "input_schema": { "type": "object", "properties": { "city": { "type": "string" } } } })
}

fn thinking() -> Value {
    with("thinking", json!({ "type": "enabled", "budget_tokens": 1024 }))
}

#[tokio::test]
async fn a_message_is_answered_whole() {
    let (_simulator, node) = one_node().await;
    let answer = ask(&node, &with("system", json!("Be brief."))).await;
    assert!(answer.header("request-id").is_some());
    let json = answer.json();
    assert_eq!(json["content"], json!([{ "type": "text", "text": expected_text("hello", 32) }]));
    assert_eq!(
        (&json["type"], &json["role"], &json["stop_reason"]),
        (&json!("message"), &json!("assistant"), &json!("end_turn"))
    );
    assert_eq!(json["usage"]["input_tokens"], tokens_in("Be brief.") + tokens_in("hello"));
    assert_eq!(json["usage"]["output_tokens"], 32);
}

#[tokio::test]
async fn a_stream_says_the_same_in_the_documented_order() {
    let (_simulator, node) = one_node().await;
    let events = events(&ask(&node, &with("stream", json!(true))).await);
    assert_eq!(
        kinds(&events),
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], tokens_in("hello"));
    let text: String = events.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, expected_text("hello", 32));
    let end = &events[events.len() - 2];
    assert_eq!(
        (&end["delta"]["stop_reason"], &end["usage"]["output_tokens"]),
        (&json!("end_turn"), &json!(32))
    );
}

#[tokio::test]
async fn limits_and_stop_texts_end_the_answer() {
    let (_simulator, node) = one_node().await;
    let json = ask(&node, &with("max_tokens", json!(5))).await.json();
    assert_eq!((&json["stop_reason"], &json["usage"]["output_tokens"]), (&json!("max_tokens"), &json!(5)));
    let json = ask(&node, &with("stop_sequences", json!(["003", "002"]))).await.json();
    assert_eq!((&json["stop_reason"], &json["stop_sequence"]), (&json!("stop_sequence"), &json!("002")));
    assert!(json["content"][0]["text"].as_str().unwrap().ends_with("001 "));
}

#[tokio::test]
async fn tools_are_called_side_by_side() {
    let (_simulator, node) = one_node().await;
    let mut body =
        with("tools", json!([tool("weather"), { "name": "now", "input_schema": { "type": "object" } }]));
    body["messages"][0]["content"] = json!("both [every tool]");
    let whole = ask(&node, &body).await.json();
    assert_eq!(whole["stop_reason"], "tool_use");
    assert_eq!(whole["content"][0]["input"], json!({ "city": "simulated city" }));
    body["stream"] = json!(true);
    let events = events(&ask(&node, &body).await);
    let parts = |index: u64| {
        let here = events.iter().filter(|event| event["index"] == index);
        here.filter_map(|event| event["delta"]["partial_json"].as_str()).collect::<String>()
    };
    assert_eq!((parts(0).as_str(), parts(1).as_str()), (r#"{"city":"simulated city"}"#, ""));
    let starts: Vec<&Value> = events.iter().filter(|event| event["type"] == "content_block_start").collect();
    assert_eq!(
        (&starts[1]["content_block"]["name"], &starts[1]["content_block"]["input"]),
        (&json!("now"), &json!({}))
    );

    body["stream"] = json!(false);
    let results: Vec<Value> = whole["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| json!({ "type": "tool_result", "tool_use_id": call["id"], "content": "fine" }))
        .collect();
    body["messages"] = json!([body["messages"][0], { "role": "assistant", "content": whole["content"] }, { "role": "user", "content": results }]);
    assert_eq!(ask(&node, &body).await.json()["stop_reason"], "end_turn");
}

#[tokio::test]
async fn thinking_is_sealed_and_must_come_back_unchanged() {
    let (_simulator, node) = one_node().await;
    let mut body = thinking();
    let whole = ask(&node, &body).await.json();
    let thought = expected_thinking("hello");
    assert_eq!(whole["content"][0]["thinking"], thought);
    assert_eq!(whole["usage"]["output_tokens_details"]["thinking_tokens"], tokens_in(&thought));

    body["stream"] = json!(true);
    let events = events(&ask(&node, &body).await);
    let deltas: Vec<&Value> =
        events.iter().filter(|event| event["index"] == 0).map(|event| &event["delta"]).collect();
    assert_eq!(deltas[deltas.len() - 2]["signature"], whole["content"][0]["signature"]);
    let text: String = deltas.iter().filter_map(|delta| delta["thinking"].as_str()).collect();
    assert_eq!(text, thought);

    body["stream"] = json!(false);
    body["messages"] = json!([{ "role": "user", "content": "hello" }, { "role": "assistant", "content": whole["content"] }, { "role": "user", "content": "and?" }]);
    assert_eq!(ask(&node, &body).await.status, 200);
    for (field, value) in [("thinking", json!("other")), ("signature", json!("c2ltMQ=="))] {
        let mut changed = body.clone();
        changed["messages"][1]["content"][0][field] = value;
        let answer = ask(&node, &changed).await;
        assert!(answer.text().contains("Invalid `signature` in `thinking` block"), "{}", answer.text());
    }
    node.patch(&json!({ "account": "another" })).unwrap();
    assert_eq!(ask(&node, &body).await.status, 400);
}

#[tokio::test]
async fn a_seal_may_be_bound_to_all_before_it() {
    let (_simulator, node) = one_node().await;
    node.patch(&json!({ "binds_thinking": true })).unwrap();
    let mut body = thinking();
    let whole = ask(&node, &body).await.json();
    body["messages"] = json!([{ "role": "user", "content": [{ "type": "text", "text": "hello", "cache_control": { "type": "ephemeral" } }] }, { "role": "assistant", "content": whole["content"] }, { "role": "user", "content": "and?" }]);
    assert_eq!(ask(&node, &body).await.status, 200);
    body["system"] = json!("New rules.");
    let answer = ask(&node, &body).await;
    assert!(answer.text().contains("bound to a different conversation"));
    body["thinking"]["block_binding"] = json!({ "prefix_mismatch_behavior": "drop_block" });
    assert_eq!(ask(&node, &body).await.status, 200);
}

#[tokio::test]
async fn the_cache_knows_what_it_was_shown() {
    let (_simulator, node) = one_node().await;
    let mut body = with(
        "system",
        json!([{ "type": "text", "text": "x".repeat(400), "cache_control": { "type": "ephemeral", "ttl": "1h" } }]),
    );
    let first = ask(&node, &body).await.json()["usage"].clone();
    assert_eq!(
        (&first["cache_creation_input_tokens"], &first["cache_read_input_tokens"], &first["input_tokens"]),
        (&json!(100), &json!(0), &json!(2))
    );
    assert_eq!(first["cache_creation"]["ephemeral_1h_input_tokens"], 100);
    let second = ask(&node, &body).await.json()["usage"].clone();
    assert_eq!(
        (&second["cache_creation_input_tokens"], &second["cache_read_input_tokens"], &second["input_tokens"]),
        (&json!(0), &json!(100), &json!(2))
    );
    body["system"][0]["text"] = json!("y".repeat(400));
    assert_eq!(ask(&node, &body).await.json()["usage"]["cache_read_input_tokens"], 0);
}

#[tokio::test]
async fn tokens_are_counted_and_models_listed() {
    let (_simulator, node) = one_node().await;
    let mut body = hello();
    body.as_object_mut().unwrap().remove("max_tokens");
    let answer = ask_at(&node, "/v1/messages/count_tokens", HEADERS, &body).await;
    assert_eq!(answer.json(), json!({ "input_tokens": 2 }));
    let mut client = RawClient::connect(node.address()).await;
    client.send(format!("GET /v1/models HTTP/1.1\r\n{HEADERS}\r\n")).await;
    let json = client.answer().await.json();
    assert_eq!((&json["first_id"], &json["data"][0]["type"]), (&json!("gpt-4o"), &json!("model")));
}

#[tokio::test]
async fn heads_must_have_key_and_version() {
    let (_simulator, node) = one_node().await;
    let check = async |headers: &str, status: u16, kind: &str| {
        let answer = ask_at(&node, PATH, headers, &hello()).await;
        let json = answer.json();
        assert_eq!(
            (answer.status, json["type"].as_str(), json["error"]["type"].as_str()),
            (status, Some("error"), Some(kind)),
            "{headers}"
        );
    };
    check("", 401, "authentication_error").await;
    check("x-api-key: sk-ant\r\n", 400, "invalid_request_error").await;
    node.patch(&json!({ "key": "right" })).unwrap();
    check(HEADERS, 401, "authentication_error").await;
    let bearer = "authorization: Bearer right\r\nanthropic-version: 2023-06-01\r\n";
    assert_eq!(ask_at(&node, PATH, bearer, &hello()).await.status, 200);
}

/// A conversation of these messages, with one tool.
fn talk(messages: Value) -> Value {
    let mut body = with("tools", json!([tool("weather")]));
    body["messages"] = messages;
    body
}

fn user(blocks: &Value) -> Value {
    talk(json!([{ "role": "user", "content": blocks }]))
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let (_simulator, node) = one_node().await;
    let call = json!({ "role": "assistant", "content": [{ "type": "tool_use", "id": "t1", "name": "weather", "input": {} }] });
    let result = |id: &str| json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": id, "content": "x" }] });
    let hi = json!({ "role": "user", "content": "hi" });
    let image = |media_type: &str| json!([{ "type": "image", "source": { "type": "base64", "media_type": media_type, "data": PNG } }]);
    let mut forced = thinking();
    forced["tools"] = json!([tool("weather")]);
    forced["tool_choice"] = json!({ "type": "any" });
    let mut unthought = thinking();
    unthought["tools"] = json!([tool("weather")]);
    unthought["messages"] = json!([hi, call, result("t1")]);
    let marks = vec![json!({ "type": "text", "text": "x", "cache_control": { "type": "ephemeral" } }); 5];
    let cases = [
        (with("max_tokens", Value::Null), "max_tokens: Field required"),
        (with("frequency_penalty", json!(1)), "frequency_penalty: Extra inputs"),
        (with("temperature", json!(1.5)), "temperature: range"),
        (with("messages", json!([])), "at least one message"),
        (with("messages", json!([{ "role": "tool", "content": "x" }])), "messages.0.role"),
        (with("messages", json!([{ "role": "assistant", "content": "x" }])), "first message must use"),
        (user(&json!([{ "type": "text", "text": "" }])), "must be non-empty"),
        (user(&json!([{ "type": "text", "text": " \n" }])), "non-whitespace"),
        (user(&json!("")), "must not be empty"),
        (user(&json!([{ "type": "image_url", "image_url": {} }])), "is none of"),
        (user(&image("image/jpeg")), "appear to be image/png"),
        (user(&image("image/bmp")), "no media type of an image"),
        (user(&json!(marks)), "A maximum of 4 blocks"),
        (talk(json!([hi, { "role": "assistant", "content": "I say " }])), "trailing whitespace"),
        (talk(json!([hi, call])), "without `tool_result` blocks immediately after: t1"),
        (talk(json!([hi, call, hi])), "without `tool_result` blocks immediately after: t1"),
        (talk(json!([hi, result("t2")])), "unexpected `tool_use_id`"),
        (
            talk(
                json!([hi, call, { "role": "user", "content": [{ "type": "text", "text": "so" }, result("t1")["content"][0]] }]),
            ),
            "must come before",
        ),
        (
            with("tools", json!([{ "name": "a.b", "input_schema": { "type": "object" } }])),
            "tools.0.custom.name",
        ),
        (with("tools", json!([{ "name": "a", "input_schema": {} }])), "input_schema.type"),
        (with("tools", json!([tool("a"), tool("a")])), "must be unique"),
        (with("tool_choice", json!({ "type": "auto" })), "while providing tools"),
        (with("thinking", json!({ "type": "enabled", "budget_tokens": 4000 })), "must be greater than"),
        (forced, "Thinking may not be enabled when tool_choice forces"),
        (unthought, "Expected `thinking` or `redacted_thinking`, but found \"tool_use\""),
    ];
    for (body, part) in cases {
        let answer = ask(&node, &body).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["type"].as_str()),
            (400, Some("invalid_request_error")),
            "{body}"
        );
        assert!(answer.text().contains(&part.replace('"', "\\\"")), "{part}: {}", answer.text());
    }
    let right = [
        user(&image("image/png")),
        talk(json!([hi, call, result("t1")])),
        talk(json!([hi, hi, call, result("t1")])),
    ];
    for body in right {
        let answer = ask(&node, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

#[tokio::test]
async fn models_differ_in_what_turns_they_take() {
    let (_simulator, node) = one_node().await;
    let hi = json!({ "role": "user", "content": "hi" });
    let begun = talk(json!([hi, { "role": "assistant", "content": "I" }]));
    let between = talk(json!([hi, { "role": "system", "content": "Be brief." }]));
    for body in [&begun, &between] {
        assert_eq!(ask(&node, body).await.status, 200);
    }
    node.patch(&json!({ "beginnings": "refused", "takes_system_turns": false })).unwrap();
    for (body, part) in [(&begun, "prefill"), (&between, "messages.1.role")] {
        let answer = ask(&node, body).await;
        assert!(answer.status == 400 && answer.text().contains(part), "{}", answer.text());
    }
}

#[tokio::test]
async fn faults_speak_the_dialect() {
    let (_simulator, node) = one_node().await;
    node.add_fault("status=529".parse::<simulator::Fault>().unwrap().times(1).unwrap()).await.unwrap();
    let json = ask(&node, &hello()).await.json();
    assert_eq!((&json["type"], &json["error"]["type"]), (&json!("error"), &json!("overloaded_error")));
    node.add_fault("error_event=3".parse::<simulator::Fault>().unwrap().times(1).unwrap()).await.unwrap();
    let found = events(&ask(&node, &with("stream", json!(true))).await);
    assert_eq!((found.len(), &found[3]["type"]), (4, &json!("error")));
    node.add_fault("no_done;no_usage".parse().unwrap()).await.unwrap();
    let found = events(&ask(&node, &with("stream", json!(true))).await);
    assert_eq!(found.last().unwrap()["type"], "message_delta");
    assert!(
        found.iter().all(|event| event.get("usage").is_none() && event["message"].get("usage").is_none())
    );
}
