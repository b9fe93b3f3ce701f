//! From facts to findings: what is bad, and what nobody can say.

use domain::{Money, Timestamp};
use serde_json::Value;

use crate::facts::{Facts, Part};
use crate::finding::{Finding, Findings};
use crate::rule::{Rule, Severity};
use crate::terms::{Terms, Timing};
use crate::window::Windows;
use crate::words::clock;

const DAY_MS: i64 = 86_400_000;

/// What the facts come to.
pub fn judge(
    facts: &Facts<'_>,
    windows: &Windows,
    (terms, timing): (&Terms, &Timing),
    now: Timestamp,
) -> Findings {
    let mut sight = Sight { terms, timing, now, findings: Findings::default() };
    for part in &facts.providers {
        sight.part(part, Rule::ProviderDown, "the provider");
        sight.rates(part, windows);
        sight.latency(part, windows);
    }
    facts.regions.iter().for_each(|part| sight.part(part, Rule::RegionDown, "the region"));
    sight.money(facts);
    sight.keys(facts);
    sight.upstream(facts);
    sight.spend(facts);
    let findings = &mut sight.findings;
    findings.bad.retain(|finding| terms.of(finding.rule).is_on);
    // Of what nobody wants to know, nothing is unknown: it is over.
    findings.unknown.retain(|(rule, _)| terms.of(*rule).is_on);
    findings.unseen.retain(|rule| terms.of(*rule).is_on);
    sight.findings
}

/// One look, as far as it is concluded.
struct Sight<'a> {
    terms: &'a Terms,
    timing: &'a Timing,
    now: Timestamp,
    findings: Findings,
}

impl Sight<'_> {
    fn bad(&mut self, rule: Rule, subject: &str, summary: String) {
        self.bad_as(rule, self.terms.of(rule).severity, subject, summary, Value::Null);
    }

    fn bad_as(&mut self, rule: Rule, severity: Severity, subject: &str, summary: String, details: Value) {
        self.findings.bad.push(Finding { rule, subject: subject.to_owned(), severity, summary, details });
    }

    fn unknown(&mut self, rule: Rule, subject: &str) {
        self.findings.unknown.insert((rule, subject.to_owned()));
    }

    fn part(&mut self, part: &Part, rule: Rule, what: &str) {
        if part.is_unknown {
            // After a restart nobody has asked yet: what was bad may still be.
            self.unknown(rule, &part.name);
        } else if part.is_down && !part.is_switched_off {
            let why = part.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
            self.bad(rule, &part.name, format!("every line of {what} {} is left alone{why}", part.name));
        }
    }

    fn rates(&mut self, part: &Part, windows: &Windows) {
        let rules = [(Rule::ErrorRate, "failed"), (Rule::FailoverRate, "went on elsewhere")];
        for (rule, words) in rules {
            let Some(counted) = windows.counted(&part.name, self.timing.window_ms) else { continue };
            let counts = counted.counts;
            let count = if rule == Rule::ErrorRate { counts.failed } else { counts.moved_on };
            let is_enough = counts.asked >= self.timing.calls_min;
            let percent = self.terms.of(rule).threshold;
            if is_enough && u128::from(count) * 100 > u128::from(counts.asked) * u128::from(percent) {
                let rate = tenths(count, counts.asked);
                let summary = format!(
                    "{count} of {} attempts at {} {words} in {}: {rate} %, more than {percent} %",
                    counts.asked,
                    part.name,
                    span(self.timing.window_ms)
                );
                self.bad(rule, &part.name, summary);
            } else if !counted.is_whole {
                self.unknown(rule, &part.name);
            }
        }
    }

    fn latency(&mut self, part: &Part, windows: &Windows) {
        let (count, limit) = (part.latencies_ms.len() as u64, self.terms.of(Rule::Latency).threshold);
        let average = part.latencies_ms.iter().sum::<u64>().checked_div(count);
        let is_whole =
            windows.counted(&part.name, self.timing.window_ms).is_some_and(|counted| counted.is_whole);
        match average.filter(|average| count >= self.timing.calls_min && *average > limit) {
            Some(average) => {
                let summary = format!(
                    "answers of {} began after {average} ms on average in {}, later than {limit} ms",
                    part.name,
                    span(self.timing.window_ms)
                );
                self.bad(Rule::Latency, &part.name, summary);
            }
            None if !is_whole => self.unknown(Rule::Latency, &part.name),
            None => {}
        }
    }

    fn money(&mut self, facts: &Facts<'_>) {
        let severity = self.terms.of(Rule::Balance).severity;
        for account in &facts.accounts {
            let summary = format!(
                "the balance of {} ({}) is {} {}, below {}",
                account.subject, account.organisation, account.balance, account.currency, account.threshold
            );
            self.bad_as(Rule::Balance, severity, &account.subject, summary, account.details.clone());
        }
        for budget in &facts.budgets {
            let of = format!(
                "{} of {} {} of the {}'s {}",
                budget.used, budget.limit, budget.currency, budget.period, budget.subject
            );
            self.bad(Rule::Budget, &budget.subject, format!("{of} ({}) are spent", budget.owner));
            if budget.used >= budget.limit {
                let subject = format!("{}, used up", budget.subject);
                let end = if budget.is_hard {
                    "nothing is left, and calls that count for it are refused with 402"
                } else {
                    "nothing is left; it is soft, and calls go on"
                };
                let summary = format!("{of} ({}) are spent: {end}", budget.owner);
                self.bad_as(Rule::Budget, Severity::Critical, &subject, summary, Value::Null);
            }
        }
        for served in &facts.unpriced {
            let subject = format!("{}/{}", served.provider, served.model);
            let summary =
                format!("calls of {subject} are served and have no price: what they cost is not known");
            self.bad(Rule::PriceUnknown, &subject, summary);
        }
    }

    fn keys(&mut self, facts: &Facts<'_>) {
        let Some(keys) = &facts.keys else {
            self.findings.unseen.insert(Rule::KeyExpiry);
            return;
        };
        if facts.has_more_keys {
            self.findings.unseen.insert(Rule::KeyExpiry);
        }
        let days = self.terms.of(Rule::KeyExpiry).threshold;
        let until =
            self.now.unix_ms().saturating_add(i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS));
        for key in keys.iter().filter(|key| key.expires_at.unix_ms() <= until) {
            let verb = if key.expires_at <= self.now { "ended" } else { "ends" };
            let at = clock(key.expires_at.unix_ms());
            let summary = format!("the key {} ({}) {verb} at {at}", key.id, key.name);
            self.bad(Rule::KeyExpiry, &key.id, summary);
        }
    }

    fn upstream(&mut self, facts: &Facts<'_>) {
        let Some(balances) = &facts.balances else {
            self.findings.unseen.insert(Rule::UpstreamBalance);
            return;
        };
        let units = i64::try_from(self.terms.of(Rule::UpstreamBalance).threshold).unwrap_or(i64::MAX);
        let least = Money::from_nano(units.saturating_mul(domain::NANO));
        for balance in balances {
            match balance.amount {
                None => self.unknown(Rule::UpstreamBalance, &balance.subject),
                Some(amount) if amount < least => {
                    let currency =
                        balance.currency.map(|currency| format!(" {currency}")).unwrap_or_default();
                    let summary = format!(
                        "{amount}{currency} are left on the account at {}, less than {least}",
                        balance.subject
                    );
                    self.bad(Rule::UpstreamBalance, &balance.subject, summary);
                }
                Some(_) => {}
            }
        }
    }

    fn spend(&mut self, facts: &Facts<'_>) {
        const SUBJECT: &str = "all calls";
        let window = self.timing.spend_window_ms;
        let compared =
            facts.spend.and_then(|spend| Some((spend.series.compared(self.now, window)?, spend.currency)));
        let Some((compared, currency)) = compared else {
            self.unknown(Rule::SpendJump, SUBJECT);
            return;
        };
        let (spent, before) = (i128::from(compared.now.nano()), i128::from(compared.before.nano()));
        let percent = i128::from(self.terms.of(Rule::SpendJump).threshold);
        let is_jump = (spent - before) * 100 >= before * percent && spent > before;
        if is_jump && compared.now >= self.timing.spend_min {
            let more = ((spent - before) * 100).checked_div(before);
            let more =
                more.map_or_else(|| "after nothing".to_owned(), |percent| format!("+{percent} % against"));
            let summary = format!(
                "{} {currency} were spent in {}, {more} the same time before ({})",
                compared.now,
                span(window),
                compared.before
            );
            self.bad(Rule::SpendJump, SUBJECT, summary);
        }
    }
}

/// A part in percent with one digit behind the point.
fn tenths(count: u64, of: u64) -> String {
    let tenths = u128::from(count) * 1000 / u128::from(of.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// As in "in 5 min".
fn span(ms: i64) -> String {
    match ms / 1000 {
        seconds if seconds % 3600 == 0 && seconds > 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 && seconds > 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests;
