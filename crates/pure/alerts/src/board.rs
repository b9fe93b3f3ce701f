//! All alerts: what findings do to them, and which of them are to be told. Whoever keeps it keeps what it says, so that a restart
//! tells nothing twice.

use std::collections::{BTreeMap, HashSet};

use domain::Timestamp;

use crate::alert::{Alert, AlertState, Told};
use crate::channel::Channel;
use crate::finding::{Finding, Findings};
use crate::notice::{Event, Item};
use crate::rule::Rule;
use crate::silence::Silence;
use crate::terms::{Terms, Timing};

/// Alerts of one rule; what is bad beyond that has to wait for room. However many accounts are low, a provider that is down has room.
pub const ALERTS_OF_RULE_MAX: usize = 1_000;
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
            if !self.0.contains_key(&key) && !self.has_room(finding.rule) && !self.make_room(finding.rule) {
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

    fn of_rule(&self, rule: Rule) -> impl Iterator<Item = &Alert> {
        self.0
            .range((rule, String::new())..)
            .map(|(_, alert)| alert)
            .take_while(move |alert| alert.rule == rule)
    }

    fn has_room(&self, rule: Rule) -> bool {
        self.of_rule(rule).count() < ALERTS_OF_RULE_MAX
    }

    /// What is over and told makes room, the oldest first.
    fn make_room(&mut self, rule: Rule) -> bool {
        let over = self
            .of_rule(rule)
            .filter(|alert| alert.state == AlertState::Resolved && alert.known_to.is_empty());
        let oldest = over.min_by_key(|alert| alert.resolved_at).map(|alert| (rule, alert.subject.clone()));
        oldest.is_some_and(|key| self.0.remove(&key).is_some())
    }

    /// What each channel is to be told now, together: nothing while more may come. Each is told what it wants and does not know;
    /// that something is over, whatever it wants by now, if it knows that it began.
    pub fn due(
        &self,
        channels: &[Channel],
        silences: &[Silence],
        timing: &Timing,
        now: Timestamp,
    ) -> Vec<(String, Vec<Item>)> {
        let mut due = Vec::new();
        for channel in channels {
            let wishes = self.iter().filter_map(|alert| wish(alert, channel, silences, timing, now));
            let wishes: Vec<(Timestamp, Item)> = wishes.collect();
            let oldest = wishes.iter().map(|(since, _)| *since).min();
            if oldest.is_some_and(|oldest| now.unix_ms() - oldest.unix_ms() >= timing.group_wait_ms) {
                due.push((channel.name.clone(), wishes.into_iter().map(|(_, item)| item).collect()));
            }
        }
        due
    }

    /// Channels that are not there any more know nothing; and nobody waits to be told that something is over who never is.
    pub fn keep_to(&mut self, channels: &[Channel]) {
        let hears_ends: BTreeMap<&str, bool> =
            channels.iter().map(|channel| (channel.name.as_str(), channel.hears_ends())).collect();
        for alert in self.0.values_mut() {
            let is_over = alert.state == AlertState::Resolved;
            alert.known_to.retain(|name, _| match hears_ends.get(name.as_str()) {
                Some(hears_ends) => *hears_ends || !is_over,
                None => false,
            });
            if is_over && alert.told == Told::Raised && alert.known_to.is_empty() {
                alert.told = Told::Resolved;
            }
        }
    }

    /// What a channel was told did not arrive: it knows nothing.
    pub fn forget(&mut self, channel: &str) {
        for alert in self.0.values_mut() {
            alert.known_to.remove(channel);
        }
    }

    /// They are told, or will be whatever happens.
    pub fn told(&mut self, due: &[(String, Vec<Item>)], now: Timestamp) {
        for (channel, item) in
            due.iter().flat_map(|(channel, items)| items.iter().map(move |item| (channel, item)))
        {
            let Some(alert) = self.0.get_mut(&(item.rule, item.subject.clone())) else { continue };
            alert.told_at = Some(now);
            if item.event == Event::Resolved {
                alert.known_to.remove(channel);
                alert.told = Told::Resolved;
            } else {
                alert.known_to.insert(channel.clone(), now);
                alert.told = Told::Raised;
            }
        }
    }
}

/// What happened later than now happened before the clock was set back: it counts from now on.
fn not_ahead(alert: &mut Alert, now: Timestamp) {
    alert.since = alert.since.min(now);
    let times = [&mut alert.raised_at, &mut alert.good_since, &mut alert.resolved_at, &mut alert.told_at];
    let told = alert.known_to.values_mut();
    times.into_iter().flatten().chain(told).for_each(|at| *at = (*at).min(now));
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
        known_to: BTreeMap::new(),
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
        // Whoever was not told yet that it was over has it as one that never ended.
        if alert.known_to.is_empty() || alert.raised_at.is_none() {
            alert.raised_at = Some(now);
        }
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

/// What is to be told of one to a channel, and since when.
fn wish(
    alert: &Alert,
    channel: &Channel,
    silences: &[Silence],
    timing: &Timing,
    now: Timestamp,
) -> Option<(Timestamp, Item)> {
    let (event, since) = match (alert.state, alert.known_to.get(&channel.name)) {
        (AlertState::Firing, Some(told_at)) => {
            (Event::GoesOn, Timestamp(told_at.unix_ms().saturating_add(timing.repeat_ms?)))
        }
        (AlertState::Firing, None) => (Event::Raised, alert.raised_at?),
        (AlertState::Resolved, Some(_)) => (Event::Resolved, alert.resolved_at?),
        _ => return None,
    };
    let is_quiet = event != Event::Resolved && is_silent(alert, silences, now);
    let item = Item::of(alert, event);
    (!is_quiet && since <= now && channel.wants(&item)).then_some((since, item))
}

fn is_silent(alert: &Alert, silences: &[Silence], now: Timestamp) -> bool {
    silences.iter().any(|silence| silence.covers(alert, now))
}

#[cfg(test)]
mod tests;
