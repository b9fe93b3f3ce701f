//! `bellwether ledger verify`.

use anyhow::{Result, bail};
use domain::Timestamp;
use gateway::wall_clock;
use ledger::Invariant;
use serde_json::{Value, json};
use store::{
    DataDir, HOLD_AGE_MAX_MS, LedgerOptions, REQUESTS_FILE, RequestStore, VerifyReport, verify_ledger,
};

use crate::arguments::{DataOptions, LedgerCheck};
use crate::environment;
use crate::local_store::LocalStore;
use crate::say::say;
use crate::verified::Verified;

/// Walks everything and says what holds.
pub(crate) fn verify(data: &DataOptions, asked: &LedgerCheck) -> Result<Verified> {
    let path = environment::data_dir(data)?;
    if !path.exists() {
        bail!("there is no data directory {}; say --data-dir DIR", path.display())
    }
    let local = LocalStore::open(&DataDir::create(&path)?)?;
    let options = LedgerOptions::of(&path);
    let opened_min = Timestamp(wall_clock().unix_ms() - HOLD_AGE_MAX_MS);
    let requests = path.join(REQUESTS_FILE);
    let report = local.runtime.block_on(async {
        let rows = RequestStore::open(&local.store, &requests).await?;
        let report =
            verify_ledger(&options.folder, options.node, &local.store, Some(&rows), opened_min).await;
        rows.close().await;
        anyhow::Ok(report?)
    })?;
    say(&if asked.json { as_json(&report).to_string() } else { shown(&report) });
    Ok(if report.violations_count == 0 { Verified::Intact } else { Verified::Faulty })
}

fn as_json(report: &VerifyReport) -> Value {
    let invariant = |(invariant, number, words): &(Invariant, &str, &str)| {
        let violations: Vec<&str> = report.of(*invariant).map(|it| it.what.as_str()).collect();
        json!({ "number": number, "words": words, "holds": violations.is_empty(), "violations": violations })
    };
    json!({
        "is_intact": report.violations_count == 0,
        "violations": report.violations_count,
        "invariants": Invariant::ALL.iter().map(invariant).collect::<Vec<_>>(),
        "journal": { "first": report.first.map(|lsn| lsn.0), "last": report.last.0, "records": report.records,
            "torn_bytes": report.torn_bytes },
        "database": { "applied": report.applied.0, "entries": report.entries, "accounts": report.accounts },
        "open_holds": report.open_holds,
        "not_folded": report.unfolded,
        "prices": { "calls": report.rated, "not_checked": report.unrated },
    })
}

fn shown(report: &VerifyReport) -> String {
    let journal = match report.first {
        Some(first) => {
            format!("journal: records {} to {}, {} of them read", first.0, report.last.0, report.records)
        }
        None => "journal: empty".to_owned(),
    };
    let mut lines = vec![
        journal,
        format!(
            "database: up to record {}, {} transfers in {} accounts",
            report.applied.0, report.entries, report.accounts
        ),
        format!("open holds: {}", report.open_holds),
    ];
    if let Some(why) = report.unfolded {
        lines.push(format!("the journal was not folded from its beginning: {why}"));
    }
    lines.push(format!(
        "prices: {} calls priced again; {} could not be, for want of their row or their prices",
        report.rated, report.unrated
    ));
    if report.torn_bytes > 0 {
        lines.push(format!("behind the journal's end: {} bytes that a crash left", report.torn_bytes));
    }
    for (invariant, number, words) in Invariant::ALL {
        let violations: Vec<&str> = report.of(*invariant).map(|it| it.what.as_str()).collect();
        let verdict = if violations.is_empty() { "holds" } else { "VIOLATED" };
        lines.push(format!("{number} {verdict}: {words}"));
        lines.extend(violations.iter().map(|what| format!("   {what}")));
    }
    let untold = report.violations_count - report.violations.len() as u64;
    if untold > 0 {
        lines.push(format!("and {untold} more"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use ledger::{Invariant, Lsn};
    use store::VerifyReport;

    use super::{as_json, shown};

    #[test]
    fn every_invariant_is_told_and_what_breaks_it() {
        let mut report = VerifyReport { first: Some(Lsn(1)), last: Lsn(9), ..VerifyReport::default() };
        assert!(
            shown(&report)
                .ends_with("I9 holds: what calls were charged is what the prices of their versions give")
        );
        assert_eq!(as_json(&report)["is_intact"], true);
        report.violations.push(Invariant::PendingIsHolds.violated("customer 1 in USD: 5".to_owned()));
        report.violations_count = 3;
        let told = shown(&report);
        assert!(told.contains("\nI5 VIOLATED: ") && told.contains("\n   customer 1 in USD: 5\n"), "{told}");
        assert!(told.ends_with("and 2 more"), "{told}");
        assert_eq!(as_json(&report)["invariants"][4]["holds"], false);
    }
}
