//! How budgets are told: to callers, whom they refuse or warn, and to whoever reads the log.

use std::fmt::Write;
use std::time::Duration;

use domain::{Currency, Failure, Kind, Money, Timestamp};
use http::HeaderValue;
use observe::Level;
use store::{BudgetCell, BudgetRefusal};

use crate::clock::wall_clock;
use crate::paying::Paying;
use crate::worker::Worker;

/// When to come back for what other calls have put aside and may not need.
const SOON: Duration = Duration::from_secs(1);

/// Why a call is refused: what it needs, what there is, and when there is more.
pub(crate) fn refused(refusal: &BudgetRefusal, currency: Currency, now: Timestamp) -> Box<Failure> {
    let BudgetRefusal { budget, why } = refusal;
    let rule = &budget.entry.rule;
    let message = format!(
        "this call may cost up to {needed} {currency}, and budget {number} ({limit} {currency} {period} for {scope}) \
         has {left} {currency} left: {used} spent, {held} put aside for calls that run; {anew}; raise it, or ask for a \
         shorter answer",
        needed = why.needed,
        number = rule.id,
        limit = why.terms.limit,
        period = rule.period.each(),
        scope = rule.scope,
        left = why.available(),
        used = nano(why.used),
        held = nano(why.held),
        anew = anew(rule.begins_anew(why.window)),
    );
    let failure = Failure::new(Kind::OutOfCredit, message);
    if why.window.is_endless() {
        // Only what other calls have put aside can come back by itself.
        return if why.may_fit_soon() { failure.with_retry_after(SOON) } else { failure };
    }
    let until = why.window.end.unix_ms().saturating_sub(now.unix_ms());
    let until = Duration::from_millis(u64::try_from(until).unwrap_or_default());
    let wait = if why.may_fit_soon() { SOON.min(until) } else { until };
    failure.with_retry_after(wait)
}

/// Why an answer ends before its end: whichever has least left is used up.
pub(crate) fn used_up(paying: &Paying, now: Timestamp) -> String {
    let funds = paying.funds();
    let account = funds.purse().map(|purse| (purse.payer.cell.available(), purse.payer.account.currency));
    let hard = funds.budgets().budgets().map(|budget| (budget, budget.standing(now)));
    let hard = hard.filter(|(_, standing)| standing.terms.is_hard);
    let tightest = hard.min_by_key(|(_, standing)| standing.available());
    match (tightest, account) {
        (Some((budget, standing)), account)
            if account.is_none_or(|(balance, _)| standing.available() < balance) =>
        {
            let rule = &budget.entry.rule;
            format!(
                "budget {number} ({limit} {currency} {period} for {scope}) is used up, and the answer ends here; \
                 {anew}",
                number = rule.id,
                limit = standing.terms.limit,
                currency = paying.book.currency(),
                period = rule.period.each(),
                scope = rule.scope,
                anew = anew(rule.begins_anew(standing.window)),
            )
        }
        (_, Some((balance, currency))) => format!(
            "the balance is used up ({balance} {currency} left), and the answer ends here; add to it and ask again"
        ),
        (_, None) => "there is no more money for this answer, and it ends here".to_owned(),
    }
}

/// What a caller is warned of in the head of his answer: every budget of which so much is spent.
pub(crate) fn warning(paying: &Paying, at: Timestamp) -> Option<HeaderValue> {
    let mut text = String::new();
    for budget in paying.funds().budgets().budgets() {
        let standing = budget.standing(at);
        if standing.warns() {
            let (comma, rule) = (if text.is_empty() { "" } else { ", " }, &budget.entry.rule);
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "{comma}budget {} of {}: {} of {} {} spent {}",
                rule.id,
                rule.scope,
                standing.used,
                standing.terms.limit,
                paying.book.currency(),
                rule.period.so_far()
            );
        }
    }
    if text.is_empty() { None } else { HeaderValue::from_str(&text).ok() }
}

/// Tells whoever looks after a budget, once for each window.
pub(crate) fn tell_warning(worker: &Worker, budget: &BudgetCell) {
    let (rule, standing) = (&budget.entry.rule, budget.standing(wall_clock()));
    worker.shard.budget_warned();
    worker.gateway.log.event(
        Level::Warn,
        "a budget is spent to the part that is warned of",
        &[
            ("budget", &rule.id),
            ("scope", &rule.scope.kind()),
            ("id", &rule.scope.id()),
            ("period", &rule.period.name()),
            ("spent", &standing.used),
            ("limit", &standing.terms.limit),
            ("warn_percent", &standing.terms.warn_percent),
            ("begins_anew", &rule.begins_anew(standing.window).as_deref().unwrap_or("never")),
        ],
    );
}

fn anew(at: Option<String>) -> String {
    at.map_or_else(|| "it does not begin anew".to_owned(), |at| format!("it begins anew at {at}"))
}

/// A sum in the places of money; what no money reaches is the largest there is.
fn nano(sum: i128) -> Money {
    Money::from_nano(i64::try_from(sum).unwrap_or(i64::MAX))
}
