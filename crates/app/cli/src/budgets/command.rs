//! The verbs of `bellwether budgets`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{BudgetsCommand, DataOptions};
use crate::near_admin::NearAdmin;
use crate::pages::all;
use crate::query::path;
use crate::say::say;

const NOUN: &str = "budgets";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: BudgetsCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        BudgetsCommand::List { json } => {
            let listed = all(NOUN, &[], |path| admin.ask("GET", path, None))?;
            (json, json!({ NOUN: listed }), shown::budgets)
        }
        BudgetsCommand::Set { limit, per, whose, zone, warning, soft, why } => {
            let wish = json!({
                "limit": limit,
                "period": per.name(),
                "key": whose.key,
                "project": whose.project,
                "organisation": whose.organisation,
                "zone": zone,
                "warn_percent": warning.warn_percent,
                "is_hard": !soft,
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("POST", &path(&[NOUN]), Some(&wish))?, shown::budget)
        }
        BudgetsCommand::Change { budget, limit, warning, soft, hard, why } => {
            let wish = json!({
                "limit": limit,
                "warn_percent": warning.warn_percent,
                "is_hard": (soft || hard).then_some(hard),
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("PATCH", &path(&[NOUN, &budget]), Some(&wish))?, shown::budget)
        }
        BudgetsCommand::Remove { budget, json } => {
            (json, admin.ask("DELETE", &path(&[NOUN, &budget]), None)?, shown::removed)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}
