//! Kept answers as text for people.

use serde_json::Value;

pub(super) fn state(it: &Value) -> String {
    if it["is_on"] == false {
        return "no answers are kept: `models.NAME.cache: true` keeps those of a model".to_owned();
    }
    let saved: Vec<String> = it["saved"].as_object().map_or_else(Vec::new, |saved| {
        saved
            .iter()
            .map(|(currency, amount)| format!("{} {currency}", amount.as_str().unwrap_or("?")))
            .collect()
    });
    let saved = if saved.is_empty() { "nothing that has a price".to_owned() } else { saved.join(", ") };
    let lines = [
        ("answers", format!("{}, {} of {} bytes", it["entries"], it["bytes"], it["bytes_max"])),
        ("hits", format!("{}, {} of them waited for another", it["hits"], it["hits_that_waited"])),
        ("misses", format!("{}, {} answers were kept", it["misses"], it["stored"])),
        ("refreshed", it["refreshes"].to_string()),
        ("bypassed", it["bypasses"].to_string()),
        ("saved time", format!("{} ms", it["saved_ms"])),
        ("saved money", saved),
    ];
    lines.iter().map(|(name, value)| format!("{name:<12} {value}")).collect::<Vec<_>>().join("\n")
}

pub(super) fn flushed(it: &Value) -> String {
    format!("{} answers are dropped, {} bytes", it["entries"], it["bytes"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::state;

    #[test]
    fn what_was_saved_is_told_in_words() {
        let told = state(&json!({
            "is_on": true, "entries": 2, "bytes": 900, "bytes_max": 67_108_864, "hits": 5, "hits_that_waited": 1,
            "misses": 3, "stored": 2, "refreshes": 0, "bypasses": 4, "saved_ms": 1250,
            "saved": {"USD": "0.25", "CNY": "1"},
        }));
        assert!(told.contains("hits         5, 1 of them waited for another"), "{told}");
        assert!(told.contains("0.25 USD") && told.contains("1 CNY"), "{told}");
        assert!(state(&json!({"is_on": false})).contains("models.NAME.cache"));
    }
}
