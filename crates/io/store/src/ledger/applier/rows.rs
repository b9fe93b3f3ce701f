//! Changes of the books as rows.

use domain::{CallId, Money};
use ledger::{
    Books, Changes, GrantNumber, Invariant, OpenHold, PaidCall, Purse, PurseState, Violation, entry_balances,
};

use super::bulk::Target;
use super::bulk::Value::{self, Number};
use super::hours::Hours;
use super::received::Received;

const NANO: i128 = domain::NANO as i128;

/// New entries, a row for each transfer. A key that is there stops everything: it would be counted twice.
pub(crate) const ENTRIES: Target = Target {
    table: "ledger_entries",
    columns: &[
        "node",
        "lsn",
        "part",
        "entry_key",
        "kind",
        "at_ms",
        "customer",
        "currency",
        "debit",
        "credit",
        "amount",
        "may_overdraw",
        "linked_key",
        "price_version",
        "is_after_crash",
        "note",
    ],
    conflict: "",
};

/// Calls that were paid. One that is there stops everything, too.
pub(crate) const CALLS: Target = Target {
    table: "ledger_calls",
    columns: &[
        "at_ms",
        "node",
        "lsn",
        "call_id",
        "customer",
        "currency",
        "amount",
        "beyond",
        "given",
        "gifts",
        "price_version",
        "is_after_crash",
    ],
    conflict: "",
};

pub(crate) const ACCOUNTS: Target = Target {
    table: "ledger_accounts",
    columns: &["account", "currency", "units", "nano"],
    conflict: "ON CONFLICT (account, currency) DO UPDATE SET units = excluded.units, nano = excluded.nano",
};

pub(crate) const PURSES: Target = Target {
    table: "ledger_purses",
    columns: &["customer", "currency", "pending", "credit", "overdrawn"],
    conflict: "ON CONFLICT (customer, currency) DO UPDATE SET pending = excluded.pending, \
               credit = excluded.credit, overdrawn = excluded.overdrawn",
};

pub(crate) const GRANTS: Target = Target {
    table: "ledger_grants",
    columns: &["grant_number", "customer", "currency", "expires_at_ms"],
    // A gift of which nothing was left, and that is made anew.
    conflict: "ON CONFLICT (grant_number, customer, currency) DO UPDATE SET expires_at_ms = excluded.expires_at_ms",
};

pub(crate) const HOLDS: Target = Target {
    table: "ledger_holds",
    columns: &["call_id", "customer", "currency", "amount", "slices", "progress", "opened_at_ms"],
    conflict: "ON CONFLICT (call_id) DO UPDATE SET amount = excluded.amount, slices = excluded.slices, \
               progress = excluded.progress",
};

/// Every row that a run of movements writes, as values behind one another.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) entries: Vec<Value>,
    pub(crate) calls: Vec<Value>,
    pub(crate) hours: Vec<Value>,
    pub(crate) received: Vec<Value>,
    pub(crate) accounts: Vec<Value>,
    pub(crate) purses: Vec<Value>,
    pub(crate) grants: Vec<Value>,
    pub(crate) holds: Vec<Value>,
    pub(crate) ended: Vec<Value>,
}

impl Rows {
    /// Out of what has changed, and the books as they are now. An entry that is out of balance is never written.
    pub(crate) fn of(node: u32, books: &Books, changes: &Changes) -> Result<Self, Violation> {
        let mut rows = Self::default();
        rows.add_entries(node, changes)?;
        rows.calls.reserve(changes.calls.len() * CALLS.columns.len());
        let (mut hours, mut received) = (Hours::default(), Received::default());
        for call in &changes.calls {
            rows.add_call(node, call)?;
            hours.add(call);
            received.add(call);
        }
        rows.hours = hours.values();
        rows.received = received.values();
        for account in &changes.accounts {
            let (units, nano) = split(books.balance(*account));
            let currency = text(account.currency.code());
            rows.accounts.extend([text(&account.place), currency, Number(units), Number(nano)]);
        }
        for (purse, before) in &changes.purses {
            let Some(state) = books.purse(*purse) else { continue };
            rows.add_purse(*purse, state, before.as_ref());
        }
        for (purse, grant, expires_at) in &changes.grants {
            let lapses_at = expires_at.map_or(Value::NoNumber, |at| Number(at.unix_ms()));
            let (grant, customer) = (number(grant.0), number(purse.customer.0));
            rows.grants.extend([grant, customer, text(purse.currency.code()), lapses_at]);
        }
        for (call, was_open) in &changes.holds {
            match books.hold(*call) {
                Some(hold) => rows.add_hold(hold),
                // One that came and went within is nowhere.
                None if *was_open => rows.ended.push(bytes(*call)),
                None => {}
            }
        }
        Ok(rows)
    }

    /// Only where something of it is another now: what calls put aside and let go of again is not.
    fn add_purse(&mut self, purse: Purse, state: &PurseState, before: Option<&PurseState>) {
        let kept = |it: &PurseState| (it.pending, it.credit, it.overdrawn);
        if before.is_some_and(|before| kept(before) == kept(state)) {
            return;
        }
        self.purses.extend([
            number(purse.customer.0),
            text(purse.currency.code()),
            Number(clamped(state.pending)),
            Number(state.credit.nano()),
            Number(clamped(state.overdrawn)),
        ]);
    }

    fn add_hold(&mut self, hold: &OpenHold) {
        self.holds.extend([
            bytes(hold.call),
            number(hold.purse.customer.0),
            text(hold.purse.currency.code()),
            Number(hold.amount.nano()),
            Number(hold.slices.into()),
            Number(hold.progress.nano()),
            Number(hold.opened_at.unix_ms()),
        ]);
    }

    fn add_call(&mut self, node: u32, call: &PaidCall) -> Result<(), Violation> {
        if !call.is_whole() {
            let what = format!("the parts of what call {} cost are no whole", call.call);
            return Err(Invariant::EntriesBalance.violated(what));
        }
        self.calls.extend([
            Number(call.at.unix_ms()),
            Number(node.into()),
            number(call.lsn.0),
            bytes(call.call),
            number(call.purse.customer.0),
            text(call.purse.currency.code()),
            Number(call.cost.nano()),
            Number(call.beyond.nano()),
            Number(clamped(call.given())),
            if call.gifts.is_empty() { Value::NoText } else { Value::Text(gifts_text(&call.gifts)) },
            Number(call.price_version.into()),
            Number(call.is_after_crash.into()),
        ]);
        Ok(())
    }

    fn add_entries(&mut self, node: u32, changes: &Changes) -> Result<(), Violation> {
        let (mut lsn, mut part) = (None, 0);
        for posted in &changes.entries {
            let entry = &posted.entry;
            if entry.transfers.is_empty() {
                let what = format!("entry {} moves nothing", entry.key);
                return Err(Violation { invariant: Invariant::EntriesBalance, what });
            }
            entry_balances(entry)?;
            if lsn != Some(posted.lsn) {
                (lsn, part) = (Some(posted.lsn), 0);
            }
            for transfer in &entry.transfers {
                self.entries.extend([
                    Number(node.into()),
                    number(posted.lsn.0),
                    Number(part),
                    text(&entry.key),
                    text(entry.kind.name()),
                    Number(posted.at.unix_ms()),
                    entry.customer().map_or(Value::NoNumber, |customer| number(customer.0)),
                    text(transfer.currency.code()),
                    text(&transfer.debit),
                    text(&transfer.credit),
                    Number(transfer.amount.nano()),
                    Number(entry.may_overdraw.into()),
                    entry.linked.as_ref().map_or(Value::NoText, text),
                    Number(posted.price_version.into()),
                    Number(posted.is_after_crash.into()),
                    text(&entry.note),
                ]);
                part += 1;
            }
        }
        Ok(())
    }
}

fn text(it: &(impl ToString + ?Sized)) -> Value {
    Value::Text(it.to_string())
}

const fn number(it: u64) -> Value {
    Number(it.cast_signed())
}

const fn bytes(call: CallId) -> Value {
    Value::Bytes(call.0.to_be_bytes())
}

/// Which gifts bore what of a call.
fn gifts_text(gifts: &[(GrantNumber, Money)]) -> String {
    let parts: Vec<String> =
        gifts.iter().map(|(grant, amount)| format!("{}:{}", grant.0, amount.nano())).collect();
    parts.join(",")
}

/// What [`gifts_text`] wrote.
pub(crate) fn gifts_of(text: &str) -> Option<Vec<(GrantNumber, Money)>> {
    let part = |part: &str| {
        let (grant, nano) = part.split_once(':')?;
        Some((GrantNumber(grant.parse().ok()?), Money::from_nano(nano.parse().ok()?)))
    };
    text.split(',').map(part).collect()
}

/// Whole units, and the nano-units above them.
fn split(balance: i128) -> (i64, i64) {
    let units = i64::try_from(balance.div_euclid(NANO)).expect("there is not that much money");
    (units, balance.rem_euclid(NANO) as i64)
}

/// What [`split`] split.
pub(crate) fn joined(units: i64, nano: i64) -> i128 {
    i128::from(units) * NANO + i128::from(nano)
}

fn clamped(nano: i128) -> i64 {
    nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use domain::Money;
    use ledger::GrantNumber;

    use super::{gifts_of, gifts_text, joined, split};

    #[test]
    fn gifts_read_back() {
        let gifts =
            [(GrantNumber(7), Money::from_nano(5)), (GrantNumber(u64::MAX), Money::from_nano(i64::MAX))];
        for count in 1..=2 {
            assert_eq!(gifts_of(&gifts_text(&gifts[..count])).unwrap(), gifts[..count]);
        }
        for text in ["", "7", "7:", "7:1,", "7:x"] {
            assert_eq!(gifts_of(text), None, "{text}");
        }
    }

    #[test]
    fn balances_of_any_size_and_sign_come_back() {
        let large = i128::from(i64::MAX) * 1_000;
        for balance in [0, 1, -1, 999_999_999, -1_000_000_000, -1_000_000_001, large, -large] {
            let (units, nano) = split(balance);
            assert!((0..1_000_000_000).contains(&nano), "{balance}");
            assert_eq!(joined(units, nano), balance);
        }
    }
}
