//! Organisations, projects, users and tokens as text for people.

use serde_json::Value;

use crate::table::table;

pub(super) fn organisations(listed: &Value) -> String {
    let rows = rows(&listed["organisations"], |it| {
        [text(it, "id"), text(it, "name"), or_dash(it, "display_name"), text(it, "state"), tags(it)]
    });
    table(["ID", "NAME", "DISPLAY NAME", "STATE", "TAGS"], &rows)
}

pub(super) fn organisation(it: &Value) -> String {
    let lines = [
        ("id", text(it, "id")),
        ("name", text(it, "name")),
        ("display name", or_dash(it, "display_name")),
        ("state", since(it, "suspended_at")),
        ("tags", tags(it)),
    ];
    listed_lines(&lines)
}

pub(super) fn projects(listed: &Value) -> String {
    let rows =
        rows(&listed["projects"], |it| ["id", "organisation", "name", "state"].map(|field| text(it, field)));
    table(["ID", "ORGANISATION", "NAME", "STATE"], &rows)
}

pub(super) fn project(it: &Value) -> String {
    let lines = [
        ("id", text(it, "id")),
        ("organisation", text(it, "organisation")),
        ("name", text(it, "name")),
        ("state", since(it, "archived_at")),
    ];
    listed_lines(&lines)
}

/// A project that was archived, and the keys that went with it.
pub(super) fn archived(it: &Value) -> String {
    let mut told = state(it);
    for key in it["revoked_keys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        told.push_str(&format!("\n  {key} is revoked"));
    }
    told
}

pub(super) fn users(listed: &Value) -> String {
    let rows = rows(&listed["users"], |it| ["id", "email", "name", "state"].map(|field| text(it, field)));
    if rows.is_empty() {
        return "there are no users; bellwether users create EMAIL --name NAME makes one".to_owned();
    }
    table(["ID", "E-MAIL", "NAME", "STATE"], &rows)
}

pub(super) fn user(it: &Value) -> String {
    let lines = [
        ("id", text(it, "id")),
        ("e-mail", text(it, "email")),
        ("name", text(it, "name")),
        ("state", since(it, "suspended_at")),
    ];
    with_roles(listed_lines(&lines), it)
}

pub(super) fn members(listed: &Value) -> String {
    let rows = rows(&listed["members"], |it| {
        ["user", "email", "name", "role", "since"].map(|field| text(it, field))
    });
    if rows.is_empty() {
        return "nobody belongs to it; bellwether orgs members add adds somebody".to_owned();
    }
    table(["USER", "E-MAIL", "NAME", "ROLE", "SINCE"], &rows)
}

pub(super) fn member(it: &Value) -> String {
    format!("{} is {} of {}", text(it, "user"), text(it, "role"), text(it, "organisation"))
}

pub(super) fn removed_member(it: &Value) -> String {
    format!("{} belongs to {} no more", text(it, "user"), text(it, "organisation"))
}

pub(super) fn tokens(listed: &Value) -> String {
    let rows = rows(&listed["tokens"], |it| {
        let [id, name, hint, state] = ["id", "name", "hint", "state"].map(|field| text(it, field));
        [id, name, hint, state, or_dash(it, "expires_at"), or_dash(it, "last_used_at")]
    });
    if rows.is_empty() {
        return "he has no tokens; bellwether users tokens create makes one".to_owned();
    }
    table(["ID", "NAME", "TOKEN", "STATE", "EXPIRES", "LAST USED"], &rows)
}

/// What is said about a new token.
pub(super) fn issued(it: &Value) -> String {
    let lines = [
        ("id", text(it, "id")),
        ("user", text(it, "user")),
        ("name", text(it, "name")),
        ("expires", or_dash(it, "expires_at")),
    ];
    format!("{}\n\n{}\n\nThe token is shown this once: keep it.", text(it, "token"), listed_lines(&lines))
}

/// What became of something.
pub(super) fn state(it: &Value) -> String {
    let name = if it["email"].is_null() { text(it, "name") } else { text(it, "email") };
    format!("{} ({name}) is {}", text(it, "id"), text(it, "state"))
}

pub(super) fn me(it: &Value) -> String {
    if it["is_operator"] == true {
        return "you are the operator: the admin key opens everything".to_owned();
    }
    let user = &it["user"];
    let lines = [("id", text(user, "id")), ("e-mail", text(user, "email")), ("name", text(user, "name"))];
    with_roles(listed_lines(&lines), it)
}

fn with_roles(mut told: String, it: &Value) -> String {
    for seat in it["roles"].as_array().into_iter().flatten() {
        let suspended = if seat["is_suspended"] == true { ", which is suspended" } else { "" };
        told.push_str(&format!("\n  {} of {}{suspended}", text(seat, "role"), text(seat, "organisation")));
    }
    told
}

fn rows<const N: usize>(listed: &Value, row: impl Fn(&Value) -> [String; N]) -> Vec<[String; N]> {
    listed.as_array().map_or(&[][..], Vec::as_slice).iter().map(row).collect()
}

fn listed_lines(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: Vec<String> = lines.iter().map(|(name, text)| format!("  {name:width$}  {text}")).collect();
    lines.join("\n")
}

/// Its state, and since when where that is not from the beginning.
fn since(it: &Value, field: &str) -> String {
    match it[field].as_str() {
        Some(since) => format!("{} since {since}", text(it, "state")),
        None => text(it, "state"),
    }
}

fn tags(it: &Value) -> String {
    let tags: Vec<String> = it["tags"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, text)| format!("{name}={}", text.as_str().unwrap_or_default()))
        .collect();
    if tags.is_empty() { "-".to_owned() } else { tags.join(", ") }
}

fn text(it: &Value, field: &str) -> String {
    it[field].as_str().unwrap_or_default().to_owned()
}

fn or_dash(it: &Value, field: &str) -> String {
    it[field].as_str().unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{archived, organisation, organisations, user};

    #[test]
    fn organisations_line_up() {
        let listed = json!({"organisations": [
            {"id": "org_default", "name": "default", "display_name": null, "state": "active", "tags": {}},
            {"id": "org_1", "name": "Acme", "display_name": "Acme & Söhne", "state": "suspended",
             "tags": {"plan": "gold"}, "suspended_at": "2027-01-01T00:00:00.000Z"},
        ]});
        let expected = "ID           NAME     DISPLAY NAME  STATE      TAGS\n\
                        org_default  default  -             active     -\n\
                        org_1        Acme     Acme & Söhne  suspended  plan=gold";
        assert_eq!(organisations(&listed), expected);
        let one = organisation(&listed["organisations"][1]);
        assert!(one.contains("state         suspended since 2027-01-01T00:00:00.000Z"), "{one}");
    }

    #[test]
    fn what_went_with_something_and_what_somebody_is_are_told() {
        let project = json!({"id": "proj_1", "name": "app", "state": "archived", "revoked_keys": ["key_1"]});
        assert_eq!(archived(&project), "proj_1 (app) is archived\n  key_1 is revoked");
        let ada = json!({"id": "user_1", "email": "ada@example.com", "name": "Ada", "state": "active",
            "roles": [{"organisation": "org_1", "role": "owner"}]});
        assert!(user(&ada).ends_with("\n  owner of org_1"), "{}", user(&ada));
    }
}
