//! The verbs of `bellwether alerts`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::shown;
use crate::arguments::{AlertsCommand, AlertsTest, DataOptions};
use crate::near_admin::NearAdmin;
use crate::query::{path, query};
use crate::say::say;
use crate::verified::Verified;

const NOUN: &str = "alerts";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: AlertsCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text) = match command {
        AlertsCommand::List { all, json } => {
            let told = admin.ask("GET", &path(&[NOUN]), None)?;
            let text = shown::alerts(&told, all);
            (json, told, text)
        }
        AlertsCommand::Silence { rule, subject, span, reason, by, json } => {
            let wish =
                json!({ "rule": rule, "subject": subject, "seconds": span, "reason": reason, "by": by });
            let told = admin.ask("POST", &path(&[NOUN, "silences"]), Some(&wish))?;
            let text = shown::silenced(&told);
            (json, told, text)
        }
        AlertsCommand::Unsilence { number, json } => {
            let told = admin.ask("DELETE", &path(&[NOUN, "silences", &number]), None)?;
            let text = shown::unsilenced(&told);
            (json, told, text)
        }
        AlertsCommand::Deliveries { limit, before, json } => {
            let (limit, before) = (limit.to_string(), before.map(|number| number.to_string()));
            let asked = query([("limit", Some(limit.as_str())), ("before", before.as_deref())]);
            let told = admin.ask("GET", &format!("{}{asked}", path(&[NOUN, "deliveries"])), None)?;
            let text = shown::deliveries(&told);
            (json, told, text)
        }
    };
    say(&if json { told.to_string() } else { text });
    Ok(())
}

/// Sends a test, and tells whether it arrived everywhere.
pub(crate) fn test(data: &DataOptions, config: Option<PathBuf>, test: &AlertsTest) -> Result<Verified> {
    let admin = NearAdmin::find(data, config)?;
    let wish = json!({ "channel": test.channel, "reason": test.why.reason, "by": test.why.by });
    let told = admin.ask("POST", &path(&[NOUN, "test"]), Some(&wish))?;
    say(&if test.why.json { told.to_string() } else { shown::tested(&told) });
    let has_arrived = |channel: &Value| channel["is_delivered"] == true;
    let is_fine = told["channels"].as_array().is_some_and(|channels| channels.iter().all(has_arrived));
    Ok(if is_fine { Verified::Intact } else { Verified::Faulty })
}
