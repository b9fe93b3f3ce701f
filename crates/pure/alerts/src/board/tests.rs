//! A day of alerts in a millisecond.

use domain::Timestamp;
use serde_json::Value;

use super::{ALERTS_OF_RULE_MAX, Board, RESOLVED_KEPT_MS};
use crate::alert::{AlertState, Told};
use crate::channel::{Address, Channel, Way};
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
    channels: Vec<Channel>,
    /// What the channel `own` was told.
    told: Vec<(i64, Event, String)>,
    /// What others were told.
    others: Vec<(String, Event, String)>,
}

/// One that wants everything.
fn channel(name: &str) -> Channel {
    Channel {
        name: name.to_owned(),
        way: Way::Slack(Address::parse("http://chat.example/x").unwrap()),
        severity_min: Severity::Info,
        rules: Vec::new(),
        is_public_only: false,
    }
}

impl Day {
    fn new() -> Self {
        let (board, terms) = (Board::default(), Terms::default());
        let (silences, channels, told, others) = (Vec::new(), vec![channel("own")], Vec::new(), Vec::new());
        Self { board, terms, timing: TIMING, silences, channels, told, others }
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
        self.board.keep_to(&self.channels);
        let due = self.board.due(&self.channels, &self.silences, &self.timing, now);
        self.board.told(&due, now);
        for (channel, item) in
            due.into_iter().flat_map(|(to, items)| items.into_iter().map(move |item| (to.clone(), item)))
        {
            match channel.as_str() {
                "own" => self.told.push((second, item.event, item.subject)),
                _ => self.others.push((channel, item.event, item.subject)),
            }
        }
    }

    #[track_caller]
    fn was_told(&self, expected: &[(i64, Event, &str)]) {
        let told: Vec<(i64, Event, &str)> =
            self.told.iter().map(|(second, event, subject)| (*second, *event, subject.as_str())).collect();
        assert_eq!(told, expected);
    }

    #[track_caller]
    fn others_were_told(&self, expected: &[(&str, Event)]) {
        let told: Vec<(&str, Event)> =
            self.others.iter().map(|(channel, event, _)| (channel.as_str(), *event)).collect();
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
    day.channels[0].rules = vec![Rule::RegionDown];
    for second in 0..100 {
        day.look(second, if second < 50 { &[NORTH] } else { &[NORTH, (Rule::RegionDown, "eu")] });
    }
    day.was_told(&[(60, Event::Raised, "eu")]);
    day.channels[0].rules.clear();
    day.look(100, &[NORTH, (Rule::RegionDown, "eu")]);
    day.was_told(&[(60, Event::Raised, "eu"), (100, Event::Raised, "north")]);
}

#[test]
fn whoever_knows_that_it_began_is_told_that_it_is_over_whatever_it_wants_by_then() {
    for narrow in [
        |channel: &mut Channel| channel.rules = vec![Rule::Balance],
        |channel: &mut Channel| channel.severity_min = Severity::Critical,
    ] {
        let mut day = Day::new();
        day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
        day.look(0, &[NORTH]);
        narrow(&mut day.channels[0]);
        let mut findings = Findings::default();
        findings.bad.push(Finding { severity: Severity::Warning, ..finding(NORTH.0, NORTH.1) });
        day.found(1, &findings);
        day.look(2, &[]);
        day.was_told(&[(0, Event::Raised, "north"), (2, Event::Resolved, "north")]);
    }
}

#[test]
fn what_matters_more_from_now_on_is_told_to_whoever_wants_that() {
    let mut day = Day::new();
    day.timing.group_wait_ms = 0;
    day.channels.push(Channel { severity_min: Severity::Critical, ..channel("pager") });
    let mut findings = Findings::default();
    findings.bad.push(Finding { severity: Severity::Warning, ..finding(NORTH.0, NORTH.1) });
    day.found(0, &findings);
    day.others_were_told(&[]);
    day.look(1, &[NORTH]);
    day.look(2, &[NORTH]);
    day.was_told(&[(0, Event::Raised, "north")]);
    day.others_were_told(&[("pager", Event::Raised)]);
}

#[test]
fn what_is_over_and_was_told_to_a_channel_that_is_gone_is_forgotten_all_the_same() {
    let mut day = Day::new();
    day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
    day.look(0, &[NORTH]);
    day.channels.clear();
    day.look(1, &[]);
    assert_eq!(day.board.find(Rule::ProviderDown, "north").unwrap().told, Told::Resolved);
    day.look(1 + RESOLVED_KEPT_MS / 1000, &[]);
    assert_eq!(day.board.iter().count(), 0);
    day.was_told(&[(0, Event::Raised, "north")]);
}

#[test]
fn what_begins_again_is_told_again_also_to_who_does_not_want_to_hear_that_it_was_over() {
    let mut day = Day::new();
    let secret = domain::Secret::new("shh".to_owned());
    day.timing = Timing { clear_ms: 0, group_wait_ms: 0, ..TIMING };
    day.channels[0].way =
        Way::LowBalance { address: Address::parse("http://hooks.example/low").unwrap(), secret };
    for (second, found) in [(0, &[NORTH][..]), (1, &[]), (2, &[NORTH]), (9000, &[NORTH])] {
        day.look(second, found);
    }
    day.was_told(&[(0, Event::Raised, "north"), (2, Event::Raised, "north")]);
}

#[test]
fn who_comes_later_is_told_what_is_bad_also_when_a_silence_ends_by_then() {
    let mut day = Day::new();
    for second in 0..30 {
        day.look(second, if second < 25 { &[NORTH] } else { &[NORTH, SOUTH] });
    }
    day.channels.push(channel("later"));
    day.silences.push(silence(Some(Rule::ProviderDown), Some("north"), 60));
    for second in 30..=100 {
        day.look(second, &[NORTH, SOUTH]);
    }
    let told: Vec<&str> = day.others.iter().map(|(_, _, subject)| subject.as_str()).collect();
    assert_eq!(told, ["south", "north"]);
    for second in 101..300 {
        day.look(second, &[]);
    }
    day.was_told(&[
        (10, Event::Raised, "north"),
        (35, Event::Raised, "south"),
        (171, Event::Resolved, "north"),
        (171, Event::Resolved, "south"),
    ]);
    assert_eq!(day.others.len(), 4, "{:?}", day.others);
}

#[test]
fn a_channel_that_is_gone_for_a_while_or_was_not_reached_is_told_anew() {
    let mut day = Day::new();
    day.timing.group_wait_ms = 0;
    day.look(0, &[NORTH]);
    let own = day.channels.pop().unwrap();
    day.look(1, &[NORTH]);
    day.channels.push(own);
    day.look(90_000, &[NORTH]);
    day.look(90_001, &[NORTH]);
    day.was_told(&[(0, Event::Raised, "north"), (90_000, Event::Raised, "north")]);
    day.board.forget("own");
    day.look(90_002, &[NORTH]);
    assert_eq!(day.told.last(), Some(&(90_002, Event::Raised, "north".to_owned())));
}

#[test]
fn what_comes_back_before_its_end_is_told_never_ended() {
    let mut day = Day::new();
    day.timing.clear_ms = 0;
    for second in 0..100 {
        day.look(second, if second == 50 { &[] } else { &[NORTH] });
    }
    day.was_told(&[(10, Event::Raised, "north")]);
    let alert = day.board.find(Rule::ProviderDown, "north").unwrap();
    assert_eq!((alert.state, alert.raised_at), (AlertState::Firing, Some(Timestamp(0))));
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
    let many: Vec<String> = (0..ALERTS_OF_RULE_MAX + 5).map(|number| format!("p{number}")).collect();
    let bad: Vec<Finding> = many.iter().map(|subject| finding(Rule::ProviderDown, subject)).collect();
    let findings = Findings { bad, ..Findings::default() };
    assert_eq!(day.board.step(&findings, &day.terms, &day.timing, Timestamp(2000)), 5);
    assert_eq!(day.board.iter().count(), ALERTS_OF_RULE_MAX);
    assert!(day.board.find(Rule::ProviderDown, "north").is_none());
    // Whatever there is of one rule, others have room.
    day.look(3, &[(Rule::RegionDown, "eu")]);
    assert!(day.board.find(Rule::RegionDown, "eu").is_some());
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
