//! The books: accounts, purses and holds as movements leave them, one after the other.
//!
//! The journal is the truth, so a fold refuses nothing that was decided; it only sees to it that nothing happens twice.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use domain::{CallId, Money, Timestamp};

use super::account::{Account, GrantNumber, Place, Purse};
use super::changes::{Changes, Outcome, PaidCall, PostedEntry};
use super::entry::{Entry, EntryKey, EntryKind, Transfer};
use super::movement::{Movement, Recorded, Resolved};
use super::purse::{Left, OpenHold, PurseState};

/// Balances and what is put aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    accounts: BTreeMap<Account, i128>,
    purses: BTreeMap<Purse, PurseState>,
    holds: BTreeMap<CallId, OpenHold>,
    keys: BTreeSet<EntryKey>,
    /// Calls that are known to have been paid, where somebody looks.
    paid: Option<BTreeSet<CallId>>,
}

impl Books {
    /// Credits less debits of an account, in nano-units.
    pub fn balance(&self, account: Account) -> i128 {
        self.accounts.get(&account).copied().unwrap_or(0)
    }

    /// Every account that ever moved, with its balance.
    pub fn accounts(&self) -> impl Iterator<Item = (Account, i128)> + '_ {
        self.accounts.iter().map(|(account, balance)| (*account, *balance))
    }

    /// Every purse.
    pub fn purses(&self) -> impl Iterator<Item = (Purse, &PurseState)> + '_ {
        self.purses.iter().map(|(purse, state)| (*purse, state))
    }

    /// One purse.
    pub fn purse(&self, purse: Purse) -> Option<&PurseState> {
        self.purses.get(&purse)
    }

    /// Every open hold.
    pub fn holds(&self) -> impl Iterator<Item = &OpenHold> + '_ {
        self.holds.values()
    }

    /// One open hold.
    pub fn hold(&self, call: CallId) -> Option<&OpenHold> {
        self.holds.get(&call)
    }

    /// Paid and given together, in nano-units.
    pub fn total(&self, purse: Purse) -> i128 {
        let grants = self.purses.get(&purse).map_or(&[][..], |state| &state.grants);
        let given: i128 = grants.iter().map(|(_, grant)| self.balance(purse.promo(*grant))).sum();
        self.balance(purse.paid()) + given
    }

    /// What calls may still put aside, in nano-units; negative where more is owed than may be.
    pub fn available(&self, purse: Purse) -> i128 {
        let (pending, credit) =
            self.purses.get(&purse).map_or((0, 0), |state| (state.pending, state.credit.nano()));
        self.total(purse) - pending + i128::from(credit)
    }

    /// Takes in a balance that a database has.
    pub fn load_account(&mut self, account: Account, balance: i128) {
        self.accounts.insert(account, balance);
    }

    /// Takes in a purse that a database has.
    pub fn load_purse(&mut self, purse: Purse, mut state: PurseState) {
        state.grants.sort_unstable();
        self.purses.insert(purse, state);
    }

    /// Takes in a hold that a database has.
    pub fn load_hold(&mut self, hold: OpenHold) {
        self.holds.insert(hold.call, hold);
    }

    /// Takes in a key that a database knows as used.
    pub fn load_key(&mut self, key: EntryKey) {
        self.keys.insert(key);
    }

    /// Takes in the calls that a database knows as paid: from here on no call is paid twice, whatever the records say. That
    /// calls are not is known without looking as long as their ids are new.
    pub fn load_paid(&mut self, calls: BTreeSet<CallId>) {
        self.paid = Some(calls);
    }

    /// Forgets the used keys and the paid calls, which a database has by now.
    pub fn forget_keys(&mut self) {
        self.keys.clear();
        self.paid = None;
    }

    /// Takes in one movement, and says what it changed.
    pub fn apply(&mut self, recorded: &Recorded, changes: &mut Changes) -> Outcome {
        let outcome = match &recorded.movement {
            Movement::Hold { call, purse, amount } => self.open(*call, *purse, *amount, recorded.at, changes),
            Movement::Extend { call, slice, amount } => self.extend(*call, *slice, *amount, changes),
            Movement::Progress { call, cost } => self.progress(*call, *cost, changes),
            Movement::Settle { call, .. } | Movement::Void { call, .. } => {
                self.resolve(*call, recorded, changes)
            }
            Movement::Post(entry) => self.post_once(entry, recorded, changes),
            Movement::Expire { key, purse, grant, at_most } => {
                self.expire(key, *purse, *grant, *at_most, recorded, changes)
            }
            Movement::Terms { purse, credit } => {
                let state = self.touch(*purse, changes);
                // A purse that owes more than it may from now on is no mistake.
                let less = i128::from(state.credit.nano()) - i128::from(credit.nano());
                state.overdrawn += less.max(0);
                state.credit = *credit;
                Outcome::Applied
            }
        };
        match outcome {
            Outcome::Applied => {}
            Outcome::Repeated => changes.repeated += 1,
            Outcome::Unheld => changes.unheld += 1,
        }
        outcome
    }

    fn open(
        &mut self,
        call: CallId,
        purse: Purse,
        amount: Money,
        at: Timestamp,
        changes: &mut Changes,
    ) -> Outcome {
        let hold = OpenHold { call, purse, amount, slices: 0, progress: Money::ZERO, opened_at: at };
        match self.holds.entry(call) {
            btree_map::Entry::Occupied(_) => return Outcome::Repeated,
            btree_map::Entry::Vacant(place) => place.insert(hold),
        };
        self.put_aside(purse, i128::from(amount.nano()), changes);
        // One that ended in the same run may have been there before it.
        changes.holds.entry(call).or_insert(false);
        Outcome::Applied
    }

    fn extend(&mut self, call: CallId, slice: u32, amount: Money, changes: &mut Changes) -> Outcome {
        let Some(hold) = self.holds.get_mut(&call) else { return Outcome::Unheld };
        if slice <= hold.slices {
            return Outcome::Repeated;
        }
        hold.slices = slice;
        hold.amount = Money::from_nano(hold.amount.nano().saturating_add(amount.nano()));
        let purse = hold.purse;
        self.put_aside(purse, i128::from(amount.nano()), changes);
        changes.holds.entry(call).or_insert(true);
        Outcome::Applied
    }

    fn progress(&mut self, call: CallId, cost: Money, changes: &mut Changes) -> Outcome {
        let Some(hold) = self.holds.get_mut(&call) else { return Outcome::Unheld };
        hold.progress = hold.progress.max(cost);
        changes.holds.entry(call).or_insert(true);
        Outcome::Applied
    }

    fn resolve(&mut self, call: CallId, recorded: &Recorded, changes: &mut Changes) -> Outcome {
        let Some(hold) = self.holds.remove(&call) else { return Outcome::Unheld };
        self.put_aside(hold.purse, -i128::from(hold.amount.nano()), changes);
        changes.holds.entry(call).or_insert(true);
        let Movement::Settle { cost, price_version, resolved, .. } = recorded.movement else {
            return Outcome::Applied;
        };
        if self.paid.as_mut().is_some_and(|paid| !paid.insert(call)) {
            changes.given_back.push((hold.purse, cost));
            changes.repeated_keys.push(EntryKey::settle(call));
            return Outcome::Repeated;
        }
        let (purse, lsn, at) = (hold.purse, recorded.lsn, recorded.at);
        let beyond = Money::from_nano((cost.nano() - hold.amount.nano()).max(0));
        let gifts = self.spend(purse, cost, changes);
        self.purses.entry(purse).or_default().overdrawn += i128::from(beyond.nano());
        let is_after_crash = resolved == Resolved::AfterCrash;
        changes.calls.push(PaidCall {
            lsn,
            at,
            call,
            purse,
            cost,
            beyond,
            gifts,
            price_version,
            is_after_crash,
        });
        Outcome::Applied
    }

    fn post_once(&mut self, entry: &Entry, recorded: &Recorded, changes: &mut Changes) -> Outcome {
        if !self.keys.insert(entry.key.clone()) {
            let back = entry.taken().map(|(purse, taken)| (purse, Money::from_nano(taken as i64)));
            changes.given_back.extend(back);
            changes.repeated_keys.push(entry.key.clone());
            return Outcome::Repeated;
        }
        if let Some(terms) = entry.grant {
            for (purse, _) in entry.taken().filter(|(_, amount)| *amount < 0) {
                let grants = &mut self.touch(purse, changes).grants;
                // More of a gift that is there goes by the terms that it has.
                if grants.iter().any(|(_, grant)| *grant == terms.grant) {
                    continue;
                }
                grants.push((terms.expires_at.into(), terms.grant));
                grants.sort_unstable();
                changes.grants.push((purse, terms.grant, terms.expires_at));
            }
        }
        self.move_money(entry, changes);
        changes.entries.push(posted(recorded, entry.clone()));
        Outcome::Applied
    }

    fn expire(
        &mut self,
        key: &EntryKey,
        purse: Purse,
        grant: GrantNumber,
        at_most: Money,
        recorded: &Recorded,
        changes: &mut Changes,
    ) -> Outcome {
        if !self.keys.insert(key.clone()) {
            changes.given_back.push((purse, at_most));
            changes.repeated_keys.push(key.clone());
            return Outcome::Repeated;
        }
        let left = self.balance(purse.promo(grant)).clamp(0, i128::from(at_most.nano())) as i64;
        if left < at_most.nano() {
            changes.given_back.push((purse, Money::from_nano(at_most.nano() - left)));
        }
        if left > 0 {
            let transfer = Transfer {
                currency: purse.currency,
                debit: Place::Promo(purse.customer, grant),
                credit: Place::Gifts,
                amount: Money::from_nano(left),
            };
            let entry = Entry {
                key: key.clone(),
                kind: EntryKind::Expiry,
                transfers: vec![transfer],
                may_overdraw: false,
                linked: None,
                grant: None,
                note: String::new(),
            };
            self.move_money(&entry, changes);
            changes.entries.push(posted(recorded, entry));
        }
        Outcome::Applied
    }

    /// Gifts first, in the order in which they lapse; the rest out of what was paid. Gives what gifts bore.
    fn spend(&mut self, purse: Purse, amount: Money, changes: &mut Changes) -> Vec<(GrantNumber, Money)> {
        let (mut used, mut rest) = (Vec::new(), amount.nano());
        for (_, grant) in self.purses.get(&purse).map_or(&[][..], |state| &state.grants) {
            let left = self.balance(purse.promo(*grant)).clamp(0, i128::from(rest)) as i64;
            if left > 0 {
                used.push((*grant, Money::from_nano(left)));
                rest -= left;
            }
        }
        for (grant, part) in &used {
            let account = purse.promo(*grant);
            self.shift(account, -part.nano(), changes);
            self.shift(Account { place: Place::Gifts, ..account }, part.nano(), changes);
            self.forget_used(purse, account);
        }
        if rest > 0 {
            self.shift(purse.paid(), -rest, changes);
            self.shift(Account { place: Place::Usage, ..purse.paid() }, rest, changes);
        }
        used
    }

    fn shift(&mut self, account: Account, nano: i64, changes: &mut Changes) {
        *self.accounts.entry(account).or_default() += i128::from(nano);
        changes.accounts.insert(account);
    }

    /// A purse that changes, with what it was.
    fn touch(&mut self, purse: Purse, changes: &mut Changes) -> &mut PurseState {
        let known = self.purses.get(&purse);
        changes.purses.entry(purse).or_insert_with(|| known.cloned());
        self.purses.entry(purse).or_default()
    }

    fn move_money(&mut self, entry: &Entry, changes: &mut Changes) {
        for transfer in &entry.transfers {
            let amount = transfer.amount.nano();
            for (account, sign) in [(transfer.debited(), -1), (transfer.credited(), 1)] {
                if let Some(purse) = account.purse() {
                    let state = self.touch(purse, changes);
                    if entry.may_overdraw && sign < 0 {
                        state.overdrawn += i128::from(amount);
                    }
                }
                self.shift(account, sign * amount, changes);
                if let Some(purse) = account.purse() {
                    self.forget_used(purse, account);
                }
            }
        }
    }

    fn forget_used(&mut self, purse: Purse, account: Account) {
        if let Place::Promo(_, grant) = account.place
            && self.balance(account) == 0
        {
            self.purses.entry(purse).or_default().grants.retain(|(_, other)| *other != grant);
        }
    }

    fn put_aside(&mut self, purse: Purse, nano: i128, changes: &mut Changes) {
        self.touch(purse, changes).pending += nano;
    }
}

fn posted(recorded: &Recorded, entry: Entry) -> PostedEntry {
    PostedEntry { lsn: recorded.lsn, at: recorded.at, entry, price_version: 0, is_after_crash: false }
}

impl PurseState {
    /// When the gift that lapses first does so.
    pub fn lapses_at(&self) -> Option<Timestamp> {
        self.grants.iter().find_map(|(left, _)| match left {
            Left::Until(at) => Some(*at),
            Left::Ever => None,
        })
    }
}
