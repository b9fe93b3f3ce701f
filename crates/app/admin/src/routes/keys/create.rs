//! `POST /admin/v1/keys`: makes a key. The answer is the only one that ever holds it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{Kind, ProjectId, Timestamp};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{KeyScopes, NewKey};

use super::models::{Said, said};
use super::reach::reaches_keys;
use super::view::KeyView;
use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// Ten years: longer is "never", which is said by leaving it out.
const EXPIRY_SECONDS_MAX: u64 = 10 * 366 * 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    name: String,
    expires_in_seconds: Option<u64>,
    #[serde(default)]
    is_strict: bool,
    #[serde(default, deserialize_with = "said")]
    models: Option<Said>,
}

#[derive(Serialize)]
pub(crate) struct Created {
    #[serde(flatten)]
    view: KeyView,
    key: String,
}

pub(crate) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Created>), Refusal> {
    if !reaches_keys(&visitor) {
        let message = format!("there is no project {:?}", ProjectId::implicit());
        return Err(Refusal::of(Kind::UnknownPath, message).with_code("project_not_found"));
    }
    let now = (parts.clock)();
    let expires_at = wish.expires_in_seconds.map(|seconds| expiry(now, seconds)).transpose()?;
    let models = wish.models.map(Said::models).transpose()?.unwrap_or_default();
    let scopes = KeyScopes { models, ..KeyScopes::ANY };
    let wish = NewKey { expires_at, is_strict: wish.is_strict, scopes, ..NewKey::named(&wish.name) };
    let issued = parts.key_desk.create(wish, now).await?;
    let created = Created { view: KeyView::new(&issued.key, now), key: issued.secret.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(created)))
}

fn expiry(now: Timestamp, seconds: u64) -> Result<Timestamp, Refusal> {
    if !(1..=EXPIRY_SECONDS_MAX).contains(&seconds) {
        let message = format!(
            "expires_in_seconds must be 1 to {EXPIRY_SECONDS_MAX}, not {seconds}; leave it out for a key that lasts"
        );
        return Err(Refusal::of(Kind::BadRequest, message).with_param("expires_in_seconds"));
    }
    Ok(Timestamp(now.unix_ms() + seconds as i64 * 1000))
}
