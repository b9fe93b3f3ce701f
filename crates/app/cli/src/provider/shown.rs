//! Providers as text for people.

use serde_json::Value;

use crate::table::table;

const HEADINGS: [&str; 8] = ["PROVIDER", "REGION", "MODEL", "STATE", "RUNNING", "SINCE", "BY", "REASON"];
const ALL: &str = "all";

/// What is said about a change.
pub(super) fn switched(done: &Value) -> String {
    let mut scope = text(done, "provider").to_owned();
    for part in ["region", "model"] {
        if let Some(name) = done[part].as_str() {
            scope = format!("{scope}, {part} {name}");
        }
    }
    let still = match done["running"].as_u64() {
        None => "; no server runs here: this holds from the next start".to_owned(),
        Some(0) => "; nothing runs there".to_owned(),
        Some(1) => "; one call that was under way still runs".to_owned(),
        Some(count) => format!("; {count} calls that were under way still run"),
    };
    let state = text(done, "state");
    let told = match state {
        "off" => format!("{scope} is off: nothing new goes there{still}"),
        "draining" => format!("{scope} is draining: no new calls go there{still}"),
        _ => format!("{scope} is on"),
    };
    let wider = list(&done["after"])
        .iter()
        .filter(|switch| ["region", "model"].iter().any(|part| switch[*part] != done[*part]));
    let wider = wider.map(|switch| format!("\n  {} holds here as well: {}", name(switch), why(switch)));
    format!("{told}\n  entry {} of `bellwether audit list`{}", done["audit"], wider.collect::<String>())
}

/// A table of providers, with a row for each switch.
pub(super) fn listed(listed: &Value) -> String {
    let mut rows = Vec::new();
    for provider in list(&listed["providers"]) {
        let [id, state] = ["id", "state"].map(|field| text(provider, field).to_owned());
        let regions: Vec<&str> = list(&provider["regions"]).iter().filter_map(Value::as_str).collect();
        let none = String::new;
        let running = provider["running"].to_string();
        rows.push([id, regions.join(", "), ALL.to_owned(), state, running, none(), none(), none()]);
        rows.extend(list(&provider["switches"]).iter().map(|switch| row(switch, text(switch, "position"))));
    }
    let strays = list(&listed["without_effect"]);
    rows.extend(strays.iter().map(|switch| row(switch, "without effect")));
    table(HEADINGS, &rows)
}

fn row(switch: &Value, state: &str) -> [String; 8] {
    let part = |field| switch[field].as_str().unwrap_or(ALL).to_owned();
    [
        format!("  {}", text(switch, "provider")),
        part("region"),
        part("model"),
        state.to_owned(),
        switch["running"].as_u64().map_or_else(String::new, |count| count.to_string()),
        text(switch, "since").to_owned(),
        text(switch, "by").to_owned(),
        text(switch, "reason").to_owned(),
    ]
}

fn name(switch: &Value) -> String {
    let part =
        |field: &str| switch[field].as_str().map(|name| format!(", {field} {name}")).unwrap_or_default();
    format!("{}{}{}", text(switch, "provider"), part("region"), part("model"))
}

fn why(switch: &Value) -> String {
    format!("{} since {} ({})", text(switch, "position"), text(switch, "since"), text(switch, "reason"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{listed, switched};

    #[test]
    fn a_change_says_what_holds_and_what_still_runs() {
        let wide = json!({"provider": "openai", "region": null, "model": null, "position": "off", "since": "T", "reason": "R"});
        let done = json!({
            "provider": "openai", "region": "us", "model": null, "state": "off", "running": 3, "audit": 7, "after": [wide],
        });
        let expected = "openai, region us is off: nothing new goes there; 3 calls that were under way still run\n  \
                        entry 7 of `bellwether audit list`\n  openai holds here as well: off since T (R)";
        assert_eq!(switched(&done), expected);
    }

    #[test]
    fn each_switch_has_its_row() {
        let switch = json!({"provider": "a", "region": "us", "model": null, "position": "off", "running": 2, "since": "T", "by": "ada", "reason": "R"});
        let providers = json!({
            "providers": [{"id": "a", "state": "partly_off", "regions": ["eu", "us"], "running": 5, "switches": [switch]}],
            "without_effect": [],
        });
        let expected = "PROVIDER  REGION  MODEL  STATE       RUNNING  SINCE  BY   REASON\n\
                        a         eu, us  all    partly_off  5\n  a       us      all    off         2        T      ada  R";
        assert_eq!(listed(&providers), expected);
    }
}
