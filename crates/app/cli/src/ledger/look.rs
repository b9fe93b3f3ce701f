//! `bellwether ledger entries` and `statement`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;

use crate::arguments::{DataOptions, EntriesWish};
use crate::near_admin::NearAdmin;
use crate::query::{path, query};
use crate::say::say;
use crate::table::table;

/// What moved, the newest first.
pub(crate) fn entries(data: &DataOptions, config: Option<PathBuf>, wish: &EntriesWish) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let limit = wish.limit.to_string();
    let said = query([
        ("account", wish.account.as_deref()),
        ("call_id", wish.call_id.as_deref()),
        ("request_id", wish.request_id.as_deref()),
        ("key", wish.key.as_deref()),
        ("from", wish.from.as_deref()),
        ("to", wish.to.as_deref()),
        ("after", wish.after.as_deref()),
        ("limit", Some(&limit)),
    ]);
    let told = admin.ask("GET", &format!("{}{said}", path(&["ledger", "entries"])), None)?;
    say(&if wish.json { told.to_string() } else { listed(&told) });
    Ok(())
}

/// A month of an account.
pub(crate) fn statement(
    data: &DataOptions,
    config: Option<PathBuf>,
    (account, month): (Option<&str>, Option<&str>),
    json: bool,
) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let said = query([("account", account), ("month", month)]);
    let told = admin.ask("GET", &format!("{}{said}", path(&["ledger", "statement"])), None)?;
    say(&if json { told.to_string() } else { month_of(&told) });
    Ok(())
}

/// A line for every transfer.
fn listed(told: &Value) -> String {
    let mut rows = Vec::new();
    for entry in list(&told["entries"]) {
        for transfer in list(&entry["transfers"]) {
            rows.push([
                text(entry, "at"),
                text(entry, "kind"),
                format!("{} {}", text(transfer, "amount"), text(transfer, "currency")),
                text(transfer, "debit"),
                text(transfer, "credit"),
                text(entry, "key"),
                text(entry, "note"),
            ]);
        }
    }
    if rows.is_empty() {
        return "there are no such entries".to_owned();
    }
    let mut shown = table(["AT", "KIND", "AMOUNT", "FROM", "TO", "KEY", "NOTE"], &rows);
    if let Some(next) = told["next_after"].as_str() {
        shown.push_str(&format!("\n\nthere may be more: --after {next}"));
    }
    shown
}

fn month_of(told: &Value) -> String {
    let mut rows = Vec::new();
    for purse in list(&told["currencies"]) {
        let mut row = |line: &str, count: String, sum: &Value| {
            rows.push([
                line.to_owned(),
                count,
                text(sum, "paid"),
                text(sum, "gifts"),
                text(purse, "currency"),
            ]);
        };
        row("opening", String::new(), &purse["opening"]);
        for line in list(&purse["lines"]) {
            row(&text(line, "kind"), line["count"].to_string(), line);
        }
        row("closing", String::new(), &purse["closing"]);
    }
    let (account, month) = (&told["account"], text(told, "month"));
    if rows.is_empty() {
        return format!("account {account} has moved nothing by the end of {month}");
    }
    format!("account {account}, {month}\n\n{}", table(["", "COUNT", "PAID", "GIFTS", "CURRENCY"], &rows))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{listed, month_of};

    #[test]
    fn every_transfer_has_a_line_and_the_next_page_is_named() {
        let transfer = json!({ "debit": "customer:1:paid", "credit": "revenue:usage", "amount": "0.5", "currency": "USD" });
        let entry = json!({ "at": "2026-11-27T10:00:00Z", "kind": "settle", "key": "ab:s", "note": "", "transfers": [transfer] });
        let told = listed(&json!({ "entries": [entry], "next_after": "1.0.2" }));
        assert!(told.contains("0.5 USD") && told.ends_with("--after 1.0.2"), "{told}");
        assert!(listed(&json!({ "entries": [] })).starts_with("there are no such entries"));
    }

    #[test]
    fn a_month_begins_and_ends_with_what_there_was() {
        let none = json!({ "paid": "0", "gifts": "0" });
        let line = json!({ "kind": "order", "count": 1, "paid": "5", "gifts": "0" });
        let purse = json!({ "currency": "USD", "opening": none, "lines": [line], "closing": { "paid": "5", "gifts": "0" } });
        let told = month_of(&json!({ "account": 1, "month": "2026-11", "currencies": [purse] }));
        let lines: Vec<&str> =
            told.lines().skip(3).map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(lines, ["opening", "order", "closing"], "{told}");
    }
}
