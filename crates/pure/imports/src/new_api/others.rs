//! Tables that are not read: what is lost with each.

use crate::report::{About, Report};

/// Tables that say again what others say, or what only the console needs.
const OF_NO_ACCOUNT: &[&str] = &["abilities", "setups", "goose_db_version", "casbin_rule"];
const KNOWN: &[(&str, &str)] = &[
    ("redemptions", "vouchers are not carried; what was redeemed is in the balances"),
    ("top_ups", "the history of payments is not carried; what was paid is in the balances"),
    ("logs", "the history of calls is not carried"),
    ("quota_data", "the history of spend is not carried"),
    ("midjourneys", "tasks are not carried"),
    ("tasks", "tasks are not carried"),
    ("subscription_plans", "subscriptions are not carried"),
    ("subscription_orders", "subscriptions are not carried"),
    ("user_subscriptions", "subscriptions are not carried"),
    ("models", "facts about models are the catalogue's"),
    ("vendors", "facts about models are the catalogue's"),
    ("two_fas", "sign-ins are not carried"),
    ("two_fa_backup_codes", "sign-ins are not carried"),
    ("passkey_credentials", "sign-ins are not carried"),
];

/// Tells of every table that has rows.
pub(super) fn tell(others: &[(String, u64)], report: &mut Report) {
    for (name, count) in
        others.iter().filter(|(name, count)| *count > 0 && !OF_NO_ACCOUNT.contains(&name.as_str()))
    {
        let known = KNOWN.iter().find(|(known, _)| known == name);
        let said = known.map_or("the table is not read", |(_, said)| *said);
        report.lost(&About::named(format!("{name} ({count} rows)")), said, None);
    }
}
