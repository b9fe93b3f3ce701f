//! What a run of movements has changed: what a database must take over, no more.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CallId, Money, Timestamp};

use super::account::{Account, GrantNumber, Place, Purse};
use super::entry::{Entry, EntryKey, EntryKind, Transfer};
use super::movement::Lsn;
use super::purse::PurseState;

/// A call that is over and was paid, where it stands in the books. There are so many of them that their entries are only made
/// when somebody looks: [`PaidCall::entries`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidCall {
    /// The record that it came from.
    pub lsn: Lsn,
    /// When.
    pub at: Timestamp,
    /// Which call.
    pub call: CallId,
    /// Out of which purse.
    pub purse: Purse,
    /// All that it cost.
    pub cost: Money,
    /// What of it is beyond what was put aside.
    pub beyond: Money,
    /// What of it gifts bore, in the order in which they were used; the rest was paid.
    pub gifts: Vec<(GrantNumber, Money)>,
    /// The version of the prices that it was settled by.
    pub price_version: u32,
    /// Whether a start after a crash settled it.
    pub is_after_crash: bool,
}

/// An entry where it stands in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedEntry {
    /// The record that it came from.
    pub lsn: Lsn,
    /// When.
    pub at: Timestamp,
    /// What moved.
    pub entry: Entry,
    /// The version of the prices that a call was settled by.
    pub price_version: u32,
    /// Whether a start after a crash settled the call.
    pub is_after_crash: bool,
}

/// What came of one movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the books.
    Applied,
    /// It was there already; nothing changed.
    Repeated,
    /// It is about a call that holds nothing; nothing changed.
    Unheld,
}

/// What has changed since this was empty.
#[derive(Debug, Default)]
pub struct Changes {
    /// New entries beside those of calls, in their order.
    pub entries: Vec<PostedEntry>,
    /// Calls that were paid, in their order.
    pub calls: Vec<PaidCall>,
    /// Accounts whose balances are others now.
    pub accounts: BTreeSet<Account>,
    /// Purses that may be others now, with what they were; none where they were not there.
    pub purses: BTreeMap<Purse, Option<PurseState>>,
    /// Holds that were opened, changed or have ended, and whether they were open before.
    pub holds: BTreeMap<CallId, bool>,
    /// Gifts that began, with their terms.
    pub grants: Vec<(Purse, GrantNumber, Option<Timestamp>)>,
    /// What was taken out of purses for what came to less: gifts that had less left, and what had happened before;
    /// negative where it was given.
    pub given_back: Vec<(Purse, Money)>,
    /// Movements that changed nothing.
    pub repeated: u64,
    /// The keys of those whose money had moved before.
    pub repeated_keys: Vec<EntryKey>,
    /// Ends of calls that held nothing.
    pub unheld: u64,
}

impl PaidCall {
    /// What of it gifts bore.
    pub fn given(&self) -> i128 {
        self.gifts.iter().map(|(_, amount)| i128::from(amount.nano())).sum()
    }

    /// Whether its parts make a whole: every part is more than nothing, and none is more than the whole.
    pub fn is_whole(&self) -> bool {
        let cost = i128::from(self.cost.nano());
        let is_within = |part: i128| (0..=cost).contains(&part);
        cost > 0
            && is_within(i128::from(self.beyond.nano()))
            && is_within(self.given())
            && self.gifts.iter().all(|(_, amount)| *amount > Money::ZERO)
    }

    /// Its entries: what it cost within its hold, and what beyond that, each out of gifts first.
    pub fn entries(&self) -> Vec<PostedEntry> {
        let within = self.cost.nano() - self.beyond.nano();
        let parts = [(within, EntryKind::Settle), (self.beyond.nano(), EntryKind::Overage)];
        let mut transfers = self.transfers().into_iter().peekable();
        let mut entries: Vec<PostedEntry> = Vec::with_capacity(1);
        for (part, kind) in parts.into_iter().filter(|(part, _)| *part > 0) {
            let (mut left, mut moved) = (part, Vec::with_capacity(1));
            while left > 0
                && let Some(transfer) = transfers.peek_mut()
            {
                let amount = transfer.amount.nano().min(left);
                moved.push(Transfer { amount: Money::from_nano(amount), ..*transfer });
                left -= amount;
                transfer.amount = Money::from_nano(transfer.amount.nano() - amount);
                transfers.next_if(|transfer| transfer.amount == Money::ZERO);
            }
            let linked = entries.first().map(|settle| settle.entry.key.clone());
            // What was never put aside has no other entry.
            let key =
                if linked.is_some() { EntryKey::overage(self.call) } else { EntryKey::settle(self.call) };
            entries.push(self.posted(key, kind, moved, linked));
        }
        entries
    }

    fn posted(
        &self,
        key: EntryKey,
        kind: EntryKind,
        transfers: Vec<Transfer>,
        linked: Option<EntryKey>,
    ) -> PostedEntry {
        let may_overdraw = kind == EntryKind::Overage;
        let entry = Entry { key, kind, transfers, may_overdraw, linked, grant: None, note: String::new() };
        let Self { lsn, at, price_version, is_after_crash, .. } = *self;
        PostedEntry { lsn, at, entry, price_version, is_after_crash }
    }

    /// Gifts in their order, then what was paid.
    fn transfers(&self) -> Vec<Transfer> {
        let (customer, currency) = (self.purse.customer, self.purse.currency);
        // A gift that is used is no income: it was given away before.
        let gift = |(grant, amount): &(GrantNumber, Money)| Transfer {
            currency,
            debit: Place::Promo(customer, *grant),
            credit: Place::Gifts,
            amount: *amount,
        };
        let mut transfers: Vec<Transfer> = self.gifts.iter().map(gift).collect();
        let paid = i128::from(self.cost.nano()) - self.given();
        if paid > 0 {
            let (debit, credit) = (Place::Paid(customer), Place::Usage);
            transfers.push(Transfer { currency, debit, credit, amount: Money::from_nano(paid as i64) });
        }
        transfers
    }
}

impl Changes {
    /// Forgets everything, and keeps the room.
    pub fn clear(&mut self) {
        let (mut entries, mut calls) = (std::mem::take(&mut self.entries), std::mem::take(&mut self.calls));
        entries.clear();
        calls.clear();
        *self = Self { entries, calls, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use domain::{CallId, Currency, Money, Timestamp};

    use super::super::account::{Customer, GrantNumber, Purse};
    use super::super::entry::EntryKind;
    use super::super::movement::Lsn;
    use super::PaidCall;

    fn call(cost: i64, beyond: i64, gifts: &[(u64, i64)]) -> PaidCall {
        PaidCall {
            lsn: Lsn(1),
            at: Timestamp(0),
            call: CallId(5),
            purse: Purse { customer: Customer(7), currency: Currency::USD },
            cost: Money::from_nano(cost),
            beyond: Money::from_nano(beyond),
            gifts: gifts.iter().map(|(grant, nano)| (GrantNumber(*grant), Money::from_nano(*nano))).collect(),
            price_version: 1,
            is_after_crash: false,
        }
    }

    type Expected<'e> = (&'e str, EntryKind, &'e [(&'e str, i64)]);

    /// What its entries are: their ends of keys, kinds, and transfers.
    #[track_caller]
    fn check(call: &PaidCall, expected: &[Expected<'_>]) {
        assert!(call.is_whole());
        let entries = call.entries();
        assert_eq!(entries.len(), expected.len(), "{entries:?}");
        for (posted, (key, kind, transfers)) in entries.iter().zip(expected) {
            let entry = &posted.entry;
            assert!(entry.key.as_str().ends_with(key), "{entry:?}");
            assert_eq!((entry.kind, entry.may_overdraw), (*kind, *kind == EntryKind::Overage));
            let told: Vec<(String, i64)> =
                entry.transfers.iter().map(|it| (it.debit.to_string(), it.amount.nano())).collect();
            let expected: Vec<(String, i64)> =
                transfers.iter().map(|(place, nano)| (format!("customer:7:{place}"), *nano)).collect();
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn a_call_is_one_entry_or_two_and_gifts_come_first() {
        check(&call(9, 0, &[]), &[(":s", EntryKind::Settle, &[("paid", 9)])]);
        check(&call(9, 0, &[(1, 9)]), &[(":s", EntryKind::Settle, &[("promo:1", 9)])]);
        check(
            &call(9, 4, &[(1, 2)]),
            &[
                (":s", EntryKind::Settle, &[("promo:1", 2), ("paid", 3)]),
                (":o", EntryKind::Overage, &[("paid", 4)]),
            ],
        );
        // A gift that both are paid out of.
        check(
            &call(9, 4, &[(1, 2), (2, 5)]),
            &[
                (":s", EntryKind::Settle, &[("promo:1", 2), ("promo:2", 3)]),
                (":o", EntryKind::Overage, &[("promo:2", 2), ("paid", 2)]),
            ],
        );
        check(&call(9, 9, &[]), &[(":s", EntryKind::Overage, &[("paid", 9)])]);
    }

    #[test]
    fn what_is_no_whole_is_seen() {
        let wrong = [
            call(0, 0, &[]),
            call(5, 6, &[]),
            call(5, -1, &[]),
            call(5, 0, &[(1, 6)]),
            call(5, 0, &[(1, 0)]),
        ];
        assert!(wrong.iter().all(|call| !call.is_whole()));
    }
}
