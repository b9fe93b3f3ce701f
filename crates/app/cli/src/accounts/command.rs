//! The verbs of `bellwether accounts`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{AccountsCommand, Correction, DataOptions};
use crate::near_admin::NearAdmin;
use crate::query::path;
use crate::say::say;

const NOUN: &str = "accounts";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: AccountsCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        AccountsCommand::List { json } => (json, admin.ask("GET", &path(&[NOUN]), None)?, shown::accounts),
        AccountsCommand::Create { organisation, project, currency, terms, json } => {
            let wish = json!({
                "organisation": organisation,
                "project": project,
                "currency": currency,
                "credit": terms.credit,
                "warn_below": terms.warn_below,
            });
            (json, admin.ask("POST", &path(&[NOUN]), Some(&wish))?, shown::account)
        }
        AccountsCommand::Show { account, json } => {
            (json, admin.ask("GET", &path(&[NOUN, &account.account]), None)?, shown::account)
        }
        AccountsCommand::Credit { correction } => {
            (correction.json, corrected(&admin, "credit", &correction, None)?, shown::account)
        }
        AccountsCommand::Debit { correction, may_overdraw } => {
            (correction.json, corrected(&admin, "debit", &correction, Some(may_overdraw))?, shown::account)
        }
        AccountsCommand::Change { account, terms, why } => {
            let wish = json!({
                "credit": terms.credit,
                "warn_below": terms.warn_below,
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("PATCH", &path(&[NOUN, &account.account]), Some(&wish))?, shown::account)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}

fn corrected(admin: &NearAdmin, verb: &str, wish: &Correction, may_overdraw: Option<bool>) -> Result<Value> {
    let body = json!({
        "amount": wish.amount,
        "reason": wish.reason,
        "id": wish.id,
        "may_overdraw": may_overdraw,
        "by": wish.by,
    });
    admin.ask("POST", &path(&[NOUN, &wish.account.account, verb]), Some(&body))
}
