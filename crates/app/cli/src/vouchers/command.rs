//! The verbs of `bellwether vouchers`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{DataOptions, VouchersCommand};
use crate::near_admin::NearAdmin;
use crate::query::{path, query};
use crate::say::say;

const NOUN: &str = "vouchers";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: VouchersCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        VouchersCommand::Create { amount, count, currency, expires, credit_days, note, why } => {
            let wish = json!({
                "amount": amount,
                "count": count,
                "currency": currency,
                "expires_at": expires,
                "credit_days": credit_days,
                "note": note,
                "reason": why.reason,
                "by": why.by,
            });
            (why.json, admin.ask("POST", &path(&[NOUN]), Some(&wish))?, shown::issued)
        }
        VouchersCommand::List { limit, before, json } => {
            let (limit, before) = (limit.to_string(), before.map(|before| before.to_string()));
            let page = query([("limit", Some(limit.as_str())), ("before", before.as_deref())]);
            (json, admin.ask("GET", &format!("{}{page}", path(&[NOUN])), None)?, shown::vouchers)
        }
        VouchersCommand::Revoke { number, why } => {
            let said = json!({ "reason": why.reason, "by": why.by });
            (why.json, admin.ask("POST", &path(&[NOUN, &number, "revoke"]), Some(&said))?, shown::state)
        }
        VouchersCommand::Redeem { code, account, why } => {
            let wish = json!({ "code": code, "account": account, "reason": why.reason, "by": why.by });
            (why.json, admin.ask("POST", &path(&[NOUN, "redeem"]), Some(&wish))?, shown::redeemed)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}
