//! How refusals of the desk of limits are told here.

use domain::Kind;
use http::StatusCode;
use limits::budget::Scope;
use limits::rate::TermsError;
use store::LimitError;

use crate::refusal::Refusal;

impl From<LimitError> for Refusal {
    fn from(error: LimitError) -> Self {
        let message = error.to_string();
        match error {
            LimitError::TooMany => Self::special(StatusCode::CONFLICT, "too_many_limits", message),
            LimitError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("limit_not_found"),
            LimitError::UnknownScope(scope) => {
                let code = match scope {
                    Scope::Key(_) => "key_not_found",
                    Scope::Project(_) => "project_not_found",
                    Scope::Organisation(_) => "organisation_not_found",
                };
                Self::of(Kind::UnknownPath, message).with_code(code).with_param(scope.kind())
            }
            LimitError::PlanOfKey => Self::of(Kind::BadRequest, message).with_param("plan"),
            LimitError::Operators(_) | LimitError::WholeOrganisation => Self::of(Kind::Forbidden, message),
            LimitError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}

impl From<TermsError> for Refusal {
    fn from(error: TermsError) -> Self {
        Self::of(Kind::BadRequest, error.message).with_param(error.field)
    }
}
