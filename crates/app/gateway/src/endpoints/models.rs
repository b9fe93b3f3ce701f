//! The names a caller may ask for.

use domain::{Failure, Kind};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::answer::{AnswerBody, whole};
use crate::call::Call;
use crate::pipeline::authenticate;
use crate::serving::Serving;

/// The model named in a path such as `/v1/models/gpt-4o`.
pub(super) fn model_in(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/v1").unwrap_or(path).strip_prefix("/models/")?;
    (!name.is_empty()).then_some(name)
}

/// All models, or the one the path names. Only for callers with a key.
pub(super) fn list(
    call: &mut Call,
    head: &http::request::Parts,
) -> Result<Response<AnswerBody>, Box<Failure>> {
    let serving = call.worker.gateway.serving();
    authenticate(call, &serving, &head.headers)?;
    let created = call.worker.gateway.started_at_seconds();
    let body = match model_in(head.uri.path()) {
        None => {
            let models: Vec<Value> = serving
                .routes
                .listed()
                .map(|(name, provider)| model(&serving, name, provider, created))
                .collect();
            json!({"object": "list", "data": models})
        }
        Some(name) => {
            let found = serving.routes.listed().find(|(listed, _)| *listed == name);
            let (name, provider) = found.ok_or_else(|| {
                Failure::new(Kind::UnknownModel, format!("the model '{name}' is not listed here"))
                    .with_param("model")
            })?;
            model(&serving, name, provider, created)
        }
    };
    Ok(whole(StatusCode::OK, "application/json", body.to_string()))
}

fn model(serving: &Serving, name: &str, provider: u16, created: i64) -> Value {
    let owner = serving.providers.get(usize::from(provider)).map_or("", |provider| provider.id());
    json!({"id": name, "object": "model", "created": created, "owned_by": owner})
}
