//! Margins as text for people.

use serde_json::Value;

use crate::cells::plain;
use crate::table::table;

const HEADS: [&str; 9] =
    ["ORGANISATION", "MODEL", "PROVIDER", "SERVED", "REQUESTS", "SOLD FOR", "COST", "MARGIN", "%"];

/// Losses first, and what is odd.
pub(super) fn shown(told: &Value) -> String {
    let list = |name: &str| told[name].as_array().map_or(&[][..], Vec::as_slice);
    let (from, to) = (plain(&told["from"]), plain(&told["to"]));
    if list("rows").is_empty() {
        return format!("no priced calls from {from} to {to}");
    }
    let row = |row: &Value| {
        let amount = |name: &str| format!("{} {}", plain(&row[name]), plain(&row["currency"]));
        let names = ["organisation", "model", "provider", "served", "requests"].map(|name| plain(&row[name]));
        let [organisation, model, provider, served, requests] = names;
        let (margin, percent) = (plain(&row["margin"]), plain(&row["margin_percent"]));
        [organisation, model, provider, served, requests, amount("price"), amount("cost"), margin, percent]
    };
    let rows: Vec<[String; 9]> = list("rows").iter().map(row).collect();
    let mut lines = vec![format!("from {from} to {to}\n\n{}\n", table(HEADS, &rows))];
    for total in list("totals") {
        let [price, cost, margin, currency] =
            ["price", "cost", "margin", "currency"].map(|name| plain(&total[name]));
        lines.push(format!(
            "in all sold for {price} {currency}, costs {cost} {currency}: {margin} {currency}"
        ));
    }
    for row in list("rows").iter().filter(|row| !row["warning"].is_null()) {
        let [organisation, model, warning] =
            ["organisation", "model", "warning"].map(|name| plain(&row[name]));
        lines.push(format!("warning: {organisation}, {model}: {warning}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shown;

    #[test]
    fn a_loss_is_warned_of() {
        let row = json!({"organisation": "org_a", "model": "m", "provider": "p", "served": "s", "requests": 3, "price": "1", "cost": "7.1",
            "margin": "-6.1", "margin_percent": -610.0, "currency": "CNY", "warning": "sold for 1 CNY what costs 7.1 CNY"});
        let total = json!({"price": "1", "cost": "7.1", "margin": "-6.1", "currency": "CNY"});
        let told = shown(&json!({"from": "a", "to": "b", "rows": [row], "totals": [total]}));
        assert!(told.ends_with("warning: org_a, m: sold for 1 CNY what costs 7.1 CNY"), "{told}");
        assert_eq!(shown(&json!({"from": "a", "to": "b", "rows": []})), "no priced calls from a to b");
    }
}
