//! What a call has put aside of a budget, and why one gets nothing.

use domain::{Money, Timestamp};

use super::period::Window;
use super::rule::Terms;

/// Put aside for one call, in the window that it was let in. Whoever has it gives it back to its budget, once.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub struct Hold {
    pub(super) window: Timestamp,
    pub(super) amount: Money,
}

/// A budget has not that much left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What it says.
    pub terms: Terms,
    /// For which window.
    pub window: Window,
    /// What was spent of it, in nano-units: more than it says where calls cost more than was put aside for them.
    pub used: i128,
    /// What is put aside for calls that run, in nano-units.
    pub held: i128,
    /// What was asked for.
    pub needed: Money,
}

impl Hold {
    /// How much.
    pub const fn amount(&self) -> Money {
        self.amount
    }
}

impl Refused {
    /// What is left.
    pub fn available(&self) -> Money {
        amount((i128::from(self.terms.limit.nano()) - self.used - self.held).max(0))
    }

    /// Whether it would do once the calls that run have ended, should they cost nothing.
    pub fn may_fit_soon(&self) -> bool {
        self.used + i128::from(self.needed.nano()) <= i128::from(self.terms.limit.nano())
    }
}

/// As money; sums that no money reaches are the largest there is.
pub(super) fn amount(nano: i128) -> Money {
    Money::from_nano(nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}
