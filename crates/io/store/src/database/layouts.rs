//! Every layout that this version knows, and bringing a database up to the newest. The list only grows.

use domain::Secret;
use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::kind::Kind;
use super::pool::AnyPool;
use super::steps;
use crate::error::StoreError;

/// One step: what it is called, and its text for each database. What was released is never edited.
struct Layout {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Layout {
    const fn new(number: i64, name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { number, name, sqlite, postgres }
    }
}

/// Oldest first.
const LAYOUTS: &[Layout] = &[
    Layout::new(
        1,
        "keys",
        include_str!("../../migrations/sqlite/0001_keys.sql"),
        include_str!("../../migrations/postgres/0001_keys.sql"),
    ),
    Layout::new(
        2,
        "config versions",
        include_str!("../../migrations/sqlite/0002_config_versions.sql"),
        include_str!("../../migrations/postgres/0002_config_versions.sql"),
    ),
    Layout::new(
        3,
        "strict keys",
        include_str!("../../migrations/sqlite/0003_strict_keys.sql"),
        include_str!("../../migrations/postgres/0003_strict_keys.sql"),
    ),
    Layout::new(
        4,
        "provider switches",
        include_str!("../../migrations/sqlite/0004_provider_switches.sql"),
        include_str!("../../migrations/postgres/0004_provider_switches.sql"),
    ),
    Layout::new(
        5,
        "models of keys",
        include_str!("../../migrations/sqlite/0005_key_models.sql"),
        include_str!("../../migrations/postgres/0005_key_models.sql"),
    ),
    Layout::new(
        6,
        "tenancy",
        include_str!("../../migrations/sqlite/0006_tenancy.sql"),
        include_str!("../../migrations/postgres/0006_tenancy.sql"),
    ),
    Layout::new(
        7,
        "scopes of keys",
        include_str!("../../migrations/sqlite/0007_key_scopes.sql"),
        include_str!("../../migrations/postgres/0007_key_scopes.sql"),
    ),
    Layout::new(
        8,
        "prices",
        include_str!("../../migrations/sqlite/0008_prices.sql"),
        include_str!("../../migrations/postgres/0008_prices.sql"),
    ),
    Layout::new(
        9,
        "chain of the audit",
        include_str!("../../migrations/sqlite/0009_audit_chain.sql"),
        include_str!("../../migrations/postgres/0009_audit_chain.sql"),
    ),
    Layout::new(
        10,
        "secrets",
        include_str!("../../migrations/sqlite/0010_secrets.sql"),
        include_str!("../../migrations/postgres/0010_secrets.sql"),
    ),
    Layout::new(
        11,
        "ledger",
        include_str!("../../migrations/sqlite/0011_ledger.sql"),
        include_str!("../../migrations/postgres/0011_ledger.sql"),
    ),
    Layout::new(
        12,
        "accounts",
        include_str!("../../migrations/sqlite/0012_accounts.sql"),
        include_str!("../../migrations/postgres/0012_accounts.sql"),
    ),
    Layout::new(
        13,
        "money in",
        include_str!("../../migrations/sqlite/0013_money_in.sql"),
        include_str!("../../migrations/postgres/0013_money_in.sql"),
    ),
    Layout::new(
        14,
        "budgets",
        include_str!("../../migrations/sqlite/0014_budgets.sql"),
        include_str!("../../migrations/postgres/0014_budgets.sql"),
    ),
    Layout::new(
        15,
        "budgets in all",
        include_str!("../../migrations/sqlite/0015_budgets_in_all.sql"),
        include_str!("../../migrations/postgres/0015_budgets_in_all.sql"),
    ),
    Layout::new(
        16,
        "rate limits",
        include_str!("../../migrations/sqlite/0016_rate_limits.sql"),
        include_str!("../../migrations/postgres/0016_rate_limits.sql"),
    ),
    Layout::new(
        17,
        "calls by when they were received",
        include_str!("../../migrations/sqlite/0017_received.sql"),
        include_str!("../../migrations/postgres/0017_received.sql"),
    ),
    Layout::new(
        19,
        "alerts",
        include_str!("../../migrations/sqlite/0019_alerts.sql"),
        include_str!("../../migrations/postgres/0019_alerts.sql"),
    ),
    Layout::new(
        20,
        "alerts by channel",
        include_str!("../../migrations/sqlite/0020_alerts_by_channel.sql"),
        include_str!("../../migrations/postgres/0020_alerts_by_channel.sql"),
    ),
];

/// Takes the steps that are missing.
pub(super) async fn bring_up_to_date(
    pool: &AnyPool,
    kind: Kind,
    server: Option<&Secret>,
) -> Result<(), StoreError> {
    steps::take(&layouts_until(newest(), kind), pool, server).await.map_err(|error| match error {
        StoreError::Layout(MigrateError::VersionMissing(found)) => {
            StoreError::Newer { found, known: newest() }
        }
        other => other,
    })
}

/// The steps up to one, as an earlier version knew them.
pub(super) fn layouts_until(newest: i64, kind: Kind) -> Migrator {
    let migration = |layout: &Layout| {
        let text = match kind {
            Kind::Sqlite => layout.sqlite,
            Kind::Postgres => layout.postgres,
        };
        Migration::new(layout.number, layout.name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let known = LAYOUTS.iter().filter(|layout| layout.number <= newest);
    Migrator::with_migrations(known.map(migration).collect())
}

/// The number of the newest.
pub(super) fn newest() -> i64 {
    LAYOUTS.last().map_or(0, |layout| layout.number)
}

/// The numbers of all, oldest first.
pub(super) fn numbers() -> Vec<i64> {
    LAYOUTS.iter().map(|layout| layout.number).collect()
}
