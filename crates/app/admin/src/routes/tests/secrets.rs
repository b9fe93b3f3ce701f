//! Secrets by the admin API: no answer ever holds one.

use http::{Method, StatusCode};
use serde_json::json;

use super::Office;

const VALUE: &str = "sk-plain-secret-of-a-provider-9876";

#[tokio::test]
async fn a_secret_is_set_listed_sealed_anew_and_removed() {
    let office = Office::open().await;
    let set = async |value: &str| {
        let wish = json!({"value": value, "reason": "a new contract", "by": "ada"});
        office.ask(Method::PUT, "/admin/v1/secrets/openai-main", Some(wish)).await
    };
    let first = set(VALUE).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    let told = first.json();
    assert_eq!(
        (&told["name"], &told["hint"], &told["version"]),
        (&json!("openai-main"), &json!("…9876"), &json!(1))
    );
    assert_eq!(
        (&told["changed"], &told["problems"]),
        (&json!(["models"]), &json!([])),
        "the configuration was read again"
    );
    // The second reading is refused: the secret is set all the same.
    let second = set(VALUE).await.json();
    assert_eq!(
        (&second["version"], &second["problems"][0]),
        (&json!(2), &json!("models.fast: unknown target \"x\""))
    );

    let listed = office.ask(Method::GET, "/admin/v1/secrets", None).await;
    assert_eq!(listed.json()["secrets"][0]["version"], 2);
    let rotated =
        office.ask(Method::POST, "/admin/v1/secrets/rotate", Some(json!({"reason": "yearly"}))).await;
    assert_eq!(
        (rotated.json()["generation"].as_u64(), rotated.json()["secrets"].as_u64()),
        (Some(2), Some(1))
    );
    let removed = office.ask(Method::DELETE, "/admin/v1/secrets/openai-main", None).await;
    assert_eq!(removed.json(), json!({"name": "openai-main", "audit": 4}));
    let audit = office.ask(Method::GET, "/admin/v1/audit?action=secret.*", None).await;
    assert_eq!(audit.json()["audit"][3]["reason"], "a new contract");
    for answer in [first, listed, rotated, removed, audit] {
        assert!(!answer.text.contains("plain-secret"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_without_repeating_it() {
    let office = Office::open().await;
    let put = async |name: &str, wish: serde_json::Value| {
        office.ask(Method::PUT, &format!("/admin/v1/secrets/{name}"), Some(wish)).await
    };
    put("a", json!({"value": "two words of a secret"})).await.is_refused(400, "invalid_request", "one word");
    put("-a", json!({"value": VALUE})).await.is_refused(400, "invalid_request", "the name of a secret");
    put("a", json!({"value": VALUE, "reason": "two\nlines"})).await.is_refused(
        400,
        "invalid_request",
        "a reason",
    );
    put("a", json!({})).await.is_refused(400, "invalid_request", "value");
    put("a", json!({"valeu": VALUE})).await.is_refused(400, "invalid_request", "valeu");
    put("rotate", json!({"value": VALUE})).await.is_refused(405, "method_not_allowed", "PUT");
    let odd = put("a", json!({"value": "two words of a secret"})).await;
    assert!(!odd.text.contains("two words"), "{}", odd.text);
    office.ask(Method::DELETE, "/admin/v1/secrets/a", None).await.is_refused(404, "secret_not_found", "a");
    assert_eq!(office.ask(Method::GET, "/admin/v1/secrets", None).await.json(), json!({"secrets": []}));
}
