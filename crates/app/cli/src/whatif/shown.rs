//! What might be, as text for people.

use serde_json::Value;

use crate::cells::plain;
use crate::table::table;

const HEADS: [&str; 7] = ["MODEL", "REQUESTS", "TOKENS", "COST", "WOULD COST", "SAVING", "WITH"];

/// Model by model, and what is taken for granted.
pub(super) fn whatif(told: &Value) -> String {
    let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let row = |model: &Value| {
        let targets = list(&model["to"]);
        let targets = targets.iter().map(|target| {
            format!(
                "{} of {} ({})",
                plain(&target["share"]),
                plain(&target["model"]),
                plain(&target["seller"])
            )
        });
        [
            plain(&model["model"]),
            plain(&model["requests"]),
            plain(&model["tokens"]),
            plain(&model["old_cost"]),
            plain(&model["new_cost"]),
            saving(model),
            targets.collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<[String; 7]> = list(&told["models"]).iter().map(row).collect();
    let (totals, currency) = (&told["totals"], plain(&told["currency"]));
    let mut lines = vec![
        format!("calls from {} to {}, in {currency}\n", plain(&told["from"]), plain(&told["to"])),
        table(HEADS, &rows),
        format!(
            "\nin all {} {currency} would be {} {currency}: {}\n",
            plain(&totals["old_cost"]),
            plain(&totals["new_cost"]),
            saving(totals)
        ),
    ];
    for model in list(&told["models"]) {
        if model["is_assumed"] == true {
            lines.push(format!("* {}: something has no price of its own there", plain(&model["model"])));
        }
        if model["unpriced_requests"].as_u64().is_some_and(|calls| calls > 0) {
            let (name, calls) = (plain(&model["model"]), plain(&model["unpriced_requests"]));
            lines.push(format!("* {name}: {calls} of its calls had no price and count as nothing"));
        }
    }
    lines.extend(list(&told["assumptions"]).iter().map(|words| format!("* {}", plain(words))));
    lines.join("\n")
}

/// `3.5 (58.33 %)`; what is dearer is negative.
fn saving(of: &Value) -> String {
    let percent = of["saving_percent"].as_f64().map_or_else(String::new, |percent| format!(" ({percent} %)"));
    format!("{}{percent}", plain(&of["saving"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::whatif;

    #[test]
    fn old_and_new_stand_beside_each_other_with_what_is_assumed() {
        let target = json!({"model": "deepseek-v3.2", "seller": "deepseek", "share": "40%"});
        let model = json!({"model": "gpt-4.1", "requests": 10, "tokens": 70, "old_cost": "6", "new_cost": "3.8", "saving": "2.2",
            "saving_percent": 36.67, "to": [target], "is_assumed": true, "unpriced_requests": 2});
        let told = whatif(
            &json!({"from": "a", "to": "b", "currency": "USD", "models": [model], "assumptions": ["the same tokens"],
            "totals": {"old_cost": "6", "new_cost": "3.8", "saving": "2.2", "saving_percent": 36.67}}),
        );
        for expected in [
            "40% of deepseek-v3.2 (deepseek)",
            "2.2 (36.67 %)",
            "* gpt-4.1: 2 of its calls",
            "* the same tokens",
        ] {
            assert!(told.contains(expected), "{expected} in:\n{told}");
        }
    }
}
