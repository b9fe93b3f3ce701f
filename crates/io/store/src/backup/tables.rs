//! Every table that a backup holds. A test fails if a layout adds one that is neither here nor left out on purpose.

/// A table, and the order of its rows in a backup.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) order: &'static str,
}

const fn table(name: &'static str, order: &'static str) -> Table {
    Table { name, order }
}

/// Whoever is referred to comes before those who refer to him.
pub(super) const TABLES: &[Table] = &[
    table("meta", "only_row"),
    table("organisations", "id"),
    table("projects", "id"),
    table("users", "id"),
    table("members", "organisation_id, user_id"),
    table("user_tokens", "id"),
    table("caller_keys", "id"),
    table("config_versions", "number"),
    table("provider_switches", "provider, region, model"),
    table("price_versions", "number"),
    table("price_drafts", "number"),
    table("envelope", "only_row"),
    table("secrets", "name"),
    table("accounts", "number"),
    table("grant_numbers", "only_row"),
    table("vouchers", "number"),
    table("orders", "number"),
    table("sign_ups", "organisation_id"),
    table("budgets", "number"),
    table("budget_windows", "budget, begins_at_ms"),
    table("rate_limits", "number"),
    table("alerts", "rule, subject"),
    table("alert_silences", "number"),
    table("alert_deliveries", "number"),
    table("alert_spend", "only_row"),
    table("ledger_journals", "node"),
    table("ledger_entries", "node, lsn, part"),
    table("ledger_calls", "at_ms, node, lsn"),
    table("ledger_hours", "hour, customer, currency"),
    table("ledger_received", "quarter, customer, currency"),
    table("ledger_accounts", "account, currency"),
    table("ledger_purses", "customer, currency"),
    table("ledger_grants", "grant_number, customer, currency"),
    table("ledger_holds", "call_id"),
    table("audit", "number"),
    table("audit_head", "only_row"),
];

/// What is left out: what sqlx knows of layouts, which a restore makes anew, and rows of calls. Their sums are in a backup behind these
/// (`sums.rs`): in SQLite they lie in another file.
#[cfg(test)]
pub(super) fn is_left_out(name: &str) -> bool {
    ["_sqlx_", "sqlite_", "requests"].iter().any(|beginning| name.starts_with(beginning))
}
