//! How this API says no: one shape for everything, with the id of the request. A panic is not handled here.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::{Kind, Source};
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use store::{KeyError, PriceError, RowProblem, SecretError, SwitchError};

use crate::config_desk::ConfigRefusal;
use crate::key_wish::BadWish;
use crate::provider_desk::SwitchRefusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const REQUEST_ID_BYTES_MAX: usize = 128;
/// So many problems of an import are told at once.
const PROBLEMS_TOLD_MAX: usize = 1000;

/// A request that is not served. A handler returns it; [`finish`] writes it out, once it is known which request it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    class: &'static str,
    code: &'static str,
    source: Source,
    message: String,
    param: Option<&'static str>,
    retry_after: Option<Duration>,
    problems: Vec<String>,
}

impl Refusal {
    /// A refusal that the data plane knows too.
    pub(crate) fn of(kind: Kind, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(kind.status()).expect("the table of kinds holds real statuses");
        Self {
            status,
            class: kind.class(),
            code: kind.code(),
            source: kind.source(),
            message: message.into(),
            param: None,
            retry_after: None,
            problems: Vec::new(),
        }
    }

    /// A part of a request that cannot be, by its name.
    pub(crate) fn wrong(param: &'static str, message: impl Into<String>) -> Self {
        Self::of(Kind::BadRequest, message).with_param(param)
    }

    /// A refusal that only this API knows.
    pub(crate) fn special(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, ..Self::of(Kind::BadRequest, message) }
    }

    /// Under a code of its own.
    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    /// What it says.
    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn with_param(self, param: &'static str) -> Self {
        Self { param: Some(param), ..self }
    }

    /// Says when it is worth asking again.
    pub(crate) fn with_retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// The configuration on disk is at fault, not the request.
    pub(crate) fn invalid_config(problems: Vec<String>) -> Self {
        let message = match problems.as_slice() {
            [only] => format!("the configuration has a problem, the former one stays in force: {only}"),
            all => format!("the configuration has {} problems, the former one stays in force", all.len()),
        };
        let refusal = Self::special(StatusCode::UNPROCESSABLE_ENTITY, "invalid_config", message);
        Self { source: Source::Gateway, problems, ..refusal }
    }

    fn body(&self, request_id: &str) -> Vec<u8> {
        let mut error = json!({
            "message": self.message,
            "type": self.class,
            "code": self.code,
            "param": self.param,
            "status": self.status.as_u16(),
            "source": self.source.name(),
            "request_id": request_id,
        });
        if let Some(wait) = self.retry_after {
            error["retry_after"] = json!(whole_seconds(wait));
        }
        if !self.problems.is_empty() {
            error["problems"] = json!(self.problems);
        }
        json!({ "error": error }).to_string().into_bytes()
    }
}

impl From<ConfigRefusal> for Refusal {
    fn from(refusal: ConfigRefusal) -> Self {
        match refusal {
            ConfigRefusal::Problems(problems) => Self::invalid_config(problems),
            ConfigRefusal::NoVersion(message) => {
                Self { code: "config_version_not_found", ..Self::of(Kind::UnknownPath, message) }
            }
            ConfigRefusal::NoFile(message) => Self::special(StatusCode::CONFLICT, "no_config_file", message),
            ConfigRefusal::NotComparable(why) => {
                let message = format!("the two cannot be compared: {why}");
                Self::special(StatusCode::UNPROCESSABLE_ENTITY, "invalid_config", message)
            }
            ConfigRefusal::Failed(message) => Self::of(Kind::Internal, message),
        }
    }
}

impl From<BadWish> for Refusal {
    fn from(bad: BadWish) -> Self {
        let param = Some(bad.param).filter(|param| !param.is_empty());
        Self { param, ..Self::of(Kind::BadRequest, bad.message) }
    }
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        let message = error.to_string();
        match error {
            KeyError::BadName => Self::of(Kind::BadRequest, message).with_param("name"),
            KeyError::BadKey => Self::of(Kind::BadRequest, message).with_param("key"),
            KeyError::BadExpiry(_) | KeyError::FarExpiry(_) => {
                Self::of(Kind::BadRequest, message).with_param("expires_in_seconds")
            }
            KeyError::BadOverlap(_) => Self::of(Kind::BadRequest, message).with_param("overlap_seconds"),
            KeyError::UnknownProject(_) => {
                Self::of(Kind::UnknownPath, message).with_code("project_not_found").with_param("project")
            }
            KeyError::Budget(error) => error.into(),
            KeyError::NoBudgets => Self::of(Kind::BadRequest, message).with_param("budget"),
            KeyError::Elsewhere => Self::special(StatusCode::CONFLICT, "key_in_use", message),
            KeyError::AlreadyRotated { .. } => {
                Self::special(StatusCode::CONFLICT, "key_already_rotated", message)
            }
            KeyError::Rows(problems) => {
                let told = |problem: &RowProblem| format!("row {}: {}", problem.row, problem.message);
                let problems = problems.iter().take(PROBLEMS_TOLD_MAX).map(told).collect();
                let refusal = Self::special(StatusCode::UNPROCESSABLE_ENTITY, "import_refused", message);
                Self { problems, ..refusal }
            }
            KeyError::NameTaken { .. } => {
                Self::special(StatusCode::CONFLICT, "key_name_taken", message).with_param("name")
            }
            KeyError::RevokedBefore { .. } | KeyError::AlreadyRevoked { .. } => {
                Self::special(StatusCode::CONFLICT, "key_already_revoked", message)
            }
            KeyError::Limits(error) => Self::from(error),
            KeyError::Unknown(_) => {
                let kind = Kind::UnknownPath;
                Self { code: "key_not_found", ..Self::of(kind, message) }
            }
            KeyError::HalfRevoked { .. } | KeyError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

/// Most problems of a price book in one answer.
const PRICE_PROBLEMS_MAX: usize = 100;

impl From<PriceError> for Refusal {
    fn from(error: PriceError) -> Self {
        let message = error.to_string();
        let unprocessable = |code| Self::special(StatusCode::UNPROCESSABLE_ENTITY, code, message.clone());
        let conflict = |code| Self::special(StatusCode::CONFLICT, code, message.clone());
        let missing = |code| Self { code, ..Self::of(Kind::UnknownPath, message.clone()) };
        match error {
            PriceError::Bad(problems) => {
                let more = problems.len().saturating_sub(PRICE_PROBLEMS_MAX);
                let mut told: Vec<String> =
                    problems.iter().take(PRICE_PROBLEMS_MAX).map(ToString::to_string).collect();
                if more > 0 {
                    told.push(format!("and {more} more"));
                }
                Self { problems: told, ..unprocessable("invalid_prices") }
            }
            PriceError::NeedsReason(_) => unprocessable("reason_needed").with_param("reason"),
            PriceError::Same(_) => conflict("prices_unchanged"),
            PriceError::Moved { .. } => conflict("prices_changed_meanwhile").with_param("after"),
            PriceError::OtherDraft { .. } => conflict("draft_changed_meanwhile").with_param("draft"),
            PriceError::BadReason => Self::of(Kind::BadRequest, message).with_param("reason"),
            PriceError::BadName => Self::of(Kind::BadRequest, message).with_param("by"),
            PriceError::NoVersion(_) => missing("price_version_not_found"),
            PriceError::NoDraft => missing("price_draft_not_found"),
            PriceError::Unreadable { .. } | PriceError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

impl From<SecretError> for Refusal {
    fn from(error: SecretError) -> Self {
        let message = error.to_string();
        match error {
            SecretError::BadName => Self::of(Kind::BadRequest, message).with_param("name"),
            SecretError::BadValue => Self::of(Kind::BadRequest, message).with_param("value"),
            SecretError::BadWords => Self::of(Kind::BadRequest, message).with_param("reason"),
            SecretError::TooMany => Self::special(StatusCode::CONFLICT, "too_many_secrets", message),
            SecretError::Unknown(_) => {
                Self { code: "secret_not_found", ..Self::of(Kind::UnknownPath, message) }
            }
            SecretError::InUse { .. } => Self::special(StatusCode::CONFLICT, "secret_in_use", message),
            SecretError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

impl From<SwitchRefusal> for Refusal {
    fn from(refusal: SwitchRefusal) -> Self {
        let error = match refusal {
            SwitchRefusal::Unknown(part, message) => {
                let code = match part {
                    "region" => "region_not_found",
                    "model" => "model_not_found",
                    _ => "provider_not_found",
                };
                return Self { code, ..Self::of(Kind::UnknownPath, message) }.with_param(part);
            }
            SwitchRefusal::Failed(error) => error,
        };
        let message = error.to_string();
        match error {
            SwitchError::BadReason => Self::of(Kind::BadRequest, message).with_param("reason"),
            SwitchError::BadName => Self::of(Kind::BadRequest, message).with_param("by"),
            SwitchError::NotOff(..) => Self::special(StatusCode::CONFLICT, "not_switched_off", message),
            SwitchError::TooMany => Self::special(StatusCode::CONFLICT, "too_many_switches", message),
            SwitchError::NotKept(..) | SwitchError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The caller's own id if it is fit to be repeated (the gateway has made sure of it on its port), else a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let fit = headers.get(REQUEST_ID).filter(|value| is_fit(value.as_bytes()));
    fit.cloned().unwrap_or_else(|| {
        let mut random = [0; 16];
        getrandom::fill(&mut random).expect("the system's random generator always answers");
        let text = format!("{:032x}", u128::from_ne_bytes(random));
        HeaderValue::from_str(&text).expect("hexadecimal is fit for a header")
    })
}

/// Gives a request its id, for whoever writes down what was asked.
pub(crate) fn name_request(headers: &mut HeaderMap, id: &HeaderValue) {
    headers.insert(REQUEST_ID, id.clone());
}

/// The id that a request was given.
pub(crate) fn given_request_id(headers: &HeaderMap) -> Option<String> {
    headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned)
}

fn is_fit(id: &[u8]) -> bool {
    (1..=REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

/// At least one: clients take zero for at once.
fn whole_seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

/// Writes a refusal out, and the headers that every answer of this API carries.
pub(crate) fn finish(mut response: Response, request_id: &HeaderValue) -> Response {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        *response.body_mut() = Body::from(refusal.body(request_id.to_str().unwrap_or_default()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // The router measured the empty body that carried the refusal here.
        response.headers_mut().remove(CONTENT_LENGTH);
        if let Some(wait) = refusal.retry_after {
            let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
            response.headers_mut().insert(RETRY_AFTER_MS, HeaderValue::from(ms));
        }
        if refusal.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, request_id.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{Refusal, request_id};

    #[test]
    fn a_request_id_is_repeated_only_if_fit() {
        let check = |sent: &'static [u8], is_kept: bool| {
            let value = HeaderValue::from_bytes(sent).unwrap();
            let headers: HeaderMap = [(super::REQUEST_ID, value.clone())].into_iter().collect();
            assert_eq!(request_id(&headers) == value, is_kept, "{sent:?}");
        };
        check(b"abc-123", true);
        check(&[b'x'; 128], true);
        check(&[b'x'; 129], false);
        check(b"", false);
        check(b"two words", false);
        check("é".as_bytes(), false);
        assert_eq!(request_id(&HeaderMap::new()).len(), 32);
    }

    #[test]
    fn a_refusal_has_the_house_shape() {
        let refusal = Refusal::invalid_config(vec!["a: is wrong".to_owned(), "b: too".to_owned()]);
        let body: serde_json::Value = serde_json::from_slice(&refusal.body("r1")).unwrap();
        let expected = serde_json::json!({"error": {
            "message": "the configuration has 2 problems, the former one stays in force",
            "type": "invalid_request_error",
            "code": "invalid_config",
            "param": null,
            "status": 422,
            "source": "gateway",
            "request_id": "r1",
            "problems": ["a: is wrong", "b: too"],
        }});
        assert_eq!(body, expected);
    }
}
