//! All alerts: what findings do to them, and which of them are to be told. Whoever keeps it keeps what it says, so that a restart
//! tells nothing twice.

use std::collections::{BTreeMap, HashSet};

use domain::Timestamp;

use crate::alert::{Alert, AlertState, Told};
use crate::finding::{Finding, Findings};
use crate::notice::{Event, Item};
use crate::rule::Rule;
use crate::silence::Silence;
use crate::terms::{Terms, Timing};

/// Alerts at once; what is bad beyond that has to wait for room.
pub const ALERTS_MAX: usize = 1_000;
/// How long what is over is shown.
pub const RESOLVED_KEPT_MS: i64 = 7 * 86_400_000;

/// All alerts, by rule and subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board(BTreeMap<(Rule, String), Alert>);

impl Board {
    /// As it was kept.
    pub fn of(alerts: impl IntoIterator<Item = Alert>) -> Self {
        Self(alerts.into_iter().map(|alert| ((alert.rule, alert.subject.clone()), alert)).collect())
    }

    /// All of them, in the order of rules and subjects.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.0.values()
    }

    /// One of them.
    pub fn find(&self, rule: Rule, subject: &str) -> Option<&Alert> {
        self.0.get(&(rule, subject.to_owned()))
    }

    /// What one look has found. Gives how many findings had no room.
    pub fn step(&mut self, findings: &Findings, terms: &Terms, timing: &Timing, now: Timestamp) -> usize {
        self.0.values_mut().for_each(|alert| not_ahead(alert, now));
        let mut without_room = 0;
        for finding in &findings.bad {
            let key = (finding.rule, finding.subject.clone());
            if !self.0.contains_key(&key) && self.0.len() >= ALERTS_MAX && !self.make_room() {
                without_room += 1;
                continue;
            }
            let alert = self.0.entry(key).or_insert_with(|| pending(finding, now));
            went_bad(alert, finding, terms.of(finding.rule).hold_ms, now);
        }
        let bad: HashSet<(Rule, &str)> =
            findings.bad.iter().map(|found| (found.rule, found.subject.as_str())).collect();
        self.0.retain(|_, alert| {
            if bad.contains(&(alert.rule, alert.subject.as_str()))
                || findings.is_silent_on(alert.rule, &alert.subject)
            {
                return true;
            }
            let clear_ms = if alert.rule.flaps() { timing.clear_ms } else { 0 };
            went_well(alert, clear_ms, now)
        });
        without_room
    }

    /// What is over and told makes room, the oldest first.
    fn make_room(&mut self) -> bool {
        let over = self
            .0
            .iter()
            .filter(|(_, alert)| alert.state == AlertState::Resolved && alert.told != Told::Raised);
        let oldest = over.min_by_key(|(_, alert)| alert.resolved_at).map(|(key, _)| key.clone());
        oldest.is_some_and(|key| self.0.remove(&key).is_some())
    }

    /// What is to be told now of what somebody wants to hear, together: nothing while more may come. What nobody wants stays
    /// untold, for whoever wants it later.
    pub fn due(
        &self,
        silences: &[Silence],
        timing: &Timing,
        now: Timestamp,
        is_wanted: impl Fn(&Item) -> bool,
    ) -> Vec<Item> {
        let wishes = self.iter().filter_map(|alert| wish(alert, silences, timing, now));
        let wishes: Vec<(Timestamp, Item)> = wishes.filter(|(_, item)| is_wanted(item)).collect();
        let oldest = wishes.iter().map(|(since, _)| *since).min();
        let is_time = oldest.is_some_and(|oldest| now.unix_ms() - oldest.unix_ms() >= timing.group_wait_ms);
        if is_time { wishes.into_iter().map(|(_, item)| item).collect() } else { Vec::new() }
    }

    /// Of what is over and nobody wants to hear of, nobody waits to hear: where it begins again, that is news.
    pub fn pass_over(&mut self, is_wanted: impl Fn(&Item) -> bool) {
        let is_due = |alert: &&mut Alert| alert.state == AlertState::Resolved && alert.told == Told::Raised;
        for alert in self.0.values_mut().filter(is_due) {
            if !is_wanted(&Item::of(alert, Event::Resolved)) {
                alert.told = Told::Resolved;
            }
        }
    }

    /// What is bad and was told to those who were there: what somebody who comes now does not know.
    pub fn known_bad(&self, silences: &[Silence], now: Timestamp) -> Vec<Item> {
        let is_known = |alert: &&Alert| alert.state == AlertState::Firing && alert.told == Told::Raised;
        let known = self.iter().filter(is_known).filter(|alert| !is_silent(alert, silences, now));
        known.map(|alert| Item::of(alert, Event::Raised)).collect()
    }

    /// They are told, or will be whatever happens.
    pub fn told(&mut self, items: &[Item], now: Timestamp) {
        for item in items {
            if let Some(alert) = self.0.get_mut(&(item.rule, item.subject.clone())) {
                alert.told = if item.event == Event::Resolved { Told::Resolved } else { Told::Raised };
                alert.told_at = Some(now);
            }
        }
    }
}

/// What happened later than now happened before the clock was set back: it counts from now on.
fn not_ahead(alert: &mut Alert, now: Timestamp) {
    alert.since = alert.since.min(now);
    let times = [&mut alert.raised_at, &mut alert.good_since, &mut alert.resolved_at, &mut alert.told_at];
    times.into_iter().flatten().for_each(|at| *at = (*at).min(now));
}

fn pending(finding: &Finding, now: Timestamp) -> Alert {
    Alert {
        rule: finding.rule,
        subject: finding.subject.clone(),
        severity: finding.severity,
        summary: String::new(),
        details: finding.details.clone(),
        state: AlertState::Pending,
        since: now,
        raised_at: None,
        good_since: None,
        resolved_at: None,
        told: Told::Nothing,
        told_at: None,
    }
}

fn went_bad(alert: &mut Alert, finding: &Finding, hold_ms: i64, now: Timestamp) {
    alert.severity = finding.severity;
    alert.summary.clone_from(&finding.summary);
    alert.details = finding.details.clone();
    alert.good_since = None;
    if alert.state == AlertState::Resolved {
        alert.state = AlertState::Pending;
        alert.since = now;
    }
    if alert.state == AlertState::Pending && now.unix_ms() - alert.since.unix_ms() >= hold_ms {
        alert.state = AlertState::Firing;
        alert.raised_at = Some(now);
        alert.resolved_at = None;
    }
}

/// Whether it is still worth keeping.
fn went_well(alert: &mut Alert, clear_ms: i64, now: Timestamp) -> bool {
    let is_old = |at: Timestamp, span: i64| now.unix_ms() - at.unix_ms() >= span;
    match alert.state {
        // One that was bad before and has not been again for long enough stays what it was: over.
        AlertState::Pending if alert.resolved_at.is_some() => {
            alert.state = AlertState::Resolved;
            true
        }
        AlertState::Pending => false,
        AlertState::Firing => {
            let since = *alert.good_since.get_or_insert(now);
            if is_old(since, clear_ms) {
                alert.state = AlertState::Resolved;
                alert.resolved_at = Some(now);
            }
            true
        }
        // Also where it was told that it began and nobody is there any more to be told that it is over.
        AlertState::Resolved => !alert.resolved_at.is_some_and(|at| is_old(at, RESOLVED_KEPT_MS)),
    }
}

/// What is to be told of one, and since when.
fn wish(alert: &Alert, silences: &[Silence], timing: &Timing, now: Timestamp) -> Option<(Timestamp, Item)> {
    let (event, since) = match (alert.state, alert.told) {
        (AlertState::Firing, Told::Raised) => {
            let again = Timestamp(alert.told_at?.unix_ms().saturating_add(timing.repeat_ms?));
            (Event::GoesOn, again)
        }
        (AlertState::Firing, _) => (Event::Raised, alert.raised_at?),
        (AlertState::Resolved, Told::Raised) => (Event::Resolved, alert.resolved_at?),
        _ => return None,
    };
    if (event != Event::Resolved && is_silent(alert, silences, now)) || since > now {
        return None;
    }
    Some((since, Item::of(alert, event)))
}

fn is_silent(alert: &Alert, silences: &[Silence], now: Timestamp) -> bool {
    silences.iter().any(|silence| silence.covers(alert, now))
}

#[cfg(test)]
mod tests;
