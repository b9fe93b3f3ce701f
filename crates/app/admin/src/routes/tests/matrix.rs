//! Every route against everybody who may come, on what is his organisation's and on what is another's. The expectations are
//! written by hand; a route without a row here, or a row without a route, fails.

use std::collections::BTreeSet;

use domain::{OrganisationId, Timestamp, UserId, UserTokenId};
use http::{Method, StatusCode};
use serde_json::Value;
use store::{Membership, Role, User, UserToken};

use super::{ADMIN_KEY, Answer, NOUNS, NOW, Office, PREFIX, request};

/// Named by what is the implicit organisation's: who sees it without belonging there has seen too much.
const MARK: &str = "Keepsake";
/// An organisation to which nothing of the scene belongs.
const ELSEWHERE: &str = "org_elsewhere";
const TOKEN: &str = "bwu_a-token-of-these-tests-that-is-long-enough";

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
const KEY: &str = r#"{"name": "x"}"#;
const PRICES: &str = r#"{"text": "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\noutput = \"4\"\n", "reason": "x"}"#;
const PRICES_ALONE: &str =
    r#"{"text": "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\noutput = \"4\"\n"}"#;
const PRICES_DRAFT: &str = r#"{"text": "[[price]]\nkind = \"north\"\nmodel = \"a\"\ninput = \"1\"\noutput = \"4\"\n", "source": "x"}"#;
const RATE: &str = r#"{"provider": "north", "kind": "openai", "model": "m", "usage": {"input": 1}}"#;
const REASON: &str = r#"{"reason": "x"}"#;

#[rustfmt::skip]
fn matrix() -> Vec<Row> {
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
        operators(M::GET, "/providers", "", 200),
        operators(M::POST, "/providers/check", "", 200),
        Row { asked: "/providers/openai/disable", ..operators(M::POST, "/providers/{id}/disable", REASON, 200) },
        Row { asked: "/providers/openai/drain", ..operators(M::POST, "/providers/{id}/drain", REASON, 200) },
        Row { asked: "/providers/openai/enable", ..operators(M::POST, "/providers/{id}/enable", REASON, 409) },
        operators(M::GET, "/audit", "", 200),
        operators(M::GET, "/audit/verify", "", 200),
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
        // Calls.
        Row { method: M::GET, route: "/requests", asked: "/requests", body: "", own: FINE, foreign: FINE, stray: 403, operator: 200 },
        // About himself.
        Row { method: M::GET, route: "/me", asked: "/me", body: "", own: FINE, foreign: FINE, stray: 200, operator: 200 },
        // Callers' keys.
        Row { method: M::GET, route: "/keys", asked: "/keys", body: "", own: [200, 200, 200, 200, 403], foreign: [200, 200, 200, 200, 403], stray: 403, operator: 200 },
        Row { method: M::POST, route: "/keys", asked: "/keys", body: KEY, own: [201, 201, 201, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 201 },
        Row { method: M::PATCH, route: "/keys/{id}", asked: "/keys/{key}", body: r#"{"is_strict": true}"#, own: [200, 200, 200, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 200 },
        Row { method: M::DELETE, route: "/keys/{id}", asked: "/keys/{key}", body: "", own: [200, 200, 200, 403, 403], foreign: [404, 404, 404, 403, 403], stray: 403, operator: 200 },
    ]
}

const fn operators(method: Method, route: &'static str, body: &'static str, operator: u16) -> Row {
    Row { method, route, asked: route, body, own: DENIED, foreign: DENIED, stray: 403, operator }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guest {
    Operator,
    Own(Role),
    Foreign(Role),
    /// A user without a role anywhere.
    Stray,
    Refused(Refused),
}

/// Who is refused at the door, whatever he asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    SuspendedOwner,
    ExpiredOwner,
    RevokedOwner,
    UnknownToken,
    CallersKey,
    Nobody,
}

impl Refused {
    const ALL: [(Self, &str); 6] = [
        (Self::SuspendedOwner, "user_suspended"),
        (Self::ExpiredOwner, "token_expired"),
        (Self::RevokedOwner, "token_revoked"),
        (Self::UnknownToken, "invalid_api_key"),
        (Self::CallersKey, "invalid_api_key"),
        (Self::Nobody, "invalid_api_key"),
    ];
}

/// An office with something in it that belongs to the implicit organisation.
struct Scene {
    office: Office,
    callers_key: String,
    /// Names in a row, and what they stand for.
    things: Vec<(&'static str, String)>,
}

impl Scene {
    async fn set() -> Self {
        let office = Office::open().await;
        let body = serde_json::json!({"name": MARK});
        let made = office.ask(Method::POST, "/admin/v1/keys", Some(body)).await.json();
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        let things = vec![("{key}", text("id"))];
        Self { callers_key: text("key"), office, things }
    }

    /// The key that a guest shows.
    fn key_of(&self, guest: Guest) -> Option<String> {
        let own = OrganisationId::implicit();
        let elsewhere = OrganisationId::parse(ELSEWHERE).unwrap();
        let (seat, is_suspended, expires_at, revoked_at) = match guest {
            Guest::Operator => return Some(ADMIN_KEY.to_owned()),
            Guest::Own(role) => (Some((own, role)), false, None, None),
            Guest::Foreign(role) => (Some((elsewhere, role)), false, None, None),
            Guest::Stray => (None, false, None, None),
            Guest::Refused(Refused::SuspendedOwner) => (Some((own, Role::Owner)), true, None, None),
            Guest::Refused(Refused::ExpiredOwner) => (Some((own, Role::Owner)), false, Some(NOW), None),
            Guest::Refused(Refused::RevokedOwner) => (Some((own, Role::Owner)), false, None, Some(NOW)),
            Guest::Refused(Refused::UnknownToken) => return Some("bwu_nobody-knows-this-one".to_owned()),
            Guest::Refused(Refused::CallersKey) => return Some(self.callers_key.clone()),
            Guest::Refused(Refused::Nobody) => return None,
        };
        let users = &self.office.users;
        let user = User {
            id: UserId::parse("user_guest").unwrap(),
            email: "guest@example.com".to_owned(),
            name: "Guest".to_owned(),
            created_at: NOW,
            suspended_at: is_suspended.then_some(NOW),
        };
        users.put_user(&user);
        if let Some((organisation, role)) = seat {
            users.put_member(&Membership { organisation, user: user.id.clone(), role, since: NOW });
        }
        users.put_token(&UserToken {
            id: UserTokenId::parse("utok_guest").unwrap(),
            user: user.id,
            name: "guest".to_owned(),
            hint: "bwu_…".to_owned(),
            digest: users.digest(TOKEN),
            created_at: Timestamp(0),
            expires_at,
            revoked_at,
            last_used_at: None,
        });
        Some(TOKEN.to_owned())
    }

    async fn ask(&self, guest: Guest, method: &Method, asked: &str, body: &str) -> Answer {
        let key = self.key_of(guest);
        let (mut path, mut body) = (format!("{PREFIX}{asked}"), body.to_owned());
        for (name, thing) in &self.things {
            (path, body) = (path.replace(name, thing), body.replace(name, thing));
        }
        let body: Option<Value> = (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
        let mut request = request(method.clone(), &path, key.as_deref(), body);
        request.headers_mut().insert("x-request-id", "matrix".parse().unwrap());
        self.office.send(request).await
    }

    /// The same words as if none of the things had ever been.
    async fn ask_for_nothing(&self, guest: Guest, row: &Row) -> Answer {
        let nowhere = Scene {
            office: Office::open().await,
            callers_key: String::new(),
            things: self.things.iter().map(|(name, thing)| (*name, absent(thing))).collect(),
        };
        nowhere.ask(guest, &row.method, row.asked, row.body).await
    }
}

/// An id of the same kind and length, which nobody has.
fn absent(thing: &str) -> String {
    let (kind, rest) = thing.split_once('_').unwrap();
    format!("{kind}_{}", "0".repeat(rest.len()))
}

#[test]
fn every_route_has_one_row_and_every_row_a_route() {
    let listed: Vec<String> =
        NOUNS.iter().copied().flatten().map(|route| format!("{} {}", route.method, route.path)).collect();
    let rows: Vec<String> = matrix().iter().map(|row| format!("{} {}", row.method, row.route)).collect();
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
    for row in matrix() {
        let own = Role::ALL.iter().zip(row.own).map(|(role, status)| (Guest::Own(*role), status));
        let foreign = Role::ALL.iter().zip(row.foreign).map(|(role, status)| (Guest::Foreign(*role), status));
        let others = [(Guest::Operator, row.operator), (Guest::Stray, row.stray)];
        for (guest, expected) in own.chain(foreign).chain(others) {
            let scene = Scene::set().await;
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
                let absent = scene.ask_for_nothing(guest, &row).await;
                let as_absent = scene
                    .things
                    .iter()
                    .fold(answer.text.clone(), |text, (_, thing)| text.replace(thing, &self::absent(thing)));
                assert_eq!(
                    (absent.status, &absent.text),
                    (answer.status, &as_absent),
                    "that it exists is told: {cell}"
                );
            }
        }
    }
}

#[tokio::test]
async fn who_is_refused_at_the_door_learns_nothing_anywhere() {
    let scene = Scene::set().await;
    for row in matrix() {
        for (refused, code) in Refused::ALL {
            let answer = scene.ask(Guest::Refused(refused), &row.method, row.asked, row.body).await;
            answer.is_refused(401, code, "");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
            assert!(!answer.text.contains(MARK) && !answer.text.contains(TOKEN), "{}", answer.text);
        }
    }
}

/// `HEAD` is answered by the handlers of `GET`, and a body that nobody reads is no permission.
#[tokio::test]
async fn other_methods_need_no_less() {
    let scene = Scene::set().await;
    for row in matrix().iter().filter(|row| row.method == Method::GET && row.stray == 403) {
        let answer = scene.ask(Guest::Stray, &Method::HEAD, row.asked, "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "HEAD {}", row.asked);
    }
    for row in matrix() {
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
    scene.office.users.suspend_organisation(&OrganisationId::implicit(), Some(NOW));
    assert_eq!(keys("GET", "").await.status, StatusCode::OK, "who owns it still sees it");
    keys("POST", KEY).await.is_refused(403, "permission_denied", "the organisation org_default is suspended");
    scene.office.users.suspend_organisation(&OrganisationId::implicit(), None);
    assert_eq!(keys("POST", KEY).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_user_learns_who_he_is() {
    let scene = Scene::set().await;
    let me = scene.ask(Guest::Own(Role::Viewer), &Method::GET, "/me", "").await.json();
    assert_eq!(me["user"]["email"], "guest@example.com");
    assert_eq!(
        me["roles"],
        serde_json::json!([{"organisation": "org_default", "role": "viewer", "is_suspended": false}])
    );
    let me = scene.ask(Guest::Operator, &Method::GET, "/me", "").await.json();
    assert_eq!((&me["is_operator"], &me["user"]), (&Value::Bool(true), &Value::Null));
}
