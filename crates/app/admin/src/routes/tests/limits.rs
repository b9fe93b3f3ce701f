//! Limits as the API takes them: whose they are, who sets which, and what is none.

use http::Method;
use serde_json::{Value, json};
use store::Role;

use super::scene::{Guest, Scene};
use super::{Answer, Office, PREFIX};

async fn ask(office: &Office, method: Method, path: &str, body: Option<Value>) -> Answer {
    office.ask(method, &format!("{PREFIX}{path}"), body).await
}

fn wish(more: &Value) -> Value {
    let mut wish = json!({ "project": "proj_default" });
    wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    wish
}

#[tokio::test]
async fn limits_are_set_shown_replaced_and_removed() {
    let office = Office::open().await;
    let said = json!({ "requests_per_minute": 60, "concurrent_requests": 2, "on_limit": "queue", "queue_wait_ms": 70 });
    let made = ask(&office, Method::POST, "/limits", Some(wish(&said))).await.json();
    assert_eq!(
        (&made["number"], &made["sort"], &made["limits"], &made["set_by"], &made["id"]),
        (&json!(1), &json!("hard"), &said, &json!("operator"), &json!("proj_default"))
    );
    let soft = json!({ "tokens_per_minute": 9, "on_limit": "warn" });
    let soft = ask(&office, Method::POST, "/limits", Some(wish(&soft))).await.json();
    let plan = ask(&office, Method::POST, "/limits", Some(wish(&json!({ "plan": "gold" })))).await.json();
    let again = ask(&office, Method::POST, "/limits", Some(wish(&json!({ "body_bytes": 5 })))).await.json();
    let listed = ask(&office, Method::GET, "/limits", None).await.json();
    assert_eq!(listed, json!({ "limits": [soft, plan, again], "next_after": null }));
    assert_eq!(ask(&office, Method::DELETE, "/limits/4", None).await.json(), again);
    ask(&office, Method::DELETE, "/limits/4", None).await.is_refused(404, "limit_not_found", "\"4\"");
    let plans = ask(&office, Method::GET, "/limits/plans", None).await.json();
    assert_eq!(plans["plans"][1], json!({ "name": "gold", "limits": { "requests_per_minute": 5 } }));
}

#[tokio::test]
async fn what_is_no_limit_is_refused_by_its_field_and_changes_nothing() {
    let office = Office::open().await;
    for (more, param, message) in [
        (json!({}), "limits", "nothing is limited"),
        (json!({ "requests_per_minute": 0 }), "requests_per_minute", "is 0; it must be from 1"),
        (json!({ "requests_per_minute": -5 }), "requests_per_minute", "is -5; it must be a whole number"),
        (json!({ "requests_per_second": 2_000_000 }), "requests_per_second", "from 1 to 1000000"),
        (json!({ "tokens_per_minute": 1.5 }), "tokens_per_minute", "is 1.5"),
        (json!({ "tokens_per_minute": "9" }), "tokens_per_minute", "is \"9\""),
        (json!({ "concurrent_requests": u64::MAX }), "concurrent_requests", "from 1 to 1000000"),
        (json!({ "prompt_tokens": 1, "on_limit": "queue" }), "on_limit", "only sizes"),
        (json!({ "prompt_tokens": 1, "on_limit": "shout" }), "on_limit", "\"shout\"; it must be refuse"),
        (json!({ "requests_per_minute": 1, "queue_wait_ms": 9 }), "queue_wait_ms", "on_limit is refuse"),
        (json!({ "requests_per_minute": 1, "burst_seconds": 61 }), "burst_seconds", "from 1 to 60"),
        (json!({ "requests_per_minute": 1, "plan": "gold" }), "plan", "not both"),
        (json!({ "plan": "silver" }), "plan", "there are default, gold"),
        (json!({ "key": "key_a", "requests_per_minute": 1 }), "key", "one of key, project and organisation"),
    ] {
        let answer = ask(&office, Method::POST, "/limits", Some(wish(&more))).await;
        assert_eq!(answer.json()["error"]["param"], param, "{more}: {}", answer.text);
        answer.is_refused(400, "invalid_request", message);
    }
    let unknown = json!({ "key": "key_none", "requests_per_minute": 1 });
    ask(&office, Method::POST, "/limits", Some(unknown)).await.is_refused(404, "key_not_found", "key_none");
    assert_eq!(ask(&office, Method::GET, "/limits", None).await.json()["limits"], json!([]));
}

#[tokio::test]
async fn a_key_is_on_the_plan_that_is_said() {
    let office = Office::open().await;
    let made = ask(&office, Method::POST, "/keys", Some(json!({ "name": "a", "plan": "gold" }))).await.json();
    assert_eq!(made["plan"], "gold");
    let path = format!("/keys/{}", made["id"].as_str().unwrap());
    let changed = ask(&office, Method::PATCH, &path, Some(json!({ "plan": "none" }))).await.json();
    assert_eq!(changed["plan"], "none");
    let odd = ask(&office, Method::PATCH, &path, Some(json!({ "plan": "silver" }))).await;
    odd.is_refused(400, "invalid_request", "\"silver\" is no plan");
    let of_key = json!({ "key": made["id"], "plan": "gold" });
    ask(&office, Method::POST, "/limits", Some(of_key)).await.is_refused(
        400,
        "invalid_request",
        "with the key",
    );
}

#[tokio::test]
async fn members_limit_what_is_theirs_and_choose_no_plan() {
    let scene = Scene::set().await;
    let owner = Guest::Own(Role::Owner);
    let limits = |whose: &str| format!(r#"{{"{whose}": "{{{whose}}}", "requests_per_minute": 5}}"#);
    for whose in ["organisation", "project", "key"] {
        let answer = scene.ask(Guest::Operator, &Method::POST, "/limits", &limits(whose)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let whole = scene.ask(owner, &Method::POST, "/limits", &limits("organisation")).await;
    whole.is_refused(403, "permission_denied", "set by the operator");
    scene.ask(owner, &Method::DELETE, "/limits/2", "").await.is_refused(
        403,
        "permission_denied",
        "who alone",
    );
    let plan =
        scene.ask(owner, &Method::POST, "/limits", r#"{"project": "{project}", "plan": "gold"}"#).await;
    plan.is_refused(403, "permission_denied", "plans are set by the operator");
    for (method, path, body) in [
        (Method::PATCH, "/keys/{key}", r#"{"plan": "none"}"#),
        (Method::POST, "/keys", r#"{"name": "b", "project": "{project}", "plan": "none"}"#),
    ] {
        scene.ask(owner, &method, path, body).await.is_refused(
            403,
            "permission_denied",
            "set by the operator",
        );
    }
    assert_eq!(scene.ask(owner, &Method::POST, "/limits", &limits("project")).await.status, 201);
    assert_eq!(scene.ask(owner, &Method::DELETE, "/limits/4", "").await.status, 200);
    let elsewhere = scene.ask(Guest::Foreign(Role::Owner), &Method::GET, "/limits", "").await.json();
    assert_eq!(elsewhere["limits"], json!([]));
}
