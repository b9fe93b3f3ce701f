//! Money put aside for one call: a value that ends exactly once, settled or void.
//!
//! The purse's cell has given the money before a hold is made, and gets back what the settlement says.

use domain::{CallId, Money};

use super::account::Purse;
use super::amount::{AmountError, fit_amount};
use super::movement::{Movement, Resolved};

/// Most extensions of one hold.
pub const SLICES_MAX: u32 = 100_000;

/// Money that is put aside for a call, until [`Hold::settle`] or [`Hold::void`].
#[must_use = "a hold must be settled or void, or its money stays put aside until the next start"]
#[derive(Debug, PartialEq, Eq)]
pub struct Hold {
    call: CallId,
    purse: Purse,
    amount: Money,
    slices: u32,
}

/// How a hold ended: what the journal keeps, and what that means for the purse.
#[must_use = "an end that is not recorded has not happened"]
#[derive(Debug, PartialEq, Eq)]
pub struct Settlement {
    /// For the journal.
    pub movement: Movement,
    /// Whose purse it was.
    pub purse: Purse,
    /// What returns to it.
    pub rest: Money,
    /// What is taken from it beyond the hold, and may leave it owing.
    pub overage: Money,
}

impl Hold {
    /// Puts money aside.
    pub fn open(call: CallId, purse: Purse, amount: Money) -> Result<(Self, Movement), AmountError> {
        let amount = fit_amount(amount)?;
        Ok((Self { call, purse, amount, slices: 0 }, Movement::Hold { call, purse, amount }))
    }

    /// Puts more aside.
    pub fn extend(&mut self, amount: Money) -> Result<Movement, AmountError> {
        let amount = fit_amount(amount)?;
        let sum = self.amount.checked_add(amount).unwrap_or(Money::from_nano(i64::MAX));
        if self.slices == SLICES_MAX {
            return Err(AmountError::TooLarge(sum));
        }
        self.amount = fit_amount(sum)?;
        self.slices += 1;
        Ok(Movement::Extend { call: self.call, slice: self.slices, amount })
    }

    /// Takes the last extension back, which could not be recorded.
    pub fn take_back(&mut self, amount: Money) {
        self.amount = self.amount.checked_sub(amount).unwrap_or(Money::ZERO);
    }

    /// What it has come to so far.
    pub const fn progress(&self, cost: Money) -> Movement {
        Movement::Progress { call: self.call, cost }
    }

    /// The call has come to this much. Nothing, or less, is nothing.
    pub fn settle(self, cost: Money, price_version: u32) -> Settlement {
        let Ok(cost) = fit_amount(cost).or_else(|error| match error {
            AmountError::TooLarge(_) => Ok(Money::from_nano(super::amount::AMOUNT_NANO_MAX)),
            other => Err(other),
        }) else {
            return self.void();
        };
        let (cost_nano, held) = (cost.nano(), self.amount.nano());
        Settlement {
            movement: Movement::Settle { call: self.call, cost, price_version, resolved: Resolved::ByCall },
            purse: self.purse,
            rest: Money::from_nano((held - cost_nano).max(0)),
            overage: Money::from_nano((cost_nano - held).max(0)),
        }
    }

    /// The call has come to nothing.
    pub fn void(self) -> Settlement {
        Settlement {
            movement: Movement::Void { call: self.call, resolved: Resolved::ByCall },
            purse: self.purse,
            rest: self.amount,
            overage: Money::ZERO,
        }
    }

    /// For which call.
    pub const fn call(&self) -> CallId {
        self.call
    }

    /// Out of which purse.
    pub const fn purse(&self) -> Purse {
        self.purse
    }

    /// How much, with its extensions.
    pub const fn amount(&self) -> Money {
        self.amount
    }
}

#[cfg(test)]
mod tests {
    use domain::{CallId, Currency, Money};

    use super::super::account::{Customer, Purse};
    use super::super::amount::AMOUNT_NANO_MAX;
    use super::super::movement::Movement;
    use super::Hold;

    const PURSE: Purse = Purse { customer: Customer(1), currency: Currency::USD };

    fn hold(nano: i64) -> Hold {
        Hold::open(CallId(1), PURSE, Money::from_nano(nano)).unwrap().0
    }

    #[test]
    fn what_is_not_used_returns_and_what_is_beyond_is_taken() {
        for (cost, rest, overage) in [(3, 7, 0), (10, 0, 0), (12, 0, 2)] {
            let settlement = hold(10).settle(Money::from_nano(cost), 1);
            assert_eq!((settlement.rest.nano(), settlement.overage.nano()), (rest, overage), "{cost}");
        }
    }

    #[test]
    fn a_cost_of_nothing_is_void() {
        for cost in [0, -5] {
            let settlement = hold(10).settle(Money::from_nano(cost), 1);
            assert!(matches!(settlement.movement, Movement::Void { .. }));
            assert_eq!(settlement.rest.nano(), 10);
        }
    }

    #[test]
    fn extensions_are_numbered_and_bounded() {
        let mut hold = hold(AMOUNT_NANO_MAX - 2);
        let first = hold.extend(Money::from_nano(1)).unwrap();
        assert!(matches!(first, Movement::Extend { slice: 1, .. }));
        assert!(hold.extend(Money::from_nano(2)).is_err());
        assert_eq!(hold.amount().nano(), AMOUNT_NANO_MAX - 1);
        assert!(matches!(hold.extend(Money::from_nano(1)), Ok(Movement::Extend { slice: 2, .. })));
        let _ = hold.void();
    }
}
