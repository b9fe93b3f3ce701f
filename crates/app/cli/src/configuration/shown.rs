//! Answers about the configuration as text for people.

use serde_json::Value;

use crate::table::table;

/// What is in force, as a file with a word about where it is in force.
pub(super) fn config(view: &Value, is_effective: bool) -> String {
    let file = view["file"].as_str().unwrap_or("no file");
    let mut lines = vec![match view["version"].as_i64() {
        _ if view["since"].is_null() => format!("# what a start here would use: {file} and the environment"),
        Some(version) => format!(
            "# in force since {}: version {version} of {file} ({})",
            text(&view["since"]),
            text(&view["reason"])
        ),
        None => format!("# in force since {}: {file} and the environment", text(&view["since"])),
    }];
    for problem in texts(&view["problems"]) {
        lines.push(format!("# the file as it stands is not in force: {}", problem.replace('\n', "\n#")));
    }
    let restart = texts(&view["needs_restart"]).collect::<Vec<_>>().join(", ");
    if !restart.is_empty() {
        lines.push(format!("# counts from the next start only: {restart}"));
    }
    let yaml = text(&view[if is_effective { "effective" } else { "configured" }]).trim_end();
    if yaml.is_empty() {
        lines.push("# nothing is configured; --effective shows what holds by default".to_owned());
    } else {
        lines.push(yaml.to_owned());
    }
    lines.join("\n")
}

/// All versions.
pub(super) fn versions(listed: &Value) -> String {
    let rows: Vec<[String; 4]> = listed["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let mark = if row["is_in_force"] == true { " *" } else { "" };
            [
                format!("{}{mark}", row["version"]),
                text(&row["taken_at"]).to_owned(),
                text(&row["reason"]).to_owned(),
                text(&row["file"]).to_owned(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return "there are no versions yet: the first start with a file keeps one".to_owned();
    }
    table(["VERSION", "SINCE", "BY", "FILE"], &rows)
}

/// Every value that differs.
pub(super) fn changes(found: &Value) -> String {
    let changes = found["changes"].as_array().map(Vec::as_slice).unwrap_or_default();
    if changes.is_empty() {
        return "no difference".to_owned();
    }
    let mut lines = Vec::new();
    for change in changes {
        lines.push(text(&change["path"]).to_owned());
        lines.extend(change["before"].as_str().map(|before| format!("  - {before}")));
        lines.extend(change["after"].as_str().map(|after| format!("  + {after}")));
    }
    lines.join("\n")
}

/// What a revert did.
pub(super) fn reverted(done: &Value) -> String {
    if let Some(file) = done["file"].as_str() {
        return format!("version {} stands in {file} again; the next start uses it", done["from"]);
    }
    let number =
        done["version"].as_i64().map_or(String::new(), |version| format!(", now as version {version}"));
    let mut said = format!("version {} is in force again{number}\n{}", done["from"], reloaded(done));
    if let Some(why) = done["file_not_written"].as_str() {
        said.push_str(&format!(
            "\nwarning: {why}\n         it is in force until the file changes or the gateway starts again"
        ));
    }
    said
}

/// What a reload did.
pub(super) fn reloaded(done: &Value) -> String {
    let list = |name: &str| texts(&done[name]).collect::<Vec<_>>().join(", ");
    let mut said = match list("changed") {
        changed if changed.is_empty() => "nothing changed that is in force now".to_owned(),
        changed => format!("in force now: {changed}"),
    };
    let restart = list("needs_restart");
    if !restart.is_empty() {
        said.push_str(&format!("\ncounts from the next start only: {restart}"));
    }
    said
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
