//! Vouchers as text for people.

use serde_json::Value;

use crate::cells::{or_dash, rows};
use crate::table::table;

const HEADINGS: [&str; 8] = ["NUMBER", "CODE", "STATE", "AMOUNT", "CURRENCY", "DAYS", "ACCOUNT", "EXPIRES"];

/// The codes, and nothing else on their lines: they are given away.
pub(super) fn issued(told: &Value) -> String {
    let listed = told["vouchers"].as_array().map_or(&[][..], Vec::as_slice);
    let codes: Vec<String> = listed.iter().map(|it| or_dash(it, "code")).collect();
    let first = listed.first().unwrap_or(&Value::Null);
    format!(
        "{}\n\n  {} of {} {} each. The codes are shown this once: keep them.",
        codes.join("\n"),
        codes.len(),
        or_dash(first, "amount"),
        or_dash(first, "currency")
    )
}

/// A table.
pub(super) fn vouchers(listed: &Value) -> String {
    let rows = rows(listed, "vouchers", row);
    if rows.is_empty() {
        return "there are no vouchers; bellwether vouchers create --amount AMOUNT makes one".to_owned();
    }
    table(HEADINGS, &rows)
}

/// What became of one.
pub(super) fn state(it: &Value) -> String {
    format!("voucher {} ({}) is {}", it["number"], or_dash(it, "code_hint"), or_dash(it, "state"))
}

/// What a code gave.
pub(super) fn redeemed(told: &Value) -> String {
    let (voucher, account) = (&told["voucher"], &told["account"]);
    format!(
        "account {} got {} {}; its balance is {}",
        account["number"],
        or_dash(voucher, "amount"),
        or_dash(voucher, "currency"),
        or_dash(account, "balance")
    )
}

fn row(it: &Value) -> [String; 8] {
    let [hint, state, amount, currency, expires] =
        ["code_hint", "state", "amount", "currency", "expires_at"].map(|field| or_dash(it, field));
    let [number, days, account] = ["number", "credit_days", "account"].map(|field| number(it, field));
    [number, hint, state, amount, currency, days, account, expires]
}

fn number(it: &Value, field: &str) -> String {
    it[field].as_u64().map_or_else(|| "-".to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{issued, vouchers};

    #[test]
    fn codes_stand_alone_on_their_lines() {
        let told =
            json!({ "vouchers": [{"code": "BWV-1", "amount": "10", "currency": "USD"}, {"code": "BWV-2"}] });
        assert!(issued(&told).starts_with("BWV-1\nBWV-2\n\n  2 of 10 USD each."), "{}", issued(&told));
    }

    #[test]
    fn vouchers_line_up() {
        let one = json!({"number": 1, "code_hint": "BWV-…-A", "state": "redeemed", "amount": "10", "currency": "USD",
            "credit_days": 30, "account": 7, "expires_at": null});
        let expected = "NUMBER  CODE     STATE     AMOUNT  CURRENCY  DAYS  ACCOUNT  EXPIRES\n\
                        1       BWV-…-A  redeemed  10      USD       30    7        -";
        assert_eq!(vouchers(&json!({ "vouchers": [one] })), expected);
    }
}
