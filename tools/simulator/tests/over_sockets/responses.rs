//! OpenAI's Responses, as a peer of a node sees them.

use serde_json::{Value, json};
use simulator::{Fault, Node, expected_text, expected_thinking, tokens_in};

use crate::named_events::{kinds, named_events as events};
use crate::raw_client::{Answer, RawClient, ask, one_node};

const PATH: &str = "/v1/responses";

fn hello() -> Value {
    json!({ "model": "m", "input": "hello" })
}

fn with(name: &str, value: Value) -> Value {
    let mut body = hello();
    body[name] = value;
    body
}

fn tool(name: &str) -> Value {
    json!({
        "type": "function", "name": name, "strict": false,
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } },
    })
}

async fn request(node: &Node, method: &str, path: &str) -> Answer {
    let mut client = RawClient::connect(node.address()).await;
    client.send(format!("{method} {path} HTTP/1.1\r\n\r\n")).await;
    client.answer().await
}

#[tokio::test]
async fn a_response_is_given_whole() {
    let (_simulator, node) = one_node().await;
    let json = ask(&node, PATH, &with("instructions", json!("Be brief."))).await.json();
    assert_eq!((&json["object"], &json["status"]), (&json!("response"), &json!("completed")));
    assert_eq!(json["output"][0]["content"][0]["text"], expected_text("hello", 32));
    assert_eq!(json["usage"]["input_tokens"], tokens_in("Be brief.") + tokens_in("hello"));
    assert_eq!((&json["usage"]["output_tokens"], &json["store"]), (&json!(32), &json!(true)));
    let json = ask(&node, PATH, &with("max_output_tokens", json!(20))).await.json();
    assert_eq!(
        (&json["status"], &json["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
}

#[tokio::test]
async fn a_stream_says_the_same_in_the_documented_order() {
    let (_simulator, node) = one_node().await;
    let found = events(&ask(&node, PATH, &with("stream", json!(true))).await);
    assert_eq!(
        kinds(&found),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed"
        ]
    );
    for (number, event) in found.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let text: String = found.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!(text, expected_text("hello", 32));
    let (done, end) = (&found[found.len() - 2], &found[found.len() - 1]);
    assert_eq!(end["response"]["output"][0], done["item"]);
    assert_eq!(found[4]["item_id"], done["item"]["id"]);
    assert_eq!(
        (&found[2]["item"]["content"], &found[2]["item"]["status"]),
        (&json!([]), &json!("in_progress"))
    );
}

#[tokio::test]
async fn reasoning_and_calls_are_items_of_their_own() {
    let (_simulator, node) = one_node().await;
    let mut body = with("tools", json!([tool("weather"), { "type": "custom", "name": "patch" }]));
    body["input"] = json!([{ "role": "user", "content": "both [every tool]" }]);
    body["reasoning"] = json!({ "effort": "low", "summary": "auto" });
    body["include"] = json!(["reasoning.encrypted_content"]);
    body["stream"] = json!(true);
    let found = events(&ask(&node, PATH, &body).await);
    assert_eq!(
        kinds(&found),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
            "response.reasoning_summary_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.custom_tool_call_input.delta",
            "response.custom_tool_call_input.done",
            "response.output_item.done",
            "response.completed"
        ]
    );
    let output = &found.last().unwrap()["response"]["output"];
    assert_eq!(output[0]["summary"][0]["text"], expected_thinking("both [every tool]"));
    assert_eq!(output[1]["arguments"], r#"{"city":"simulated city"}"#);
    assert_eq!(
        (&output[2]["type"], &output[2]["input"]),
        (&json!("custom_tool_call"), &json!("simulated input of patch"))
    );

    // Without a store the caller returns all of it.
    let mut items = vec![body["input"][0].clone()];
    items.extend(output.as_array().unwrap().iter().cloned());
    items.push(json!({ "type": "function_call_output", "call_id": output[1]["call_id"], "output": "fine" }));
    items.push(
        json!({ "type": "custom_tool_call_output", "call_id": output[2]["call_id"], "output": "fine" }),
    );
    body["input"] = json!(items);
    (body["stream"], body["store"]) = (json!(false), json!(false));
    let answer = ask(&node, PATH, &body).await;
    assert_eq!(answer.json()["output"][1]["type"], "message", "{}", answer.text());

    let check = async |body: &Value, code: Option<&str>, part: &str| {
        let answer = ask(&node, PATH, body).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_str()),
            (400, code),
            "{}",
            answer.text()
        );
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    let mut changed = body.clone();
    changed["input"][1]["encrypted_content"] = json!("gAAAA");
    check(&changed, Some("invalid_encrypted_content"), "could not be verified").await;
    let mut changed = body.clone();
    changed["input"].as_array_mut().unwrap().remove(2);
    check(&changed, None, "No tool call found for function call output").await;
    let mut changed = body.clone();
    changed["input"].as_array_mut().unwrap().pop();
    check(&changed, None, "No tool output found for custom tool call").await;
    node.patch(&json!({ "account": "another" })).unwrap();
    check(&body, Some("invalid_encrypted_content"), "could not be verified").await;
}

#[tokio::test]
async fn stored_responses_are_continued_read_and_deleted() {
    let (_simulator, node) = one_node().await;
    let mut body = with("tools", json!([tool("weather")]));
    body["input"] = json!("rain? [tool]");
    body["reasoning"] = json!({ "effort": "low" });
    let first = ask(&node, PATH, &body).await.json();
    let id = first["id"].as_str().unwrap();
    let call_id = &first["output"][1]["call_id"];
    body["previous_response_id"] = json!(id);
    body["input"] = json!([{ "type": "function_call_output", "call_id": call_id, "output": "dry" }]);
    let second = ask(&node, PATH, &body).await.json();
    assert_eq!(second["previous_response_id"], id);
    assert_eq!(second["output"][1]["content"][0]["text"], expected_text("rain? [tool]", 32));

    let by_reference = json!([
        { "role": "user", "content": "hi" }, { "type": "item_reference", "id": first["output"][0]["id"] },
        { "type": "item_reference", "id": first["output"][1]["id"] },
        { "type": "function_call_output", "call_id": call_id, "output": "dry" },
    ]);
    let mut referring = with("tools", json!([tool("weather")]));
    referring["input"] = by_reference;
    assert_eq!(ask(&node, PATH, &referring).await.status, 200);

    let path = format!("{PATH}/{id}");
    assert_eq!(request(&node, "GET", &path).await.json(), first);
    let items = request(&node, "GET", &format!("{path}/input_items")).await.json();
    assert_eq!(items["data"][0]["content"], "rain? [tool]");
    assert_eq!(request(&node, "DELETE", &path).await.json()["deleted"], true);
    assert_eq!(request(&node, "GET", &path).await.status, 404);
    let answer = ask(&node, PATH, &body).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (400, &json!("previous_response_not_found"))
    );

    let unkept = ask(&node, PATH, &with("store", json!(false))).await.json();
    assert_eq!(
        request(&node, "GET", &format!("{PATH}/{}", unkept["id"].as_str().unwrap())).await.status,
        404
    );
}

#[tokio::test]
async fn tools_in_groups_are_called_with_the_groups_name() {
    let (_simulator, node) = one_node().await;
    let mut body = with(
        "tools",
        json!([{ "type": "namespace", "name": "crm", "description": "", "tools": [tool("find")] }]),
    );
    body["input"] = json!("[tool]");
    let call = ask(&node, PATH, &body).await.json()["output"][0].clone();
    assert_eq!((&call["name"], &call["namespace"]), (&json!("find"), &json!("crm")));
}

#[tokio::test]
async fn tokens_are_counted() {
    let (_simulator, node) = one_node().await;
    let json = ask(&node, "/v1/responses/input_tokens", &hello()).await.json();
    assert_eq!(json, json!({ "object": "response.input_tokens", "input_tokens": 2 }));
}

#[tokio::test]
async fn strictness_is_read_as_documented() {
    let (_simulator, node) = one_node().await;
    let mut body = with("tools", json!([tool("weather")]));
    assert_eq!(ask(&node, PATH, &body).await.json()["tools"][0]["strict"], false);
    body["tools"][0]["strict"] = Value::Null;
    let understood = ask(&node, PATH, &body).await.json()["tools"][0].clone();
    assert_eq!(
        (&understood["strict"], &understood["parameters"]["required"]),
        (&json!(true), &json!(["city"]))
    );
    node.patch(&json!({ "is_strict": true })).unwrap();
    assert_eq!(ask(&node, PATH, &body).await.json()["error"]["code"], "invalid_function_parameters");
}

#[tokio::test]
async fn wrong_requests_are_refused() {
    let (_simulator, node) = one_node().await;
    let input = |items: Value| with("input", items);
    let mut strict = tool("weather");
    strict["strict"] = json!(true);
    let cases = [
        (with("messages", json!([])), "unknown_parameter", "messages"),
        (with("stop", json!("x")), "unknown_parameter", "stop"),
        (with("max_output_tokens", json!(5)), "integer_below_min_value", "max_output_tokens"),
        (with("temperature", json!(3)), "invalid_value", "temperature"),
        (with("include", json!(["thoughts"])), "invalid_value", "include"),
        (with("input", Value::Null), "invalid_value", "input"),
        (input(json!([{ "role": "tool", "content": "x" }])), "invalid_value", "input[0].role"),
        (
            input(json!([{ "role": "user", "content": [{ "type": "output_text", "text": "x" }] }])),
            "invalid_value",
            "input[0].content[0].type",
        ),
        (
            input(json!([{ "role": "assistant", "content": [{ "type": "input_text", "text": "x" }] }])),
            "invalid_value",
            "input[0].content[0].type",
        ),
        (
            input(
                json!([{ "type": "function_call", "id": "call_1", "call_id": "c", "name": "n", "arguments": "" }]),
            ),
            "invalid_value",
            "input[0].id",
        ),
        (
            input(json!([{ "type": "function_call", "call_id": "c", "name": "n", "arguments": {} }])),
            "missing_required_parameter",
            "input[0].arguments",
        ),
        (input(json!([{ "type": "tool_use" }])), "invalid_value", "input[0].type"),
        (
            with("tools", json!([{ "type": "function", "function": { "name": "n" } }])),
            "missing_required_parameter",
            "tools[0].name",
        ),
        (with("tools", json!([strict])), "invalid_function_parameters", "tools[0].parameters"),
        (with("tool_choice", json!({ "type": "function", "name": "n" })), "invalid_value", "tool_choice"),
        (with("text", json!({ "format": { "type": "json_schema" } })), "invalid_value", "text.format"),
    ];
    for (body, code, param) in cases {
        let answer = ask(&node, PATH, &body).await;
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, error["code"].as_str(), error["param"].as_str()),
            (400, Some(code), Some(param)),
            "{body}"
        );
    }
    let kept_by_nobody = input(json!([
        { "type": "reasoning", "id": "rs_1", "summary": [] }, { "role": "assistant", "content": "x" },
    ]));
    assert_eq!(ask(&node, PATH, &kept_by_nobody).await.status, 404);
}

#[tokio::test]
async fn faults_speak_the_dialect() {
    let (_simulator, node) = one_node().await;
    let body = with("stream", json!(true));
    let next = async |fault: &str| {
        node.add_fault(fault.parse::<Fault>().unwrap().times(1).unwrap()).await.unwrap();
        events(&ask(&node, PATH, &body).await)
    };
    let found = next("error_event=3").await;
    assert_eq!(
        (found.len(), &found[3]["type"], &found[3]["sequence_number"]),
        (4, &json!("error"), &json!(3))
    );
    let found = next("failed=3").await;
    assert_eq!(
        (found.len(), &found[3]["type"], &found[3]["response"]["status"]),
        (4, &json!("response.failed"), &json!("failed"))
    );
    assert_eq!(next("no_done").await.last().unwrap()["type"], "response.output_item.done");
    assert!(next("no_usage").await.last().unwrap()["response"].get("usage").is_none());
}
