//! Why there is no report, as this API says no.

use domain::Kind;
use store::ReportError;

use crate::refusal::Refusal;

impl From<ReportError> for Refusal {
    fn from(error: ReportError) -> Self {
        let message = error.to_string();
        match error {
            ReportError::TooMuch { .. } => Self::of(Kind::BadRequest, message).with_param("from"),
            ReportError::TooManyRows { .. } => Self::of(Kind::BadRequest, message).with_param("by"),
            ReportError::Store(_) | ReportError::Restless | ReportError::Unfinished => {
                Self::of(Kind::Internal, message)
            }
        }
    }
}
