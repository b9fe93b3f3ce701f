//! How refusals of the desk of organisations, projects and users are told here.

use domain::Kind;
use http::StatusCode;
use store::TenancyError;

use crate::refusal::Refusal;

impl From<TenancyError> for Refusal {
    fn from(error: TenancyError) -> Self {
        let message = error.to_string();
        let conflict = |code| Self::special(StatusCode::CONFLICT, code, message.clone());
        let bad = || Self::of(Kind::BadRequest, message.clone());
        match error {
            TenancyError::BadText(_) => bad().with_param("name"),
            TenancyError::BadEmail(_) => bad().with_param("email"),
            TenancyError::BadTags => bad().with_param("tags"),
            TenancyError::BadExpiry => bad().with_param("expires_in_seconds"),
            TenancyError::BadReason => bad().with_param("reason"),
            TenancyError::TooMany(..) => conflict("too_many"),
            TenancyError::NameTaken { what, .. } => conflict(match what {
                "organisation" => "organisation_name_taken",
                "project" => "project_name_taken",
                _ => "token_name_taken",
            })
            .with_param("name"),
            TenancyError::EmailTaken { .. } => conflict("email_taken").with_param("email"),
            TenancyError::Unknown { what, .. } => {
                Self::of(Kind::UnknownPath, message).with_code(match what {
                    "organisation" => "organisation_not_found",
                    "project" => "project_not_found",
                    "member" => "member_not_found",
                    "token" => "token_not_found",
                    _ => "user_not_found",
                })
            }
            TenancyError::Already { .. } => conflict("already_so"),
            TenancyError::MemberAlready { .. } => conflict("already_a_member"),
            TenancyError::LastOwner(_) => conflict("last_owner"),
            TenancyError::BeyondRole { .. } | TenancyError::NotYours(_) => Self::of(Kind::Forbidden, message),
            TenancyError::HasKeys { .. } => conflict("project_has_keys"),
            TenancyError::AlwaysThere(_) => conflict("project_always_there"),
            TenancyError::Archived(_) => conflict("project_archived"),
            TenancyError::Suspended(_) => conflict("organisation_suspended"),
            TenancyError::TokenRevoked { .. } => conflict("token_already_revoked"),
            TenancyError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}
