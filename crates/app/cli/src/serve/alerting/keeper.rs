//! The task that looks, concludes, keeps and has it told.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use admin::AlertAsk;
use alerts::{
    Alert, AlertState, Board, Channel, Facts, Item, Notice, Severity, SpendFact, SpendSeries, Way, Windows,
    judge,
};
use domain::{Money, Timestamp};
use gateway::{Gateway, wall_clock};
use observe::{Level, Log};
use store::{AlertError, BudgetDesk};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep};

use super::answers::answer;
use super::balances::{self, Balances};
use super::deliver::{cannot_keep, deliver};
use super::gauges::{Counts, gauges};
use super::look::look;
use super::parts::{Alerting, Proven};

/// How often what was spent of late is kept.
const SPEND_KEPT: Duration = Duration::from_secs(60);

/// What is looked at.
pub(crate) struct Surroundings {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) budgets: Arc<BudgetDesk>,
    pub(crate) log: Log,
}

/// What is remembered from one look to the next.
struct Memory {
    windows: Windows,
    series: SpendSeries,
    spent_nano: u64,
    spend_kept: Instant,
    /// Whether the last look found more than has room.
    is_full: bool,
    /// How channels were reached at the last look, by name; nothing before the first.
    ways: Option<BTreeMap<String, Way>>,
}

/// Looks, tells and answers for ever.
pub(crate) async fn run(alerting: Alerting, around: Surroundings, mut asks: mpsc::Receiver<AlertAsk>) {
    let (balances, news, counts) = (Balances::default(), Notify::new(), Counts::default());
    let proven = Proven::default();
    tokio::join!(
        watch(&alerting, &around, (&balances, &proven), (&news, &counts)),
        deliver(&alerting, &news, &counts, &around.log),
        balances::ask(&around.gateway, &alerting, &balances, &around.log),
        answer(&alerting, &balances, &proven, &mut asks),
    );
}

async fn watch(
    alerting: &Alerting,
    around: &Surroundings,
    (balances, proven): (&Balances, &Proven),
    (news, counts): (&Notify, &Counts),
) {
    let series = alerting.desk.spend().await.unwrap_or_default();
    let memory = RefCell::new(Memory {
        windows: Windows::default(),
        series,
        spent_nano: around.gateway.spent_nano(),
        spend_kept: Instant::now(),
        is_full: false,
        ways: None,
    });
    loop {
        match look_once(alerting, around, (balances, proven, counts), &memory).await {
            Ok(has_news) => {
                if has_news {
                    news.notify_one();
                }
                let board = alerting.desk.board().await;
                let shown = gauges(&board, counts, balances.borrow().as_deref().unwrap_or_default());
                around.gateway.status().note_gauges(shown);
            }
            Err(error) => cannot_keep(&error, &around.log),
        }
        sleep(alerting.present().look).await;
    }
}

/// Whether there are new messages.
async fn look_once(
    alerting: &Alerting,
    around: &Surroundings,
    (balances, proven, counts): (&Balances, &Proven, &Counts),
    memory: &RefCell<Memory>,
) -> Result<bool, AlertError> {
    let (settings, now) = (alerting.present(), wall_clock());
    let known = balances.borrow().clone();
    let desks = (&*alerting.desk, &*around.budgets);
    let facts = look(&around.gateway, desks, &settings, known.as_deref(), now).await?;
    let before = alerting.desk.board().await;
    let mut board = before.clone();
    let without_room = {
        let mut memory = memory.borrow_mut();
        memory.note(
            &facts,
            &around.gateway,
            (settings.timing.window_ms, settings.timing.spend_window_ms),
            now,
        );
        let currency = around.gateway.prices().currency();
        let facts = Facts { spend: Some(SpendFact { series: &memory.series, currency }), ..facts };
        let findings = judge(&facts, &memory.windows, (&settings.terms, &settings.timing), now);
        board.step(&findings, &settings.terms, &settings.timing, now)
    };
    let channels = alerting.channels();
    let silences = alerting.desk.silences(now).await;
    board.keep_to(&channels);
    let tested = proven.borrow().clone();
    for channel in mended(alerting, memory, &channels, &tested).await? {
        board.forget(&channel);
    }
    channels.iter().for_each(|channel| counts.begin(&channel.name));
    let due = board.due(&channels, &silences, &settings.timing, now);
    let told = notices(&due, &channels, &alerting.service);
    board.told(&due, now);
    let given_up = alerting.desk.keep(board.clone(), &told, now).await?;
    let ways = channels.into_iter().map(|channel| (channel.name, channel.way));
    memory.borrow_mut().ways = Some(ways.collect());
    proven.borrow_mut().retain(|channel| !tested.contains(channel));
    tell_given_up(&given_up, counts, &around.log);
    tell_log(&before, &board, &around.log);
    tell_full(without_room, memory, &around.log);
    keep_spend(alerting, memory).await?;
    Ok(!told.is_empty())
}

/// The channels that lost what they were told last, and may take it now: they have other settings, or took a test, or the server
/// has started anew.
async fn mended(
    alerting: &Alerting,
    memory: &RefCell<Memory>,
    channels: &[Channel],
    tested: &BTreeSet<String>,
) -> Result<Vec<String>, AlertError> {
    let may_take = |channel: &&Channel| {
        let known = memory.borrow().ways.as_ref().map(|ways| ways.get(&channel.name) == Some(&channel.way));
        known != Some(true) || tested.contains(&channel.name)
    };
    let names: BTreeSet<String> =
        channels.iter().filter(may_take).map(|channel| channel.name.clone()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(alerting.desk.channels_failed().await?.intersection(&names).cloned().collect())
}

fn tell_given_up(given_up: &[(String, u64)], counts: &Counts, log: &Log) {
    for (channel, messages) in given_up {
        counts.note_given_up(channel, *messages);
        log.event(
            Level::Warn,
            "too many messages about alerts wait for a channel, and the oldest are given up",
            &[("channel", channel), ("messages", messages)],
        );
    }
}

impl Memory {
    fn note(
        &mut self,
        facts: &Facts<'_>,
        gateway: &Gateway,
        (window_ms, spend_ms): (i64, i64),
        now: Timestamp,
    ) {
        let counters = facts.providers.iter().map(|part| (part.name.as_str(), part.counts));
        self.windows.note(now, window_ms, counters);
        let spent = gateway.spent_nano();
        let since = i64::try_from(spent.saturating_sub(self.spent_nano)).unwrap_or(i64::MAX);
        self.spent_nano = spent;
        self.series.add(now, Money::from_nano(since), spend_ms);
    }
}

async fn keep_spend(alerting: &Alerting, memory: &RefCell<Memory>) -> Result<(), AlertError> {
    let series = {
        let mut memory = memory.borrow_mut();
        if memory.spend_kept.elapsed() < SPEND_KEPT {
            return Ok(());
        }
        memory.spend_kept = Instant::now();
        memory.series.clone()
    };
    alerting.desk.keep_spend(&series).await
}

/// Messages for each channel; one alert a message where it wants that.
fn notices(due: &[(String, Vec<Item>)], channels: &[Channel], service: &str) -> Vec<(String, Notice)> {
    let mut notices = Vec::new();
    for (name, items) in due {
        let is_one_by_one = channels.iter().any(|channel| channel.name == *name && channel.is_one_by_one());
        let notice =
            |items: &[Item]| (name.clone(), Notice { service: service.to_owned(), items: items.to_vec() });
        if is_one_by_one {
            notices.extend(items.chunks(1).map(notice));
        } else {
            notices.push(notice(items));
        }
    }
    notices
}

/// A line for each alert that has begun or ended.
fn tell_log(before: &Board, now: &Board, log: &Log) {
    let state =
        |board: &Board, alert: &Alert| board.find(alert.rule, &alert.subject).map(|found| found.state);
    for alert in now.iter() {
        let (level, message) = match (state(before, alert), alert.state) {
            (Some(AlertState::Firing), AlertState::Firing) => continue,
            (_, AlertState::Firing) if alert.severity == Severity::Critical => {
                (Level::Error, "an alert is raised")
            }
            (_, AlertState::Firing) => (Level::Warn, "an alert is raised"),
            (Some(AlertState::Firing), AlertState::Resolved) => (Level::Info, "an alert is over"),
            _ => continue,
        };
        let (rule, severity) = (alert.rule.name(), alert.severity.name());
        log.event(
            level,
            message,
            &[
                ("rule", &rule),
                ("subject", &alert.subject),
                ("severity", &severity),
                ("summary", &alert.summary),
            ],
        );
    }
}

/// Once, until there is room again.
fn tell_full(without_room: usize, memory: &RefCell<Memory>, log: &Log) {
    let was_full = std::mem::replace(&mut memory.borrow_mut().is_full, without_room > 0);
    if without_room > 0 && !was_full {
        log.event(
            Level::Error,
            "there are too many alerts of one rule: further ones are not told until some are over",
            &[("alerts", &alerts::ALERTS_OF_RULE_MAX), ("further", &without_room)],
        );
    }
}

#[cfg(test)]
mod tests {
    use alerts::{Address, Channel, Event, Item, Rule, Severity, Way};
    use domain::{BaseUrl, Secret, Timestamp};

    use super::notices;

    fn channel(name: &str, way: Way) -> Channel {
        Channel {
            name: name.to_owned(),
            way,
            severity_min: Severity::Info,
            rules: Vec::new(),
            is_public_only: false,
        }
    }

    #[test]
    fn each_channel_gets_its_alerts_together_or_one_by_one() {
        let slack = Way::Slack(Address::parse("http://a/x").unwrap());
        let duty = Way::PagerDuty {
            base: BaseUrl::parse("http://a").unwrap(),
            routing_key: Secret::new("key".to_owned()),
        };
        let channels = [channel("chat", slack), channel("duty", duty)];
        let item = |rule| Item { event: Event::Raised, rule, ..Item::test(Timestamp(0)) };
        let both = vec![item(Rule::Latency), item(Rule::ProviderDown)];
        let due = [("chat".to_owned(), both.clone()), ("duty".to_owned(), both)];
        let told = notices(&due, &channels, "here");
        let shown: Vec<(&str, usize)> =
            told.iter().map(|(name, notice)| (name.as_str(), notice.items.len())).collect();
        assert_eq!(shown, [("chat", 2), ("duty", 1), ("duty", 1)]);
        assert_eq!(notices(&[], &channels, "here"), []);
    }
}
