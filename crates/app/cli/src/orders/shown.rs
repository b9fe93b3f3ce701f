//! Orders as text for people.

use serde_json::Value;

use crate::cells::{or_dash, rows};
use crate::table::table;

const HEADINGS: [&str; 7] = ["NUMBER", "ACCOUNT", "STATE", "AMOUNT", "CURRENCY", "REFERENCE", "CREATED"];

/// A table.
pub(super) fn orders(listed: &Value) -> String {
    let rows = rows(listed, "orders", row);
    if rows.is_empty() {
        return "there are no orders; bellwether orders create --account ACCOUNT --amount AMOUNT makes one"
            .to_owned();
    }
    table(HEADINGS, &rows)
}

/// What became of one.
pub(super) fn state(it: &Value) -> String {
    let paid = it["reference"].as_str().map(|reference| format!(", paid by {reference}")).unwrap_or_default();
    format!(
        "order {} of account {} over {} {} is {}{paid}",
        it["number"],
        it["account"],
        or_dash(it, "amount"),
        or_dash(it, "currency"),
        or_dash(it, "state")
    )
}

fn row(it: &Value) -> [String; 7] {
    let [state, amount, currency, reference, created] =
        ["state", "amount", "currency", "reference", "created_at"].map(|field| or_dash(it, field));
    [it["number"].to_string(), it["account"].to_string(), state, amount, currency, reference, created]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{orders, state};

    #[test]
    fn orders_line_up_and_say_what_paid_them() {
        let one = json!({"number": 1, "account": 7, "state": "confirmed", "amount": "10", "currency": "USD",
            "reference": "BANK 7", "created_at": "2026-11-27T10:00:00.000Z"});
        let expected = "NUMBER  ACCOUNT  STATE      AMOUNT  CURRENCY  REFERENCE  CREATED\n\
                        1       7        confirmed  10      USD       BANK 7     2026-11-27T10:00:00.000Z";
        assert_eq!(state(&one), "order 1 of account 7 over 10 USD is confirmed, paid by BANK 7");
        assert_eq!(orders(&json!({ "orders": [one] })), expected);
    }
}
