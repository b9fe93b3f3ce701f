//! How refusals of the desk of alerts are told here.

use domain::Kind;
use http::StatusCode;
use store::AlertError;

use crate::refusal::Refusal;

impl From<AlertError> for Refusal {
    fn from(error: AlertError) -> Self {
        let message = error.to_string();
        let bad = |message, param| Self::of(Kind::BadRequest, message).with_param(param);
        match error {
            AlertError::UnknownSilence(_) => {
                Self::of(Kind::UnknownPath, message).with_code("silence_not_found")
            }
            AlertError::BadSpan(_) => bad(message, "seconds"),
            AlertError::BadReason => bad(message, "reason"),
            AlertError::BadSubject => bad(message, "subject"),
            AlertError::TooManySilences => Self::special(StatusCode::CONFLICT, "too_many_silences", message),
            AlertError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}
