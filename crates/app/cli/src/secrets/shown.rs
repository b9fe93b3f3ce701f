//! Secrets as a terminal shows them: never themselves.

use serde_json::Value;

use crate::table::table;

const HEADINGS: [&str; 5] = ["NAME", "VERSION", "ENDS", "CHANGED", "USED BY"];

pub(super) fn set(told: &Value) -> String {
    let [name, hint] = ["name", "hint"].map(|field| text(told, field));
    let mut lines = vec![format!("{name} is set: version {}, {hint}", told["version"])];
    let list = |field: &str| texts(&told[field]);
    match list("problems").as_slice() {
        [] if told["changed"].is_null() => {
            lines.push("  no server runs here: the next start uses it".to_owned());
        }
        [] if texts(&told["used_by"]).is_empty() => {
            lines.push(format!("  the configuration does not name it yet: secret:{name}"));
        }
        [] => lines.push(format!("  in force for calls that begin now: {}", list("used_by").join(", "))),
        problems => {
            lines.push("  the configuration cannot be read again, the former one stays in force:".to_owned());
            lines.extend(problems.iter().map(|problem| format!("    {problem}")));
        }
    }
    lines.join("\n")
}

pub(super) fn listed(listed: &Value) -> String {
    let secrets = listed["secrets"].as_array().map_or(&[][..], Vec::as_slice);
    let rows: Vec<[String; 5]> = secrets.iter().map(row).collect();
    if rows.is_empty() { "there are no secrets".to_owned() } else { table(HEADINGS, &rows) }
}

fn row(secret: &Value) -> [String; 5] {
    let [name, hint, changed, flaw] = ["name", "hint", "changed_at", "flaw"].map(|field| text(secret, field));
    let used = texts(&secret["used_by"]);
    let used = if used.is_empty() { "-".to_owned() } else { used.join(", ") };
    let used = if flaw.is_empty() { used } else { format!("{used} (cannot be used: {flaw})") };
    [name, secret["version"].to_string(), hint, changed, used]
}

pub(super) fn removed(removed: &Value) -> String {
    format!("{} is removed\n  entry {} of `bellwether audit list`", text(removed, "name"), removed["audit"])
}

pub(super) fn rotated(rotated: &Value) -> String {
    let count = |field: &str| rotated[field].as_u64().unwrap_or_default();
    let told = format!(
        "sealed anew under generation {}: {} secrets, {} versions of the configuration\n  \
         callers' keys and the master key are as they were; entry {} of `bellwether audit list`",
        count("generation"),
        count("secrets"),
        count("config_versions"),
        count("audit"),
    );
    match count("left") {
        0 => told,
        left => format!("{told}\n  {left} could not be opened, and are as they were"),
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{listed, set};

    #[test]
    fn what_was_set_says_from_when_on() {
        let told = json!({"name": "a", "hint": "…9876", "version": 2});
        assert_eq!(set(&told), "a is set: version 2, …9876\n  no server runs here: the next start uses it");
        let with = |used_by: &[&str], problems: &[&str]| {
            let mut told = told.clone();
            told["changed"] = json!([]);
            told["used_by"] = json!(used_by);
            told["problems"] = json!(problems);
            set(&told)
        };
        assert!(with(&["p.c[0]"], &[]).ends_with("in force for calls that begin now: p.c[0]"));
        assert!(with(&[], &[]).ends_with("does not name it yet: secret:a"));
        assert!(with(&[], &["x: y"]).ends_with("stays in force:\n    x: y"));
    }

    #[test]
    fn a_row_says_who_uses_it() {
        let secret = json!({"name": "a", "version": 1, "hint": "…", "changed_at": "T", "used_by": ["p.c[0]"], "flaw": null});
        let expected = "NAME  VERSION  ENDS  CHANGED  USED BY\na     1        …     T        p.c[0]";
        assert_eq!(listed(&json!({ "secrets": [secret] })), expected);
    }
}
