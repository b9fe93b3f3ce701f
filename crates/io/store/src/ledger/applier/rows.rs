//! Changes of the books as rows.

use domain::Timestamp;
use ledger::{Books, Changes, Invariant, Violation, entry_balances};
use serde_json::{Value, json};

use super::bulk::{Column, Target};

const NANO: i128 = domain::NANO as i128;

/// New entries, a row for each transfer. A key that is there stops everything: it would be counted twice.
pub(crate) const ENTRIES: Target = Target {
    table: "ledger_entries",
    columns: &[
        Column::Number("node"),
        Column::Number("lsn"),
        Column::Number("part"),
        Column::Text("entry_key"),
        Column::Text("kind"),
        Column::Number("at_ms"),
        Column::Number("customer"),
        Column::Text("currency"),
        Column::Text("debit"),
        Column::Text("credit"),
        Column::Number("amount"),
        Column::Number("may_overdraw"),
        Column::Text("linked_key"),
        Column::Number("price_version"),
        Column::Number("is_after_crash"),
        Column::Text("note"),
    ],
    conflict: "",
};

pub(crate) const ACCOUNTS: Target = Target {
    table: "ledger_accounts",
    columns: &[
        Column::Text("account"),
        Column::Text("currency"),
        Column::Number("units"),
        Column::Number("nano"),
    ],
    conflict: "ON CONFLICT (account, currency) DO UPDATE SET units = excluded.units, nano = excluded.nano",
};

pub(crate) const PURSES: Target = Target {
    table: "ledger_purses",
    columns: &[
        Column::Number("customer"),
        Column::Text("currency"),
        Column::Number("pending"),
        Column::Number("credit"),
        Column::Number("overdrawn"),
    ],
    conflict: "ON CONFLICT (customer, currency) DO UPDATE SET pending = excluded.pending, \
               credit = excluded.credit, overdrawn = excluded.overdrawn",
};

pub(crate) const GRANTS: Target = Target {
    table: "ledger_grants",
    columns: &[
        Column::Number("grant_number"),
        Column::Number("customer"),
        Column::Text("currency"),
        Column::Number("expires_at_ms"),
    ],
    // A gift of which nothing was left, and that is made anew.
    conflict: "ON CONFLICT (grant_number, customer, currency) DO UPDATE SET expires_at_ms = excluded.expires_at_ms",
};

pub(crate) const HOLDS: Target = Target {
    table: "ledger_holds",
    columns: &[
        Column::Text("call_id"),
        Column::Number("customer"),
        Column::Text("currency"),
        Column::Number("amount"),
        Column::Number("slices"),
        Column::Number("progress"),
        Column::Number("opened_at_ms"),
    ],
    conflict: "ON CONFLICT (call_id) DO UPDATE SET amount = excluded.amount, slices = excluded.slices, \
               progress = excluded.progress",
};

/// Every row that a run of movements writes.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) entries: Vec<Value>,
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
        for account in &changes.accounts {
            let (units, nano) = split(books.balance(*account));
            rows.accounts.push(json!([account.place.to_string(), account.currency.code(), units, nano]));
        }
        for purse in &changes.purses {
            let Some(state) = books.purse(*purse) else { continue };
            rows.purses.push(json!([
                purse.customer.0,
                purse.currency.code(),
                clamped(state.pending),
                state.credit.nano(),
                clamped(state.overdrawn),
            ]));
        }
        for (purse, grant, expires_at) in &changes.grants {
            let lapses_at = expires_at.map(Timestamp::unix_ms);
            rows.grants.push(json!([grant.0, purse.customer.0, purse.currency.code(), lapses_at]));
        }
        for call in &changes.holds {
            let Some(hold) = books.hold(*call) else {
                rows.ended.push(json!(call.to_string()));
                continue;
            };
            rows.holds.push(json!([
                call.to_string(),
                hold.purse.customer.0,
                hold.purse.currency.code(),
                hold.amount.nano(),
                hold.slices,
                hold.progress.nano(),
                hold.opened_at.unix_ms(),
            ]));
        }
        Ok(rows)
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
            let customer = entry.customer().map(|customer| customer.0);
            let linked = entry.linked.as_ref().map(ledger::EntryKey::as_str);
            for transfer in &entry.transfers {
                self.entries.push(json!([
                    node,
                    posted.lsn.0,
                    part,
                    entry.key.as_str(),
                    entry.kind.name(),
                    posted.at.unix_ms(),
                    customer,
                    transfer.currency.code(),
                    transfer.debit.to_string(),
                    transfer.credit.to_string(),
                    transfer.amount.nano(),
                    u8::from(entry.may_overdraw),
                    linked,
                    posted.price_version,
                    u8::from(posted.is_after_crash),
                    entry.note,
                ]));
                part += 1;
            }
        }
        Ok(())
    }
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
    use super::{joined, split};

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
