//! Any interleaving of calls: a hard limit is passed by nothing but charges beyond their holds, and sums are exact.

use std::collections::BTreeMap;

use domain::{Money, ProjectId, Timestamp};
use limits::budget::{Budget, Hold, Period, Rule, RuleId, Scope, Terms, Zone};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

const BEGIN: Timestamp = Timestamp(1_795_219_200_000);
const ZONES: [&str; 6] =
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns"];

#[derive(Copy, Clone, Debug)]
enum Step {
    Take(i64),
    Extend(usize, i64),
    Shrink(usize, i64),
    End(usize, i64),
    Wait(i64),
    Keep,
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop_oneof![0..200_i64, 0..2_000_i64];
    prop_oneof![
        4 => amount().prop_map(Step::Take),
        2 => (any::<usize>(), amount()).prop_map(|(call, amount)| Step::Extend(call, amount)),
        1 => (any::<usize>(), amount()).prop_map(|(call, amount)| Step::Shrink(call, amount)),
        4 => (any::<usize>(), amount()).prop_map(|(call, amount)| Step::End(call, amount)),
        2 => (-3_600_000..40 * 3_600_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Keep),
    ]
}

fn rule(is_hard: bool, period: Period, zone: &str) -> Rule {
    let terms = Terms { limit: Money::from_nano(1_000), warn_percent: 80, is_hard };
    let scope = Scope::Project(ProjectId::implicit());
    Rule {
        id: RuleId(1),
        scope,
        period,
        zone: Zone::parse(zone).expect("tests name zones that there are"),
        terms,
    }
}

/// What one window must come to.
#[derive(Debug, Default)]
struct Expected {
    used: i64,
    held: i64,
    beyond: i64,
}

struct Play {
    budget: Budget,
    now: Timestamp,
    running: Vec<(Timestamp, Hold)>,
    expected: BTreeMap<Timestamp, Expected>,
    kept: BTreeMap<Timestamp, i64>,
    warnings: BTreeMap<Timestamp, u32>,
}

impl Play {
    fn step(&mut self, step: Step) {
        let window = self.budget.standing(self.now).window.start;
        let count = self.running.len();
        match step {
            Step::Take(amount) => {
                if let Ok(hold) = self.budget.take(Money::from_nano(amount), self.now) {
                    self.running.push((window, hold));
                    self.expected.entry(window).or_default().held += amount;
                }
            }
            Step::Extend(call, amount) if count > 0 => {
                let (window, hold) = &mut self.running[call % count];
                if self.budget.extend(hold, Money::from_nano(amount)).is_ok() {
                    self.expected.entry(*window).or_default().held += amount;
                }
            }
            Step::Shrink(call, amount) if count > 0 => {
                let (window, hold) = &mut self.running[call % count];
                let before = hold.amount().nano();
                self.budget.shrink(hold, Money::from_nano(amount));
                self.expected.entry(*window).or_default().held -= before.min(amount);
            }
            Step::End(call, actual) if count > 0 => self.end(call % count, actual),
            Step::Wait(ms) => self.now = Timestamp(self.now.0 + ms),
            Step::Keep => self.keep(),
            _ => {}
        }
    }

    fn end(&mut self, call: usize, actual: i64) {
        let (window, hold) = self.running.swap_remove(call);
        let expected = self.expected.entry(window).or_default();
        expected.held -= hold.amount().nano();
        expected.used += actual;
        expected.beyond += (actual - hold.amount().nano()).max(0);
        if self.budget.end(hold, Money::from_nano(actual), self.now) {
            *self.warnings.entry(window).or_default() += 1;
        }
    }

    fn keep(&mut self) {
        let unkept: Vec<_> = self.budget.unkept().collect();
        for it in unkept {
            self.kept.insert(it.window, it.used.nano());
            self.budget.keep(it);
        }
    }
}

proptest! {
    #[test]
    fn no_interleaving_passes_a_hard_limit_or_loses_a_charge(
        steps in prop::collection::vec(step(), 1..200),
        is_hard in any::<bool>(),
        is_daily in any::<bool>(),
        zone in 0..ZONES.len(),
    ) {
        let rule = rule(is_hard, if is_daily { Period::Day } else { Period::Month }, ZONES[zone]);
        let mut play = Play {
            budget: Budget::new(&rule, BEGIN),
            now: BEGIN,
            running: Vec::new(),
            expected: BTreeMap::new(),
            kept: BTreeMap::new(),
            warnings: BTreeMap::new(),
        };
        for step in steps {
            play.step(step);
            let standing = play.budget.standing(play.now);
            let Expected { used, held, .. } = *play.expected.entry(standing.window.start).or_default();
            prop_assert_eq!((standing.used.nano(), standing.held.nano()), (used, held));
            for expected in play.expected.values().filter(|_| is_hard) {
                prop_assert!(expected.used + expected.held <= 1_000 + expected.beyond, "{:?}", expected);
            }
        }
        while !play.running.is_empty() {
            play.end(0, 7);
        }
        play.keep();
        let spent = play.expected.iter().filter(|(_, it)| it.used > 0).map(|(at, it)| (*at, it.used));
        prop_assert_eq!(play.kept, spent.collect::<BTreeMap<_, _>>());
        for (window, expected) in &play.expected {
            prop_assert_eq!(expected.held, 0);
            prop_assert_eq!(play.warnings.get(window).copied().unwrap_or(0), u32::from(expected.used >= 800));
        }
    }

    #[test]
    fn every_moment_is_in_one_window_that_ends_where_the_next_begins(
        ms in 0..4_102_444_800_000_i64,
        is_daily in any::<bool>(),
        zone in 0..ZONES.len(),
    ) {
        let (zone, now) = (Zone::parse(ZONES[zone]).unwrap(), Timestamp(ms));
        let period = if is_daily { Period::Day } else { Period::Month };
        let window = period.window(&zone, now);
        prop_assert!(window.start <= now && now < window.end, "{:?}", window);
        prop_assert_eq!(period.window(&zone, window.start), window);
        prop_assert_eq!(period.window(&zone, Timestamp(window.end.0 - 1)), window);
        prop_assert_eq!(period.window(&zone, window.end).start, window.end);
        let hours = (window.end.0 - window.start.0) / 3_600_000;
        let usual = if is_daily { 22..=26 } else { 27 * 24..=32 * 24 };
        prop_assert!(usual.contains(&hours), "{} hours", hours);
    }
}
