//! What is wanted, as conditions on rows; every value is bound.

use domain::{CALL_ID_LENGTH, CallId, Timestamp};
use ledger::{Customer, Entry, Place};
use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

use super::query::EntryQuery;
use crate::ledger::applier::Value;

/// Behind every visible character.
const BEHIND_ALL: char = '\u{7f}';
/// What follows the id of a call in its keys.
const ENDS: [&str; 2] = [":s", ":o"];

/// All of them hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditions {
    all: Vec<String>,
    values: Vec<Value>,
    key_prefix: Option<String>,
    place: Option<Place>,
}

impl Conditions {
    /// One more; each `?` of it is a value.
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        let mut text = String::new();
        for part in condition.split_inclusive('?') {
            match part.strip_suffix('?') {
                Some(before) => {
                    let place = self.values.len() + 1 + text.matches('$').count();
                    text.push_str(&format!("{before}${place}"));
                }
                None => text.push_str(part),
            }
        }
        self.values.extend(values);
        self.all.push(text);
    }

    /// Also recorded from then on, and before then.
    pub(super) fn between(&mut self, from: Timestamp, to: Timestamp) {
        self.and("at_ms >= ? AND at_ms < ?", [Value::Number(from.unix_ms()), Value::Number(to.unix_ms())]);
    }

    pub(super) fn text(&self) -> String {
        if self.all.is_empty() { "1 = 1".to_owned() } else { self.all.join(" AND ") }
    }

    pub(super) fn bind<'q>(&self, mut query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        for value in &self.values {
            query = value.clone().bound(query);
        }
        query
    }

    /// Whether one of the two entries of a call is wanted.
    pub(super) fn wants(&self, entry: &Entry) -> bool {
        self.key_prefix.as_ref().is_none_or(|prefix| entry.key.as_str().starts_with(prefix))
            && self
                .place
                .is_none_or(|place| entry.transfers.iter().any(|it| it.debit == place || it.credit == place))
    }

    fn of_all(query: &EntryQuery) -> Self {
        let mut conditions =
            Self { key_prefix: query.key_prefix.clone(), place: query.place, ..Self::default() };
        if let Some(customer) = query.customer {
            conditions.and("customer = ?", [number(customer.0)]);
        }
        if let Some(currency) = query.currency {
            conditions.and("currency = ?", [Value::Text(currency.code().to_owned())]);
        }
        if let Some(from) = query.from {
            conditions.and("at_ms >= ?", [Value::Number(from.unix_ms())]);
        }
        if let Some(to) = query.to {
            conditions.and("at_ms < ?", [Value::Number(to.unix_ms())]);
        }
        if let Some(after) = query.after {
            let values =
                [Value::Number(after.at.unix_ms()), Value::Number(after.node.into()), number(after.lsn.0)];
            conditions.and("(at_ms, node, lsn) < (?, ?, ?)", values);
        }
        conditions
    }
}

/// On the rows of calls; none where no call can be wanted.
pub(super) fn conditions_of_calls(query: &EntryQuery) -> Option<Conditions> {
    let mut conditions = Conditions::of_all(query);
    if let Some(call) = query.call_id {
        conditions.and("call_id = ?", [bytes(call)]);
    }
    if let Some(prefix) = &query.key_prefix {
        let (first, last) = calls_that_begin(prefix)?;
        conditions.and("call_id BETWEEN ? AND ?", [bytes(first), bytes(last)]);
    }
    let of = |customer: Customer| number(customer.0);
    match query.place {
        None => {}
        Some(Place::Usage) => conditions.and("amount > given", []),
        Some(Place::Gifts) => conditions.and("given > 0", []),
        Some(Place::Paid(customer)) => conditions.and("customer = ? AND amount > given", [of(customer)]),
        Some(Place::Promo(customer, grant)) => {
            let gift = Value::Text(format!("%,{}:%", grant.0));
            conditions.and("customer = ? AND ',' || gifts LIKE ?", [of(customer), gift]);
        }
        Some(_) => return None,
    }
    Some(conditions)
}

/// On the rows of all other entries.
pub(super) fn conditions_of_entries(query: &EntryQuery) -> Option<Conditions> {
    if query.call_id.is_some() {
        return None;
    }
    let mut conditions = Conditions::of_all(query);
    if let Some(prefix) = &query.key_prefix {
        let behind = format!("{prefix}{BEHIND_ALL}");
        conditions
            .and("entry_key >= ? AND entry_key < ?", [Value::Text(prefix.clone()), Value::Text(behind)]);
    }
    if let Some(place) = query.place {
        let place = Value::Text(place.to_string());
        conditions.and("(debit = ? OR credit = ?)", [place.clone(), place]);
    }
    Some(conditions)
}

/// The first and the last id of a call whose keys may begin so.
fn calls_that_begin(prefix: &str) -> Option<(CallId, CallId)> {
    let (id, end) = prefix.split_at_checked(CALL_ID_LENGTH).unwrap_or((prefix, ""));
    if !ENDS.iter().any(|it| it.starts_with(end)) {
        return None;
    }
    let filled =
        |with: &str| CallId::parse(&format!("{id}{}", with.repeat(CALL_ID_LENGTH.checked_sub(id.len())?)));
    Some((filled("0")?, filled("f")?))
}

const fn bytes(call: CallId) -> Value {
    Value::Bytes(call.0.to_be_bytes())
}

const fn number(it: u64) -> Value {
    Value::Number(it.cast_signed())
}

#[cfg(test)]
mod tests {
    use domain::CallId;

    use super::calls_that_begin;

    #[test]
    fn keys_of_calls_are_told_from_others() {
        let whole = CallId(0xabc).to_string();
        for prefix in [whole.clone(), format!("{whole}:"), format!("{whole}:s"), format!("{whole}:o")] {
            assert_eq!(calls_that_begin(&prefix), Some((CallId(0xabc), CallId(0xabc))), "{prefix}");
        }
        assert_eq!(calls_that_begin(""), Some((CallId(0), CallId(u128::MAX))));
        assert_eq!(calls_that_begin("f"), Some((CallId(0xf << 124), CallId(u128::MAX))));
        for prefix in ["pay:", "order:1", "ABC", &format!("{whole}:x"), &format!("{whole}:ss"), "ä"] {
            assert_eq!(calls_that_begin(prefix), None, "{prefix}");
        }
    }
}
