//! How refusals of the desk of limits are told here.

use domain::Kind;
use http::StatusCode;
use limits::rate::TermsError;
use store::LimitError;

use crate::refusal::Refusal;
use crate::whose;

impl From<LimitError> for Refusal {
    fn from(error: LimitError) -> Self {
        let message = error.to_string();
        match error {
            LimitError::TooMany => Self::special(StatusCode::CONFLICT, "too_many_limits", message),
            LimitError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("limit_not_found"),
            LimitError::UnknownScope(scope) => whose::unknown(&scope, message),
            LimitError::PlanOfKey => Self::wrong("plan", message),
            LimitError::Operators(_) | LimitError::WholeOrganisation => Self::of(Kind::Forbidden, message),
            LimitError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

impl From<TermsError> for Refusal {
    fn from(error: TermsError) -> Self {
        Self::wrong(error.field, error.message)
    }
}
