//! What calls of a purse came to in each hour: within what they had put aside and beyond it, paid and out of gifts.

use std::collections::BTreeMap;

use domain::Timestamp;
use ledger::{PaidCall, Purse};

use super::bulk::{Target, Value};

/// Whole units and nano-units are summed up apart: their sums stay far from the end of 64 bits.
const NANO: i64 = domain::NANO;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// Added to what is there.
pub(crate) const HOURS: Target = Target {
    table: "ledger_hours",
    columns: &[
        "hour",
        "customer",
        "currency",
        "settles",
        "overages",
        "paid_within_units",
        "paid_within_nano",
        "gifts_within_units",
        "gifts_within_nano",
        "paid_beyond_units",
        "paid_beyond_nano",
        "gifts_beyond_units",
        "gifts_beyond_nano",
    ],
    conflict: "ON CONFLICT (hour, customer, currency) DO UPDATE SET
        settles = ledger_hours.settles + excluded.settles, overages = ledger_hours.overages + excluded.overages,
        paid_within_units = ledger_hours.paid_within_units + excluded.paid_within_units,
        paid_within_nano = ledger_hours.paid_within_nano + excluded.paid_within_nano,
        gifts_within_units = ledger_hours.gifts_within_units + excluded.gifts_within_units,
        gifts_within_nano = ledger_hours.gifts_within_nano + excluded.gifts_within_nano,
        paid_beyond_units = ledger_hours.paid_beyond_units + excluded.paid_beyond_units,
        paid_beyond_nano = ledger_hours.paid_beyond_nano + excluded.paid_beyond_nano,
        gifts_beyond_units = ledger_hours.gifts_beyond_units + excluded.gifts_beyond_units,
        gifts_beyond_nano = ledger_hours.gifts_beyond_nano + excluded.gifts_beyond_nano",
};

/// The hour of a moment.
pub(crate) const fn hour_of(at: Timestamp) -> i64 {
    at.unix_ms().div_euclid(HOUR_MS)
}

/// Where an hour begins.
pub(crate) const fn begin_of(hour: i64) -> Timestamp {
    Timestamp(hour.saturating_mul(HOUR_MS))
}

/// Counts and sums in the order of the columns, for each hour and purse that calls are of.
#[derive(Debug, Default)]
pub(crate) struct Hours(BTreeMap<(i64, Purse), [i64; 10]>);

impl Hours {
    /// One more call.
    pub(crate) fn add(&mut self, call: &PaidCall) {
        let sums = self.0.entry((hour_of(call.at), call.purse)).or_default();
        let (beyond, given) = (call.beyond.nano(), call.given() as i64);
        let within = call.cost.nano() - beyond;
        // Gifts go first, so what is beyond has what is left of them.
        let gifts_within = given.min(within);
        let gifts_beyond = given - gifts_within;
        sums[0] += i64::from(within > 0);
        sums[1] += i64::from(beyond > 0);
        let parts = [within - gifts_within, gifts_within, beyond - gifts_beyond, gifts_beyond];
        for (place, part) in parts.into_iter().enumerate() {
            sums[2 + 2 * place] += part / NANO;
            sums[3 + 2 * place] += part % NANO;
        }
    }

    /// As rows.
    pub(crate) fn values(self) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.0.len() * HOURS.columns.len());
        for ((hour, purse), sums) in self.0 {
            let currency = Value::Text(purse.currency.code().to_owned());
            values.extend([Value::Number(hour), Value::Number(purse.customer.0.cast_signed()), currency]);
            values.extend(sums.map(Value::Number));
        }
        values
    }
}
