//! An order as it is kept.

use domain::{Currency, Money, Timestamp};
use serde_json::{Value, json};

/// Longest reference of a transfer.
pub const ORDER_REFERENCE_CHARS_MAX: usize = 100;

/// Money that an account is to get when a transfer arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number; its payment happens once for it.
    pub number: u64,
    /// Who gets it.
    pub account: u64,
    /// How much.
    pub amount: Money,
    /// In what.
    pub currency: Currency,
    /// What it is for.
    pub note: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// The transfer that pays it: there from just before it is confirmed.
    pub reference: Option<String>,
    /// When it was paid.
    pub confirmed_at: Option<Timestamp>,
    /// When nobody was waiting for it any more.
    pub cancelled_at: Option<Timestamp>,
}

/// An order that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// How much.
    pub amount: Money,
    /// What it is for.
    pub note: String,
}

/// What can be done with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// It waits for its transfer.
    Open,
    /// It is paid.
    Confirmed,
    /// Nobody waits for it.
    Cancelled,
}

impl OrderState {
    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Order {
    /// What can be done with it.
    pub const fn state(&self) -> OrderState {
        match (self.confirmed_at, self.cancelled_at) {
            (Some(_), _) => OrderState::Confirmed,
            (None, Some(_)) => OrderState::Cancelled,
            (None, None) => OrderState::Open,
        }
    }

    /// As it is shown.
    pub fn json(&self) -> Value {
        let time = |at: Option<Timestamp>| at.map(Timestamp::rfc3339);
        json!({
            "number": self.number,
            "account": self.account,
            "state": self.state().name(),
            "amount": self.amount.to_string(),
            "currency": self.currency.code(),
            "note": self.note,
            "reference": self.reference,
            "created_at": self.created_at.rfc3339(),
            "confirmed_at": time(self.confirmed_at),
            "cancelled_at": time(self.cancelled_at),
        })
    }
}
