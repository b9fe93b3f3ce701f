//! One look at everything that alerts are about.

use std::time::Duration;

use alerts::{AccountFact, BalanceFact, BudgetFact, Facts};
use config::AlertSettings;
use domain::{Currency, Timestamp};
use gateway::{Gateway, UpstreamBalance};
use limits::budget::{Rule, Standing};
use store::{AlertDesk, AlertError, BudgetDesk, KeyTimes, KeysEnding, Payer};

const DAY_MS: i64 = 86_400_000;
/// A key that has ended is told for so long: then nobody misses it.
const ENDED_TOLD_MS: i64 = DAY_MS;

/// What is seen, but for what is spent.
pub(super) async fn look(
    gateway: &Gateway,
    (desk, budgets): (&AlertDesk, &BudgetDesk),
    settings: &AlertSettings,
    balances: Option<&[UpstreamBalance]>,
    now: Timestamp,
) -> Result<Facts<'static>, AlertError> {
    let window = Duration::from_millis(settings.timing.window_ms.unsigned_abs());
    let (providers, regions) = gateway.parts(window);
    let keys = keys(desk, settings, now).await?;
    Ok(Facts {
        providers,
        regions,
        accounts: gateway
            .payers()
            .iter()
            .filter(|payer| payer.is_low())
            .map(|payer| account(payer))
            .collect(),
        budgets: budgets_of(budgets, gateway.prices().currency(), now),
        keys: Some(keys.keys),
        has_more_keys: keys.has_more,
        unpriced: gateway.unpriced(),
        balances: balances_of(settings, balances),
        spend: None,
    })
}

fn account(payer: &Payer) -> AccountFact {
    let account = &payer.account;
    AccountFact {
        subject: format!("account {}", account.number.0),
        organisation: account.organisation.to_string(),
        balance: payer.balance(),
        threshold: account.warn_below,
        currency: account.currency.to_string(),
        details: payer.json(),
    }
}

fn budgets_of(desk: &BudgetDesk, currency: Currency, now: Timestamp) -> Vec<BudgetFact> {
    let table = desk.table();
    let standing = table.iter().map(|cell| (&cell.entry.rule, cell.standing(now)));
    let warning = standing.filter(|(_, standing)| standing.warns());
    let fact = |(rule, standing): (&Rule, Standing)| BudgetFact {
        subject: format!("budget {}", rule.id.0),
        owner: format!("{} {}", rule.scope.kind(), rule.scope.id()),
        period: rule.period.name(),
        used: standing.used,
        limit: standing.terms.limit,
        currency,
        is_hard: standing.terms.is_hard,
    };
    warning.map(fact).collect()
}

async fn keys(desk: &AlertDesk, settings: &AlertSettings, now: Timestamp) -> Result<KeysEnding, AlertError> {
    let days = i64::try_from(settings.terms.of(alerts::Rule::KeyExpiry).threshold).unwrap_or(i64::MAX);
    let span_ms = days.saturating_mul(DAY_MS);
    let times = KeyTimes {
        before: Timestamp(now.unix_ms().saturating_add(span_ms)),
        now,
        after: Timestamp(now.unix_ms() - ENDED_TOLD_MS),
        life_min_ms: span_ms,
    };
    desk.keys_ending(times).await
}

/// Where nobody asks any more, nothing is bad; where nobody has asked yet, nobody knows.
fn balances_of(settings: &AlertSettings, balances: Option<&[UpstreamBalance]>) -> Option<Vec<BalanceFact>> {
    if settings.upstream_balance.is_none() {
        return Some(Vec::new());
    }
    let fact = |balance: &UpstreamBalance| BalanceFact {
        subject: balance.name.clone(),
        amount: balance.left,
        currency: balance.currency,
    };
    Some(balances?.iter().map(fact).collect())
}
