//! What the routes of prices do for the operator, and that a refusal changes nothing.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Office;

fn book(input: &str) -> String {
    format!("[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"{input}\"\noutput = \"4\"\n")
}

async fn set(office: &Office, wish: Value) -> super::Answer {
    office.ask(Method::PUT, "/admin/v1/prices", Some(wish)).await
}

#[tokio::test]
async fn prices_are_set_shown_and_compared() {
    let office = Office::open().await;
    let shown = office.ask(Method::GET, "/admin/v1/prices", None).await.json();
    assert_eq!((&shown["version"], &shown["is_draft"]), (&json!(0), &json!(true)));
    let first = set(&office, json!({ "text": book("1"), "reason": "opening", "by": "Ada" })).await.json();
    assert_eq!((&first["version"], &first["by"]), (&json!(1), &json!("Ada")));
    set(&office, json!({ "text": book("1.2") })).await;
    let shown = office.ask(Method::GET, "/admin/v1/prices", None).await.json();
    assert_eq!(
        (&shown["version"], &shown["is_draft"], &shown["text"]),
        (&json!(2), &json!(false), &json!(book("1.2")))
    );
    assert_eq!(shown["prices"][0]["amounts"], json!({ "input": "1.2", "output": "4" }));
    let former = office.ask(Method::GET, "/admin/v1/prices/1", None).await.json();
    assert_eq!(former, json!({ "version": 1, "text": book("1") }));
    let listed = office.ask(Method::GET, "/admin/v1/prices/versions?limit=1", None).await.json();
    assert_eq!((&listed["versions"][0]["version"], &listed["next_before"]), (&json!(2), &json!(2)));
    let compared = office.ask(Method::GET, "/admin/v1/prices/difference", None).await.json();
    let change = json!({
        "what": "kind north: a", "field": "input", "before": "1", "after": "1.2", "change_permille": 200, "is_large": false
    });
    assert_eq!(
        (&compared["from"], &compared["to"], &compared["changes"]),
        (&json!(1), &json!(2), &json!([change]))
    );
    let audit = office.ask(Method::GET, "/admin/v1/audit", None).await.json();
    assert_eq!(audit["audit"][0]["after"]["changes"][0]["after"], "1.2");
    assert_eq!(
        (&audit["audit"][1]["action"], &audit["audit"][1]["reason"]),
        (&json!("prices.set"), &json!("opening"))
    );
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_changed() {
    let office = Office::open().await;
    set(&office, json!({ "text": book("1") })).await;
    let twice = book("-1") + &book("2").replace("north", "nowhere");
    for path in ["/admin/v1/prices/check", "/admin/v1/prices"] {
        let method = if path.ends_with("check") { Method::POST } else { Method::PUT };
        let answer = office.ask(method, path, Some(json!({ "text": twice }))).await;
        answer.is_refused(422, "invalid_prices", "the prices have 2 problems, the former ones stay in force");
        let problems = &answer.json()["error"]["problems"];
        assert!(
            problems[0].as_str().unwrap().starts_with("line 1: price[1].input: '-1' is negative"),
            "{problems}"
        );
        assert!(problems[1].as_str().unwrap().starts_with("line 6: price[2].kind: "), "{problems}");
    }
    set(&office, json!({ "text": book("2") })).await.is_refused(
        422,
        "reason_needed",
        "'kind north: a input'",
    );
    set(&office, json!({ "text": book("1") })).await.is_refused(409, "prices_unchanged", "version 1");
    let late = json!({ "text": book("1.1"), "after": 0 });
    set(&office, late).await.is_refused(409, "prices_changed_meanwhile", "version 1 is in force, not 0");
    set(&office, json!({ "txt": "" })).await.is_refused(400, "invalid_request", "txt");
    let asked = async |path: &str| office.ask(Method::GET, &format!("/admin/v1/prices/{path}"), None).await;
    asked("9").await.is_refused(404, "price_version_not_found", "there is no version 9");
    asked("one").await.is_refused(400, "invalid_request", "one");
    asked("draft").await.is_refused(404, "price_draft_not_found", "there is no draft");
    let shown = office.ask(Method::GET, "/admin/v1/prices", None).await.json();
    assert_eq!((&shown["version"], &shown["text"]), (&json!(1), &json!(book("1"))));
}

#[tokio::test]
async fn a_draft_is_looked_at_and_approved() {
    let office = Office::open().await;
    set(&office, json!({ "text": book("1") })).await;
    let draft = |wish| office.ask(Method::POST, "/admin/v1/prices/draft", Some(wish));
    let kept = draft(json!({ "text": book("1.1"), "source": "a list" })).await.json();
    assert_eq!(kept["comparison"]["changes"][0]["change_permille"], 100);
    let shown = office.ask(Method::GET, "/admin/v1/prices/draft", None).await.json();
    assert_eq!((&shown["draft"], &shown["source"]), (&kept["draft"], &json!("a list")));
    let approve = |wish| office.ask(Method::POST, "/admin/v1/prices/draft/approve", Some(wish));
    approve(json!({ "draft": 99 })).await.is_refused(409, "draft_changed_meanwhile", "draft 99 is gone");
    assert_eq!(approve(json!({ "draft": kept["draft"] })).await.json()["version"], 2);
    approve(json!({})).await.is_refused(404, "price_draft_not_found", "no draft");
    draft(json!({ "text": book("1.2"), "source": "another" })).await;
    let dropped = office.ask(Method::DELETE, "/admin/v1/prices/draft", None).await;
    assert_eq!(dropped.status, StatusCode::OK);
}

#[tokio::test]
async fn a_sale_is_priced_part_by_part_by_any_version() {
    let office = Office::open().await;
    set(&office, json!({ "text": book("1") })).await;
    let text = format!("[markup]\neverybody = \"1.5\"\n{}", book("1.2"));
    set(&office, json!({ "text": text, "reason": "we earn" })).await;
    let rate = async |wish| office.ask(Method::POST, "/admin/v1/prices/rate", Some(wish)).await;
    let sale =
        json!({ "kind": "north", "model": "a", "usage": { "input": 1000, "cache_read": 10, "output": 1 } });
    let told = rate(sale.clone()).await.json();
    assert_eq!(
        (&told["list"], &told["price"], &told["version"]),
        (&json!("0.001216"), &json!("0.001824"), &json!(2))
    );
    assert_eq!((&told["markup"], &told["is_assumed"]), (&json!("1.5"), &json!(true)));
    let read = json!({
        "component": "cache_read", "count": 10, "price": "1.2", "priced_as": "input", "amount": "0.000012", "is_assumed": true
    });
    assert_eq!(told["parts"][1], read);
    let mut before = sale.clone();
    before["version"] = 1.into();
    let told = rate(before).await.json();
    assert_eq!((&told["price"], &told["version"]), (&json!("0.001014"), &json!(1)));
    let mut unknown = sale;
    unknown["model"] = "nobody's".into();
    let told = rate(unknown).await.json();
    assert_eq!(
        (&told["is_priced"], &told["is_unpriced"], &told["unknown"]),
        (&json!(false), &json!(true), &json!("flag"))
    );
    rate(json!({ "model": "a", "usage": { "inputs": 1 } })).await.is_refused(
        400,
        "invalid_request",
        "'inputs'",
    );
    rate(json!({ "model": "a", "key": "x" })).await.is_refused(
        400,
        "invalid_request",
        "'x' is no id of that",
    );
}
