//! Each rule on either side of its edge.

use domain::{Currency, Money, NANO, Timestamp};
use serde_json::Value;

use super::judge;
use crate::facts::{
    AccountFact, BalanceFact, BudgetFact, Counts, Facts, KeyFact, Part, SpendFact, UnpricedFact,
};
use crate::finding::Findings;
use crate::rule::{Rule, Severity};
use crate::spend::SpendSeries;
use crate::terms::{Terms, Timing};
use crate::window::Windows;

const NOW: Timestamp = Timestamp(1_795_219_200_000);
const DAY_MS: i64 = 86_400_000;

fn judged(facts: &Facts<'_>) -> Findings {
    judge(facts, &Windows::default(), (&Terms::default(), &Timing::default()), NOW)
}

fn units(units: i64) -> Money {
    Money::from_nano(units * NANO)
}

#[track_caller]
fn is_bad(findings: &Findings, rule: Rule) -> Vec<(&str, &str)> {
    let bad = findings.bad.iter().filter(|finding| finding.rule == rule);
    bad.map(|finding| (finding.subject.as_str(), finding.summary.as_str())).collect()
}

fn part() -> Part {
    Part { name: "north".to_owned(), ..Part::default() }
}

/// What is found of a provider that was asked so often in a window that was seen whole.
fn rated(counts: Counts) -> Findings {
    let mut windows = Windows::default();
    let window = Timing::default().window_ms;
    windows.note(Timestamp(NOW.unix_ms() - window), window, [("north", Counts::default())].into_iter());
    windows.note(NOW, window, [("north", counts)].into_iter());
    let facts = Facts { providers: vec![part()], ..Facts::default() };
    judge(&facts, &windows, (&Terms::default(), &Timing::default()), NOW)
}

#[test]
fn a_provider_is_down_where_all_of_it_is_left_alone_and_no_operator_did_it() {
    let down = Part { is_down: true, reason: Some("path dead"), ..part() };
    let found = |provider: Part| judged(&Facts { providers: vec![provider], ..Facts::default() });
    assert_eq!(
        is_bad(&found(down.clone()), Rule::ProviderDown),
        [("north", "every line of the provider north is left alone (path dead)")]
    );
    assert_eq!(is_bad(&found(part()), Rule::ProviderDown), []);
    assert_eq!(is_bad(&found(Part { is_switched_off: true, ..down }), Rule::ProviderDown), []);
    let unknown = found(Part { is_unknown: true, ..part() });
    assert!(unknown.is_silent_on(Rule::ProviderDown, "north"));
}

#[test]
fn rates_are_told_above_their_limit_and_with_enough_calls() {
    let check = |asked, failed, moved_on, rules: &[Rule]| {
        let found = rated(Counts { asked, failed, moved_on });
        let told: Vec<Rule> = found.bad.iter().map(|finding| finding.rule).collect();
        assert_eq!(told, rules, "{asked} {failed} {moved_on}");
        assert!(!found.is_silent_on(Rule::ErrorRate, "north"));
    };
    check(100, 5, 10, &[]);
    check(100, 6, 10, &[Rule::ErrorRate]);
    check(100, 5, 11, &[Rule::FailoverRate]);
    check(19, 19, 19, &[]);
    check(20, 20, 0, &[Rule::ErrorRate]);
    let found = rated(Counts { asked: 1000, failed: 123, moved_on: 0 });
    assert_eq!(found.bad[0].summary, "123 of 1000 attempts at north failed in 5 min: 12.3 %, more than 5 %");
}

#[test]
fn of_a_window_that_was_not_seen_whole_only_the_bad_is_said() {
    let mut windows = Windows::default();
    let window = Timing::default().window_ms;
    windows.note(Timestamp(NOW.unix_ms() - 1000), window, [("north", Counts::default())].into_iter());
    let facts = Facts { providers: vec![part()], ..Facts::default() };
    let found = |windows: &Windows| judge(&facts, windows, (&Terms::default(), &Timing::default()), NOW);
    assert!(found(&windows).is_silent_on(Rule::ErrorRate, "north"));
    windows.note(NOW, window, [("north", Counts { asked: 50, failed: 50, moved_on: 0 })].into_iter());
    assert_eq!(is_bad(&found(&windows), Rule::ErrorRate).len(), 1);
}

#[test]
fn latency_is_an_average_of_enough_answers() {
    let found = |latencies_ms: Vec<u64>| {
        judged(&Facts { providers: vec![Part { latencies_ms, ..part() }], ..Facts::default() })
    };
    assert_eq!(is_bad(&found(vec![1000; 20]), Rule::Latency), []);
    assert_eq!(is_bad(&found(vec![5000; 19]), Rule::Latency), []);
    assert_eq!(
        is_bad(&found(vec![1001; 20]), Rule::Latency),
        [("north", "answers of north began after 1001 ms on average in 5 min, later than 1000 ms")]
    );
}

#[test]
fn money_is_told_by_the_thresholds_of_accounts_and_budgets() {
    let account = AccountFact {
        subject: "account 1".to_owned(),
        organisation: "org_acme".to_owned(),
        balance: units(9),
        threshold: units(10),
        currency: "USD".to_owned(),
        details: Value::Null,
    };
    let budget = |used: i64| BudgetFact {
        subject: "budget 2".to_owned(),
        owner: "project proj_1".to_owned(),
        period: "day",
        used: units(used),
        limit: units(50),
        currency: Currency::USD,
        is_hard: used > 50,
    };
    let found = judged(&Facts { accounts: vec![account], budgets: vec![budget(41)], ..Facts::default() });
    assert_eq!(
        is_bad(&found, Rule::Balance),
        [("account 1", "the balance of account 1 (org_acme) is 9 USD, below 10")]
    );
    assert_eq!(
        is_bad(&found, Rule::Budget),
        [("budget 2", "41 of 50 USD of the day's budget 2 (project proj_1) are spent")]
    );
    let found = judged(&Facts { budgets: vec![budget(50)], ..Facts::default() });
    assert_eq!(is_bad(&found, Rule::Balance), []);
    let severities: Vec<Severity> = found.bad.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Warning, Severity::Critical], "used up is another alert");
    assert!(found.bad[1].summary.ends_with("are spent: nothing is left; it is soft, and calls go on"));
    let found = judged(&Facts { budgets: vec![budget(51)], ..Facts::default() });
    assert!(
        found.bad[1].summary.ends_with("nothing is left, and calls that count for it are refused with 402")
    );
}

#[test]
fn where_keys_are_too_many_none_that_is_not_named_is_well() {
    let found = judged(&Facts { keys: Some(Vec::new()), ..Facts::default() });
    assert!(!found.unseen.contains(&Rule::KeyExpiry));
    let found = judged(&Facts { keys: Some(Vec::new()), has_more_keys: true, ..Facts::default() });
    assert!(found.unseen.contains(&Rule::KeyExpiry));
}

#[test]
fn keys_prices_and_upstream_accounts_are_told() {
    let key = |id: &str, days: i64| KeyFact {
        id: id.to_owned(),
        name: "app".to_owned(),
        expires_at: Timestamp(NOW.unix_ms() + days * DAY_MS),
    };
    let balance = |subject: &str, amount: Option<i64>| BalanceFact {
        subject: subject.to_owned(),
        amount: amount.map(units),
        currency: Currency::parse("CNY"),
    };
    let facts = Facts {
        keys: Some(vec![key("key_past", -1), key("key_soon", 7), key("key_later", 8)]),
        unpriced: vec![UnpricedFact { provider: "north".to_owned(), model: "m".to_owned() }],
        balances: Some(vec![balance("low", Some(9)), balance("fine", Some(10)), balance("mute", None)]),
        ..Facts::default()
    };
    let found = judged(&facts);
    let subjects = |rule| is_bad(&found, rule).into_iter().map(|(subject, _)| subject).collect::<Vec<_>>();
    assert_eq!(subjects(Rule::KeyExpiry), ["key_past", "key_soon"]);
    assert_eq!(subjects(Rule::PriceUnknown), ["north/m"]);
    assert_eq!(
        is_bad(&found, Rule::UpstreamBalance),
        [("low", "9 CNY are left on the account at low, less than 10")]
    );
    assert!(found.is_silent_on(Rule::UpstreamBalance, "mute"));
    let unseen = judged(&Facts::default());
    assert!(unseen.is_silent_on(Rule::KeyExpiry, "key_soon"));
    assert!(unseen.is_silent_on(Rule::UpstreamBalance, "low"));
}

#[test]
fn a_jump_of_spending_is_told_against_the_same_time_before() {
    let window = Timing::default().spend_window_ms;
    let found = |before: i64, spent: i64| {
        let mut series = SpendSeries::default();
        series.add(Timestamp(NOW.unix_ms() - 2 * window), Money::ZERO, window);
        series.add(Timestamp(NOW.unix_ms() - window), units(before), window);
        series.add(NOW, units(spent), window);
        let spend = Some(SpendFact { series: &series, currency: Currency::USD });
        let found = judged(&Facts { spend, ..Facts::default() });
        is_bad(&found, Rule::SpendJump).first().map(|(_, summary)| (*summary).to_owned())
    };
    assert_eq!(
        found(10, 44).as_deref(),
        Some("44 USD were spent in 1 h, +340 % against the same time before (10)")
    );
    assert_eq!(found(10, 29), None);
    assert!(found(10, 30).is_some());
    assert_eq!(found(0, 0), None);
    assert_eq!(
        found(0, 1).as_deref(),
        Some("1 USD were spent in 1 h, after nothing the same time before (0)")
    );
}

#[test]
fn a_rule_that_is_off_finds_nothing() {
    let mut terms = Terms::default();
    terms.of_mut(Rule::ProviderDown).is_on = false;
    let facts = Facts { providers: vec![Part { is_down: true, ..part() }], ..Facts::default() };
    let found = judge(&facts, &Windows::default(), (&terms, &Timing::default()), NOW);
    assert_eq!(found.bad, []);
    // Also where nobody can say: what was bad by it is over.
    let facts = Facts { providers: vec![Part { is_unknown: true, ..part() }], ..Facts::default() };
    terms.of_mut(Rule::KeyExpiry).is_on = false;
    let found = judge(&facts, &Windows::default(), (&terms, &Timing::default()), NOW);
    assert!(
        !found.is_silent_on(Rule::ProviderDown, "north") && !found.is_silent_on(Rule::KeyExpiry, "key_1")
    );
    assert!(found.is_silent_on(Rule::UpstreamBalance, "deep"));
}

#[test]
fn of_an_account_that_cannot_be_asked_none_of_its_currencies_is_known() {
    let mute = BalanceFact { subject: "deep".to_owned(), amount: None, currency: None };
    let found = judged(&Facts { balances: Some(vec![mute]), ..Facts::default() });
    assert!(found.is_silent_on(Rule::UpstreamBalance, "deep in CNY"));
    assert!(!found.is_silent_on(Rule::UpstreamBalance, "deeper in CNY"));
}
