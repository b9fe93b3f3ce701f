//! What a crash left open, decided: each open hold is settled at what its call is known to have cost, or void.

use std::collections::BTreeMap;

use domain::{CallId, Money};

use super::account::Purse;
use super::amount::AMOUNT_NANO_MAX;
use super::changes::Changes;
use super::fold::Books;
use super::movement::{Movement, Recorded, Resolved};
use super::purse::OpenHold;

/// What the table of running calls says of one, written as it ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotCost {
    /// Which call.
    pub call: CallId,
    /// Whose purse.
    pub purse: Purse,
    /// What was put aside for it when its slot was taken.
    pub held: Money,
    /// What it had come to.
    pub cost: Money,
    /// By which version of the prices.
    pub price_version: u32,
}

/// What recovery has found.
#[derive(Debug)]
pub struct Recovery {
    /// The books with everything that was recorded; the resolutions are not in them yet.
    pub books: Books,
    /// To be recorded, in this order: then no hold is open.
    pub resolutions: Vec<Movement>,
    /// How many calls were settled, and how many void.
    pub settled: u64,
    /// See above.
    pub voided: u64,
    /// What the resolutions take from purses beyond what is put aside for them.
    taken: BTreeMap<Purse, i128>,
}

/// Takes in the records that a database has not, and decides what becomes of the calls that a crash cut off.
///
/// `has_ended` says whether a call has ended by what the database has: its slot may have outlived that.
pub fn recover(
    mut books: Books,
    tail: impl IntoIterator<Item = Recorded>,
    slots: &[SlotCost],
    has_ended: impl Fn(CallId) -> bool,
) -> Recovery {
    let mut changes = Changes::default();
    let mut ended = std::collections::BTreeSet::new();
    for recorded in tail {
        books.apply(&recorded, &mut changes);
        if let Movement::Settle { call, .. } | Movement::Void { call, .. } = recorded.movement {
            ended.insert(call);
        }
        changes.clear();
    }
    let slots: BTreeMap<CallId, &SlotCost> = slots.iter().map(|slot| (slot.call, slot)).collect();
    let mut recovery =
        Recovery { books, resolutions: Vec::new(), settled: 0, voided: 0, taken: BTreeMap::new() };
    let open: Vec<OpenHold> = recovery.books.holds().copied().collect();
    for hold in &open {
        let slot = slots.get(&hold.call);
        let cost = slot.map_or(hold.progress, |slot| slot.cost);
        recovery.takes(hold.purse, fit(cost).nano() - hold.amount.nano());
        recovery.resolve(hold.call, cost, slot.map_or(0, |slot| slot.price_version));
    }
    // A hold that never left the memory of who died: its slot alone tells of it.
    for slot in slots.values().filter(|slot| slot.cost > Money::ZERO) {
        let is_known = recovery.books.hold(slot.call).is_some() || ended.contains(&slot.call);
        if is_known || has_ended(slot.call) {
            continue;
        }
        let amount = recovery.covered(slot);
        recovery.resolutions.push(Movement::Hold { call: slot.call, purse: slot.purse, amount });
        recovery.takes(slot.purse, fit(slot.cost).nano());
        recovery.resolve(slot.call, slot.cost, slot.price_version);
    }
    recovery
}

impl Recovery {
    /// What of a slot's hold the recorded books have room for; the rest of its cost may overdraw.
    fn covered(&self, slot: &SlotCost) -> Money {
        let taken = self.taken.get(&slot.purse).copied().unwrap_or(0);
        let most = i128::from(slot.held.min(fit(slot.cost)).nano().max(0));
        Money::from_nano((self.books.available(slot.purse) - taken).clamp(0, most) as i64)
    }

    fn takes(&mut self, purse: Purse, nano: i64) {
        *self.taken.entry(purse).or_default() += i128::from(nano.max(0));
    }

    fn resolve(&mut self, call: CallId, cost: Money, price_version: u32) {
        let resolved = Resolved::AfterCrash;
        if cost > Money::ZERO {
            self.settled += 1;
            let cost = fit(cost);
            self.resolutions.push(Movement::Settle { call, cost, price_version, resolved });
        } else {
            self.voided += 1;
            self.resolutions.push(Movement::Void { call, resolved });
        }
    }
}

fn fit(cost: Money) -> Money {
    cost.min(Money::from_nano(AMOUNT_NANO_MAX))
}
