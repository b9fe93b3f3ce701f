//! The verbs of `bellwether budgets`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{BudgetsCommand, DataOptions};
use crate::near_admin::NearAdmin;
use crate::query::{escaped, query};
use crate::say::say;

const PATH: &str = "/admin/v1/budgets";
/// Budgets asked for at once.
const PAGE: &str = "500";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: BudgetsCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        BudgetsCommand::List { json } => (json, json!({ "budgets": all(&admin)? }), shown::budgets),
        BudgetsCommand::Set { limit, per, key, project, organisation, zone, warning, soft, why } => {
            let wish = json!({
                "limit": limit,
                "period": per.name(),
                "key": key,
                "project": project,
                "organisation": organisation,
                "zone": zone,
                "warn_percent": warning.warn_percent,
                "is_hard": !soft,
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("POST", PATH, Some(&wish))?, shown::budget)
        }
        BudgetsCommand::Change { budget, limit, warning, soft, hard, why } => {
            let wish = json!({
                "limit": limit,
                "warn_percent": warning.warn_percent,
                "is_hard": (soft || hard).then_some(hard),
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("PATCH", &one(&budget), Some(&wish))?, shown::budget)
        }
        BudgetsCommand::Remove { budget, json } => {
            (json, admin.ask("DELETE", &one(&budget), None)?, shown::removed)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}

fn one(budget: &str) -> String {
    let number: String = budget.bytes().map(escaped).collect();
    format!("{PATH}/{number}")
}

fn all(admin: &NearAdmin) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let asked = query([("limit", Some(PAGE)), ("after", after.as_deref())]);
        let page = admin.ask("GET", &format!("{PATH}{asked}"), None)?;
        let Some(listed) = page["budgets"].as_array() else {
            bail!("the server listed no budgets: is it a Bellwether of this version?")
        };
        found.extend_from_slice(listed);
        match page["next_after"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => return Ok(found),
        }
    }
}
