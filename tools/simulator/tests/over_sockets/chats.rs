//! Chats that are checked closely, and chats as other hosts speak them.

use serde_json::{Value, json};
use simulator::{Fault, Node, expected_thinking};

use crate::raw_client::{Answer, ask, chat, one_node};

const PATH: &str = "/v1/chat/completions";

fn with(name: &str, value: Value) -> Value {
    let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hello" }] });
    body[name] = value;
    body
}

fn tool(name: &str, schema: &Value) -> Value {
    json!({ "type": "function", "function": { "name": name, "parameters": schema } })
}

#[tokio::test]
async fn wrong_chats_are_refused_where_a_node_is_strict() {
    let (_simulator, node) = one_node().await;
    let user = json!({ "role": "user", "content": "hello" });
    let call = json!({ "id": "c1", "type": "function", "function": { "name": "n", "arguments": "{}" } });
    let calls = json!({ "role": "assistant", "content": null, "tool_calls": [call] });
    let result = |id: &str| json!({ "role": "tool", "tool_call_id": id, "content": "x" });
    let messages = |list: Value| with("messages", list);
    let mut long = calls.clone();
    long["tool_calls"][0]["id"] = json!("x".repeat(41));
    let mut o3 = with("max_tokens", json!(5));
    o3["model"] = json!("o3-mini");
    let cases = [
        (with("top_k", json!(1)), "unknown_parameter", "top_k"),
        (with("temperature", json!(3)), "invalid_value", "temperature"),
        (with("stop", json!(["a", "b", "c", "d", "e"])), "invalid_value", "stop"),
        (with("stream_options", json!({})), "invalid_value", "stream_options"),
        (with("reasoning_effort", json!("huge")), "invalid_value", "reasoning_effort"),
        (with("response_format", json!({ "type": "json_object" })), "invalid_value", "messages"),
        (o3, "unsupported_parameter", "max_tokens"),
        (messages(json!([{ "role": "model", "content": "x" }])), "invalid_value", "messages[0].role"),
        (messages(json!([{ "role": "user", "content": null }])), "invalid_value", "messages[0].content"),
        (
            messages(json!([{ "role": "user", "content": [{ "type": "image", "source": {} }] }])),
            "invalid_value",
            "messages[0].content[0].type",
        ),
        (messages(json!([user, result("c1")])), "invalid_value", "messages.[1].role"),
        (messages(json!([user, calls])), "invalid_value", "messages.[2].role"),
        (messages(json!([user, calls, user])), "invalid_value", "messages.[2].role"),
        (messages(json!([user, calls, result("c2")])), "invalid_value", "messages.[2].role"),
        (messages(json!([user, long])), "string_above_max_length", "messages[1].tool_calls[0].id"),
        (
            messages(json!([user, { "role": "assistant", "content": null }])),
            "invalid_value",
            "messages[1].content",
        ),
        (with("tools", json!([])), "empty_array", "tools"),
        (
            with("tools", json!([tool("a.b", &json!({ "type": "object" }))])),
            "invalid_value",
            "tools[0].function.name",
        ),
        (
            with("tools", json!([tool("a", &json!({}))])),
            "invalid_function_parameters",
            "tools[0].function.parameters",
        ),
        (
            with(
                "tools",
                json!([tool("a", &json!({ "type": "object", "properties": { "l": { "type": "array" } } }))]),
            ),
            "invalid_function_parameters",
            "tools[0].function.parameters",
        ),
        (with("tool_choice", json!("auto")), "invalid_value", "tool_choice"),
    ];
    for (body, _, _) in &cases[..3] {
        assert_eq!(ask(&node, PATH, body).await.status, 200, "nothing is checked unless asked: {body}");
    }
    node.patch(&json!({ "is_strict": true })).unwrap();
    for (body, code, param) in cases {
        let answer = ask(&node, PATH, &body).await;
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, error["code"].as_str(), error["param"].as_str()),
            (400, Some(code), Some(param)),
            "{body}"
        );
    }
    for body in [
        chat("hello", true),
        messages(json!([user, calls, result("c1")])),
        with("tools", json!([tool("a", &json!({ "type": "object" }))])),
    ] {
        let answer = ask(&node, PATH, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

async fn deviating(node: &Node, fault: &str, body: &Value) -> Answer {
    node.add_fault(fault.parse::<Fault>().unwrap().times(1).unwrap()).await.unwrap();
    ask(node, PATH, body).await
}

fn chunks(answer: &Answer) -> Vec<Value> {
    answer.events().into_iter().filter_map(|event| serde_json::from_str(event).ok()).collect()
}

fn calling(is_streaming: bool) -> Value {
    let mut body = chat("both [every tool]", is_streaming);
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    body["tools"] = json!([tool("one", &schema), tool("two", &schema)]);
    body
}

#[tokio::test]
async fn usage_stands_where_the_host_puts_it() {
    let (_simulator, node) = one_node().await;
    let mut unasked = chat("hello", true);
    unasked["stream_options"] = Value::Null;
    for (fault, place) in [
        ("usage_in_choice", "/choices/0/usage/total_tokens"),
        ("usage_in_x_groq", "/x_groq/usage/total_tokens"),
        ("usage_unasked", "/usage/total_tokens"),
        ("usage_in_each", "/usage/total_tokens"),
    ] {
        for body in [&chat("hello", true), &unasked] {
            let chunks = chunks(&deviating(&node, fault, body).await);
            let last = chunks.last().unwrap();
            assert_eq!(last.pointer(place), Some(&json!(37)), "{fault}");
            assert_eq!(last["choices"][0]["finish_reason"], "stop");
            let told = chunks.iter().filter(|chunk| chunk.pointer(place).is_some()).count();
            assert_eq!(told, if fault == "usage_in_each" { chunks.len() } else { 1 });
        }
    }
}

#[tokio::test]
async fn tool_calls_come_as_the_host_sends_them() {
    let (_simulator, node) = one_node().await;
    let calls = async |fault: &str| -> Vec<Value> {
        let chunks = chunks(&deviating(&node, fault, &calling(true)).await);
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].get(0).cloned()).collect()
    };
    assert!(calls("no_tool_index").await.iter().all(|call| call.get("index").is_none()));
    assert!(calls("tool_index_zero").await.iter().all(|call| call["index"] == 0));
    assert!(calls("null_id").await.iter().all(|call| call["id"].is_null()));
    let whole = calls("whole_calls").await;
    assert_eq!(
        (whole.len(), &whole[1]["index"], &whole[1]["function"]["arguments"]),
        (2, &json!(1), &json!(r#"{"city":"simulated city"}"#))
    );
    for is_streaming in [false, true] {
        let answer = deviating(&node, "finish=", &calling(is_streaming)).await;
        assert!(
            answer.text().contains(r#""finish_reason":"""#) && !answer.text().contains(r#""tool_calls","#)
        );
    }
    let whole = deviating(&node, "null_id", &calling(false)).await.json();
    assert!(whole["choices"][0]["message"]["tool_calls"][0]["id"].is_null());
}

#[tokio::test]
async fn thinking_is_shown_as_the_host_shows_it() {
    let (_simulator, node) = one_node().await;
    let thought = expected_thinking("hello");
    for name in ["reasoning", "reasoning_content"] {
        let message =
            deviating(&node, name, &chat("hello", false)).await.json()["choices"][0]["message"].clone();
        assert_eq!(message[name], thought);
        let chunks = chunks(&deviating(&node, name, &chat("hello", true)).await);
        let streamed: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"][name].as_str()).collect();
        assert_eq!(streamed, thought);
    }
    let streamed = deviating(&node, "think_tags", &chat("hello", true)).await.streamed_text();
    assert!(streamed.starts_with(&format!("<think>\n{thought}\n</think>\n\nAnswer")));
    let hidden = ask(&node, PATH, &with("reasoning_effort", json!("high"))).await.json();
    assert!(hidden["usage"]["completion_tokens_details"]["reasoning_tokens"].as_u64() > Some(0));
    assert!(!hidden.to_string().contains("Thinking about"));
}

#[tokio::test]
async fn errors_and_events_may_have_other_forms() {
    let (_simulator, node) = one_node().await;
    let flat = deviating(&node, "status=400;flat_error", &chat("hello", false)).await;
    assert_eq!((flat.status, &flat.json()["object"]), (400, &json!("error")));
    let answer = deviating(&node, "comments;obfuscation;role_in_each", &chat("hello", true)).await;
    assert_eq!(answer.text().matches(": still there\n\n").count(), answer.text().matches("data: ").count());
    assert!(
        answer.text().matches("obfuscation").count() > 30 && answer.text().matches("assistant").count() > 30
    );
}

#[tokio::test]
async fn a_begun_answer_is_treated_as_the_node_is_told() {
    let (_simulator, node) = one_node().await;
    let whole = simulator::expected_text("hello", 32);
    let (begun, rest) = whole.split_at(24);
    let said =
        [json!({ "role": "user", "content": "hello" }), json!({ "role": "assistant", "content": begun })];
    for (how, status, expected) in
        [("anew", 200, whole.as_str()), ("continued", 200, rest), ("refused", 400, "")]
    {
        node.patch(&json!({ "beginnings": how })).unwrap();
        let answer = ask(&node, PATH, &with("messages", json!(said))).await;
        assert_eq!(answer.status, status, "{how}");
        if status == 200 {
            assert_eq!(answer.json()["choices"][0]["message"]["content"], expected, "{how}");
        }
    }
}
