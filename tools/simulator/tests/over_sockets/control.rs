//! Steering from outside.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use simulator::{NodeOptions, Options, Simulator};

use crate::raw_client::{RawClient, ask, chat};

const CHAT: &str = "/v1/chat/completions";

async fn start() -> (Simulator, RawClient) {
    let nodes = vec![NodeOptions::new("eu"), NodeOptions::new("us-west")];
    let control = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let simulator = simulator::start(Options { nodes, control, seed: 7 }).await.unwrap();
    let panel = RawClient::connect(simulator.control().unwrap()).await;
    (simulator, panel)
}

async fn call(panel: &mut RawClient, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    panel.send(format!("{method} {path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
    let answer = panel.answer().await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn nodes_are_shown_and_steered() {
    let (simulator, mut panel) = start().await;
    let (status, json) = call(&mut panel, "GET", "/nodes", &Value::Null).await;
    assert_eq!((status, &json["seed"]), (200, &json!(7)));
    assert_eq!(json["nodes"][1]["url"], simulator.node("us-west").unwrap().base_url());

    let patch = json!({ "latency_ms": { "p50": 1, "p99": 2 }, "answer_tokens": 7 });
    let (_, json) = call(&mut panel, "PUT", "/nodes/eu", &patch).await;
    assert_eq!(json["behaviour"]["latency_ms"], json!({ "p50": 1.0, "p99": 2.0 }));
    let answer = ask(simulator.node("eu").unwrap(), CHAT, &chat("hello", false)).await.json();
    assert_eq!(answer["usage"]["completion_tokens"], 7);
}

#[tokio::test]
async fn faults_come_and_go() {
    let (simulator, mut panel) = start().await;
    let eu = simulator.node("eu").unwrap();
    let fault = json!({ "fault": "status=500", "times": 1 });
    let (status, json) = call(&mut panel, "POST", "/nodes/eu/faults", &fault).await;
    assert_eq!((status, &json["faults"][0]["times_left"]), (200, &json!(1)));
    assert_eq!(ask(eu, CHAT, &chat("hello", false)).await.status, 500);
    assert_eq!(ask(eu, CHAT, &chat("hello", false)).await.status, 200);
    call(&mut panel, "POST", "/nodes/eu/faults", &json!({ "fault": "status=503" })).await;
    assert_eq!(ask(eu, CHAT, &chat("hello", false)).await.status, 503);
    call(&mut panel, "DELETE", "/nodes/eu/faults", &Value::Null).await;
    assert_eq!(ask(eu, CHAT, &chat("hello", false)).await.status, 200);
    let (_, json) = call(&mut panel, "GET", "/nodes/eu", &Value::Null).await;
    assert_eq!((&json["counters"]["requests"], &json["counters"]["faults"]), (&json!(4), &json!(2)));
}

#[tokio::test]
async fn what_was_received_is_shown_and_forgotten() {
    let (simulator, mut panel) = start().await;
    let eu = simulator.node("eu").unwrap();
    let body = chat("hello", false);
    ask(eu, CHAT, &body).await;
    eu.records_when(|records| records[0].outcome.is_some()).await;
    let (_, json) = call(&mut panel, "GET", "/nodes/eu/requests", &Value::Null).await;
    let request = &json["requests"][0];
    assert_eq!((&request["path"], &request["outcome"]), (&json!(CHAT), &json!("whole")));
    assert_eq!(request["headers"][0], json!(["host", "simulator"]));
    assert_eq!(
        (request["body"].as_str(), &request["peer_hung_up"]),
        (Some(&*body.to_string()), &json!(false))
    );
    call(&mut panel, "DELETE", "/nodes/eu/requests", &Value::Null).await;
    let (_, json) = call(&mut panel, "GET", "/nodes/eu/requests", &Value::Null).await;
    assert_eq!(json["requests"], json!([]));
}

#[tokio::test]
async fn a_reset_undoes_everything() {
    let (simulator, mut panel) = start().await;
    call(&mut panel, "PUT", "/nodes/eu", &json!({ "key": "k" })).await;
    call(&mut panel, "POST", "/nodes/eu/faults", &json!({ "fault": "refuse" })).await;
    let (_, json) = call(&mut panel, "POST", "/reset", &Value::Null).await;
    assert_eq!(
        (&json["nodes"][0]["faults"], &json["nodes"][0]["behaviour"]["key"]),
        (&json!([]), &Value::Null)
    );
    assert_eq!(ask(simulator.node("eu").unwrap(), CHAT, &chat("hello", false)).await.status, 200);
}

#[tokio::test]
async fn mistakes_are_named() {
    let (_simulator, mut panel) = start().await;
    let mut check = async |method, path, body: Value, status, part: &str| {
        let (found, json) = call(&mut panel, method, path, &body).await;
        let message = json["error"].as_str().unwrap();
        assert!(found == status && message.contains(part), "{found} {message}");
    };
    check("GET", "/nodes/asia", Value::Null, 404, "there are: eu, us-west").await;
    check("GET", "/nonsense", Value::Null, 404, "POST /reset").await;
    check("PUT", "/nodes/eu", json!({ "speed": 1 }), 400, "unknown field `speed`").await;
    check("POST", "/nodes/eu/faults", json!({ "fault": "explode" }), 400, "known are refuse").await;
    check("POST", "/nodes/eu/faults", Value::Null, 400, "no JSON").await;
}

#[tokio::test]
async fn the_help_and_the_ready_line_name_everything() {
    let (simulator, mut panel) = start().await;
    let (_, help) = call(&mut panel, "GET", "/", &Value::Null).await;
    assert!(help["faults"]["cut=3"].is_string() && help["routes"][0] == "GET /nodes");
    let ready = simulator.json();
    assert_eq!(ready["nodes"]["eu"], simulator.nodes()[0].base_url());
    assert_eq!(ready["control"], format!("http://{}", simulator.control().unwrap()));
}
