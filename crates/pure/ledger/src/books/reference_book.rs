//! The specification: books in memory that keep everything, look everything up the slow way, and refuse what must not
//! happen. It shares no sum with [`Books`](super::fold::Books): one hand must not make the same mistake twice.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CallId, Money, Timestamp};

use super::account::{Account, GrantNumber, Place, Purse};
use super::amount::{AmountError, BALANCE_NANO_MAX, fit_amount};
use super::entry::{Entry, EntryKey, EntryKind, Transfer};
use super::movement::{Movement, Resolved};
use super::payments::refund_limit;

/// Why something must not happen. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is less than that.
    #[error("{asked} is asked of a purse that has {available} to give")]
    OutOfCredit {
        /// What was asked.
        asked: Money,
        /// What there is.
        available: Money,
    },
    /// It happened before.
    #[error("{0} has happened before")]
    Repeated(String),
    /// No such call holds anything.
    #[error("call {0} holds nothing")]
    Unheld(CallId),
    /// More than was paid and is left.
    #[error("{asked} is to be refunded of a payment of which {limit} can be")]
    BeyondPayment {
        /// What was asked.
        asked: Money,
        /// What can be.
        limit: Money,
    },
    /// No amount.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// Too much altogether.
    #[error("a purse holds or owes at most 4000000000")]
    TooMuch,
}

#[derive(Debug)]
struct Kept {
    transfers: Vec<Transfer>,
    linked: Option<EntryKey>,
    kind: EntryKind,
    key: EntryKey,
}

/// Books that keep every entry.
#[derive(Debug, Default)]
pub struct ReferenceBook {
    entries: Vec<Kept>,
    keys: BTreeSet<EntryKey>,
    holds: BTreeMap<CallId, (Purse, i128, u32)>,
    ended: BTreeSet<CallId>,
    grants: Vec<(Purse, GrantNumber, Option<Timestamp>)>,
    credit: BTreeMap<Purse, Money>,
}

impl ReferenceBook {
    /// Credits less debits of an account, out of its entries.
    pub fn balance(&self, account: Account) -> i128 {
        let transfers = self.entries.iter().flat_map(|entry| &entry.transfers);
        transfers
            .map(|transfer| {
                let amount = i128::from(transfer.amount.nano());
                let credit = if transfer.credited() == account { amount } else { 0 };
                let debit = if transfer.debited() == account { amount } else { 0 };
                credit - debit
            })
            .sum()
    }

    /// Every account that ever moved, with its balance.
    pub fn balances(&self) -> BTreeMap<Account, i128> {
        let mut all = BTreeMap::new();
        for transfer in self.entries.iter().flat_map(|entry| &entry.transfers) {
            *all.entry(transfer.credited()).or_insert(0) += i128::from(transfer.amount.nano());
            *all.entry(transfer.debited()).or_insert(0) -= i128::from(transfer.amount.nano());
        }
        all
    }

    /// What is put aside of a purse.
    pub fn pending(&self, purse: Purse) -> i128 {
        self.holds.values().filter(|(of, ..)| *of == purse).map(|(_, amount, _)| amount).sum()
    }

    /// What calls may still put aside.
    pub fn available(&self, purse: Purse) -> i128 {
        let grants = self.grants.iter().filter(|(of, ..)| *of == purse);
        let given: i128 = grants.map(|(_, grant, _)| self.balance(purse.promo(*grant))).sum();
        let credit = self.credit.get(&purse).map_or(0, |credit| i128::from(credit.nano()));
        self.balance(purse.paid()) + given + credit - self.pending(purse)
    }

    /// The calls that hold something.
    pub fn open_calls(&self) -> Vec<CallId> {
        self.holds.keys().copied().collect()
    }

    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Puts money aside for a call, once.
    pub fn hold(&mut self, call: CallId, purse: Purse, amount: Money) -> Result<Movement, Refusal> {
        let amount = fit_amount(amount)?;
        if self.holds.contains_key(&call) || self.ended.contains(&call) {
            return Err(Refusal::Repeated(format!("call {call}")));
        }
        self.covers(purse, amount)?;
        self.holds.insert(call, (purse, i128::from(amount.nano()), 0));
        Ok(Movement::Hold { call, purse, amount })
    }

    /// Puts more aside for a call that goes on.
    pub fn extend(&mut self, call: CallId, amount: Money) -> Result<Movement, Refusal> {
        let amount = fit_amount(amount)?;
        let (purse, held, slices) = *self.holds.get(&call).ok_or(Refusal::Unheld(call))?;
        self.covers(purse, amount)?;
        self.holds.insert(call, (purse, held + i128::from(amount.nano()), slices + 1));
        Ok(Movement::Extend { call, slice: slices + 1, amount })
    }

    /// Ends a call at what it came to: nothing is void.
    pub fn settle(&mut self, call: CallId, cost: Money, price_version: u32) -> Result<Movement, Refusal> {
        if cost <= Money::ZERO {
            return self.void(call);
        }
        let cost = fit_amount(cost)?;
        let (purse, held, _) = self.holds.remove(&call).ok_or(Refusal::Unheld(call))?;
        self.ended.insert(call);
        let within = held.min(i128::from(cost.nano()));
        self.charge(purse, within, EntryKey::settle(call), EntryKind::Settle, None);
        let beyond = i128::from(cost.nano()) - within;
        if beyond > 0 {
            let settle = Some(EntryKey::settle(call));
            self.charge(purse, beyond, EntryKey::overage(call), EntryKind::Overage, settle);
        }
        Ok(Movement::Settle { call, cost, price_version, resolved: Resolved::ByCall })
    }

    /// Ends a call for nothing.
    pub fn void(&mut self, call: CallId) -> Result<Movement, Refusal> {
        self.holds.remove(&call).ok_or(Refusal::Unheld(call))?;
        self.ended.insert(call);
        Ok(Movement::Void { call, resolved: Resolved::ByCall })
    }

    /// Posts an entry, once.
    pub fn post(&mut self, entry: Entry) -> Result<Movement, Refusal> {
        if self.keys.contains(&entry.key) {
            return Err(Refusal::Repeated(entry.key.to_string()));
        }
        for (purse, taken) in entry.taken() {
            if self.balance(purse.paid()) - taken > i128::from(BALANCE_NANO_MAX) {
                return Err(Refusal::TooMuch);
            }
            let unspent = self.balance(purse.paid()).min(self.available(purse));
            if taken > 0 && !entry.may_overdraw && unspent < taken {
                return Err(refused(taken, unspent));
            }
        }
        if entry.kind == EntryKind::RefundAsked {
            self.covers_refund(&entry)?;
        }
        if let Some(terms) = entry.grant {
            let purses = entry.taken().filter(|(_, taken)| *taken < 0);
            self.grants.extend(purses.map(|(purse, _)| (purse, terms.grant, terms.expires_at)));
        }
        self.keep(&entry);
        Ok(Movement::Post(entry))
    }

    /// Takes what is left of a gift, as far as no call holds it.
    pub fn expire(&mut self, key: EntryKey, purse: Purse, grant: GrantNumber) -> Result<Movement, Refusal> {
        if self.keys.contains(&key) {
            return Err(Refusal::Repeated(key.to_string()));
        }
        let left = self.balance(purse.promo(grant)).min(self.available(purse)).max(0);
        let amount = fit_amount(Money::from_nano(left as i64))?;
        let (debit, credit) = (Place::Promo(purse.customer, grant), Place::Gifts);
        let transfers = vec![Transfer { currency: purse.currency, debit, credit, amount }];
        self.keys.insert(key.clone());
        self.entries.push(Kept { transfers, linked: None, kind: EntryKind::Expiry, key: key.clone() });
        Ok(Movement::Expire { key, purse, grant, at_most: amount })
    }

    /// Says how much a purse may owe.
    pub fn set_terms(&mut self, purse: Purse, credit: Money) -> Result<Movement, Refusal> {
        if credit != Money::ZERO {
            fit_amount(credit)?;
        }
        self.credit.insert(purse, credit);
        Ok(Movement::Terms { purse, credit })
    }

    fn covers(&self, purse: Purse, amount: Money) -> Result<(), Refusal> {
        let available = self.available(purse);
        if available < i128::from(amount.nano()) {
            return Err(refused(i128::from(amount.nano()), available));
        }
        Ok(())
    }

    fn covers_refund(&self, entry: &Entry) -> Result<(), Refusal> {
        let sum = |kind: EntryKind| -> i128 {
            let of_payment = |it: &&Kept| it.kind == kind && it.linked.is_some() && it.linked == entry.linked;
            let kept = self.entries.iter().filter(of_payment).flat_map(|it| &it.transfers);
            kept.map(|transfer| i128::from(transfer.amount.nano())).sum()
        };
        let payment = self.entries.iter().find(|it| Some(&it.key) == entry.linked.as_ref());
        let refunded = sum(EntryKind::RefundAsked) - sum(EntryKind::RefundFailed);
        for (purse, asked) in entry.taken() {
            let into_purse = payment.into_iter().flat_map(|it| &it.transfers);
            let into_purse = into_purse.filter(|transfer| transfer.credited() == purse.paid());
            let captured: i128 = into_purse.map(|transfer| i128::from(transfer.amount.nano())).sum();
            let (paid, available) = (self.balance(purse.paid()), self.available(purse));
            let limit = refund_limit(paid, available, money(captured), money(refunded));
            if i128::from(limit.nano()) < asked {
                return Err(Refusal::BeyondPayment { asked: money(asked), limit });
            }
        }
        Ok(())
    }

    fn keep(&mut self, entry: &Entry) {
        self.keys.insert(entry.key.clone());
        self.entries.push(Kept {
            transfers: entry.transfers.clone(),
            linked: entry.linked.clone(),
            kind: entry.kind,
            key: entry.key.clone(),
        });
    }

    fn charge(&mut self, purse: Purse, nano: i128, key: EntryKey, kind: EntryKind, linked: Option<EntryKey>) {
        let mut grants: Vec<_> = self.grants.iter().filter(|(of, ..)| *of == purse).copied().collect();
        grants.sort_by_key(|(_, grant, until)| (until.is_none(), *until, *grant));
        let mut left = nano;
        let mut transfers = Vec::new();
        for (_, grant, _) in grants {
            let part = self.balance(purse.promo(grant)).min(left);
            if part > 0 {
                let (debit, credit) = (Place::Promo(purse.customer, grant), Place::Gifts);
                let amount = money(part);
                transfers.push(Transfer { currency: purse.currency, debit, credit, amount });
                left -= part;
            }
        }
        if left > 0 {
            let (debit, credit) = (Place::Paid(purse.customer), Place::Usage);
            transfers.push(Transfer { currency: purse.currency, debit, credit, amount: money(left) });
        }
        self.entries.push(Kept { transfers, linked, kind, key });
    }
}

fn refused(asked: i128, available: i128) -> Refusal {
    Refusal::OutOfCredit { asked: money(asked), available: money(available) }
}

fn money(nano: i128) -> Money {
    Money::from_nano(nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}
