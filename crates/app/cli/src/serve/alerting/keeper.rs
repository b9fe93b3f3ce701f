//! The task that looks, concludes, keeps and has it told.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use admin::AlertAsk;
use alerts::{
    Alert, AlertState, Board, Channel, Event, Facts, Item, Notice, Severity, SpendFact, SpendSeries, Windows,
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
use super::parts::Alerting;

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
    /// The channels that know what is bad, by name; nothing before the first look.
    informed: Option<BTreeSet<String>>,
}

/// Looks, tells and answers for ever.
pub(crate) async fn run(alerting: Alerting, around: Surroundings, mut asks: mpsc::Receiver<AlertAsk>) {
    let (balances, news, counts) = (Balances::default(), Notify::new(), Counts::default());
    tokio::join!(
        watch(&alerting, &around, &balances, (&news, &counts)),
        deliver(&alerting, &news, &counts, &around.log),
        balances::ask(&around.gateway, &alerting, &balances, &around.log),
        answer(&alerting, &balances, &mut asks),
    );
}

async fn watch(
    alerting: &Alerting,
    around: &Surroundings,
    balances: &Balances,
    (news, counts): (&Notify, &Counts),
) {
    let series = alerting.desk.spend().await.unwrap_or_default();
    let memory = RefCell::new(Memory {
        windows: Windows::default(),
        series,
        spent_nano: around.gateway.spent_nano(),
        spend_kept: Instant::now(),
        is_full: false,
        informed: None,
    });
    loop {
        match look_once(alerting, around, (balances, counts), &memory).await {
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
    (balances, counts): (&Balances, &Counts),
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
    let names: BTreeSet<String> = channels.iter().map(|channel| channel.name.clone()).collect();
    let informed = informed(alerting, memory, &names).await?;
    // What nobody wants is not told, and is there for whoever does later.
    let is_wanted = |item: &Item| channels.iter().any(|channel| channel.wants(item));
    if !channels.is_empty() {
        board.pass_over(is_wanted);
    }
    let due = board.due(&silences, &settings.timing, now, is_wanted);
    let (new, known): (Vec<Channel>, Vec<Channel>) =
        channels.into_iter().partition(|channel| !informed.contains(&channel.name));
    let mut told = notices(&due, &known, &alerting.service);
    if !new.is_empty() {
        // What goes on is news to them.
        let also = due.iter().filter(|item| item.event != Event::GoesOn).cloned();
        let news: Vec<Item> = board.known_bad(&silences, now).into_iter().chain(also).collect();
        told.extend(notices(&news, &new, &alerting.service));
    }
    board.told(&due, now);
    let given_up = alerting.desk.keep(board.clone(), &told, now).await?;
    memory.borrow_mut().informed = Some(names);
    tell_given_up(&given_up, counts, &around.log);
    tell_log(&before, &board, &around.log);
    tell_full(without_room, memory, &around.log);
    keep_spend(alerting, memory).await?;
    Ok(!told.is_empty())
}

/// The channels that know what is bad, by name: those of the last look, or of before the start whoever was ever told something.
async fn informed(
    alerting: &Alerting,
    memory: &RefCell<Memory>,
    present: &BTreeSet<String>,
) -> Result<BTreeSet<String>, AlertError> {
    let known = memory.borrow().informed.clone();
    match known {
        Some(known) => Ok(known),
        None if present.is_empty() => Ok(BTreeSet::new()),
        None => alerting.desk.channels_told().await,
    }
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

/// What each channel is told of these; one alert a message where it wants that.
fn notices(due: &[Item], channels: &[Channel], service: &str) -> Vec<(String, Notice)> {
    let mut notices = Vec::new();
    for channel in channels {
        let wanted: Vec<Item> = due.iter().filter(|item| channel.wants(item)).cloned().collect();
        let groups: Vec<Vec<Item>> = match wanted.is_empty() {
            true => Vec::new(),
            false if channel.is_one_by_one() => wanted.into_iter().map(|item| vec![item]).collect(),
            false => vec![wanted],
        };
        let notice = |items| (channel.name.clone(), Notice { service: service.to_owned(), items });
        notices.extend(groups.into_iter().map(notice));
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
            "there are too many alerts at once: further ones are not told until some are over",
            &[("alerts", &alerts::ALERTS_MAX), ("further", &without_room)],
        );
    }
}

#[cfg(test)]
mod tests {
    use alerts::{Address, Channel, Event, Item, Rule, Severity, Way};
    use domain::{BaseUrl, Secret, Timestamp};

    use super::notices;

    fn channel(name: &str, way: Way, severity_min: Severity, rules: Vec<Rule>) -> Channel {
        Channel { name: name.to_owned(), way, severity_min, rules, is_public_only: false }
    }

    fn item(rule: Rule, severity: Severity) -> Item {
        Item { event: Event::Raised, rule, severity, ..Item::test(Timestamp(0)) }
    }

    #[test]
    fn each_channel_gets_what_it_wants_together_or_one_by_one() {
        let slack = Way::Slack(Address::parse("http://a/x").unwrap());
        let duty = Way::PagerDuty {
            base: BaseUrl::parse("http://a").unwrap(),
            routing_key: Secret::new("key".to_owned()),
        };
        let channels = [
            channel("all", slack.clone(), Severity::Info, Vec::new()),
            channel("worst", slack.clone(), Severity::Critical, Vec::new()),
            channel("duty", duty, Severity::Info, Vec::new()),
            channel("money", slack, Severity::Info, vec![Rule::Budget]),
        ];
        let due = [item(Rule::Latency, Severity::Warning), item(Rule::ProviderDown, Severity::Critical)];
        let told = notices(&due, &channels, "here");
        let shown: Vec<(&str, usize)> =
            told.iter().map(|(name, notice)| (name.as_str(), notice.items.len())).collect();
        assert_eq!(shown, [("all", 2), ("worst", 1), ("duty", 1), ("duty", 1)]);
        assert_eq!(notices(&[], &channels, "here"), []);
    }
}
