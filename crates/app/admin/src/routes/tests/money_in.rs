//! What the routes of vouchers and orders do, and what a caller may of them.

use std::net::IpAddr;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use store::{KeyState, SignUpTerms};

use super::{NOW, Office};
use crate::{Caller, VOUCHER_TRIES_PER_MINUTE};

const HERE: &str = "127.0.0.1";

async fn post(office: &Office, path: &str, wish: Value) -> super::Answer {
    office.ask(Method::POST, &format!("/admin/v1{path}"), Some(wish)).await
}

async fn codes(office: &Office, wish: Value) -> Vec<String> {
    let made = post(office, "/vouchers", wish).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    made["vouchers"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap().to_owned()).collect()
}

/// A caller whose key is of the organisation that is always there.
async fn caller(office: &Office) -> Caller {
    let key = office.callers_key().await;
    let key = office.desk.directory().look_up(&key, &office.desk.hasher()).unwrap();
    assert_eq!(key.state(NOW), KeyState::Active);
    Caller { key, address: HERE.parse::<IpAddr>().unwrap() }
}

async fn redeem(office: &Office, caller: &Caller, code: &str) -> super::Answer {
    let body = Full::new(Bytes::from(json!({ "code": code }).to_string()));
    let request =
        Request::post("/v1/vouchers/redeem").header("content-type", "application/json").body(body).unwrap();
    super::answer(office.admin.answer_caller(caller.clone(), request).await).await
}

#[tokio::test]
async fn a_code_is_made_redeemed_and_listed_without_itself() {
    let office = Office::open().await;
    post(&office, "/accounts", json!({ "organisation": "default" })).await;
    let codes =
        codes(&office, json!({ "amount": "10.5", "count": 2, "credit_days": 30, "note": "a fair" })).await;
    let told =
        post(&office, "/vouchers/redeem", json!({ "code": codes[0], "account": "default" })).await.json();
    assert_eq!(
        (&told["account"]["balance"], &told["voucher"]["state"]),
        (&json!("10.5"), &json!("redeemed"))
    );
    let again = post(&office, "/vouchers/redeem", json!({ "code": codes[0], "account": "1" })).await;
    again.is_refused(400, "voucher_not_redeemable", "this code cannot be redeemed");
    let revoked = post(&office, "/vouchers/2/revoke", json!({ "reason": "lost" })).await.json();
    assert_eq!(revoked["state"], "revoked");
    post(&office, "/vouchers/2/revoke", json!({})).await.is_refused(
        409,
        "voucher_over",
        "voucher 2 is revoked already",
    );
    let unknown = post(&office, "/vouchers/redeem", json!({ "code": codes[1], "account": "7" })).await;
    unknown.is_refused(404, "account_not_found", "7");
    let listed = office.ask(Method::GET, "/admin/v1/vouchers?limit=1", None).await;
    assert_eq!(
        (&listed.json()["vouchers"][0]["number"], &listed.json()["next_before"]),
        (&json!(2), &json!(2))
    );
    let audit = office.ask(Method::GET, "/admin/v1/audit", None).await;
    for code in &codes {
        assert!(!listed.text.contains(code) && !audit.text.contains(code));
    }
    for (wish, word) in [
        (json!({ "amount": "0" }), "more than nothing"),
        (json!({ "amount": "1", "count": 0 }), "1 to 1000 vouchers"),
        (json!({ "amount": "1", "count": 1001 }), "1 to 1000 vouchers"),
        (json!({ "amount": "1", "credit_days": 0 }), "lasts 1 to 3660 days"),
        (json!({ "amount": "1", "expires_at": "soon" }), "expires_at must be a date"),
        (json!({ "amount": "1", "expires_at": "2020-01-01" }), "must be in the future"),
        (json!({ "amount": "1", "currency": "ABC" }), "currency must be one of"),
    ] {
        post(&office, "/vouchers", wish).await.is_refused(400, "invalid_request", word);
    }
}

#[tokio::test]
async fn a_caller_redeems_for_who_pays_and_guesses_little() {
    let office = Office::open().await;
    let caller = caller(&office).await;
    let codes = codes(&office, json!({ "amount": "3", "count": 1 })).await;
    redeem(&office, &caller, &codes[0]).await.is_refused(400, "no_account", "nobody pays for this key");
    post(&office, "/accounts", json!({ "organisation": "default" })).await;
    let told = redeem(&office, &caller, &codes[0].to_lowercase()).await.json();
    assert_eq!(told, json!({ "amount": "3", "currency": "USD", "balance": "3" }));
    for _ in 2..VOUCHER_TRIES_PER_MINUTE {
        redeem(&office, &caller, "BWV-00000-00000-00000-00000").await.is_refused(
            400,
            "voucher_not_redeemable",
            "none of ours",
        );
    }
    let refused = redeem(&office, &caller, &codes[0]).await;
    refused.is_refused(429, "rate_limit_exceeded", "try again in the next");
    let told = |name: &str| refused.headers[name].to_str().unwrap().parse::<u64>().unwrap();
    let (seconds, ms) = (told("retry-after"), told("retry-after-ms"));
    assert!((1..=60).contains(&seconds) && seconds == ms.div_ceil(1000), "{seconds} s, {ms} ms");
    assert_eq!(refused.json()["error"]["retry_after"], seconds);
    let noted = office.ask(Method::GET, "/admin/v1/audit?action=voucher.redeem", None).await.json();
    assert_eq!(noted["audit"][0]["actor"], "caller's key");
    assert_eq!(noted["audit"][0]["by"], caller.key.id.as_str());
}

#[tokio::test]
async fn a_transfer_pays_one_order_once() {
    let office = Office::open().await;
    post(&office, "/accounts", json!({ "organisation": "default" })).await;
    for _ in 0..3 {
        let made = post(&office, "/orders", json!({ "account": "default", "amount": "100" })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let confirm = async |number: u32, reference: &str| {
        post(&office, &format!("/orders/{number}/confirm"), json!({ "reference": reference })).await
    };
    assert_eq!(confirm(1, "Bank 7").await.json()["state"], "confirmed");
    confirm(1, "Bank 8").await.is_refused(409, "order_over", "order 1 is confirmed already");
    confirm(2, "bank 7").await.is_refused(409, "reference_taken", "has paid order 1 already");
    confirm(2, "").await.is_refused(400, "invalid_request", "the reference of a transfer");
    confirm(9, "Bank 9").await.is_refused(404, "order_not_found", "9");
    assert_eq!(post(&office, "/orders/3/cancel", json!({})).await.json()["state"], "cancelled");
    confirm(3, "Bank 9").await.is_refused(409, "order_over", "order 3 is cancelled already");
    post(&office, "/orders", json!({ "account": "default", "amount": "-1" })).await.is_refused(
        400,
        "invalid_request",
        "more than nothing",
    );
    let account = office.ask(Method::GET, "/admin/v1/accounts/1", None).await.json();
    assert_eq!(account["balance"], "100");
    let listed = office.ask(Method::GET, "/admin/v1/orders", None).await.json();
    let states: Vec<_> =
        listed["orders"].as_array().unwrap().iter().map(|order| order["state"].clone()).collect();
    assert_eq!(states, ["cancelled", "open", "confirmed"]);
}

#[tokio::test]
async fn a_new_organisation_gets_an_account_and_its_first_owner_a_gift_when_he_is_there() {
    let credit = domain::Money::parse("5");
    let terms = SignUpTerms {
        is_prepaid: true,
        credit,
        credit_days: Some(30),
        per_email_domain_max: 1,
        per_ip_max: 1,
    };
    let office = Office::with(terms).await;
    let sign_up = async |name: &str| {
        let made = post(&office, "/organisations", json!({ "name": name })).await.json();
        let owner = json!({ "email": format!("{name}@example.com"), "role": "owner" });
        let user = post(&office, &format!("/organisations/{name}/members"), owner).await.json();
        let id = user["user"].as_str().unwrap().to_owned();
        let token = post(&office, &format!("/users/{id}/tokens"), json!({ "name": "x" })).await.json();
        (made["account"].clone(), token["token"].as_str().unwrap().to_owned())
    };
    let balance = async |account: &Value| {
        let shown = office.ask(Method::GET, &format!("/admin/v1/accounts/{account}"), None).await.json();
        shown["balance"].as_str().unwrap().to_owned()
    };
    let (account, token) = sign_up("ada").await;
    assert_eq!(balance(&account).await, "0", "nothing before he is there");
    for _ in 0..2 {
        let me = super::request(Method::GET, "/admin/v1/me", Some(&token), None);
        assert_eq!(office.send(me).await.status, StatusCode::OK);
    }
    assert_eq!(balance(&account).await, "5");
    let (account, token) = sign_up("bob").await;
    office.send(super::request(Method::GET, "/admin/v1/me", Some(&token), None)).await;
    assert_eq!(balance(&account).await, "0", "one for a domain in thirty days");
    let noted = office.ask(Method::GET, "/admin/v1/audit?action=sign_up.*", None).await.json();
    let outcomes: Vec<_> =
        noted["audit"].as_array().unwrap().iter().map(|it| it["after"]["refused"].clone()).collect();
    assert_eq!(outcomes, [json!("email_domain"), Value::Null]);
}
