//! What the routes of keys do for the operator.

use domain::Secret;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::Office;

#[tokio::test]
async fn a_key_is_made_shown_once_listed_and_revoked() {
    let office = Office::open().await;
    let wish = json!({"name": "mobile app", "expires_in_seconds": 86_400});
    let answer = office.ask(Method::POST, "/admin/v1/keys", Some(wish)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let mut created = answer.json();
    let secret = created.as_object_mut().unwrap().remove("key").unwrap();
    let secret = secret.as_str().unwrap();
    assert!(domain::checksum_holds(secret));
    let id = created["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id, "name": "mobile app", "hint": created["hint"], "state": "active",
        "organisation": "org_default", "project": "proj_default",
        "created_at": "2026-11-21T00:00:00.000Z", "expires_at": "2026-11-22T00:00:00.000Z", "revoked_at": null,
        "last_used_at": null, "is_strict": false, "plan": "default", "models": null, "providers": null, "regions": null, "routes": null,
        "networks": null, "tags": {}, "rotated_from": null, "rotated_to": null, "known_by": "key", "limits": [],
    });
    assert_eq!(created, expected);

    let listed = office.ask(Method::GET, "/admin/v1/keys", None).await;
    assert_eq!(listed.json(), json!({"keys": [created], "next_after": null}));
    assert!(!listed.text.contains(secret));

    let path = format!("/admin/v1/keys/{id}");
    let revoked = office.ask(Method::DELETE, &path, None).await;
    assert_eq!((revoked.status, &revoked.json()["state"]), (StatusCode::OK, &json!("revoked")));
    assert_eq!(revoked.json()["revoked_at"], "2026-11-21T00:00:00.000Z");
    let shown = office.ask(Method::GET, &path, None).await;
    assert_eq!((shown.status, &shown.json()), (StatusCode::OK, &revoked.json()));
    office.ask(Method::DELETE, &path, None).await.is_refused(409, "key_already_revoked", &id);
    office.ask(Method::DELETE, "/admin/v1/keys/key_no", None).await.is_refused(
        404,
        "key_not_found",
        "key_no",
    );
    office.ask(Method::DELETE, "/admin/v1/keys/%ff", None).await.is_refused(400, "invalid_request", "UTF-8");
}

#[tokio::test]
async fn a_key_is_made_strict_and_changed() {
    let office = Office::open().await;
    let wish = json!({"name": "careful", "is_strict": true});
    let created = office.ask(Method::POST, "/admin/v1/keys", Some(wish)).await.json();
    assert_eq!(created["is_strict"], true);
    let id = created["id"].as_str().unwrap().to_owned();
    let path = format!("/admin/v1/keys/{id}");
    let change = async |path: &str, wish: Value| office.ask(Method::PATCH, path, Some(wish)).await;
    let changed = change(&path, json!({"is_strict": false})).await;
    assert_eq!((changed.status, &changed.json()["is_strict"]), (StatusCode::OK, &json!(false)));
    assert_eq!(changed.json()["name"], "careful");
    let key = Secret::new(created["key"].as_str().unwrap().to_owned());
    let entry = office.desk.directory().find(&office.desk.hasher().digest(key.expose())).unwrap();
    assert!(!entry.is_strict());
    assert!(!changed.text.contains(key.expose()));

    for nothing in [json!({}), json!({"is_strict": null})] {
        change(&path, nothing).await.is_refused(400, "invalid_request", "give is_strict");
    }
    change(&path, json!({"is_strict": "yes"})).await.is_refused(400, "invalid_request", "expected a boolean");
    change(&path, json!({"owner": "x"})).await.is_refused(400, "invalid_request", "unknown field `owner`");
    change(&path, json!({"project": "proj_x"})).await.is_refused(
        400,
        "invalid_request",
        "stays in its project",
    );
    let narrowed = change(&path, json!({"models": ["smart", "openai/*"]})).await;
    assert_eq!(narrowed.json()["models"], json!(["smart", "openai/*"]));
    assert!(entry.allows("smart") && !entry.allows("other"));
    for bad in [json!([]), json!(["a b"])] {
        change(&path, json!({"models": bad})).await.is_refused(400, "invalid_request", "model");
    }
    let widened = change(&path, json!({"models": null})).await;
    assert_eq!((widened.status, &widened.json()["models"]), (StatusCode::OK, &Value::Null));
    assert!(entry.allows("other"));
    let strict = json!({"is_strict": true});
    let unknown = change("/admin/v1/keys/key_no", strict.clone()).await;
    unknown.is_refused(404, "key_not_found", "key_no");
    office.ask(Method::DELETE, &path, None).await;
    change(&path, strict).await.is_refused(409, "key_already_revoked", &id);
}

#[tokio::test]
async fn a_key_is_rotated_once() {
    let office = Office::open().await;
    let wish =
        json!({"name": "shop", "routes": ["chat"], "tags": {"team": "shop"}, "expires_in_seconds": null});
    let created = office.ask(Method::POST, "/admin/v1/keys", Some(wish)).await.json();
    let path = format!("/admin/v1/keys/{}/rotate", created["id"].as_str().unwrap());
    let rotate = async |wish: Value| office.ask(Method::POST, &path, Some(wish)).await;
    rotate(json!({"overlap_seconds": 99_999_999})).await.is_refused(400, "invalid_request", "at most");
    rotate(json!({"expires_in_seconds": 0})).await.is_refused(400, "invalid_request", "expires_in_seconds");
    let rotated = rotate(json!({"overlap_seconds": 60})).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{}", rotated.text);
    let rotated = rotated.json();
    assert_eq!(
        (&rotated["name"], &rotated["routes"], &rotated["tags"]),
        (&json!("shop"), &json!(["chat"]), &json!({"team": "shop"}))
    );
    assert_eq!((&rotated["rotated_from"], &rotated["expires_at"]), (&created["id"], &Value::Null));
    assert_eq!(rotated["former"]["expires_at"], "2026-11-21T00:01:00.000Z");
    assert_eq!(rotated["former"]["rotated_to"], rotated["id"]);
    assert_ne!(rotated["key"], created["key"]);
    rotate(json!({})).await.is_refused(409, "key_already_rotated", rotated["id"].as_str().unwrap());
    let none = office.ask(Method::POST, "/admin/v1/keys/key_no/rotate", Some(json!({}))).await;
    none.is_refused(404, "key_not_found", "key_no");
}

#[tokio::test]
async fn lists_of_keys_are_narrowed() {
    let office = Office::open().await;
    let make = async |wish: Value| office.ask(Method::POST, "/admin/v1/keys", Some(wish)).await;
    make(json!({"name": "a", "tags": {"team": "shop"}})).await;
    make(json!({"name": "b", "expires_at": "2026-12-01"})).await;
    let none = make(json!({"name": "c", "project": "proj_nowhere"})).await;
    none.is_refused(404, "project_not_found", "proj_nowhere");
    let listed = async |query: &str| office.ask(Method::GET, &format!("/admin/v1/keys?{query}"), None).await;
    let names = async |query: &str| {
        let keys = listed(query).await.json()["keys"].as_array().unwrap().clone();
        // Two that were made in one millisecond stand in any order.
        let mut names: Vec<String> =
            keys.iter().map(|key| key["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names.concat()
    };
    assert_eq!(names("tag=team%3Dshop").await, "a");
    assert_eq!(names("state=active").await, "ab");
    assert_eq!(names("state=expired").await, "");
    assert_eq!(names("project=proj_default").await, "ab");
    assert_eq!(names("organisation=org_other").await, "");
    for (query, message) in [
        ("tag=x", "NAME=VALUE"),
        ("state=old", "there are active"),
        ("project=x", "no id of a project"),
        ("organisation=x", "no id of an organisation"),
    ] {
        listed(query).await.is_refused(400, "invalid_request", message);
    }
}

#[tokio::test]
async fn keys_are_taken_over_all_or_none() {
    let office = Office::open().await;
    let import = async |keys: Value, dry_run: bool| {
        let wish = json!({"source": "a test", "dry_run": dry_run, "keys": keys});
        office.ask(Method::POST, "/admin/v1/keys/import", Some(wish)).await
    };
    let key = |row: usize, key: &str, name: &str| json!({"row": row, "key": key, "settings": {"name": name}});
    let bad = import(json!([key(1, "sk-a-key-from-elsewhere", "a"), key(2, "short", "b")]), false).await;
    bad.is_refused(422, "import_refused", "row 2: a key must be");
    assert_eq!(bad.json()["error"]["problems"].as_array().unwrap().len(), 1);
    let hash = "6ca13d52ca70c883e0f0bb101e425a89e8624de51db2d2392593af6a84118090";
    let hashed = json!({"row": 2, "sha256": hash, "settings": {"name": "b", "routes": ["chat"]}});
    let good = json!([key(1, "sk-a-key-from-elsewhere", "a"), hashed]);
    let tried = import(good.clone(), true).await;
    assert_eq!((tried.status, &tried.json()["imported"]), (StatusCode::OK, &json!(2)));
    assert!(office.desk.directory().is_empty());
    let taken = import(good, false).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text);
    assert!(!taken.text.contains("elsewhere") && !taken.text.contains(hash));
    let found = |key: &str| office.desk.directory().look_up(key, &office.desk.hasher());
    assert!(found("sk-a-key-from-elsewhere").is_some_and(|entry| entry.expires_at().is_none()));
    assert!(found("abc123").is_some_and(|entry| entry.scopes().is_some()), "sha256 of abc123");
    let more = json!([key(1, "sk-a-key-from-elsewhere", "a"), key(3, "sk-another-from-elsewhere", "c")]);
    import(more.clone(), false).await.is_refused(422, "import_refused", "here already");
    let wish = json!({"skip_known": true, "keys": more});
    let taken = office.ask(Method::POST, "/admin/v1/keys/import", Some(wish)).await.json();
    assert_eq!((&taken["imported"], &taken["keys"][0]["name"]), (&json!(1), &json!("c")));
    let known = &taken["known"][0];
    assert_eq!(
        (&known["row"], &known["project"], &known["state"]),
        (&json!(1), &json!("proj_default"), &json!("active"))
    );
}
