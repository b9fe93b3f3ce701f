//! How refusals of the desk of vouchers are told here.

use domain::Kind;
use http::StatusCode;
use store::VoucherError;

use crate::refusal::Refusal;

impl From<VoucherError> for Refusal {
    fn from(error: VoucherError) -> Self {
        let message = error.to_string();
        let bad = |param| Self::of(Kind::BadRequest, message.clone()).with_param(param);
        match error {
            VoucherError::NotRedeemable => bad("code").with_code("voucher_not_redeemable"),
            VoucherError::OtherCurrency { .. } => bad("code").with_code("other_currency"),
            VoucherError::Unknown(_) => Self::of(Kind::UnknownPath, message).with_code("voucher_not_found"),
            VoucherError::Over { .. } => Self::special(StatusCode::CONFLICT, "voucher_over", message),
            VoucherError::BadCount(_) => bad("count"),
            VoucherError::BadAmount(_) | VoucherError::BadEntry(_) => bad("amount"),
            VoucherError::BadDays(_) => bad("credit_days"),
            VoucherError::BadExpiry => bad("expires_at"),
            VoucherError::BadNote => bad("note"),
            VoucherError::Account(error) => error.into(),
            VoucherError::Store(_) => Self::of(Kind::Internal, message),
        }
    }
}
