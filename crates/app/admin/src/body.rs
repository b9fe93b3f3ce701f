//! Reading a request's body: JSON, small, in time, and nothing in it that we do not know.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use domain::Kind;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// A longer body is refused.
pub const ADMIN_BODY_BYTES_MAX: usize = 64 * 1024;
/// The same of a body that holds all prices.
pub const PRICES_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A longer import is refused; a longer one yet is done without the server.
pub const ADMIN_IMPORT_BYTES_MAX: usize = 8 * 1024 * 1024;
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// A body of at most `MAX` bytes read as `T`, whose serde form should refuse unknown fields.
pub(crate) struct JsonBody<T, const MAX: usize = ADMIN_BODY_BYTES_MAX>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync, const MAX: usize> FromRequest<S> for JsonBody<T, MAX> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        read(request, MAX).await.map(Self)
    }
}

async fn read<T: DeserializeOwned>(request: Request, bytes_max: usize) -> Result<T, Refusal> {
    // Asked for not out of tidiness: a web page can make a browser send any other type without asking first.
    if !is_json(request.headers()) {
        let message = "send the body as JSON with the header `Content-Type: application/json`";
        return Err(Refusal::special(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message));
    }
    let reading = to_bytes(request.into_body(), bytes_max);
    let bytes = tokio::time::timeout(BODY_WAIT_MAX, reading)
        .await
        .map_err(|_| Refusal::of(Kind::SlowCaller, "the body did not arrive within 10 s"))?
        .map_err(|error| unreadable(&error, bytes_max))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::of(Kind::BadRequest, format!("the body is not what this path takes: {error}"))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn unreadable(error: &axum::Error, bytes_max: usize) -> Refusal {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Refusal::of(Kind::TooLarge, format!("the body is longer than {bytes_max} bytes"));
        }
        cause = error.source();
    }
    Refusal::of(Kind::BadRequest, "the body broke off")
}
