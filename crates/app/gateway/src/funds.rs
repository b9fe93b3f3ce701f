//! Where the money of one call is put aside: the account that pays for it, the budgets that it counts for, or both; of all of
//! them the same, or of none.

use std::sync::Arc;

use domain::{CallId, Money, Timestamp};
use ledger::Lsn;
use store::{BudgetCell, BudgetHolds, BudgetRefusal, Held, HoldError, Ledger, Level, Payer, Unsettled};

/// Tries to put aside what is left where there is less than wanted. Others take of it meanwhile.
const TRIES_MAX: u32 = 4;

/// What is put aside for a call.
#[derive(Debug)]
pub(crate) struct Funds {
    purse: Option<Purse>,
    budgets: BudgetHolds,
    amount: Money,
}

/// What is put aside of an account.
#[derive(Debug)]
pub(crate) struct Purse {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) payer: Arc<Payer>,
    pub(crate) held: Held,
}

/// Where money comes from: who pays, if anybody does, and the budgets, if there are any.
pub(crate) type Sources<'s> = (Option<(&'s Arc<Ledger>, &'s Arc<Payer>)>, Vec<Arc<BudgetCell>>);

/// A charge that could not be recorded, and where it is to be.
pub(crate) type Unrecorded = Box<(Arc<Ledger>, Unsettled)>;

/// Why nothing was put aside.
#[derive(Debug)]
pub(crate) enum Unfunded {
    Account(HoldError),
    Budget(Box<BudgetRefusal>),
}

/// Why no more was put aside for a call that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoMore {
    /// There is no more: so much is left.
    Money(Money),
    /// The journal takes nothing.
    Unrecorded,
}

/// What came of a call's end.
#[derive(Debug)]
pub(crate) struct FundsEnded {
    /// Where an account paid: what was recorded, or what is still to be.
    pub(crate) settled: Option<Result<Charged, Unrecorded>>,
    /// Budgets of which the warning is due now.
    pub(crate) warned: Vec<Arc<BudgetCell>>,
}

/// What has become of a call's charge.
#[derive(Debug)]
pub(crate) enum Charge {
    /// There is none: nobody pays for the call, or it was charged before.
    Nothing,
    /// It is recorded.
    Recorded(Charged),
    /// It could not be recorded, and is tried again.
    Unrecorded {
        /// The call's slot says it to the next start.
        is_in_slot: bool,
    },
}

impl Charge {
    /// Whether nobody may be told of the end: it is not recorded, and what the call's slot says of it is not as safe as is wanted.
    pub(crate) fn is_missed(&self, wanted: Level) -> bool {
        matches!(self, Self::Unrecorded { is_in_slot } if wanted > Level::Slot || !is_in_slot)
    }
}

/// A charge that is recorded, and how safe it has to be before the caller is told of the end.
#[derive(Debug)]
pub(crate) struct Charged {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) lsn: Lsn,
    pub(crate) level: Level,
}

impl Funds {
    /// Puts money aside, of budgets first: an account has a record of it, which is not easily taken back.
    pub(crate) fn take(
        (payer, budgets): Sources<'_>,
        (call, price_version): (CallId, u32),
        amount: Money,
        at: Timestamp,
    ) -> Result<Self, Unfunded> {
        let budgets = BudgetHolds::take(budgets, amount, at).map_err(Unfunded::Budget)?;
        let purse = match payer {
            None => None,
            Some((ledger, payer)) => {
                let held = ledger.hold(call, payer.account.purse(), amount, price_version, at);
                let held = held.map_err(Unfunded::Account)?;
                Some(Purse { ledger: Arc::clone(ledger), payer: Arc::clone(payer), held })
            }
        };
        Ok(Self { purse, budgets, amount })
    }

    /// How much is put aside.
    pub(crate) const fn amount(&self) -> Money {
        self.amount
    }

    /// The account, where there is one.
    pub(crate) const fn purse(&self) -> Option<&Purse> {
        self.purse.as_ref()
    }

    /// The account, where there is one, to note what a call has come to.
    pub(crate) const fn purse_mut(&mut self) -> Option<&mut Purse> {
        self.purse.as_mut()
    }

    /// The budgets.
    pub(crate) const fn budgets(&self) -> &BudgetHolds {
        &self.budgets
    }

    /// Puts so much more aside, or what there is.
    pub(crate) fn extend(&mut self, wanted: Money, at: Timestamp) -> Result<(), NoMore> {
        let mut amount = wanted;
        for _ in 0..TRIES_MAX {
            match self.put(amount, at) {
                Err(NoMore::Money(left)) if left > Money::ZERO && left < amount => amount = left,
                done => return done,
            }
        }
        Err(NoMore::Money(Money::ZERO))
    }

    /// Puts so much more aside, or nothing.
    fn put(&mut self, amount: Money, at: Timestamp) -> Result<(), NoMore> {
        let sum = self.amount.checked_add(amount).ok_or(NoMore::Money(Money::ZERO))?;
        self.budgets.extend(amount).map_err(|refused| NoMore::Money(refused.why.available()))?;
        if let Some(Purse { ledger, held, .. }) = &mut self.purse
            && let Err(error) = ledger.extend(held, amount, at)
        {
            self.budgets.shrink(amount);
            return Err(match error {
                HoldError::OutOfCredit { available, .. } => NoMore::Money(available),
                HoldError::Amount(_) => NoMore::Money(Money::ZERO),
                HoldError::Append(_) | HoldError::Slot(_) => NoMore::Unrecorded,
            });
        }
        self.amount = sum;
        Ok(())
    }

    /// Charges what the call cost everywhere, all of it.
    pub(crate) fn end(self, tokens: (u64, u64), cost: Money, at: Timestamp) -> FundsEnded {
        let Self { purse, budgets, .. } = self;
        let warned = budgets.end(cost, at);
        let settled = purse.map(|Purse { ledger, held, .. }| match ledger.settle(held, tokens, cost, at) {
            Ok((lsn, level)) => Ok(Charged { ledger, lsn, level }),
            Err(unsettled) => Err(Box::new((ledger, *unsettled))),
        });
        FundsEnded { settled, warned }
    }
}

impl Charged {
    /// Whether a caller may be told of the end.
    pub(crate) fn is_safe(&self, wanted: Level) -> bool {
        self.ledger.is_safe(self.lsn, self.level.max(wanted))
    }
}

#[cfg(test)]
mod tests {
    use store::Level;

    use super::Charge;

    #[test]
    fn a_charge_that_only_the_slot_says_is_told_where_no_more_is_wanted() {
        for (charge, wanted, is_missed) in [
            (Charge::Unrecorded { is_in_slot: true }, Level::Slot, false),
            (Charge::Unrecorded { is_in_slot: false }, Level::Slot, true),
            (Charge::Unrecorded { is_in_slot: true }, Level::Written, true),
            (Charge::Nothing, Level::Durable, false),
        ] {
            assert_eq!(charge.is_missed(wanted), is_missed, "{charge:?} {wanted:?}");
        }
    }
}
