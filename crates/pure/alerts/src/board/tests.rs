//! A day of alerts in a millisecond.

use domain::Timestamp;
use serde_json::Value;

use super::{ALERTS_MAX, Board, RESOLVED_KEPT_MS};
use crate::alert::{AlertState, Told};
use crate::finding::{Finding, Findings};
use crate::notice::Event;
use crate::rule::{Rule, Severity};
use crate::silence::Silence;
use crate::terms::{Terms, Timing};

const TIMING: Timing = Timing {
    window_ms: 300_000,
    calls_min: 20,
    clear_ms: 60_000,
    group_wait_ms: 10_000,
    repeat_ms: Some(3_600_000),
    spend_window_ms: 3_600_000,
    spend_min: domain::Money::ZERO,
};

struct Day {
    board: Board,
    terms: Terms,
    timing: Timing,
    silences: Vec<Silence>,
    told: Vec<(i64, Event, String)>,
    /// What no channel wants.
    unwanted: &'static str,
}

impl Day {
    fn new() -> Self {
        let (board, terms) = (Board::default(), Terms::default());
        Self { board, terms, timing: TIMING, silences: Vec::new(), told: Vec::new(), unwanted: "" }
    }

    /// One look: what is bad then, and what is told.
    fn look(&mut self, second: i64, bad: &[(Rule, &str)]) {
        let findings = Findings {
            bad: bad.iter().map(|(rule, subject)| finding(*rule, subject)).collect(),
            ..Findings::default()
        };
        self.found(second, &findings);
    }

    fn found(&mut self, second: i64, findings: &Findings) {
        let now = Timestamp(second * 1000);
        self.board.step(findings, &self.terms, &self.timing, now);
        let due = self.board.due(&self.silences, &self.timing, now, |item| item.subject != self.unwanted);
        self.board.told(&due, now);
        self.told.extend(due.into_iter().map(|item| (second, item.event, item.subject)));
    }

    #[track_caller]
    fn was_told(&self, expected: &[(i64, Event, &str)]) {
        let told: Vec<(i64, Event, &str)> =
            self.told.iter().map(|(second, event, subject)| (*second, *event, subject.as_str())).collect();
        assert_eq!(told, expected);
    }
}

fn finding(rule: Rule, subject: &str) -> Finding {
    Finding {
        rule,
        subject: subject.to_owned(),
        severity: Severity::Critical,
        summary: format!("{subject} is down"),
        details: Value::Null,
    }
}

fn silence(rule: Option<Rule>, subject: Option<&str>, until: i64) -> Silence {
    Silence {
        number: 1,
        rule,
        subject: subject.map(str::to_owned),
        until: Timestamp(until * 1000),
        made_at: Timestamp(0),
        by: None,
        reason: String::new(),
    }
}

const NORTH: (Rule, &str) = (Rule::ProviderDown, "north");
const SOUTH: (Rule, &str) = (Rule::ProviderDown, "south");

#[test]
fn what_goes_down_and_comes_back_is_told_once_each() {
    let mut day = Day::new();
    for second in 0..200 {
        day.look(second, if second < 50 { &[NORTH] } else { &[] });
    }
    // Over after a minute of being well, told after the wait for more.
    day.was_told(&[(10, Event::Raised, "north"), (120, Event::Resolved, "north")]);
}

#[test]
fn what_flaps_is_one_alert() {
    let mut day = Day::new();
    for second in 0..600 {
        day.look(second, if second % 40 < 20 && second < 400 { &[NORTH] } else { &[] });
    }
    day.was_told(&[(10, Event::Raised, "north"), (450, Event::Resolved, "north")]);
}

#[test]
fn what_is_over_before_it_is_told_is_not_told() {
    let mut day = Day::new();
    day.timing.clear_ms = 0;
    day.look(0, &[NORTH]);
    day.look(5, &[]);
    day.look(60, &[]);
    day.was_told(&[]);
    assert_eq!(day.board.find(Rule::ProviderDown, "north").unwrap().state, AlertState::Resolved);
}

#[test]
fn what_no_channel_wants_waits_for_one_and_holds_nothing_else_up() {
    let mut day = Day::new();
    day.unwanted = "north";
    for second in 0..100 {
        day.look(second, if second < 50 { &[NORTH] } else { &[NORTH, SOUTH] });
    }
    day.was_told(&[(60, Event::Raised, "south")]);
    day.unwanted = "";
    day.look(100, &[NORTH, SOUTH]);
    day.was_told(&[(60, Event::Raised, "south"), (100, Event::Raised, "north")]);
}

#[test]
fn what_is_over_and_nobody_wants_any_more_is_forgotten_all_the_same() {
    let mut day = Day::new();
    day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
    day.look(0, &[NORTH]);
    day.unwanted = "north";
    day.look(1, &[]);
    assert_eq!(day.board.find(Rule::ProviderDown, "north").unwrap().told, Told::Raised);
    day.look(1 + RESOLVED_KEPT_MS / 1000, &[]);
    assert_eq!(day.board.iter().count(), 0);
    day.was_told(&[(0, Event::Raised, "north")]);
}

#[test]
fn what_begins_again_is_told_again_also_to_who_does_not_want_to_hear_that_it_was_over() {
    let mut day = Day::new();
    day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
    for (second, found) in [(0, &[NORTH][..]), (1, &[]), (2, &[NORTH])] {
        day.unwanted = if found.is_empty() { "north" } else { "" };
        day.look(second, found);
        let unwanted = day.unwanted;
        day.board.pass_over(|item| item.subject != unwanted);
    }
    day.was_told(&[(0, Event::Raised, "north"), (2, Event::Raised, "north")]);
}

#[test]
fn who_comes_later_does_not_know_what_was_told_before() {
    let mut day = Day::new();
    let known = |day: &Day, second: i64| -> Vec<(Event, String)> {
        let items = day.board.known_bad(&day.silences, Timestamp(second * 1000));
        items.into_iter().map(|item| (item.event, item.subject)).collect()
    };
    for second in 0..30 {
        day.look(second, if second < 25 { &[NORTH] } else { &[NORTH, SOUTH] });
    }
    // South is not told yet: it is due to all in a while.
    assert_eq!(known(&day, 30), [(Event::Raised, "north".to_owned())]);
    day.silences.push(silence(Some(Rule::ProviderDown), Some("north"), 60));
    assert_eq!(known(&day, 30), []);
    assert_eq!(known(&day, 61), [(Event::Raised, "north".to_owned())]);
    for second in 30..300 {
        day.look(second, &[]);
    }
    assert_eq!(known(&day, 300), [], "it is over");
}

#[test]
fn a_rule_may_ask_for_some_time_of_being_bad() {
    let mut day = Day::new();
    day.terms.of_mut(Rule::ProviderDown).hold_ms = 30_000;
    day.look(0, &[NORTH]);
    day.look(29, &[NORTH]);
    assert_eq!(day.board.find(Rule::ProviderDown, "north").unwrap().state, AlertState::Pending);
    day.look(29, &[]);
    assert_eq!(day.board.iter().count(), 0, "it was nothing");
    for second in 40..=80 {
        day.look(second, &[NORTH]);
    }
    day.was_told(&[(80, Event::Raised, "north")]);
}

#[test]
fn alerts_that_come_together_are_told_together() {
    let mut day = Day::new();
    day.look(0, &[NORTH]);
    day.look(7, &[NORTH, SOUTH]);
    day.look(10, &[NORTH, SOUTH]);
    day.was_told(&[(10, Event::Raised, "north"), (10, Event::Raised, "south")]);
}

#[test]
fn what_goes_on_is_told_again_after_a_while() {
    let mut day = Day::new();
    for second in 0..8000 {
        day.look(second, &[NORTH]);
    }
    // The wait for more comes on top.
    day.was_told(&[
        (10, Event::Raised, "north"),
        (3620, Event::GoesOn, "north"),
        (7230, Event::GoesOn, "north"),
    ]);
    let mut day = Day::new();
    day.timing.repeat_ms = None;
    for second in 0..8000 {
        day.look(second, &[NORTH]);
    }
    day.was_told(&[(10, Event::Raised, "north")]);
}

#[test]
fn a_restart_in_the_middle_tells_nothing_twice() {
    for restart in [0, 5, 9, 10, 11, 40, 60, 119, 120] {
        let mut day = Day::new();
        for second in 0..200 {
            if second == restart {
                day.board = Board::of(day.board.iter().cloned().collect::<Vec<_>>());
            }
            day.look(second, if second < 50 { &[NORTH] } else { &[] });
        }
        day.was_told(&[(10, Event::Raised, "north"), (120, Event::Resolved, "north")]);
    }
}

#[test]
fn where_nobody_can_say_everything_stays_as_it_was() {
    let mut day = Day::new();
    day.look(0, &[NORTH]);
    day.look(10, &[NORTH]);
    let mut unknown = Findings::default();
    unknown.unknown.insert((Rule::ProviderDown, "north".to_owned()));
    day.found(500, &unknown);
    let unseen = Findings { unseen: [Rule::ProviderDown].into(), ..Findings::default() };
    day.found(1000, &unseen);
    assert_eq!(day.board.find(Rule::ProviderDown, "north").unwrap().state, AlertState::Firing);
}

#[test]
fn a_silence_keeps_quiet_and_when_it_ends_what_is_still_bad_is_told() {
    let mut day = Day::new();
    day.silences = vec![silence(Some(Rule::ProviderDown), Some("north"), 100)];
    for second in 0..=100 {
        day.look(second, &[NORTH, SOUTH]);
    }
    day.was_told(&[(10, Event::Raised, "south"), (100, Event::Raised, "north")]);
    // Whoever knows that it began is told that it is over.
    day.silences = vec![silence(None, None, 10_000)];
    for second in 101..300 {
        day.look(second, &[SOUTH]);
    }
    assert_eq!(day.told.last(), Some(&(171, Event::Resolved, "north".to_owned())));
}

#[test]
fn money_is_over_at_once_and_a_rule_switched_off_ends_its_alerts() {
    let mut day = Day::new();
    day.timing.group_wait_ms = 0;
    day.look(0, &[(Rule::Balance, "account 1")]);
    day.look(1, &[]);
    day.was_told(&[(0, Event::Raised, "account 1"), (1, Event::Resolved, "account 1")]);
}

#[test]
fn what_is_over_and_told_is_forgotten_after_a_while_and_makes_room_before() {
    let mut day = Day::new();
    day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
    day.look(0, &[NORTH]);
    day.look(1, &[]);
    assert_eq!(day.board.find(Rule::ProviderDown, "north").unwrap().told, Told::Resolved);
    let many: Vec<String> = (0..ALERTS_MAX + 5).map(|number| format!("p{number}")).collect();
    let bad: Vec<Finding> = many.iter().map(|subject| finding(Rule::ProviderDown, subject)).collect();
    let findings = Findings { bad, ..Findings::default() };
    assert_eq!(day.board.step(&findings, &day.terms, &day.timing, Timestamp(2000)), 5);
    assert_eq!(day.board.iter().count(), ALERTS_MAX);
    assert!(day.board.find(Rule::ProviderDown, "north").is_none());
    let mut day = Day::new();
    day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
    day.look(0, &[NORTH]);
    day.look(1, &[]);
    day.look(1 + RESOLVED_KEPT_MS / 1000, &[]);
    assert_eq!(day.board.iter().count(), 0);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    const DAY: i64 = 86_400;
    let mut day = Day::new();
    let bad = [(Rule::ProviderDown, "openai")];
    day.look(DAY, &bad);
    day.look(0, &bad);
    day.look(10, &bad);
    day.was_told(&[(10, Event::Raised, "openai")]);
    // What was told ahead of time is told again after the usual while.
    let told_at = |day: &Day| day.board.find(Rule::ProviderDown, "openai").and_then(|alert| alert.told_at);
    day.look(DAY, &bad);
    day.look(20, &bad);
    assert!(told_at(&day).is_some_and(|at| at <= Timestamp(20_000)));
}
