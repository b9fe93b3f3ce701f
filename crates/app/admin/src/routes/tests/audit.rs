//! The audit by the admin API: looked through, and checked.

use http::{Method, StatusCode};
use serde_json::json;

use super::Office;

async fn office_with_changes() -> Office {
    let office = Office::open().await;
    for (verb, reason) in [("disable", "costs"), ("drain", "calmer"), ("enable", "done")] {
        let wish = json!({"reason": reason, "by": format!("ada {verb}")});
        let path = format!("/admin/v1/providers/openai/{verb}");
        assert_eq!(office.ask(Method::POST, &path, Some(wish)).await.status, StatusCode::OK);
    }
    office
}

#[tokio::test]
async fn it_is_looked_through() {
    let office = office_with_changes().await;
    let check = async |filter: &str, expected: &[i64]| {
        let path = format!("/admin/v1/audit?{filter}");
        let found = office.ask(Method::GET, &path, None).await.json();
        let entries = found["audit"].as_array().unwrap();
        let numbers: Vec<i64> = entries.iter().map(|entry| entry["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, expected, "{filter}");
    };
    check("action=provider.drain", &[2]).await;
    check("action=provider.*&limit=2", &[3, 2]).await;
    check("actor=ada%20disable", &[1]).await;
    check("subject=openai&actor=admin%20key", &[3, 2, 1]).await;
    check("subject=other", &[]).await;
    check("organisation=org_default", &[]).await;
    check("from=2026-11-21&to=2026-11-21T00:00:00.001Z", &[3, 2, 1]).await;
    check("to=2026-11-21", &[]).await;
    let refused = async |filter: &str, message: &str| {
        let answer = office.ask(Method::GET, &format!("/admin/v1/audit?{filter}"), None).await;
        answer.is_refused(400, "invalid_request", message);
    };
    refused("from=yesterday", "from must be a date or a time in UTC").await;
    refused("to=2026-02-30", "to must be a date").await;
    refused("organisation=acme", "organisation must be an id").await;
    refused("akteur=ada", "akteur").await;
}

#[tokio::test]
async fn it_is_checked() {
    let office = office_with_changes().await;
    let ask =
        async |query: &str| office.ask(Method::GET, &format!("/admin/v1/audit/verify{query}"), None).await;
    let verdict = ask("").await.json();
    let newest = verdict["newest"].as_str().unwrap().to_owned();
    assert_eq!(verdict, json!({"is_intact": true, "rows": 3, "newest": newest, "fault": null}));
    assert_eq!(ask(&format!("?known={newest}")).await.json(), verdict);
    let other = ask(&format!("?known=2:{}", &newest[2..])).await.json();
    assert_eq!((&other["is_intact"], &other["fault"]["flaw"]), (&json!(false), &json!("other_than_known")));
    assert_eq!((&other["fault"]["number"], &other["rows"]), (&json!(2), &json!(1)));
    ask("?known=2").await.is_refused(400, "invalid_request", "known must be a number");
}
