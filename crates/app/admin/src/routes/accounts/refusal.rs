//! How refusals of the desk of accounts are told here.

use domain::Kind;
use http::StatusCode;
use store::{AccountError, PostError};

use crate::refusal::Refusal;

impl From<AccountError> for Refusal {
    fn from(error: AccountError) -> Self {
        let message = error.to_string();
        let conflict = |code| Self::special(StatusCode::CONFLICT, code, message.clone());
        let bad = || Self::of(Kind::BadRequest, message.clone());
        match error {
            AccountError::Taken { .. } => conflict("account_taken"),
            AccountError::NothingToBegin => conflict("no_account"),
            AccountError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("account_not_found"),
            AccountError::BadCredit(_) => bad().with_param("credit"),
            AccountError::BadWarning(_) => bad().with_param("warn_below"),
            AccountError::NoReason => bad().with_param("reason"),
            AccountError::BadEntry(_) => bad().with_param("amount"),
            AccountError::Post(PostError::Repeated(_)) => conflict("entry_repeated"),
            AccountError::Post(PostError::TooMuch) => bad().with_param("amount"),
            AccountError::Post(PostError::NotCovered { .. }) => {
                Self::of(Kind::OutOfCredit, message).with_code("not_covered")
            }
            AccountError::Post(PostError::Behind) | AccountError::Append(_) => {
                Self::of(Kind::Overloaded, message)
            }
            AccountError::Post(_)
            | AccountError::Ledger(_)
            | AccountError::Wait(_)
            | AccountError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}
