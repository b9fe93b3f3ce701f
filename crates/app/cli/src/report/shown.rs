//! Reports as text for people.

use serde_json::Value;

use crate::cells::plain;
use crate::table::table;

/// One day.
pub(super) fn day(told: &Value) -> String {
    if let Some(none) = told["error"].as_str() {
        return none.to_owned();
    }
    let currency = told["currency"].as_str().unwrap_or_default();
    let mut lines = vec![
        format!("{} ({})", plain(&told["date"]), plain(&told["tz"])),
        String::new(),
        format!("cost          {} {currency}", plain(&told["total_cost"])).trim_end().to_owned(),
        format!("requests      {}", plain(&told["request_count"])),
        format!("tokens        {}", plain(&told["total_tokens"])),
        format!(
            "latency       {} ms on average, 95 of 100 below {} ms",
            plain(&told["avg_latency_ms"]),
            plain(&told["p95_latency_ms"])
        ),
    ];
    if told["unserved"].as_u64().is_some_and(|unserved| unserved > 0) {
        lines.push(format!("unserved      {} requests that no provider answered", plain(&told["unserved"])));
    }
    if told["told_again"].as_u64().is_some_and(|again| again > 0) {
        lines.push(format!(
            "told again    {} answers of the cache or of repeats, with no provider asked",
            plain(&told["told_again"])
        ));
    }
    if !told["unrecorded"].is_null() {
        let lost = &told["unrecorded"];
        lines.push(format!(
            "unrecorded    {} {currency} for {} requests of which only the account knows",
            plain(&lost["cost"]),
            plain(&lost["requests"])
        ));
    }
    let mut rows = Vec::new();
    for (id, of) in told["providers"].as_object().into_iter().flatten() {
        rows.push(row(id, "", of, &of["total_requests"], &of["total_tokens"]));
        for (model, of) in of["model_breakdown"].as_object().into_iter().flatten() {
            rows.push(row("", model, of, &of["requests"], &of["tokens"]));
        }
    }
    let heads = ["PROVIDER", "MODEL", "REQUESTS", "SUCCESS", "AVG MS", "FAILOVER", "TOKENS", "COST"];
    if !rows.is_empty() {
        lines.push(format!("\n{}", table(heads, &rows)));
    }
    for (id, of) in told["providers"].as_object().into_iter().flatten() {
        let errors = of["top_errors"].as_array().into_iter().flatten();
        let errors: Vec<String> =
            errors.map(|error| format!("{} ({})", plain(&error["error"]), plain(&error["count"]))).collect();
        if !errors.is_empty() {
            lines.push(format!("\n{id}: most errors: {}", errors.join(", ")));
        }
        if let Some(alert) = of["alert"].as_str() {
            lines.push(format!("\n{id}: {alert}"));
        }
    }
    lines.join("\n")
}

fn row(provider: &str, model: &str, of: &Value, requests: &Value, tokens: &Value) -> [String; 8] {
    [
        provider.to_owned(),
        model.to_owned(),
        plain(requests),
        percent(&of["success_rate"]),
        plain(&of["avg_latency_ms"]),
        if provider.is_empty() { String::new() } else { percent(&of["failover_rate"]) },
        plain(tokens),
        plain(&of["cost"]),
    ]
}

/// Any time, row by row.
pub(super) fn report(told: &Value) -> String {
    let list = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let by: Vec<String> = list(&told["by"]).iter().map(plain).collect();
    let rows: Vec<[String; 8]> = list(&told["rows"])
        .iter()
        .map(|row| {
            let names: Vec<String> = by
                .iter()
                .map(|name| match row[name].is_null() && row["is_unrecorded"] == true {
                    true => "(unrecorded)".to_owned(),
                    false => plain(&row[name]),
                })
                .collect();
            let currency = row["currency"].as_str().unwrap_or_default();
            [
                plain(&row["at"]),
                names.join(" / "),
                plain(&row["requests"]),
                percent(&row["success_rate"]),
                plain(&row["avg_latency_ms"]),
                plain(&row["p95_latency_ms"]),
                plain(&row["tokens"]),
                format!("{} {currency}", plain(&row["cost"])).trim_end().to_owned(),
            ]
        })
        .collect();
    let (from, to) = (plain(&told["from"]), plain(&told["to"]));
    if rows.is_empty() {
        return format!("no calls from {from} to {to}");
    }
    let named = by.join(" / ").to_uppercase();
    let heads = ["AT", &named, "REQUESTS", "SUCCESS", "AVG MS", "P95 MS", "TOKENS", "COST"];
    let totals = &told["totals"];
    let costs: Vec<String> = list(&totals["costs"])
        .iter()
        .map(|cost| format!("{} {}", plain(&cost["cost"]), plain(&cost["currency"])))
        .collect();
    let costs = if costs.is_empty() { "no cost".to_owned() } else { costs.join(", ") };
    format!(
        "from {from} to {to} ({})\n\n{}\n\nin all {} requests, {} tokens, {costs}",
        plain(&told["tz"]),
        table(heads, &rows),
        plain(&totals["requests"]),
        plain(&totals["tokens"])
    )
}

fn percent(share: &Value) -> String {
    share.as_f64().map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{day, report};

    #[test]
    fn a_day_names_its_providers_and_what_is_odd() {
        let of = json!({"total_requests": 4, "success_rate": 0.75, "avg_latency_ms": 1200.5, "failover_rate": 0.0, "total_tokens": 70,
            "cost": "0.5", "model_breakdown": {"smart": {"requests": 4, "success_rate": 0.75, "avg_latency_ms": 1200.5, "tokens": 70, "cost": "0.5"}},
            "top_errors": [{"error": "timeout", "count": 1}], "alert": "average latency 1200 ms is above 1000 ms"});
        let told = day(
            &json!({"date": "2026-11-27", "tz": "UTC", "total_cost": "0.5", "currency": "USD", "request_count": 4, "unserved": 0,
            "total_tokens": 70, "avg_latency_ms": 1200.5, "p95_latency_ms": 2000.0, "providers": {"north": of}}),
        );
        for expected in [
            "cost          0.5 USD",
            "north            4         75.0 %",
            "smart",
            "timeout (1)",
            "above 1000 ms",
        ] {
            assert!(told.contains(expected), "{expected} in:\n{told}");
        }
        assert_eq!(day(&json!({"error": "No data for today"})), "No data for today");
    }

    #[test]
    fn rows_are_told_with_what_they_have_in_common() {
        let row = json!({"at": "2026-11-27", "model": "smart", "region": null, "requests": 2, "success_rate": 1.0, "tokens": 7,
            "avg_latency_ms": 5.0, "p95_latency_ms": 6.0, "cost": "0.5", "currency": "USD", "is_unrecorded": false});
        let totals = json!({"requests": 2, "tokens": 7, "costs": [{"cost": "0.5", "currency": "USD"}]});
        let told = json!({"from": "a", "to": "b", "tz": "UTC", "by": ["model", "region"], "rows": [row], "totals": totals});
        let told = report(&told);
        assert!(
            told.contains("MODEL / REGION") && told.contains("smart / -") && told.ends_with("0.5 USD"),
            "{told}"
        );
        assert_eq!(report(&json!({"from": "a", "to": "b", "by": [], "rows": []})), "no calls from a to b");
    }
}
