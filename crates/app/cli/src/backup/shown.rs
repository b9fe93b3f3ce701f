//! Backups as a terminal shows them, and how far one is.

use std::io::{IsTerminal, Write, stderr};

use serde_json::{Value, json};
use store::{BackupReport, Restored};

/// Fewer rows need no word meanwhile.
const ROWS_OF_A_WORD: u64 = 50_000;

/// Says how far it is, where somebody watches and it takes long.
pub(super) fn progress() -> impl FnMut(&str, u64) {
    let is_watched = stderr().is_terminal();
    move |table: &str, rows: u64| {
        if is_watched && rows >= ROWS_OF_A_WORD && rows.is_multiple_of(ROWS_OF_A_WORD) {
            // Nobody is served worse if it cannot be said.
            let _ = writeln!(stderr(), "  {table}: {rows} rows");
        }
    }
}

pub(super) fn json(report: &BackupReport) -> Value {
    let tables: Value = report
        .tables
        .iter()
        .map(|(table, rows)| (table.clone(), json!(rows)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    json!({
        "version": report.version,
        "created_at": report.created_at.rfc3339(),
        "layout": report.layout,
        "database": report.database,
        "rows": report.rows(),
        "tables": tables,
    })
}

pub(super) fn made(file: &str, bytes: u64, report: &BackupReport) -> String {
    format!(
        "{file} holds {} rows of {} tables ({bytes} bytes), from {} of layout {}\n  \
         not in it: the master key, without which it opens for nobody, the configuration file, rows of calls",
        report.rows(),
        report.tables.len(),
        report.database,
        report.layout,
    )
}

pub(super) fn taken(place: &str, restored: &Restored) -> String {
    let report = &restored.report;
    let told = format!(
        "{place} has the {} rows that a backup of {} held (made from {} by version {})",
        report.rows(),
        report.created_at.rfc3339(),
        report.database,
        report.version,
    );
    let told = match restored.has_other_sums {
        true => format!(
            "{told}\n  sums of calls were there already and stay as they are: those of the backup are left out"
        ),
        false => told,
    };
    let keys = "keys that were revoked after that are valid again: revoke them before callers come";
    match &restored.audit {
        None => format!("{told}\n  the audit is as it was written\n  {keys}"),
        Some(fault) => format!(
            "{told}\n  the audit is not as it was written, and was not when the backup was made: {fault}\n  {keys}"
        ),
    }
}
