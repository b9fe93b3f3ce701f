//! Vouchers: codes that are worth money once. A code is shown when it is made, and kept as a keyed digest.

mod code;
mod desk;
mod error;
mod sql;
#[cfg(test)]
mod suite;
mod voucher;

pub use desk::{VOUCHERS_PER_PAGE_MAX, VoucherDesk};
pub use error::VoucherError;
pub use voucher::{
    IssuedVoucher, NewVouchers, VOUCHER_CREDIT_DAYS_MAX, VOUCHERS_AT_ONCE_MAX, Voucher, VoucherState,
};
