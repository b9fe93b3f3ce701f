//! What calls of a purse came to by the quarter of an hour in which they were received: what reports of calls are held against,
//! which know of a call when it came and not when it was charged.

use std::collections::BTreeMap;

use ledger::{PaidCall, Purse};

use super::bulk::{Target, Value};

/// Whole units and nano-units are summed up apart: their sums stay far from the end of 64 bits.
const NANO: i64 = domain::NANO;
/// A quarter of an hour.
pub(crate) const QUARTER_MS: i64 = 15 * 60 * 1000;

/// Added to what is there.
pub(crate) const RECEIVED: Target = Target {
    table: "ledger_received",
    columns: &["quarter", "customer", "currency", "calls", "units", "nano"],
    conflict: "ON CONFLICT (quarter, customer, currency) DO UPDATE SET
        calls = ledger_received.calls + excluded.calls, units = ledger_received.units + excluded.units,
        nano = ledger_received.nano + excluded.nano",
};

/// Counts and sums in the order of the columns.
#[derive(Debug, Default)]
pub(crate) struct Received(BTreeMap<(i64, Purse), [i64; 3]>);

impl Received {
    /// One more call.
    pub(crate) fn add(&mut self, call: &PaidCall) {
        let quarter = call.call.received_at().unix_ms().div_euclid(QUARTER_MS);
        let sums = self.0.entry((quarter, call.purse)).or_default();
        sums[0] += 1;
        sums[1] += call.cost.nano() / NANO;
        sums[2] += call.cost.nano() % NANO;
    }

    /// As rows.
    pub(crate) fn values(self) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.0.len() * RECEIVED.columns.len());
        for ((quarter, purse), sums) in self.0 {
            let currency = Value::Text(purse.currency.code().to_owned());
            values.extend([Value::Number(quarter), Value::Number(purse.customer.0.cast_signed()), currency]);
            values.extend(sums.map(Value::Number));
        }
        values
    }
}
