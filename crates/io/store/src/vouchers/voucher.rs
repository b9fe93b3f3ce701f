//! A voucher as it is kept.

use domain::{Currency, Money, Secret, Timestamp};
use serde_json::{Value, json};

/// Most that are made at once.
pub const VOUCHERS_AT_ONCE_MAX: u32 = 1_000;
/// Longest life of what a voucher gives.
pub const VOUCHER_CREDIT_DAYS_MAX: u32 = 3660;

/// A code that is worth money once; the code itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// Its number; what it gives happens once for it.
    pub number: u64,
    /// The end of its code.
    pub hint: String,
    /// What it gives.
    pub amount: Money,
    /// In what.
    pub currency: Currency,
    /// How many days what it gives lasts; for ever if none.
    pub credit_days: Option<u32>,
    /// What it is for.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be redeemed.
    pub expires_at: Option<Timestamp>,
    /// Since when it no longer can.
    pub revoked_at: Option<Timestamp>,
    /// When it was.
    pub redeemed_at: Option<Timestamp>,
    /// By which account; not known where a crash came between.
    pub account: Option<u64>,
}

/// Vouchers that are wanted, all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVouchers {
    /// How many.
    pub count: u32,
    /// What each gives.
    pub amount: Money,
    /// In what.
    pub currency: Currency,
    /// How many days what it gives lasts.
    pub credit_days: Option<u32>,
    /// Until when they can be redeemed.
    pub expires_at: Option<Timestamp>,
    /// What they are for.
    pub note: String,
}

/// A voucher that was made, with its code, this once.
#[derive(Debug)]
pub struct IssuedVoucher {
    /// As it is kept.
    pub voucher: Voucher,
    /// To be given away.
    pub code: Secret,
}

/// What can be done with a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherState {
    /// It can be redeemed.
    Open,
    /// It has been.
    Redeemed,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
}

impl VoucherState {
    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redeemed => "redeemed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl Voucher {
    /// What can be done with it.
    pub fn state(&self, now: Timestamp) -> VoucherState {
        if self.redeemed_at.is_some() {
            VoucherState::Redeemed
        } else if self.revoked_at.is_some() {
            VoucherState::Revoked
        } else if self.expires_at.is_some_and(|at| at <= now) {
            VoucherState::Expired
        } else {
            VoucherState::Open
        }
    }

    /// As it is shown, without its code.
    pub fn json(&self, now: Timestamp) -> Value {
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
        json!({
            "number": self.number,
            "code_hint": self.hint,
            "state": self.state(now).name(),
            "amount": self.amount.to_string(),
            "currency": self.currency.code(),
            "credit_days": self.credit_days,
            "note": self.note,
            "created_at": self.created_at.rfc3339(),
            "expires_at": time(self.expires_at),
            "revoked_at": time(self.revoked_at),
            "redeemed_at": time(self.redeemed_at),
            "account": self.account,
        })
    }
}
