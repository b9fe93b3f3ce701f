//! `bellwether ledger verify`.

use std::path::Path;

use anyhow::{Result, bail};
use domain::Timestamp;
use gateway::wall_clock;
use serde_json::Value;
use store::{DataDir, HOLD_AGE_MAX_MS, LedgerOptions, REQUESTS_FILE, RequestStore, verify_ledger};

use crate::admin_client::AdminClient;
use crate::arguments::{DataOptions, LedgerCheck};
use crate::environment;
use crate::local_store::LocalStore;
use crate::query::path;
use crate::say::say;
use crate::verified::Verified;

/// So long the server may wait with its answer.
const WAIT_SECONDS: u32 = 10;

/// Walks everything and says what holds: the running server does, or, where none runs, this process.
pub(crate) fn verify(data: &DataOptions, asked: &LedgerCheck) -> Result<Verified> {
    let path = environment::data_dir(data)?;
    let (report, is_beside) = match AdminClient::find_in(path.clone())? {
        Some(server) => (beside(&server)?, true),
        None => (alone(&path)?, false),
    };
    say(&if asked.json { report.to_string() } else { shown(&report, is_beside) });
    Ok(if report["is_intact"] == true { Verified::Intact } else { Verified::Faulty })
}

/// The server proves it beside its calls, and is asked until it has.
fn beside(server: &AdminClient) -> Result<Value> {
    let asked = path(&["ledger", "verify"]);
    server.ask("POST", &asked, None)?;
    loop {
        let told = server.ask("GET", &format!("{asked}?wait={WAIT_SECONDS}"), None)?;
        match told["state"].as_str() {
            Some("running") => {}
            Some("done") => return Ok(told["report"].clone()),
            _ => bail!(
                "{}",
                told["why"].as_str().unwrap_or("the server has forgotten it: was it started anew?")
            ),
        }
    }
}

fn alone(path: &Path) -> Result<Value> {
    if !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display())
    }
    let local = LocalStore::open(&DataDir::create(path)?)?;
    let options = LedgerOptions::of(path);
    let opened_min = Timestamp(wall_clock().unix_ms() - HOLD_AGE_MAX_MS);
    let requests = path.join(REQUESTS_FILE);
    let report = local.runtime.block_on(async {
        let rows = RequestStore::open(&local.store, &requests).await?;
        let report =
            verify_ledger(&options.folder, options.node, &local.store, Some(&rows), opened_min).await;
        rows.close().await;
        anyhow::Ok(report?)
    })?;
    Ok(report.json())
}

fn shown(report: &Value, is_beside: bool) -> String {
    let (journal, database) = (&report["journal"], &report["database"]);
    let mut lines = vec![match journal["first"].as_u64() {
        Some(first) => {
            format!("journal: records {first} to {}, {} of them read", journal["last"], journal["records"])
        }
        None => "journal: empty".to_owned(),
    }];
    lines.push(format!(
        "database: up to record {}, {} transfers in {} accounts",
        database["applied"], database["entries"], database["accounts"]
    ));
    lines.push(format!("open holds: {}", report["open_holds"]));
    if is_beside {
        lines.push("the server runs: what it has recorded since was not looked at".to_owned());
    }
    if let Some(why) = report["not_folded"].as_str() {
        lines.push(format!("the journal was not folded from its beginning: {why}"));
    }
    lines.push(format!(
        "prices: {} calls priced again; {} could not be, for want of their row or their prices",
        report["prices"]["calls"], report["prices"]["not_checked"]
    ));
    if let Some(bytes) = journal["torn_bytes"].as_u64().filter(|bytes| *bytes > 0) {
        lines.push(format!("behind the journal's end: {bytes} bytes that a crash left"));
    }
    let mut told = 0;
    for invariant in report["invariants"].as_array().into_iter().flatten() {
        let violations: Vec<&str> =
            invariant["violations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let verdict = if violations.is_empty() { "holds" } else { "VIOLATED" };
        let text = |field: &str| invariant[field].as_str().unwrap_or_default();
        let until =
            if is_beside { format!(" (up to record {})", invariant["checked_to"]) } else { String::new() };
        lines.push(format!("{} {verdict}: {}{until}", text("number"), text("words")));
        lines.extend(violations.iter().map(|what| format!("   {what}")));
        told += violations.len() as u64;
    }
    let untold = report["violations"].as_u64().unwrap_or_default().saturating_sub(told);
    if untold > 0 {
        lines.push(format!("and {untold} more"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use ledger::{Invariant, Lsn};
    use store::VerifyReport;

    use super::shown;

    #[test]
    fn every_invariant_is_told_and_what_breaks_it() {
        let mut report =
            VerifyReport { first: Some(Lsn(1)), last: Lsn(9), applied: Lsn(7), ..VerifyReport::default() };
        let last = "I9 holds: what calls were charged is what the prices of their versions give";
        assert!(shown(&report.json(), false).ends_with(last));
        let beside = shown(&report.json(), true);
        assert!(beside.ends_with(&format!("{last} (up to record 7)")), "{beside}");
        assert!(beside.contains(
            "I8 holds: the journal has no gap, and its chain of batches is whole (up to record 9)"
        ));
        assert_eq!(report.json()["is_intact"], true);
        report.violations.push(Invariant::PendingIsHolds.violated("customer 1 in USD: 5".to_owned()));
        report.violations_count = 3;
        let told = shown(&report.json(), false);
        assert!(told.contains("\nI5 VIOLATED: ") && told.contains("\n   customer 1 in USD: 5\n"), "{told}");
        assert!(told.ends_with("and 2 more"), "{told}");
        assert_eq!(report.json()["invariants"][4]["holds"], false);
    }
}
