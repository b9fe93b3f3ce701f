//! An explanation as text for people.

use serde_json::Value;

use crate::table::table;

const ORDER: [&str; 9] = ["#", "STEP", "PROVIDER", "MODEL", "LINE", "STATE", "STARTS BY", "LIMIT", "NOTE"];
const PASSED: [&str; 4] = ["PROVIDER", "MODEL", "LINE", "WHY NOT"];

/// Who would be asked, who not, and what follows a failure.
pub(super) fn told(told: &Value) -> String {
    let mut parts = vec![asked(told)];
    if let Some(message) = told["refusal"]["message"].as_str() {
        parts.push(format!("refused with {}: {message}", told["refusal"]["status"]));
    }
    let order: Vec<[String; 9]> = all(told, "order").enumerate().map(order_row).collect();
    if !order.is_empty() {
        parts.push(table(ORDER, &order));
    }
    let passed: Vec<[String; 4]> = all(told, "passed_over").map(passed_row).collect();
    if !passed.is_empty() {
        parts.push(format!("not asked:\n{}", table(PASSED, &passed)));
    }
    parts.push(retries(told));
    parts.join("\n\n")
}

fn asked(told: &Value) -> String {
    let kind = if told["stream"] == true { "stream" } else { "whole answer" };
    let needs: Vec<&str> = told["needs"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let needs = if needs.is_empty() { String::new() } else { format!(", needs {}", needs.join(", ")) };
    let steps = all(told, "steps")
        .map(|step| format!("{} {} of {}", step["step"], text(step, "policy"), step["targets"]));
    format!(
        "{} at {}: {kind}, {} tokens{needs}; {} ms in all, {} attempts\nsteps: {}",
        text(told, "model"),
        text(told, "surface"),
        told["tokens"],
        told["deadline_ms"],
        told["attempts_max"],
        steps.collect::<Vec<_>>().join("; ")
    )
}

fn order_row((number, entry): (usize, &Value)) -> [String; 9] {
    let starts =
        entry["latest_start_ms"].as_u64().map_or_else(|| "stands in".to_owned(), |ms| format!("{ms} ms"));
    let limit = entry["limit_ms"].as_u64().map_or_else(String::new, |ms| format!("{ms} ms"));
    let note = match entry["hedge_after_ms"].as_u64() {
        _ if entry["last_resort"] == true => format!("last resort: {}", why(entry)),
        Some(ms) => format!("another beside it after {ms} ms"),
        None => String::new(),
    };
    [
        (number + 1).to_string(),
        entry["step"].to_string(),
        text(entry, "provider").to_owned(),
        text(entry, "model").to_owned(),
        line(entry),
        text(entry, "state").to_owned(),
        starts,
        limit,
        note,
    ]
}

fn passed_row(entry: &Value) -> [String; 4] {
    [text(entry, "provider").to_owned(), text(entry, "model").to_owned(), line(entry), why(entry)]
}

/// The reason and what is said of it.
fn why(entry: &Value) -> String {
    let reason = text(entry, "reason");
    if let Some(wait) = entry["wait_ms"].as_u64() {
        return format!("{reason} for {wait} ms");
    }
    match (entry["needs"].as_str(), entry["tokens_max"].as_u64()) {
        (Some(what), _) => format!("{reason}: {what}"),
        (_, Some(tokens)) => format!("{reason}: {tokens} tokens"),
        _ => reason.to_owned(),
    }
}

/// By which line, in which region, with which key if there are several.
fn line(entry: &Value) -> String {
    let key = entry["key"].as_u64().map_or_else(String::new, |key| format!(" key {key}"));
    format!("{} ({}){key}", entry["line"], text(entry, "region"))
}

fn retries(told: &Value) -> String {
    let rules = &told["retries"];
    format!(
        "after a failure: the next; who is alone again up to {} times, {} from {} to {} ms, or up to {} ms if he says so; \
         {} who cannot be reached are replaced; a refusal on grounds of policy: {}",
        rules["repeats_max"],
        text(rules, "backoff"),
        rules["base_ms"],
        rules["max_ms"],
        rules["wait_ms_max"],
        rules["replacements_max"],
        if rules["on_refusal"] == "next" { "the next model is asked" } else { "the caller is told" },
    )
}

fn all<'a>(told: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    told[field].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::told;

    #[test]
    fn who_is_asked_and_who_is_not_stand_in_tables() {
        let target = |provider: &str| json!({ "provider": provider, "model": "m", "region": "eu", "line": 1, "state": "healthy" });
        let mut first = target("one");
        (first["step"], first["latest_start_ms"], first["limit_ms"]) = (json!(1), json!(0), json!(55_000));
        first["hedge_after_ms"] = json!(800);
        let mut other = target("two");
        (other["reason"], other["wait_ms"]) = (json!("busy"), json!(1500));
        let text = told(&json!({
            "model": "smart", "surface": "/v1/chat/completions", "stream": true, "tokens": 12, "needs": ["tools"],
            "deadline_ms": 60_000, "attempts_max": 3, "steps": [{ "step": 1, "policy": "balanced", "targets": 2 }],
            "order": [first], "passed_over": [other], "retries": {}, "refusal": null,
        }));
        assert!(
            text.starts_with(
                "smart at /v1/chat/completions: stream, 12 tokens, needs tools; 60000 ms in all"
            ),
            "{text}"
        );
        assert!(text.contains("1  1     one       m      1 (eu)  healthy  0 ms       55000 ms"), "{text}");
        assert!(text.contains("another beside it after 800 ms"), "{text}");
        assert!(text.contains("two       m      1 (eu)  busy for 1500 ms"), "{text}");
    }
}
