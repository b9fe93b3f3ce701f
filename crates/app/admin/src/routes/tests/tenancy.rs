//! Organisations, projects, users and tokens, as an operator and users ask for them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{NOW, Office, request};

async fn made(office: &Office, path: &str, body: Value) -> Value {
    let answer = office.ask(Method::POST, &format!("/admin/v1{path}"), Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text);
    answer.json()
}

#[tokio::test]
async fn an_organisation_comes_to_life() {
    let office = Office::open().await;
    let wish = json!({"name": "Acme", "display_name": "Acme & Sons", "tags": {"plan": "gold"}});
    let organisation = made(&office, "/organisations", wish.clone()).await;
    let id = organisation["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "name": "Acme", "display_name": "Acme & Sons", "state": "active",
        "created_at": NOW.rfc3339(), "suspended_at": null, "tags": {"plan": "gold"},
    });
    assert_eq!(organisation, expected);
    let again = office.ask(Method::POST, "/admin/v1/organisations", Some(wish)).await;
    again.is_refused(409, "organisation_name_taken", id);
    assert_eq!(again.json()["error"]["param"], "name");

    let member = json!({"email": "Ada@Example.com", "name": "Ada", "role": "owner"});
    let members = format!("/organisations/{id}/members");
    let ada = made(&office, &members, member.clone()).await;
    assert_eq!((&ada["email"], &ada["role"]), (&json!("ada@example.com"), &json!("owner")));
    let path = format!("/admin/v1{members}");
    office.ask(Method::POST, &path, Some(member)).await.is_refused(
        409,
        "already_a_member",
        "ada@example.com",
    );
    let odd = json!({"email": "bob@example.com", "role": "root"});
    office.ask(Method::POST, &path, Some(odd)).await.is_refused(
        400,
        "invalid_request",
        "owner, admin, member",
    );
    let his = format!("{path}/{}", ada["user"].as_str().unwrap());
    office.ask(Method::DELETE, &his, None).await.is_refused(409, "last_owner", "needs an owner");
    let listed = office.ask(Method::GET, &path, None).await.json();
    assert_eq!(listed["members"][0]["name"], "Ada");

    let token = made(&office, "/users/ada@example.com/tokens", json!({"name": "laptop"})).await;
    let secret = token["token"].as_str().unwrap();
    let as_ada = async |method: Method, path: &str, body: Option<Value>| {
        office.send(request(method, &format!("/admin/v1{path}"), Some(secret), body)).await
    };
    let seen = as_ada(Method::GET, "/organisations", None).await.json();
    assert_eq!(seen["organisations"].as_array().unwrap().len(), 1, "hers, not the implicit one");
    let project = as_ada(Method::POST, "/projects", Some(json!({"name": "app"}))).await.json();
    assert_eq!(project["organisation"], id, "there is only one that she can mean");
    let user = ada["user"].as_str().unwrap();
    let listed = as_ada(Method::GET, &format!("/users/{user}/tokens"), None).await;
    assert_eq!(listed.json()["tokens"][0]["last_used_at"], NOW.rfc3339());
    assert!(!listed.text.contains(secret));
    let revoke = format!("/users/{user}/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(as_ada(Method::DELETE, &revoke, None).await.json()["state"], "revoked");
    as_ada(Method::GET, "/me", None).await.is_refused(401, "token_revoked", "never opens anything again");
    let again = office.ask(Method::DELETE, &format!("/admin/v1{revoke}"), None).await;
    again.is_refused(409, "token_already_revoked", "was revoked at");

    let audit = office.ask(Method::GET, "/admin/v1/audit", None).await.json();
    let entry = audit["audit"].as_array().unwrap().iter().find(|entry| entry["action"] == "project.create");
    let entry = entry.unwrap();
    assert_eq!((&entry["actor"], &entry["after"]["name"]), (&json!("user token"), &json!("app")));
    assert_eq!(entry["by"], format!("ada@example.com ({user})"));
    assert!(!audit.to_string().contains(secret));
}

#[tokio::test]
async fn what_cannot_be_is_refused_clearly() {
    let office = Office::open().await;
    let check = async |method: Method, path: &str, body: Value, status: u16, code: &str, message: &str| {
        let body = (method != Method::GET).then_some(body);
        office.ask(method, &format!("/admin/v1{path}"), body).await.is_refused(status, code, message);
    };
    let post = Method::POST;
    check(
        post.clone(),
        "/organisations",
        json!({"name": " "}),
        400,
        "invalid_request",
        "1 to 100 characters",
    )
    .await;
    check(post.clone(), "/organisations", json!({"nam": "x"}), 400, "invalid_request", "unknown field").await;
    check(
        post.clone(),
        "/users",
        json!({"email": "ada", "name": "Ada"}),
        400,
        "invalid_request",
        "no e-mail",
    )
    .await;
    check(post.clone(), "/projects", json!({"name": "default"}), 409, "project_name_taken", "proj_default")
        .await;
    check(
        post.clone(),
        "/projects",
        json!({"name": "x", "organisation": "org_0"}),
        404,
        "organisation_not_found",
        "org_0",
    )
    .await;
    check(post.clone(), "/organisations/org_0/suspend", json!({}), 404, "organisation_not_found", "org_0")
        .await;
    check(post.clone(), "/organisations/org_default/resume", json!({}), 409, "already_so", "active already")
        .await;
    check(post.clone(), "/users/user_0/tokens", json!({"name": "x"}), 404, "user_not_found", "user_0").await;
    check(Method::PATCH, "/organisations/org_default", json!({}), 400, "invalid_request", "give name").await;
    check(Method::GET, "/projects?after=org_1", json!({}), 400, "invalid_request", "no id").await;
    check(Method::GET, "/users?limit=0", json!({}), 400, "invalid_request", "limit must be 1 to 1000").await;
    made(&office, "/users", json!({"email": "ada@example.com", "name": "Ada"})).await;
    let again = json!({"email": "ADA@example.com", "name": "Ada"});
    check(post.clone(), "/users", again, 409, "email_taken", "ada@example.com").await;
    let short = json!({"name": "x", "expires_in_seconds": 0});
    check(post, "/users/ada@example.com/tokens", short, 400, "invalid_request", "3660 days").await;
}

#[tokio::test]
async fn a_project_with_keys_goes_with_them_or_not_at_all() {
    let office = Office::open().await;
    let project = made(&office, "/projects", json!({"name": "app"})).await;
    let id = project["id"].as_str().unwrap();
    let key = made(&office, "/keys", json!({"name": "shop", "project": id})).await;
    let archive = async |body: Value| {
        office.ask(Method::POST, &format!("/admin/v1/projects/{id}/archive"), Some(body)).await
    };
    archive(json!({})).await.is_refused(409, "project_has_keys", "has 1 keys");
    let done = archive(json!({"revoke_keys": true, "reason": "sold"})).await.json();
    assert_eq!((&done["state"], &done["revoked_keys"]), (&json!("archived"), &json!([key["id"]])));
    archive(json!({})).await.is_refused(409, "already_so", "archived already");
}
