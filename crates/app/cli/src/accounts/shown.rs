//! Accounts as text for people.

use serde_json::Value;

use crate::cells::{or_dash, rows};
use crate::table::table;

const HEADINGS: [&str; 8] =
    ["ACCOUNT", "ORGANISATION", "PROJECT", "BALANCE", "AVAILABLE", "HELD", "CREDIT", "CURRENCY"];

/// A table of accounts. A balance that is low is marked.
pub(super) fn accounts(listed: &Value) -> String {
    let rows = rows(listed, "accounts", row);
    if rows.is_empty() {
        return "there are no accounts: no call is paid for; bellwether accounts create ORGANISATION makes one".to_owned();
    }
    table(HEADINGS, &rows)
}

/// All about one.
pub(super) fn account(it: &Value) -> String {
    let lines = [
        ("account", number(it)),
        ("organisation", or_dash(it, "organisation")),
        ("project", or_dash(it, "project")),
        ("balance", balance(it)),
        ("available", or_dash(it, "available")),
        ("held", or_dash(it, "held")),
        ("credit", or_dash(it, "credit")),
        ("warn below", or_dash(it, "warn_below")),
        ("currency", or_dash(it, "currency")),
        ("created", or_dash(it, "created_at")),
    ];
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("  {name:12}  {value}")).collect();
    lines.join("\n")
}

fn row(it: &Value) -> [String; 8] {
    let [organisation, project, available, held, credit, currency] =
        ["organisation", "project", "available", "held", "credit", "currency"]
            .map(|field| or_dash(it, field));
    [number(it), organisation, project, balance(it), available, held, credit, currency]
}

fn balance(it: &Value) -> String {
    let low = if it["is_low"] == true { " (low)" } else { "" };
    format!("{}{low}", or_dash(it, "balance"))
}

fn number(it: &Value) -> String {
    it["number"].to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{account, accounts};

    #[test]
    fn accounts_line_up_and_low_ones_are_marked() {
        let one = json!({"number": 1, "organisation": "org_default", "project": null, "balance": "9.5", "available": "8",
            "held": "1.5", "credit": "0", "currency": "USD", "is_low": true, "warn_below": "10"});
        let expected = "ACCOUNT  ORGANISATION  PROJECT  BALANCE    AVAILABLE  HELD  CREDIT  CURRENCY\n\
                        1        org_default   -        9.5 (low)  8          1.5   0       USD";
        assert_eq!(accounts(&json!({ "accounts": [one] })), expected);
        assert!(account(&one).contains("balance       9.5 (low)\n"), "{}", account(&one));
        assert!(accounts(&json!({ "accounts": [] })).starts_with("there are no accounts"));
    }
}
