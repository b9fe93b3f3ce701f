//! What an import of balances came to, or would come to.

use domain::{Money, NANO};
use imports::balances::Carried;
use serde_json::{Value, json};

/// Owners that are told one by one.
const OWNERS_TOLD_MAX: usize = 20;

/// What was made, and what was there.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    is_dry: bool,
    keys: usize,
    pub(super) keys_known: usize,
    owners: Vec<String>,
    projects_known: usize,
    accounts: usize,
    budgets: usize,
    /// What all balances come to.
    carried_nano: i128,
    pub(super) accounts_made: usize,
    credits: usize,
    credited_nano: i128,
    pub(super) credited_before: usize,
    pub(super) budgets_set: usize,
    pub(super) budgets_known: usize,
}

impl Outcome {
    /// What is to be done.
    pub(super) fn of(carried: &Carried, projects: &[Option<String>], is_dry: bool) -> Self {
        let owners = carried.owners.iter().map(|owner| {
            let credit = owner.credit.map(|credit| format!("balance {credit}"));
            let limit = owner.limit.map(|limit| budget(limit.amount, limit.period));
            format!("{}: {}", owner.project_name(), credit.or(limit).unwrap_or_default())
        });
        let credits = || carried.owners.iter().filter_map(|owner| owner.credit);
        Self {
            is_dry,
            keys: carried.keys.keys.len(),
            owners: owners.collect(),
            projects_known: projects.iter().flatten().count(),
            accounts: credits().count(),
            budgets: carried.limits.len() + carried.owners.iter().filter(|it| it.limit.is_some()).count(),
            carried_nano: credits().map(|credit| i128::from(credit.nano())).sum(),
            ..Self::default()
        }
    }

    pub(super) fn credited(&mut self, amount: Money) {
        self.credits += 1;
        self.credited_nano += i128::from(amount.nano());
    }

    /// For programs.
    pub(super) fn json(&self, notes: &[String]) -> Value {
        json!({
            "dry_run": self.is_dry,
            "keys": self.keys,
            "keys_known": self.keys_known,
            "projects": self.owners.len(),
            "projects_known": self.projects_known,
            "accounts": self.accounts,
            "balances": decimal(self.carried_nano),
            "accounts_made": self.accounts_made,
            "credits": self.credits,
            "credited": decimal(self.credited_nano),
            "credited_before": self.credited_before,
            "budgets": self.budgets,
            "budgets_set": self.budgets_set,
            "budgets_known": self.budgets_known,
            "notes": notes,
        })
    }
}

/// For people.
pub(super) fn told(it: &Outcome, notes: &[String]) -> String {
    let (keys, projects, sum) = (it.keys - it.keys_known, it.owners.len(), decimal(it.carried_nano));
    let mut lines = if it.is_dry {
        vec![format!(
            "{keys} keys, {projects} projects, {} accounts with {sum} in all and {} budgets would be carried; nothing was changed",
            it.accounts, it.budgets
        )]
    } else {
        vec![
            format!("{keys} keys are taken over; they work from now on, as their callers have them"),
            format!(
                "{projects} projects ({} were there), {} accounts made, {} balances credited with {} in all ({} were credited by \
                 an import before), {} budgets set ({} were there)",
                it.projects_known,
                it.accounts_made,
                it.credits,
                decimal(it.credited_nano),
                it.credited_before,
                it.budgets_set,
                it.budgets_known
            ),
        ]
    };
    if it.keys_known > 0 {
        lines.push(format!("{} keys are here already and stay as they are", it.keys_known));
    }
    lines.extend(it.owners.iter().take(OWNERS_TOLD_MAX).map(|owner| format!("  {owner}")));
    if projects > OWNERS_TOLD_MAX {
        lines.push(format!("  and {} more", projects - OWNERS_TOLD_MAX));
    }
    lines.extend(notes.iter().map(|note| format!("note: {note}")));
    lines.join("\n")
}

fn budget(amount: Money, period: &str) -> String {
    if period == "total" {
        format!("budget {amount} in all")
    } else {
        format!("budget {amount} each {period}")
    }
}

/// A sum that may be more than one balance.
fn decimal(nano: i128) -> String {
    let (units, rest) = (nano / i128::from(NANO), nano % i128::from(NANO));
    let places = format!("{rest:09}");
    let places = places.trim_end_matches('0');
    if places.is_empty() { units.to_string() } else { format!("{units}.{places}") }
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn sums_are_plain_decimals() {
        for (nano, text) in [
            (0, "0"),
            (1, "0.000000001"),
            (2_500_000_000, "2.5"),
            (i128::from(i64::MAX) * 2, "18446744073.709551614"),
        ] {
            assert_eq!(decimal(nano), text);
        }
    }
}
