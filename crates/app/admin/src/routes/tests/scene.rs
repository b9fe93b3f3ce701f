//! An office in which something belongs to one organisation, another organisation, and everybody who may come.

use std::collections::HashMap;

use domain::{OrganisationId, Timestamp};
use http::Method;
use serde_json::{Value, json};
use store::{Deed, NewMember, NewOrganisation, NewToken, Reach, Role, Who};
use tokio::sync::Mutex;

use super::{ADMIN_KEY, Answer, NOW, Office, PREFIX, request};

/// Named by what is the implicit organisation's: who sees it without belonging there has seen too much.
pub(super) const MARK: &str = "Keepsake";
/// An organisation to which nothing of the scene belongs.
const ELSEWHERE: &str = "Elsewhere";
/// So long ago that a token of those days may have expired.
const BEFORE: Timestamp = Timestamp(NOW.0 - 86_400_000);

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guest {
    Operator,
    Own(Role),
    Foreign(Role),
    /// A user without a role anywhere.
    Stray,
    Refused(Refused),
}

/// Who is refused at the door, whatever he asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    SuspendedOwner,
    ExpiredOwner,
    RevokedOwner,
    UnknownToken,
    CallersKey,
    Nobody,
}

impl Refused {
    pub(super) const ALL: [(Self, &str); 6] = [
        (Self::SuspendedOwner, "user_suspended"),
        (Self::ExpiredOwner, "token_expired"),
        (Self::RevokedOwner, "token_revoked"),
        (Self::UnknownToken, "invalid_api_key"),
        (Self::CallersKey, "invalid_api_key"),
        (Self::Nobody, "invalid_api_key"),
    ];
}

impl Guest {
    /// His address; none for who is no user.
    fn email(self) -> Option<String> {
        let name = match self {
            Self::Own(role) => format!("own-{role}"),
            Self::Foreign(role) => format!("foreign-{role}"),
            Self::Stray => "stray".to_owned(),
            Self::Refused(Refused::SuspendedOwner) => "suspended".to_owned(),
            Self::Refused(Refused::ExpiredOwner) => "expired".to_owned(),
            Self::Refused(Refused::RevokedOwner) => "revoked".to_owned(),
            Self::Operator | Self::Refused(_) => return None,
        };
        Some(format!("{name}@example.com"))
    }

    /// Another for each.
    fn number(self) -> i64 {
        let place = |role| Role::ALL.iter().position(|other| *other == role);
        let number = match self {
            Self::Own(role) => place(role).unwrap(),
            Self::Foreign(role) => 10 + place(role).unwrap(),
            Self::Refused(refused) => {
                20 + Refused::ALL.iter().position(|(other, _)| *other == refused).unwrap()
            }
            Self::Stray => 30,
            Self::Operator => 31,
        };
        i64::try_from(number).unwrap()
    }
}

pub(super) struct Scene {
    office: Office,
    callers_key: String,
    /// Names in a row of the matrix, and what they stand for.
    things: Vec<(&'static str, String)>,
    /// Tokens of guests who have come, by their addresses.
    tokens: Mutex<HashMap<String, String>>,
}

impl Scene {
    pub(super) async fn set() -> Self {
        let office = Self::with_elsewhere().await;
        let ask = async |method: Method, path: &str, body: Value| {
            let answer = office.ask(method, &format!("{PREFIX}{path}"), Some(body)).await;
            assert!(answer.status.is_success(), "{path}: {}", answer.text);
            answer.json()
        };
        let text = |told: &Value, field: &str| told[field].as_str().unwrap().to_owned();
        let key = ask(Method::POST, "/keys", json!({ "name": MARK })).await;
        ask(Method::PATCH, "/organisations/org_default", json!({ "display_name": MARK })).await;
        let project = ask(Method::POST, "/projects", json!({ "name": MARK })).await;
        ask(Method::POST, "/accounts", json!({ "organisation": "default" })).await;
        let wish = json!({ "email": "keepsake@example.com", "name": MARK, "role": "member" });
        let member = ask(Method::POST, "/organisations/org_default/members", wish).await;
        let user = text(&member, "user");
        let token = ask(Method::POST, &format!("/users/{user}/tokens"), json!({ "name": MARK })).await;
        let things = vec![
            ("{key}", text(&key, "id")),
            ("{organisation}", OrganisationId::implicit().to_string()),
            ("{project}", text(&project, "id")),
            ("{user}", user),
            ("{token}", text(&token, "id")),
        ];
        Self { callers_key: text(&key, "key"), office, things, tokens: Mutex::default() }
    }

    /// The same as if none of the things had ever been, which are asked for all the same.
    pub(super) async fn nowhere(&self) -> Self {
        Self {
            office: Self::with_elsewhere().await,
            callers_key: String::new(),
            things: self.things.iter().map(|(name, thing)| (*name, absent(thing))).collect(),
            tokens: Mutex::default(),
        }
    }

    async fn with_elsewhere() -> Office {
        let office = Office::open().await;
        let wish = NewOrganisation { name: ELSEWHERE.to_owned(), ..NewOrganisation::default() };
        office.tenancy.create_organisation(wish, &deed(NOW)).await.unwrap();
        office
    }

    pub(super) async fn ask(&self, guest: Guest, method: &Method, asked: &str, body: &str) -> Answer {
        let key = self.key_of(guest).await;
        let (mut path, mut body) = (format!("{PREFIX}{asked}"), body.to_owned());
        for (name, thing) in &self.things {
            (path, body) = (path.replace(name, thing), body.replace(name, thing));
        }
        let body: Option<Value> = (!body.is_empty()).then(|| serde_json::from_str(&body).unwrap());
        let mut request = request(method.clone(), &path, key.as_deref(), body);
        request.headers_mut().insert("x-request-id", "matrix".parse().unwrap());
        self.office.send(request).await
    }

    /// The key that a guest shows. Users come to be when they first come.
    async fn key_of(&self, guest: Guest) -> Option<String> {
        let Some(email) = guest.email() else {
            return match guest {
                Guest::Operator => Some(ADMIN_KEY.to_owned()),
                Guest::Refused(Refused::CallersKey) => Some(self.callers_key.clone()),
                Guest::Refused(Refused::UnknownToken) => Some("bwu_nobody-knows-this-one".to_owned()),
                _ => None,
            };
        };
        let mut tokens = self.tokens.lock().await;
        if !tokens.contains_key(&email) {
            // Each in a moment of his own, so that listings have an order, and the same in every scene.
            let at = Timestamp(BEFORE.0 + guest.number());
            tokens.insert(email.clone(), self.come(guest, &email, at).await);
        }
        Some(tokens[&email].clone())
    }

    async fn come(&self, guest: Guest, email: &str, at: Timestamp) -> String {
        let tenancy = &self.office.tenancy;
        let user = tenancy.create_user(email, "Guest", &deed(at)).await.unwrap();
        let seat = match guest {
            Guest::Own(role) => Some(("default", role)),
            Guest::Foreign(role) => Some((ELSEWHERE, role)),
            Guest::Refused(_) => Some(("default", Role::Owner)),
            _ => None,
        };
        if let Some((organisation, role)) = seat {
            let wish = NewMember { email: email.to_owned(), name: None, role };
            tenancy.add_member(&Reach::All, organisation, wish, &deed(BEFORE)).await.unwrap();
        }
        let expires_at = (guest == Guest::Refused(Refused::ExpiredOwner)).then_some(NOW);
        let wish = NewToken { name: "guest".to_owned(), expires_at };
        let id = user.id.as_str();
        let issued = tenancy.create_token(&Reach::All, id, wish, &deed(BEFORE)).await.unwrap();
        match guest {
            Guest::Refused(Refused::SuspendedOwner) => {
                tenancy.suspend_user(id, true, &deed(NOW)).await.unwrap();
            }
            Guest::Refused(Refused::RevokedOwner) => {
                let token = issued.token.id.as_str();
                tenancy.revoke_token(&Reach::All, id, token, &deed(NOW)).await.unwrap();
            }
            _ => {}
        }
        issued.secret.expose().to_owned()
    }

    /// A text in which ids, which are others in every scene, are all alike.
    pub(super) fn without_ids(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, thing) in &self.things {
            text = text.replace(thing, name);
        }
        for kind in ["org_", "proj_", "user_", "utok_", "key_"] {
            let mut pieces = text.split(kind);
            let mut masked = pieces.next().unwrap_or_default().to_owned();
            for piece in pieces {
                let rest = piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
                let is_id = piece.len() - rest.len() == 20;
                masked.push_str(if is_id { "{id}" } else { kind });
                masked.push_str(if is_id { rest } else { piece });
            }
            text = masked;
        }
        // How much was done before, whoever did it, moves the numbers of the audit and its hashes.
        for field in ["\"number\":", "\"hash\":\""] {
            let mut pieces = text.split(field);
            let mut masked = pieces.next().unwrap_or_default().to_owned();
            for piece in pieces {
                masked.push_str(field);
                masked.push_str(piece.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
            }
            text = masked;
        }
        text
    }
}

fn deed(at: Timestamp) -> Deed {
    let who = Who { actor: "admin key", by: None, request_id: None };
    Deed { who, user: None, at, reason: String::new() }
}

/// An id of the same kind and length, which nobody has.
fn absent(thing: &str) -> String {
    let (kind, rest) = thing.split_once('_').unwrap();
    format!("{kind}_{}", "0".repeat(rest.len()))
}
