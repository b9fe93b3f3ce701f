//! Prices as text for people.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::table::table;

/// Changes that are listed; how many more there are is said.
const CHANGES_MAX: usize = 200;
/// Names that are listed of those left out for one reason.
const NAMES_MAX: usize = 5;

/// A table of the prices in force.
pub(super) fn standing(standing: &Value, model: Option<&str>) -> String {
    let head = match standing["is_draft"].as_bool() {
        Some(true) => "draft prices of the catalogue, which nobody has approved (version 0)".to_owned(),
        _ => format!("version {} of {}", standing["version"], text(&standing["taken_at"])),
    };
    let unknown = text(&standing["unknown"]);
    let head = format!("{head}; costs in {}; a call without a price: {unknown}", text(&standing["currency"]));
    let all = standing["prices"].as_array().map(Vec::as_slice).unwrap_or_default();
    let wanted = all.iter().filter(|row| model.is_none_or(|part| text(&row["model"]).contains(part)));
    let rows: Vec<[String; 7]> = wanted.map(row).collect();
    if rows.is_empty() {
        return format!("{head}\n\nno row");
    }
    let headings = ["MODEL", "SELLER", "FOR", "IN", "INPUT", "OUTPUT", "OTHER"];
    format!("{head}\n\n{}", table(headings, &rows))
}

fn row(row: &Value) -> [String; 7] {
    let seller = match (row["provider"].as_str(), row["kind"].as_str()) {
        (Some(id), _) => format!("provider {id}"),
        (None, Some(kind)) => kind.to_owned(),
        (None, None) => "any".to_owned(),
    };
    let amount = |name: &str| row["amounts"][name].as_str().unwrap_or("-").to_owned();
    let others = row["amounts"].as_object().into_iter().flatten();
    let others = others.filter(|(name, _)| !matches!(name.as_str(), "input" | "output"));
    let mut others: Vec<String> = others.map(|(name, amount)| format!("{name} {}", text(amount))).collect();
    if row["is_free"] == true {
        others.push("free".to_owned());
    }
    if row["minimum"] != "0" {
        others.push(format!("minimum {}", text(&row["minimum"])));
    }
    [
        text(&row["model"]),
        seller,
        meant_for(row),
        text(&row["currency"]),
        amount("input"),
        amount("output"),
        others.join(", "),
    ]
}

/// Which calls a row is for, if not for all.
fn meant_for(row: &Value) -> String {
    let mut parts = Vec::new();
    if row["service"] != "standard" {
        parts.push(text(&row["service"]));
    }
    if row["from_tokens"] != 0 {
        parts.push(format!("{} tokens and more", row["from_tokens"]));
    }
    if row["hours"].is_string() {
        parts.push("some hours".to_owned());
    }
    for (name, key) in [("from", "from"), ("until", "until")] {
        if let Some(at) = row[key].as_str() {
            parts.push(format!("{name} {}", at.get(..10).unwrap_or(at)));
        }
    }
    parts.join(", ")
}

/// A table of versions.
pub(super) fn versions(listed: &Value) -> String {
    let all = listed["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return "no prices were set yet; bellwether prices set FILE sets some".to_owned();
    }
    let row = |version: &Value| {
        [
            version["version"].to_string(),
            text(&version["taken_at"]),
            version["rows"].to_string(),
            text(&version["by"]),
            text(&version["reason"]),
        ]
    };
    let rows: Vec<[String; 5]> = all.iter().map(row).collect();
    table(["VERSION", "SINCE", "ROWS", "BY", "REASON"], &rows)
}

/// What a file would change.
pub(super) fn checked(compared: &Value) -> String {
    let reason = if compared["needs_reason"] == true { "\n\nit needs a reason" } else { "" };
    format!("{} rows, nothing wrong\n\n{}{reason}", compared["rows"], changes(&compared["changes"]))
}

/// What a change did.
pub(super) fn set(version: &Value) -> String {
    format!("version {} is in force\n\n{}", version["version"], changes(&version["changes"]))
}

/// What is said about a new draft.
pub(super) fn drafted(kept: &Value) -> String {
    let (draft, compared) = (&kept["draft"], &kept["comparison"]);
    let count = compared["changes"].as_array().map_or(0, Vec::len);
    format!(
        "draft {draft}: {} rows, {count} changes of what is in force; nobody is priced by it\n\n\
         bellwether prices diff --draft               shows the changes\n\
         bellwether prices approve --draft {draft}    puts it in force",
        compared["rows"]
    )
}

/// What became of a price list.
pub(super) fn imported(report: &Value) -> String {
    let mut lines = vec![format!("{} rows", report["rows"])];
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for out in report["left_out"].as_array().into_iter().flatten() {
        reasons.entry(text(&out["why"])).or_default().push(text(&out["name"]));
    }
    for (why, names) in reasons {
        lines.push(format!("left out, {}: {why}", few(&names)));
    }
    let rounded: Vec<String> = report["rounded_up"].as_array().into_iter().flatten().map(text).collect();
    if !rounded.is_empty() {
        lines.push(format!("rounded up in the last place: {}", few(&rounded)));
    }
    if report["draft"].is_number() {
        lines.push(String::new());
        lines.push(drafted(report));
    }
    lines.join("\n")
}

fn few(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A table of changes.
pub(super) fn changes(changes: &Value) -> String {
    let all = changes.as_array().map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return "nothing differs".to_owned();
    }
    let row = |change: &Value| {
        [
            if change["is_large"] == true { "!" } else { "" }.to_owned(),
            text(&change["what"]),
            text(&change["field"]),
            text(&change["before"]),
            text(&change["after"]),
            change["change_permille"].as_i64().map_or_else(String::new, percent),
        ]
    };
    let rows: Vec<[String; 6]> = all.iter().take(CHANGES_MAX).map(row).collect();
    let shown = table(["", "WHAT", "FIELD", "BEFORE", "AFTER", "CHANGE"], &rows);
    match all.len().saturating_sub(CHANGES_MAX) {
        0 => shown,
        more => format!("{shown}\nand {more} more"),
    }
}

fn percent(permille: i64) -> String {
    let sign = if permille < 0 { "-" } else { "+" };
    let size = permille.unsigned_abs();
    format!("{sign}{}.{}%", size / 10, size % 10)
}

/// A call's cost, part by part.
pub(super) fn rated(told: &Value) -> String {
    if told["is_priced"] != true {
        let unknown = text(&told["unknown"]);
        return format!("no row of version {} has a price for it; such a call: {unknown}", told["version"]);
    }
    let part = |part: &Value| {
        let price = part["price"].as_str().unwrap_or("none");
        let named = (part["priced_as"] != part["component"]).then(|| part["priced_as"].as_str()).flatten();
        let price = named.map_or_else(|| price.to_owned(), |name| format!("{price} as {name}"));
        [text(&part["component"]), part["count"].to_string(), price, text(&part["amount"])]
    };
    let parts: Vec<[String; 4]> = told["parts"].as_array().into_iter().flatten().map(part).collect();
    let mut lines = vec![
        table(["PART", "COUNT", "PRICE", "AMOUNT"], &parts),
        String::new(),
        format!(
            "row      {} of version {}, {}",
            told["row"]["row"],
            told["version"],
            text(&told["row"]["model"])
        ),
        format!("sum      {} {}", text(&told["sum"]), text(&told["sum_currency"])),
    ];
    if told["is_minimum"] == true {
        lines.push(format!("minimum  {} {}", text(&told["row"]["minimum"]), text(&told["sum_currency"])));
    }
    if told["rate"] != "1" {
        lines.push(format!("rate     {} {} for one", text(&told["rate"]), text(&told["currency"])));
    }
    lines.push(format!("list     {} {}", text(&told["list"]), text(&told["currency"])));
    lines.push(format!("markup   {}", text(&told["markup"])));
    lines.push(format!("price    {} {}", text(&told["price"]), text(&told["currency"])));
    for (flag, words) in [
        ("is_assumed", "a price stood in for one that the book does not name"),
        ("is_unpriced", "something that was used has no price, and counts as nothing"),
    ] {
        if told[flag] == true {
            lines.push(format!("note     {words}"));
        }
    }
    lines.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{changes, percent, rated};

    #[test]
    fn changes_are_told_with_how_much_they_are() {
        for (permille, text) in [(200, "+20.0%"), (-5, "-0.5%"), (0, "+0.0%"), (3333, "+333.3%")] {
            assert_eq!(percent(permille), text);
        }
        let told = changes(&json!([
            {"what": "a", "field": "input", "before": "1", "after": "2", "change_permille": 1000, "is_large": true},
            {"what": "b", "field": "", "before": null, "after": "a price", "change_permille": null, "is_large": false},
        ]));
        let expected = "   WHAT  FIELD  BEFORE  AFTER    CHANGE\n!  a     input  1       2        +100.0%\n   b                    a price";
        assert_eq!(told, expected);
        assert_eq!(changes(&json!([])), "nothing differs");
    }

    #[test]
    fn what_has_no_price_is_not_told_as_nothing() {
        let told = rated(&json!({"is_priced": false, "version": 3, "unknown": "block", "list": "0"}));
        assert_eq!(told, "no row of version 3 has a price for it; such a call: block");
    }
}
