//! One budget as it stands: takes and gives back, and begins anew by itself. Whoever owns it sees to it that nobody else
//! changes it at the same time.

use domain::{Money, Timestamp};

use super::hold::{Hold, Refused, amount};
use super::period::{Period, Window};
use super::rule::{Rule, Terms};
use super::tally::Tally;
use super::zone::Zone;

/// What was spent in each window, and what is put aside for calls that run. A call counts in the window that it was let in.
#[derive(Debug)]
pub struct Budget {
    period: Period,
    zone: Zone,
    terms: Terms,
    current: Tally,
    /// Windows that are over, with calls that still run or with something to be kept.
    past: Vec<Tally>,
}

/// How a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What it says.
    pub terms: Terms,
    /// The window it is in.
    pub window: Window,
    /// What was spent in it.
    pub used: Money,
    /// What is put aside for calls that run.
    pub held: Money,
}

/// What was spent in a window, where that is not known to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unkept {
    /// When the window began.
    pub window: Timestamp,
    /// All that was spent in it.
    pub used: Money,
    spent: i128,
}

impl Budget {
    /// A rule that nobody has spent anything by.
    pub fn new(rule: &Rule, now: Timestamp) -> Self {
        let Rule { period, zone, terms, .. } = rule;
        let current = Tally::new(period.window(zone, now));
        Self { period: *period, zone: zone.clone(), terms: *terms, current, past: Vec::new() }
    }

    /// What was spent before a restart, in a window that began then. What is over does not matter any more.
    pub fn restore(&mut self, window: Timestamp, used: Money) {
        if window >= self.current.window.start {
            self.current.restore(used.nano().into(), self.terms);
        }
    }

    /// From now on it says something else.
    pub fn set_terms(&mut self, terms: Terms) {
        self.terms = terms;
        self.current.weigh(terms);
    }

    /// Puts that much aside, or nothing.
    pub fn take(&mut self, amount: Money, now: Timestamp) -> Result<Hold, Refused> {
        self.roll(now);
        self.current.take(amount, self.terms)
    }

    /// Puts that much more aside, or nothing more.
    pub fn extend(&mut self, hold: &mut Hold, amount: Money) -> Result<(), Refused> {
        let terms = self.terms;
        self.tally(hold.window).extend(hold, amount, terms)
    }

    /// Puts that much less aside.
    pub fn shrink(&mut self, hold: &mut Hold, amount: Money) {
        self.tally(hold.window).shrink(hold, amount);
    }

    /// Ends a call at what it cost, all of which is counted; whether that is what makes the warning due.
    pub fn end(&mut self, hold: Hold, actual: Money, now: Timestamp) -> bool {
        let (Hold { window, amount }, terms) = (hold, self.terms);
        let is_news = self.tally(window).end(amount, actual, terms);
        self.roll(now);
        is_news
    }

    /// How it stands.
    pub fn standing(&mut self, now: Timestamp) -> Standing {
        self.roll(now);
        let Tally { window, used, held, .. } = self.current;
        Standing { terms: self.terms, window, used: amount(used), held: amount(held) }
    }

    /// What is to be kept.
    pub fn unkept(&self) -> impl Iterator<Item = Unkept> {
        let tallies = self.past.iter().chain([&self.current]).filter(|tally| tally.used != tally.kept);
        tallies.map(|it| Unkept { window: it.window.start, used: amount(it.used), spent: it.used })
    }

    /// Notes that this was kept.
    pub fn keep(&mut self, kept: Unkept) {
        self.tally(kept.window).kept = kept.spent;
        self.past.retain(Tally::is_open);
    }

    fn roll(&mut self, now: Timestamp) {
        // A clock that goes back counts in the newest window: what was spent stays spent.
        if now >= self.current.window.end && !self.current.window.is_endless() {
            let next = Tally::new(self.period.window(&self.zone, now));
            self.past.push(std::mem::replace(&mut self.current, next));
            self.past.retain(Tally::is_open);
        }
    }

    fn tally(&mut self, window: Timestamp) -> &mut Tally {
        // A window is there while a call of it runs; were it not, what it cost must not be lost.
        match self.past.iter_mut().find(|tally| tally.window.start == window) {
            Some(past) => past,
            None => &mut self.current,
        }
    }
}

impl Standing {
    /// What is left.
    pub fn available(&self) -> Money {
        let left = i128::from(self.terms.limit.nano()) - i128::from(self.used.nano());
        amount((left - i128::from(self.held.nano())).max(0))
    }

    /// Whether so much is spent that it is warned of.
    pub fn warns(&self) -> bool {
        self.terms.warns_at(self.used.nano().into())
    }
}

#[cfg(test)]
mod tests {
    use domain::{KeyId, Money, Timestamp};

    use super::Budget;
    use crate::budget::{Period, Rule, RuleId, Scope, Terms, Zone};

    const DAY_MS: i64 = 86_400_000;
    const NOON: Timestamp = Timestamp(20_000 * DAY_MS + DAY_MS / 2);
    const NEXT_NOON: Timestamp = Timestamp(NOON.0 + DAY_MS);

    fn nano(nano: i64) -> Money {
        Money::from_nano(nano)
    }

    fn budget(limit: i64, is_hard: bool) -> Budget {
        let scope = Scope::Key(KeyId::parse("key_a").unwrap());
        let terms = Terms { limit: nano(limit), warn_percent: 80, is_hard };
        let rule = Rule { id: RuleId(1), scope, period: Period::Day, zone: Zone::utc(), terms };
        Budget::new(&rule, NOON)
    }

    fn spent(budget: &mut Budget, now: Timestamp) -> (i64, i64) {
        let standing = budget.standing(now);
        (standing.used.nano(), standing.held.nano())
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_numbers() {
        let mut budget = budget(100, true);
        let first = budget.take(nano(70), NOON).unwrap();
        let refused = budget.take(nano(31), NOON).unwrap_err();
        assert_eq!((refused.used, refused.held, refused.available()), (0, 70, nano(30)));
        assert_eq!(refused.window.end, Timestamp(20_001 * DAY_MS));
        assert!(refused.may_fit_soon());
        budget.end(first, nano(70), NOON);
        let refused = budget.take(nano(31), NOON).unwrap_err();
        assert_eq!((refused.used, refused.held, refused.may_fit_soon()), (70, 0, false));
        let last = budget.take(nano(30), NOON).unwrap();
        budget.end(last, nano(30), NOON);
        assert_eq!(spent(&mut budget, NOON), (100, 0));
    }

    #[test]
    fn a_new_window_begins_with_nothing_spent_and_the_old_ones_calls_count_in_the_old() {
        let mut budget = budget(100, true);
        let mut late = budget.take(nano(60), NOON).unwrap();
        assert_eq!(spent(&mut budget, NEXT_NOON), (0, 0));
        let whole = budget.take(nano(100), NEXT_NOON).unwrap();
        budget.extend(&mut late, nano(40)).unwrap();
        budget.extend(&mut late, nano(1)).unwrap_err();
        budget.end(late, nano(90), NEXT_NOON);
        budget.end(whole, nano(5), NEXT_NOON);
        assert_eq!(spent(&mut budget, NEXT_NOON), (5, 0));
        let unkept: Vec<_> = budget.unkept().map(|it| (it.window.0 / DAY_MS, it.used.nano())).collect();
        assert_eq!(unkept, [(20_000, 90), (20_001, 5)]);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_back() {
        let mut budget = budget(100, true);
        let first = budget.take(nano(100), NEXT_NOON).unwrap();
        budget.end(first, nano(100), NOON);
        budget.take(nano(1), NOON).unwrap_err();
    }

    #[test]
    fn what_a_call_cost_beyond_its_hold_is_counted_whole() {
        let mut budget = budget(100, true);
        let hold = budget.take(nano(10), NOON).unwrap();
        budget.end(hold, nano(500), NOON);
        assert_eq!(spent(&mut budget, NOON), (500, 0));
        budget.take(nano(1), NOON).unwrap_err();
    }

    #[test]
    fn a_soft_budget_refuses_nobody_and_warns_once_a_window() {
        let mut budget = budget(100, false);
        let ends = |budget: &mut Budget, cost: i64, now: Timestamp| {
            let hold = budget.take(nano(1_000), now).unwrap();
            budget.end(hold, nano(cost), now)
        };
        assert_eq!([79, 1, 500].map(|cost| ends(&mut budget, cost, NOON)), [false, true, false]);
        assert!(budget.standing(NOON).warns());
        assert_eq!([80, 1].map(|cost| ends(&mut budget, cost, NEXT_NOON)), [true, false]);
    }

    #[test]
    fn other_terms_hold_at_once_and_may_warn_again() {
        let mut budget = budget(100, true);
        let hold = budget.take(nano(90), NOON).unwrap();
        assert!(budget.end(hold, nano(90), NOON));
        budget.set_terms(Terms { limit: nano(1_000), warn_percent: 80, is_hard: true });
        let hold = budget.take(nano(800), NOON).unwrap();
        assert!(budget.end(hold, nano(710), NOON));
        budget.set_terms(Terms { limit: nano(10), warn_percent: 80, is_hard: true });
        budget.take(nano(1), NOON).unwrap_err();
    }

    #[test]
    fn what_was_spent_before_a_restart_counts_unless_its_window_is_over() {
        let mut budget = budget(100, true);
        budget.restore(Timestamp(19_999 * DAY_MS), nano(77));
        budget.restore(Timestamp(20_000 * DAY_MS), nano(95));
        assert_eq!(spent(&mut budget, NOON), (95, 0));
        assert_eq!(budget.unkept().count(), 0);
        let hold = budget.take(nano(5), NOON).unwrap();
        assert!(!budget.end(hold, nano(5), NOON), "it was warned of before");
        let unkept: Vec<_> = budget.unkept().collect();
        assert_eq!(unkept.iter().map(|it| it.used.nano()).collect::<Vec<_>>(), [100]);
        budget.keep(unkept[0]);
        assert_eq!(budget.unkept().count(), 0);
    }

    #[test]
    fn a_budget_in_all_never_begins_anew() {
        let scope = Scope::Key(KeyId::parse("key_a").unwrap());
        let terms = Terms { limit: nano(100), warn_percent: 80, is_hard: true };
        let rule = Rule { id: RuleId(1), scope, period: Period::Total, zone: Zone::utc(), terms };
        let mut budget = Budget::new(&rule, NOON);
        let hold = budget.take(nano(60), NOON).unwrap();
        budget.end(hold, nano(60), NOON);
        for later in [NEXT_NOON, Timestamp(i64::MAX)] {
            budget.take(nano(41), later).unwrap_err();
            assert_eq!(spent(&mut budget, later), (60, 0));
        }
        let window = budget.unkept().next().unwrap().window;
        let mut again = Budget::new(&rule, NEXT_NOON);
        again.restore(window, nano(60));
        assert_eq!(spent(&mut again, NEXT_NOON), (60, 0));
    }

    #[test]
    fn less_than_nothing_is_not_put_aside() {
        budget(100, false).take(nano(-1), NOON).unwrap_err();
    }
}
