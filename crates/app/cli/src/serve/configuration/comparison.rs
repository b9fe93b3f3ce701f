//! Which sections of two configurations differ, and which of them count from the next start only.

use admin::ReloadReport;
use config::Snapshot;

/// What is in force of a new configuration: compared with the one before and, for what is read at the start only, with the
/// one of the start.
pub(super) fn compare(at_start: &Snapshot, before: &Snapshot, next: &Snapshot) -> ReloadReport {
    ReloadReport { changed: changed(before, next), needs_restart: needs_restart(at_start, next) }
}

fn changed(before: &Snapshot, next: &Snapshot) -> Vec<String> {
    named(&[
        ("providers", before.providers != next.providers),
        ("models", before.models != next.models),
        ("limits", before.limits != next.limits),
        ("timeouts", before.timeouts != next.timeouts),
        ("retries", before.retries != next.retries),
        ("health", before.health != next.health),
        ("errors", before.errors != next.errors),
        ("metrics", before.metrics != next.metrics),
        ("trusted_proxies", before.trusted_proxies != next.trusted_proxies),
        ("idempotency", before.idempotency != next.idempotency),
        ("cache", before.cache != next.cache),
        ("private_media", before.private_media != next.private_media),
        ("region", before.region != next.region),
        ("public_url", before.public_url != next.public_url),
        ("requests", before.requests != next.requests),
        ("reports", before.reports != next.reports),
        ("alerts", before.alerts != next.alerts),
        ("ledger.level", before.ledger.level != next.ledger.level),
        ("ledger.remote_wait_ms", before.ledger.remote_wait != next.ledger.remote_wait),
    ])
}

fn needs_restart(at_start: &Snapshot, next: &Snapshot) -> Vec<String> {
    let addresses = |snapshot: &Snapshot| {
        snapshot.listeners.iter().map(|l| (l.address, l.tls.is_some())).collect::<Vec<_>>()
    };
    let ledger_files = |snapshot: &Snapshot| {
        let ledger = &snapshot.ledger;
        (ledger.slots_file.clone(), ledger.segment_bytes, ledger.journal_bytes_max)
    };
    let body_memory = |snapshot: &Snapshot| snapshot.limits.body_memory_bytes_max;
    named(&[
        ("listeners", addresses(at_start) != addresses(next)),
        ("admin.listen", at_start.admin_listen != next.admin_listen),
        ("workers", at_start.workers != next.workers),
        ("service", at_start.service != next.service),
        ("keys", at_start.keys != next.keys),
        ("log", at_start.log != next.log),
        ("limits.body_memory_bytes_max", body_memory(at_start) != body_memory(next)),
        ("limits.spool_bytes_max", at_start.limits.spool_bytes_max != next.limits.spool_bytes_max),
        ("accounts", at_start.accounts != next.accounts),
        ("ledger", ledger_files(at_start) != ledger_files(next)),
        ("spool_dir", at_start.spool_dir != next.spool_dir),
    ])
}

fn named(rows: &[(&str, bool)]) -> Vec<String> {
    rows.iter().filter(|(_, differs)| *differs).map(|(name, _)| (*name).to_owned()).collect()
}
