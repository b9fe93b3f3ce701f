//! How refusals of the desk of orders are told here.

use domain::Kind;
use http::StatusCode;
use store::OrderError;

use crate::refusal::Refusal;

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        let message = error.to_string();
        let bad = |param| Self::of(Kind::BadRequest, message.clone()).with_param(param);
        let conflict = |code| Self::special(StatusCode::CONFLICT, code, message.clone());
        match error {
            OrderError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("order_not_found"),
            OrderError::Over { .. } => conflict("order_over"),
            OrderError::ReferenceTaken { .. } => conflict("reference_taken").with_param("reference"),
            OrderError::BegunWithAnother { .. } => conflict("order_begun").with_param("reference"),
            OrderError::BadReference => bad("reference"),
            OrderError::BadAmount(_) | OrderError::BadEntry(_) => bad("amount"),
            OrderError::BadNote => bad("note"),
            OrderError::Account(error) => error.into(),
            OrderError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}
