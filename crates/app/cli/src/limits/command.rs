//! The verbs of `bellwether limits`, each a question to the admin API.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::shown;
use crate::arguments::{Amounts, DataOptions, LimitsCommand};
use crate::near_admin::NearAdmin;
use crate::pages::all;
use crate::query::path;
use crate::say::say;

const NOUN: &str = "limits";

/// Carries one verb out and prints its outcome. `config` is a file named before the verb.
pub(crate) fn run(data: &DataOptions, config: Option<PathBuf>, command: LimitsCommand) -> Result<()> {
    let admin = NearAdmin::find(data, config)?;
    let (json, told, text): (bool, Value, fn(&Value) -> String) = match command {
        LimitsCommand::List { json } => {
            let listed = all(NOUN, &[], |path| admin.ask("GET", path, None))?;
            (json, json!({ NOUN: listed }), shown::limits)
        }
        LimitsCommand::Plans { json } => {
            (json, admin.ask("GET", &path(&[NOUN, "plans"]), None)?, shown::plans)
        }
        LimitsCommand::Set { whose, plan, amounts, burst_seconds, on_limit, queue_wait_ms, why } => {
            let mut wish = wish(&amounts);
            let more = [
                ("key", whose.key.map(Value::from)),
                ("project", whose.project.map(Value::from)),
                ("organisation", whose.organisation.map(Value::from)),
                ("plan", plan.map(Value::from)),
                ("burst_seconds", burst_seconds.map(Value::from)),
                ("on_limit", on_limit.map(|word| word.name().into())),
                ("queue_wait_ms", queue_wait_ms.map(Value::from)),
                ("reason", why.reason.map(Value::from)),
                ("by", why.by.map(Value::from)),
            ];
            wish.extend(more.into_iter().filter_map(|(name, said)| Some((name.to_owned(), said?))));
            (why.json, admin.ask("POST", &path(&[NOUN]), Some(&Value::Object(wish)))?, shown::limit)
        }
        LimitsCommand::Unset { limits, json } => {
            (json, admin.ask("DELETE", &path(&[NOUN, &limits]), None)?, shown::removed)
        }
    };
    say(&if json { told.to_string() } else { text(&told) });
    Ok(())
}

/// What is said of each measure.
fn wish(amounts: &Amounts) -> Map<String, Value> {
    let said = [
        ("requests_per_second", amounts.rps),
        ("requests_per_minute", amounts.rpm),
        ("tokens_per_minute", amounts.tpm),
        ("input_tokens_per_minute", amounts.input_tpm),
        ("output_tokens_per_minute", amounts.output_tpm),
        ("concurrent_requests", amounts.concurrent),
        ("body_bytes", amounts.body_bytes),
        ("prompt_tokens", amounts.prompt_tokens),
    ];
    said.into_iter().filter_map(|(name, amount)| Some((name.to_owned(), amount?.into()))).collect()
}
