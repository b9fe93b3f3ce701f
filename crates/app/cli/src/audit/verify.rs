//! `bellwether audit verify`.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use store::{AuditRecords, KnownRow};

use super::local;
use crate::admin_client::AdminClient;
use crate::arguments::{AuditCheck, DataOptions};
use crate::environment;
use crate::query::query;
use crate::say::say;
use crate::verified::Verified;

/// Some millions of rows.
const CHECK_LIMIT: Duration = Duration::from_secs(600);

/// Checks all of it and says the outcome.
pub(crate) fn verify(data: &DataOptions, asked: &AuditCheck) -> Result<Verified> {
    let path = environment::data_dir(data)?;
    let known = asked.known.as_deref();
    let verdict = match AdminClient::find_in(path.clone())? {
        Some(server) => {
            let path = format!("/admin/v1/audit/verify{}", query([("known", known)]));
            server.ask_within(CHECK_LIMIT, "GET", &path, None)?
        }
        None => {
            let read = |text: &str| {
                let message = || format!("{text:?} is no number, colon and 64 hexadecimal digits");
                KnownRow::parse(text).with_context(message)
            };
            let known = known.map(read).transpose()?;
            let local = local(path)?;
            local.runtime.block_on(local.store.verify(known.as_ref()))?.json()
        }
    };
    say(&if asked.json { verdict.to_string() } else { shown(&verdict) });
    Ok(if verdict["is_intact"] == true { Verified::Intact } else { Verified::Faulty })
}

fn shown(verdict: &Value) -> String {
    let newest = verdict["newest"].as_str();
    let rows = match verdict["rows"].as_u64().unwrap_or_default() {
        1 => "1 row holds".to_owned(),
        count => format!("{count} rows hold"),
    };
    match (verdict["fault"]["message"].as_str(), newest) {
        (Some(fault), _) => format!("the audit is not as it was written: {fault}; before that, {rows}"),
        (None, Some(newest)) => {
            format!(
                "the audit is as it was written: {rows}\nthe newest, for --known of a later check: {newest}"
            )
        }
        (None, None) => "the audit is empty".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shown;

    #[test]
    fn an_outcome_says_what_holds_and_what_does_not() {
        let intact = json!({"is_intact": true, "rows": 1, "newest": "1:ab", "fault": null});
        let expected =
            "the audit is as it was written: 1 row holds\nthe newest, for --known of a later check: 1:ab";
        assert_eq!(shown(&intact), expected);
        let fault = json!({"number": 3, "flaw": "edited", "message": "row 3 was edited"});
        let faulty = json!({"is_intact": false, "rows": 2, "newest": "2:ab", "fault": fault});
        let expected = "the audit is not as it was written: row 3 was edited; before that, 2 rows hold";
        assert_eq!(shown(&faulty), expected);
        assert_eq!(shown(&json!({"rows": 0, "newest": null, "fault": null})), "the audit is empty");
    }
}
