//! The verbs of `bellwether orders`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{DataOptions, OrdersCommand};
use crate::near_admin::NearAdmin;
use crate::query::{path, query};
use crate::say::say;

const NOUN: &str = "orders";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: OrdersCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        OrdersCommand::Create { account, amount, note, why } => {
            let wish = json!({
                "account": account,
                "amount": amount,
                "note": note,
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("POST", &path(&[NOUN]), Some(&wish))?, shown::state)
        }
        OrdersCommand::Confirm { number, reference, why } => {
            let wish = json!({ "reference": reference, "reason": why.reason, "by": why.by });
            (why.json, admin.ask("POST", &path(&[NOUN, &number, "confirm"]), Some(&wish))?, shown::state)
        }
        OrdersCommand::Cancel { number, why } => {
            let said = json!({ "reason": why.reason, "by": why.by });
            (why.json, admin.ask("POST", &path(&[NOUN, &number, "cancel"]), Some(&said))?, shown::state)
        }
        OrdersCommand::List { limit, before, json } => {
            let (limit, before) = (limit.to_string(), before.map(|before| before.to_string()));
            let page = query([("limit", Some(limit.as_str())), ("before", before.as_deref())]);
            (json, admin.ask("GET", &format!("{}{page}", path(&[NOUN])), None)?, shown::orders)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}
