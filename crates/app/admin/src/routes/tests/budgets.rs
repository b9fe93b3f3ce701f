//! Budgets as the API takes them: whose they are, who changes which, and what is none.

use http::Method;
use serde_json::{Value, json};
use store::Role;

use super::scene::{Guest, Scene};
use super::{Answer, Office, PREFIX};

async fn ask(office: &Office, method: Method, path: &str, body: Option<Value>) -> Answer {
    office.ask(method, &format!("{PREFIX}/budgets{path}"), body).await
}

fn wish(limit: &str) -> Value {
    json!({ "project": "proj_default", "period": "day", "zone": "asia/shanghai", "limit": limit })
}

#[tokio::test]
async fn a_budget_is_set_shown_changed_and_removed() {
    let office = Office::open().await;
    let made = ask(&office, Method::POST, "", Some(wish("12.5"))).await.json();
    for (field, expected) in [
        ("number", json!(1)),
        ("scope", json!("project")),
        ("id", json!("proj_default")),
        ("set_by", json!("operator")),
        ("zone", json!("Asia/Shanghai")),
        ("limit", json!("12.5")),
        ("warn_percent", json!(80)),
        ("is_hard", json!(true)),
        ("used", json!("0")),
        ("available", json!("12.5")),
        ("is_warned", json!(false)),
    ] {
        assert_eq!(made[field], expected, "{field}: {made}");
    }
    assert!(made["ends_at"].as_str().unwrap().ends_with("T00:00:00+08:00"), "{made}");
    let body = json!({ "limit": "7", "warn_percent": 50, "is_hard": false, "reason": "why" });
    let changed = ask(&office, Method::PATCH, "/1", Some(body)).await.json();
    let terms = ["limit", "warn_percent", "is_hard"].map(|field| changed[field].clone());
    assert_eq!(terms, [json!("7"), json!(50), json!(false)]);
    let listed = ask(&office, Method::GET, "", None).await.json();
    assert_eq!(listed, json!({ "budgets": [changed.clone()], "next_after": null }));
    assert_eq!(ask(&office, Method::DELETE, "/1", None).await.json(), changed);
    assert_eq!(ask(&office, Method::GET, "", None).await.json()["budgets"], json!([]));
    ask(&office, Method::DELETE, "/1", None).await.is_refused(404, "budget_not_found", "\"1\"");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let office = Office::open().await;
    for (whose, id) in [("project", "proj_default"), ("organisation", "default")] {
        for period in ["day", "month"] {
            let wish = json!({ whose: id, "period": period, "limit": "1" });
            assert_eq!(ask(&office, Method::POST, "", Some(wish)).await.status, 201);
        }
    }
    let numbers = |page: &Value| -> Vec<u64> {
        page["budgets"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()).collect()
    };
    let first = ask(&office, Method::GET, "?limit=3", None).await.json();
    assert_eq!((numbers(&first), &first["next_after"]), (vec![1, 2, 3], &json!("3")));
    let rest = ask(&office, Method::GET, "?limit=3&after=3", None).await.json();
    assert_eq!((numbers(&rest), &rest["next_after"]), (vec![4], &Value::Null));
    ask(&office, Method::GET, "?limit=0", None).await.is_refused(400, "invalid_request", "limit");
    ask(&office, Method::GET, "?after=x", None).await.is_refused(400, "invalid_request", "\"x\"");
}

#[tokio::test]
async fn what_is_no_budget_is_refused_and_changes_nothing() {
    let office = Office::open().await;
    let with = |field: &str, value: Value| {
        let mut wish = wish("1");
        wish[field] = value;
        wish
    };
    let both = with("key", json!("key_a"));
    let mut elsewhere = wish("1");
    elsewhere["project"] = Value::Null;
    for (wish, status, code, message) in [
        (with("zone", json!("Mars/Olympus")), 400, "invalid_request", "\"Mars/Olympus\" is no time zone"),
        (with("period", json!("week")), 400, "invalid_request", "\"week\" is no period"),
        (with("limit", json!("-5")), 400, "invalid_request", "the limit of a budget is -5"),
        (with("limit", json!("0")), 400, "invalid_request", "above 0"),
        (with("limit", json!("1000000001")), 400, "invalid_request", "at most 1000000000"),
        (with("limit", json!("1e3")), 400, "invalid_request", "a decimal in a text"),
        (with("limit", json!(5)), 400, "invalid_request", "a string"),
        (with("warn_percent", json!(0)), 400, "invalid_request", "from 1 to 100"),
        (with("warn_percent", json!(900)), 400, "invalid_request", "900 percent"),
        (with("colour", json!("red")), 400, "invalid_request", "colour"),
        (with("project", json!("proj_none")), 404, "project_not_found", "proj_none"),
        (with("project", json!("shop")), 400, "invalid_request", "\"shop\" is no id of a project"),
        (both, 400, "invalid_request", "one of key, project and organisation"),
        (elsewhere, 400, "invalid_request", "one of key, project and organisation"),
        (
            json!({ "key": "key_none", "period": "day", "limit": "1" }),
            404,
            "key_not_found",
            "there is no key key_none",
        ),
        (
            json!({ "organisation": "nobody", "period": "day", "limit": "1" }),
            404,
            "organisation_not_found",
            "nobody",
        ),
    ] {
        ask(&office, Method::POST, "", Some(wish)).await.is_refused(status, code, message);
    }
    assert_eq!(ask(&office, Method::GET, "", None).await.json()["budgets"], json!([]));
    assert_eq!(ask(&office, Method::POST, "", Some(wish("1"))).await.status, 201);
    ask(&office, Method::POST, "", Some(wish("2"))).await.is_refused(409, "budget_taken", "number 1");
    let odd = json!({ "limit": "-1" });
    ask(&office, Method::PATCH, "/1", Some(odd)).await.is_refused(400, "invalid_request", "-1");
    assert_eq!(ask(&office, Method::GET, "", None).await.json()["budgets"][0]["limit"], "1");
}

#[tokio::test]
async fn what_the_operator_has_set_its_members_see_and_do_not_change() {
    let scene = Scene::set().await;
    let owner = Guest::Own(Role::Owner);
    let wish = |whose: &str| format!(r#"{{"{whose}": "{{{whose}}}", "period": "day", "limit": "5"}}"#);
    for whose in ["organisation", "project", "key"] {
        let answer = scene.ask(Guest::Operator, &Method::POST, "/budgets", &wish(whose)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let whole = scene.ask(owner, &Method::POST, "/budgets", &wish("organisation")).await;
    whole.is_refused(403, "permission_denied", "set by the operator");
    for number in 1..=3 {
        let path = format!("/budgets/{number}");
        let changed = scene.ask(owner, &Method::PATCH, &path, r#"{"limit": "500"}"#).await;
        changed.is_refused(403, "permission_denied", "who alone changes it");
        scene.ask(owner, &Method::DELETE, &path, "").await.is_refused(403, "permission_denied", "operator");
    }
    let own = scene.ask(owner, &Method::POST, "/budgets", &wish("project")).await;
    assert_eq!((own.status.as_u16(), &own.json()["set_by"]), (201, &json!("organisation")));
    let foreign = scene.ask(Guest::Foreign(Role::Owner), &Method::DELETE, "/budgets/4", "").await;
    foreign.is_refused(404, "budget_not_found", "4");
    let seen = scene.ask(Guest::Own(Role::Viewer), &Method::GET, "/budgets", "").await.json();
    assert_eq!(seen["budgets"].as_array().unwrap().len(), 4);
    let elsewhere = scene.ask(Guest::Foreign(Role::Owner), &Method::GET, "/budgets", "").await.json();
    assert_eq!(elsewhere["budgets"], json!([]));
    assert_eq!(scene.ask(owner, &Method::DELETE, "/budgets/4", "").await.status, 200);
}

#[tokio::test]
async fn a_budget_comes_with_its_key_if_the_operator_says_so() {
    let scene = Scene::set().await;
    let import = async |guest, budget: &str| {
        let wish = format!(
            r#"{{"keys": [{{"row": 7, "key": "sk-a-key-with-a-budget", "settings": {{"name": "with", "project": "{{project}}"}},
                "budget": {budget}}}]}}"#
        );
        scene.ask(guest, &Method::POST, "/keys/import", &wish).await
    };
    let good = r#"{"period": "total", "limit": "5"}"#;
    import(Guest::Own(Role::Owner), good).await.is_refused(403, "permission_denied", "the operator's to set");
    for (budget, why) in [
        (r#"{"period": "week", "limit": "5"}"#, "row 7: budget: \"week\" is no period"),
        (r#"{"period": "day", "limit": "much"}"#, "row 7: budget: limit must be a decimal"),
        (r#"{"period": "day", "limit": "0"}"#, "row 7: "),
    ] {
        import(Guest::Operator, budget).await.is_refused(422, "import_refused", why);
    }
    let budgets = async || scene.ask(Guest::Operator, &Method::GET, "/budgets", "").await.json();
    assert_eq!(budgets().await["budgets"], json!([]));
    let taken = import(Guest::Operator, good).await;
    assert_eq!(taken.status, 201, "{}", taken.text);
    let (set, id) = (budgets().await, taken.json()["keys"][0]["id"].clone());
    let only = &set["budgets"][0];
    assert_eq!((&only["scope"], &only["id"], &only["limit"]), (&json!("key"), &id, &json!("5")));
    assert_eq!((&only["period"], &only["set_by"]), (&json!("total"), &json!("operator")));
}
