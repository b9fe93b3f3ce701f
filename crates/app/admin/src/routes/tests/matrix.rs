//! Every route against everybody who may come, on what is his organisation's and on what is another's. The expectations are
//! written by hand; a route without a row here, or a row without a route, fails.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::Value;
use store::Role;

use super::NOUNS;
use super::scene::{Guest, MARK, Refused, Scene};

/// What a route answers to whom.
struct Row {
    method: Method,
    /// As it is listed.
    route: &'static str,
    /// As it is asked, with things of the scene by name, on which a foreigner has no claim.
    asked: &'static str,
    body: &'static str,
    /// Of the organisation: its owner, admin, member, viewer, billing.
    own: [u16; 5],
    /// The same of another organisation.
    foreign: [u16; 5],
    /// A user who belongs to no organisation.
    stray: u16,
    operator: u16,
}

const DENIED: [u16; 5] = [403; 5];
const FINE: [u16; 5] = [200; 5];
const ABSENT: [u16; 5] = [404; 5];
/// What owners and admins do.
const RUN: [u16; 5] = [200, 200, 403, 403, 403];
const RUN_MAKES: [u16; 5] = [201, 201, 403, 403, 403];
const RUN_ABSENT: [u16; 5] = [404, 404, 403, 403, 403];
const NEWCOMER: &str = r#"{"email": "new@example.com", "role": "viewer"}"#;
const KEY: &str = r#"{"name": "x"}"#;
const PRICES: &str = r#"{"text": "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\noutput = \"4\"\n", "reason": "x"}"#;
const PRICES_ALONE: &str =
    r#"{"text": "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\noutput = \"4\"\n"}"#;
const PRICES_DRAFT: &str = r#"{"text": "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\noutput = \"4\"\n", "source": "x"}"#;
const RATE: &str = r#"{"provider": "north", "kind": "openai", "model": "m", "usage": {"input": 1}}"#;
const IMPORT: &str = r#"{"keys": [{"row": 1, "key": "sk-a-key-from-elsewhere", "settings": {"name": "x"}}]}"#;
const GIVEN: &str = r#"{"amount": "1", "reason": "x"}"#;
const REASON: &str = r#"{"reason": "x"}"#;

fn rows() -> Vec<Row> {
    general().into_iter().chain(of_use()).chain(of_keys()).collect()
}

#[rustfmt::skip]
fn general() -> Vec<Row> {
    use Method as M;
    vec![
        // About the gateway as a whole: the operator's alone.
        operators(M::GET, "/health", "", 200),
        operators(M::GET, "/stats", "", 200),
        operators(M::POST, "/reload", "", 200),
        operators(M::GET, "/config", "", 200),
        operators(M::GET, "/config/versions", "", 200),
        operators(M::GET, "/config/difference", "", 404),
        operators(M::POST, "/config/revert", r#"{"version": 3}"#, 200),
        operators(M::POST, "/explain", "{}", 200),
        operators(M::GET, "/providers", "", 200), operators(M::POST, "/providers/check", "", 200),
        Row { asked: "/providers/openai/disable", ..operators(M::POST, "/providers/{id}/disable", REASON, 200) },
        Row { asked: "/providers/openai/drain", ..operators(M::POST, "/providers/{id}/drain", REASON, 200) },
        Row { asked: "/providers/openai/enable", ..operators(M::POST, "/providers/{id}/enable", REASON, 409) },
        operators(M::GET, "/audit/verify", "", 200),
        operators(M::POST, "/ledger/verify", "", 202),
        operators(M::GET, "/ledger/verify", "", 200),
        operators(M::GET, "/prices", "", 200),
        operators(M::PUT, "/prices", PRICES, 200),
        operators(M::GET, "/prices/versions", "", 200),
        Row { asked: "/prices/7", ..operators(M::GET, "/prices/{version}", "", 404) },
        operators(M::POST, "/prices/check", PRICES_ALONE, 200),
        Row { asked: "/prices/difference?from=1&to=2", ..operators(M::GET, "/prices/difference", "", 404) },
        operators(M::POST, "/prices/rate", RATE, 200),
        operators(M::GET, "/prices/draft", "", 404),
        operators(M::POST, "/prices/draft", PRICES_DRAFT, 200),
        operators(M::DELETE, "/prices/draft", "", 404),
        operators(M::POST, "/prices/draft/approve", "{}", 404),
        operators(M::GET, "/secrets", "", 200),
        Row { asked: "/secrets/north", ..operators(M::PUT, "/secrets/{name}", r#"{"value": "a-secret-of-a-provider"}"#, 200) },
        Row { asked: "/secrets/north", ..operators(M::DELETE, "/secrets/{name}", "", 404) },
        operators(M::POST, "/secrets/rotate", "{}", 200),
        // What was done there.
        Row { method: M::GET, route: "/audit", asked: "/audit", body: "", own: RUN, foreign: RUN, stray: 403, operator: 200 },
        // Calls.
        Row { method: M::GET, route: "/requests", asked: "/requests", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        // Accounts.
        Row { method: M::GET, route: "/accounts", asked: "/accounts", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        operators(M::POST, "/accounts", r#"{"organisation": "{organisation}", "project": "{project}"}"#, 201),
        Row { method: M::GET, route: "/accounts/{number}", asked: "/accounts/1", body: "", own: FINE, foreign: ABSENT, stray: 403, operator: 200 },
        Row { asked: "/accounts/1", ..operators(M::PATCH, "/accounts/{number}", r#"{"credit": "1"}"#, 200) },
        Row { asked: "/accounts/1/credit", ..operators(M::POST, "/accounts/{number}/credit", GIVEN, 200) },
        Row { asked: "/accounts/1/debit", ..operators(M::POST, "/accounts/{number}/debit", GIVEN, 402) },
        // Money that comes in.
        operators(M::GET, "/vouchers", "", 200),
        operators(M::POST, "/vouchers", r#"{"amount": "1"}"#, 201),
        operators(M::POST, "/vouchers/redeem", r#"{"code": "x", "account": "1"}"#, 400),
        Row { asked: "/vouchers/7/revoke", ..operators(M::POST, "/vouchers/{number}/revoke", "{}", 404) },
        operators(M::GET, "/orders", "", 200),
        operators(M::POST, "/orders", r#"{"account": "1", "amount": "1"}"#, 201),
        Row { asked: "/orders/7/confirm", ..operators(M::POST, "/orders/{number}/confirm", r#"{"reference": "x"}"#, 404) },
        Row { asked: "/orders/7/cancel", ..operators(M::POST, "/orders/{number}/cancel", "{}", 404) },
        Row { method: M::GET, route: "/ledger/entries", asked: "/ledger/entries?account=7", body: "", own: ABSENT, foreign: ABSENT, stray: 403, operator: 404 },
        Row { method: M::GET, route: "/ledger/holds", asked: "/ledger/holds?account=7", body: "", own: ABSENT, foreign: ABSENT, stray: 403, operator: 404 },
        Row { method: M::GET, route: "/ledger/statement", asked: "/ledger/statement?account=7", body: "", own: ABSENT, foreign: ABSENT, stray: 403, operator: 404 },
        // Budgets. There is none yet.
        Row { method: M::GET, route: "/budgets", asked: "/budgets", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        Row { method: M::POST, route: "/budgets", asked: "/budgets", body: r#"{"project": "{project}", "period": "day", "limit": "5"}"#, own: RUN_MAKES, foreign: RUN_ABSENT, stray: 403, operator: 201 },
        Row { method: M::PATCH, route: "/budgets/{number}", asked: "/budgets/7", body: r#"{"limit": "5"}"#, own: RUN_ABSENT, foreign: RUN_ABSENT, stray: 403, operator: 404 },
        Row { method: M::DELETE, route: "/budgets/{number}", asked: "/budgets/7", body: "", own: RUN_ABSENT, foreign: RUN_ABSENT, stray: 403, operator: 404 },
        // About himself.
        Row { method: M::GET, route: "/me", asked: "/me", body: "", own: FINE, foreign: FINE, stray: 200, operator: 200 },
        // Organisations, and who belongs to them.
        Row { method: M::GET, route: "/organisations", asked: "/organisations", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        operators(M::POST, "/organisations", KEY, 201),
        Row { method: M::GET, route: "/organisations/{id}", asked: "/organisations/{organisation}", body: "", own: FINE, foreign: ABSENT, stray: 403, operator: 200 },
        Row { method: M::PATCH, route: "/organisations/{id}", asked: "/organisations/{organisation}", body: KEY, own: RUN, foreign: RUN_ABSENT, stray: 403, operator: 200 },
        Row { asked: "/organisations/{organisation}/suspend", ..operators(M::POST, "/organisations/{id}/suspend", "{}", 200) },
        Row { asked: "/organisations/{organisation}/resume", ..operators(M::POST, "/organisations/{id}/resume", "{}", 409) },
        Row { method: M::GET, route: "/organisations/{id}/members", asked: "/organisations/{organisation}/members", body: "", own: [200, 200, 200, 200, 403], foreign: [404, 404, 404, 404, 403], stray: 403, operator: 200 },
        Row { method: M::POST, route: "/organisations/{id}/members", asked: "/organisations/{organisation}/members", body: NEWCOMER, own: RUN_MAKES, foreign: RUN_ABSENT, stray: 403, operator: 201 },
        Row { method: M::PATCH, route: "/organisations/{id}/members/{user}", asked: "/organisations/{organisation}/members/{user}", body: r#"{"role": "viewer"}"#, own: RUN, foreign: RUN_ABSENT, stray: 403, operator: 200 },
        Row { method: M::DELETE, route: "/organisations/{id}/members/{user}", asked: "/organisations/{organisation}/members/{user}", body: "", own: RUN, foreign: RUN_ABSENT, stray: 403, operator: 200 },
        // Projects.
        Row { method: M::GET, route: "/projects", asked: "/projects", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        Row { method: M::POST, route: "/projects", asked: "/projects", body: r#"{"organisation": "{organisation}", "name": "x"}"#, own: RUN_MAKES, foreign: RUN_ABSENT, stray: 403, operator: 201 },
        Row { method: M::GET, route: "/projects/{id}", asked: "/projects/{project}", body: "", own: FINE, foreign: ABSENT, stray: 403, operator: 200 },
        Row { method: M::PATCH, route: "/projects/{id}", asked: "/projects/{project}", body: KEY, own: RUN, foreign: RUN_ABSENT, stray: 403, operator: 200 },
        Row { method: M::POST, route: "/projects/{id}/archive", asked: "/projects/{project}/archive", body: "{}", own: RUN, foreign: RUN_ABSENT, stray: 403, operator: 200 },
        // Users. Whether somebody's tokens are one's business hangs on who he is, so that the route lets everybody ask.
        Row { method: M::GET, route: "/users", asked: "/users", body: "", own: [200, 200, 200, 200, 403], foreign: [200, 200, 200, 200, 403], stray: 403, operator: 200 },
        operators(M::POST, "/users", r#"{"email": "new@example.com", "name": "x"}"#, 201),
        Row { method: M::GET, route: "/users/{id}", asked: "/users/{user}", body: "", own: [200, 200, 200, 200, 403], foreign: [404, 404, 404, 404, 403], stray: 403, operator: 200 },
        Row { asked: "/users/{user}", ..operators(M::PATCH, "/users/{id}", KEY, 200) },
        Row { asked: "/users/{user}/suspend", ..operators(M::POST, "/users/{id}/suspend", "{}", 200) },
        Row { asked: "/users/{user}/resume", ..operators(M::POST, "/users/{id}/resume", "{}", 409) },
        Row { method: M::GET, route: "/users/{id}/tokens", asked: "/users/{user}/tokens", body: "", own: RUN, foreign: ABSENT, stray: 404, operator: 200 },
        Row { method: M::POST, route: "/users/{id}/tokens", asked: "/users/{user}/tokens", body: KEY, own: DENIED, foreign: ABSENT, stray: 404, operator: 201 },
        Row { method: M::DELETE, route: "/users/{id}/tokens/{token}", asked: "/users/{user}/tokens/{token}", body: "", own: RUN, foreign: ABSENT, stray: 404, operator: 200 },
    ]
}

/// The same of what is used, what it comes to, and what is told of it.
#[rustfmt::skip]
fn of_use() -> Vec<Row> {
    use Method as M;
    vec![
        operators(M::POST, "/roi", "{}", 400),
        operators(M::GET, "/cache", "", 200), operators(M::POST, "/cache/flush", REASON, 200),
        Row { method: M::GET, route: "/reports", asked: "/reports?by=organisation", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        operators(M::GET, "/reports/margin", "", 200),
        Row { method: M::POST, route: "/whatif", asked: "/whatif", body: r#"{"map": ["a=b"]}"#, own: [400; 5], foreign: [400; 5], stray: 403, operator: 400 },
        Row { method: M::GET, route: "/reports/daily", asked: "/reports/daily", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        Row { method: M::GET, route: "/limits", asked: "/limits", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        Row { method: M::GET, route: "/limits/plans", asked: "/limits/plans", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        Row { method: M::POST, route: "/limits", asked: "/limits", body: r#"{"project": "{project}", "requests_per_minute": 5}"#, own: RUN_MAKES, foreign: RUN_ABSENT, stray: 403, operator: 201 },
        Row { method: M::DELETE, route: "/limits/{number}", asked: "/limits/7777", body: "", own: RUN_ABSENT, foreign: RUN_ABSENT, stray: 403, operator: 404 },
        operators(M::GET, "/alerts", "", 200),
        operators(M::GET, "/alerts/deliveries", "", 200),
        operators(M::POST, "/alerts/test", "{}", 200),
        operators(M::POST, "/alerts/silences", r#"{"rule": "balance", "seconds": 60, "reason": "x"}"#, 201),
        Row { asked: "/alerts/silences/7", ..operators(M::DELETE, "/alerts/silences/{number}", "", 404) },
    ]
}

/// The same of callers' keys.
#[rustfmt::skip]
fn of_keys() -> Vec<Row> {
    use Method as M;
    vec![
        Row { method: M::GET, route: "/keys", asked: "/keys", body: "", own: [200, 200, 200, 200, 403], foreign: [200, 200, 200, 200, 403], stray: 403, operator: 200 },
        Row { method: M::POST, route: "/keys", asked: "/keys", body: KEY, own: [201, 201, 201, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 201 },
        Row { method: M::GET, route: "/keys/{id}", asked: "/keys/{key}", body: "", own: [200, 200, 200, 200, 403], foreign: [404, 404, 404, 404, 403], stray: 403, operator: 200 },
        Row { method: M::POST, route: "/keys/import", asked: "/keys/import", body: IMPORT, own: [201, 201, 201, 403, 403], foreign: [422, 422, 422, 403, 403], stray: 403, operator: 201 },
        Row { method: M::POST, route: "/keys/{id}/rotate", asked: "/keys/{key}/rotate", body: "{}", own: [201, 201, 201, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 201 },
        Row { method: M::PATCH, route: "/keys/{id}", asked: "/keys/{key}", body: r#"{"is_strict": true}"#, own: [200, 200, 200, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 200 },
        Row { method: M::DELETE, route: "/keys/{id}", asked: "/keys/{key}", body: "", own: [200, 200, 200, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 200 },
    ]
}

const fn operators(method: Method, route: &'static str, body: &'static str, operator: u16) -> Row {
    Row { method, route, asked: route, body, own: DENIED, foreign: DENIED, stray: 403, operator }
}

#[test]
fn every_route_has_one_row_and_every_row_a_route() {
    let listed: Vec<String> =
        NOUNS.iter().copied().flatten().map(|route| format!("{} {}", route.method, route.path)).collect();
    let rows: Vec<String> = rows().iter().map(|row| format!("{} {}", row.method, row.route)).collect();
    for texts in [&listed, &rows] {
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "something is there twice");
    }
    let (listed, rows): (BTreeSet<_>, BTreeSet<_>) =
        (listed.into_iter().collect(), rows.into_iter().collect());
    let without = |left: &BTreeSet<String>, right: &BTreeSet<String>| {
        left.difference(right).cloned().collect::<Vec<_>>()
    };
    assert_eq!(without(&listed, &rows), Vec::<String>::new(), "routes without a row in this matrix");
    assert_eq!(without(&rows, &listed), Vec::<String>::new(), "rows of this matrix without a route");
}

#[tokio::test]
async fn everybody_gets_what_his_row_says() {
    for row in rows() {
        let mut scene = Scene::set().await;
        let absent = scene.nowhere().await;
        let own = Role::ALL.iter().zip(row.own).map(|(role, status)| (Guest::Own(*role), status));
        let foreign = Role::ALL.iter().zip(row.foreign).map(|(role, status)| (Guest::Foreign(*role), status));
        let others = [(Guest::Operator, row.operator), (Guest::Stray, row.stray)];
        for (guest, expected) in own.chain(foreign).chain(others) {
            let answer = scene.ask(guest, &row.method, row.asked, row.body).await;
            let cell = format!("{guest:?} {} {}: {}", row.method, row.asked, answer.text);
            assert_eq!(answer.status.as_u16(), expected, "{cell}");
            if expected == 403 {
                answer.is_refused(403, "permission_denied", "");
            }
            let is_outside = matches!(guest, Guest::Foreign(_) | Guest::Stray);
            if is_outside {
                assert!(!answer.text.contains(MARK), "too much is told: {cell}");
            }
            if matches!(guest, Guest::Foreign(_)) {
                let told = absent.ask(guest, &row.method, row.asked, row.body).await;
                assert_eq!(
                    (told.status, absent.without_ids(&told.text)),
                    (answer.status, scene.without_ids(&answer.text)),
                    "that it exists is told: {cell}"
                );
            }
            // What was changed is set again for the next.
            if answer.status.is_success() && row.method != Method::GET {
                scene = Scene::set().await;
            }
        }
    }
}

#[tokio::test]
async fn who_is_refused_at_the_door_learns_nothing_anywhere() {
    let scene = Scene::set().await;
    for row in rows() {
        for (refused, code) in Refused::ALL {
            let answer = scene.ask(Guest::Refused(refused), &row.method, row.asked, row.body).await;
            answer.is_refused(401, code, "");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert!(!answer.text.contains(MARK) && !answer.text.contains("bwu_"), "{}", answer.text);
        }
    }
}

/// `HEAD` is answered by the handlers of `GET`, and a body that nobody reads is no permission.
#[tokio::test]
async fn other_methods_need_no_less() {
    let scene = Scene::set().await;
    for row in rows().iter().filter(|row| row.method == Method::GET && row.stray == 403) {
        let answer = scene.ask(Guest::Stray, &Method::HEAD, row.asked, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "HEAD {}", row.asked);
    }
    for row in rows() {
        for method in [Method::OPTIONS, Method::TRACE] {
            let answer = scene.ask(Guest::Stray, &method, row.asked, row.body).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {}", row.asked);
        }
    }
}

#[tokio::test]
async fn nothing_is_changed_in_a_suspended_organisation() {
    let scene = Scene::set().await;
    let owner = Guest::Own(Role::Owner);
    let keys = |method: &'static str, body: &'static str| {
        let scene = &scene;
        async move { scene.ask(owner, &method.parse().unwrap(), "/keys", body).await }
    };
    let switch = async |verb: &str| {
        let path = format!("/organisations/org_default/{verb}");
        scene.ask(Guest::Operator, &Method::POST, &path, "{}").await
    };
    switch("suspend").await;
    assert_eq!(keys("GET", "").await.status, StatusCode::OK, "who owns it still sees it");
    keys("POST", KEY).await.is_refused(403, "permission_denied", "the organisation org_default is suspended");
    switch("resume").await;
    assert_eq!(keys("POST", KEY).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_user_learns_who_he_is() {
    let scene = Scene::set().await;
    let me = scene.ask(Guest::Own(Role::Viewer), &Method::GET, "/me", "").await.json();
    assert_eq!(me["user"]["email"], "own-viewer@example.com");
    assert_eq!(
        me["roles"],
        serde_json::json!([{"organisation": "org_default", "role": "viewer", "is_suspended": false}])
    );
    let me = scene.ask(Guest::Operator, &Method::GET, "/me", "").await.json();
    assert_eq!((&me["is_operator"], &me["user"]), (&Value::Bool(true), &Value::Null));
}
