//! What the routes of accounts do for the operator, and that a refusal changes nothing.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Office;

const ACCOUNTS: &str = "/admin/v1/accounts";

async fn post(office: &Office, path: &str, wish: Value) -> super::Answer {
    office.ask(Method::POST, &format!("{ACCOUNTS}{path}"), Some(wish)).await
}

#[tokio::test]
async fn an_account_is_made_filled_and_found_by_whose_it_is() {
    let office = Office::open().await;
    let of_projects = json!({ "organisation": "default", "name": "shop" });
    let project = office.ask(Method::POST, "/admin/v1/projects", Some(of_projects)).await.json();
    let own = post(&office, "", json!({ "organisation": "default", "credit": "5" })).await;
    assert_eq!(own.status, StatusCode::CREATED, "{}", own.text);
    let its = post(&office, "", json!({ "organisation": "default", "project": "shop", "currency": "EUR" }))
        .await
        .json();
    assert_eq!(
        (&its["number"], &its["project"], &its["currency"]),
        (&json!(2), &project["id"], &json!("EUR"))
    );
    let given =
        post(&office, "/2/credit", json!({ "amount": "12.5", "reason": "x", "id": "a" })).await.json();
    assert_eq!((&given["balance"], &given["is_low"]), (&json!("12.5"), &json!(false)));
    let id = project["id"].as_str().unwrap();
    for meant in ["2", "default%2Fshop", &format!("org_default%2F{id}"), id] {
        let found = office.ask(Method::GET, &format!("{ACCOUNTS}/{meant}"), None).await.json();
        assert_eq!(found["number"], 2, "{meant}");
    }
    let change = json!({ "credit": "0", "warn_below": "20" });
    let changed = office.ask(Method::PATCH, &format!("{ACCOUNTS}/default"), Some(change)).await.json();
    assert_eq!(
        (&changed["number"], &changed["credit"], &changed["warn_below"]),
        (&json!(1), &json!("0"), &json!("20"))
    );
    let listed = office.ask(Method::GET, ACCOUNTS, None).await.json();
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn books_are_asked_for_by_whose_they_are() {
    let office = Office::open().await;
    let books = |kind: &'static str, account: &'static str| {
        let path = format!("/admin/v1/ledger/{kind}{account}");
        let office = &office;
        async move { office.ask(Method::GET, &path, None).await }
    };
    books("statement", "").await.is_refused(404, "account_not_found", "accounts create");
    post(&office, "", json!({ "organisation": "default" })).await;
    for meant in ["", "?account=1", "?account=default", "?account=org_default"] {
        assert_eq!(books("statement", meant).await.json()["account"], 1, "{meant}");
        assert_eq!(books("holds", meant).await.json()["account"], 1, "{meant}");
        assert_eq!(books("entries", meant).await.status, StatusCode::OK, "{meant}");
    }
    let made = json!({ "organisation": "default", "name": "shop" });
    office.ask(Method::POST, "/admin/v1/projects", Some(made)).await;
    let without = books("statement", "?account=default%2Fshop").await;
    without.is_refused(404, "account_not_found", "accounts list");
    post(&office, "", json!({ "organisation": "default", "project": "shop" })).await;
    assert_eq!(books("statement", "?account=default%2Fshop").await.json()["account"], 2);
    books("statement", "").await.is_refused(400, "invalid_request", "there are 2 accounts: say account");
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_is_changed() {
    let office = Office::open().await;
    let unknown = post(&office, "", json!({ "organisation": "nobody" })).await;
    unknown.is_refused(404, "organisation_not_found", "nobody");
    for (wish, word) in [
        (json!({ "organisation": "default", "currency": "XXX" }), "currency must be one of USD, CNY"),
        (json!({ "organisation": "default", "credit": "-1" }), "the credit is -1"),
        (json!({ "organisation": "default", "credit": "1e9" }), "credit must be a decimal"),
        (json!({ "organisation": "default", "warn_below": "2000000000" }), "the balance to warn below"),
        (json!({ "organisation": "default", "credit": 1.5 }), "expected a string"),
    ] {
        post(&office, "", wish).await.is_refused(400, "invalid_request", word);
    }
    post(&office, "", json!({ "organisation": "default" })).await;
    post(&office, "", json!({ "organisation": "default" })).await.is_refused(
        409,
        "account_taken",
        "number 1",
    );
    for (wish, word) in [
        (json!({ "amount": "0", "reason": "x" }), "more than nothing"),
        (json!({ "amount": "-3", "reason": "x" }), "more than nothing"),
        (json!({ "amount": "1000000000.000000001", "reason": "x" }), "at most 1000000000"),
        (json!({ "amount": "99999999999999999999", "reason": "x" }), "a decimal in a text"),
        (json!({ "amount": "1", "reason": " " }), "for a reason only"),
        (json!({ "amount": "1", "reason": "x", "id": "a b" }), "visible ASCII"),
        (json!({ "amount": "1", "reason": "x", "may_overdraw": true }), "may_overdraw is for what is taken"),
    ] {
        post(&office, "/1/credit", wish).await.is_refused(400, "invalid_request", word);
    }
    let debit = json!({ "amount": "1", "reason": "x" });
    post(&office, "/1/debit", debit.clone()).await.is_refused(402, "not_covered", "the balance has 0");
    post(&office, "/7/debit", debit).await.is_refused(404, "account_not_found", "7");
    for (change, word) in
        [(json!({}), "say what is to change"), (json!({ "credit": "-1" }), "the credit is -1")]
    {
        let refused = office.ask(Method::PATCH, &format!("{ACCOUNTS}/1"), Some(change)).await;
        refused.is_refused(400, "invalid_request", word);
    }
    let shown = office.ask(Method::GET, &format!("{ACCOUNTS}/1"), None).await.json();
    assert_eq!(
        (&shown["balance"], &shown["credit"], &shown["warn_below"]),
        (&json!("0"), &json!("0"), &json!("10"))
    );
    let audit = office.ask(Method::GET, "/admin/v1/audit?action=account.*", None).await.json();
    assert_eq!(audit["audit"].as_array().unwrap().len(), 1, "{audit}");
}
