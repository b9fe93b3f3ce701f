//! Takes messages to their channels: in order for each channel, all channels at once, each message until it is taken or given up.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alerts::{Channel, Outcome, WAIT_MAX_MS, next_try_ms};
use domain::Timestamp;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use gateway::wall_clock;
use observe::{Level, Log};
use store::{AlertError, Attempted, Delivery};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::gauges::Counts;
use super::parts::Alerting;
use super::send::send;

/// Longest time without a look: the wall clock may be set meanwhile.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long a database that failed is left alone.
const PAUSE_FAILED: Duration = Duration::from_secs(10);

/// What came of messages and could not be noted, by their numbers.
type Unnoted = BTreeMap<i64, (Attempted, Timestamp)>;

/// Delivers for ever. `news` is told when there are new messages.
pub(super) async fn deliver(alerting: &Alerting, news: &Notify, counts: &Counts, log: &Log) {
    // What is in here waits for channels only, never for the database: it is not gone on with while that is asked.
    let mut tries = FuturesUnordered::new();
    let mut busy = BTreeSet::new();
    // What ended and could not be noted. A disk that is full may still be read: without this the message would be sent again and again.
    let mut unnoted = BTreeMap::new();
    loop {
        if let Err(error) = catch_up(alerting, &mut unnoted).await {
            cannot_keep(&error, log);
        }
        let pause = match alerting.desk.waiting().await {
            Ok(mut waiting) => {
                waiting.retain(|delivery| !unnoted.contains_key(&delivery.number));
                let channels = alerting.channels();
                let (due, pause) = due(waiting, &busy, wall_clock());
                let pause = if unnoted.is_empty() { pause } else { pause.min(PAUSE_FAILED) };
                for delivery in due {
                    busy.insert(delivery.channel.clone());
                    let channel = channels.iter().find(|channel| channel.name == delivery.channel).cloned();
                    tries.push(try_one(delivery, channel));
                }
                pause
            }
            Err(error) => {
                cannot_keep(&error, log);
                PAUSE_FAILED
            }
        };
        tokio::select! {
            Some((delivery, outcome)) = tries.next() => {
                note(alerting, &delivery, outcome, (counts, &mut unnoted), log).await;
                busy.remove(&delivery.channel);
            }
            () = sleep(pause) => {}
            () = news.notified() => {}
        }
    }
}

/// The first message of each channel that is not being served, if it is its time; and when the next will be.
fn due(waiting: Vec<Delivery>, busy: &BTreeSet<String>, now: Timestamp) -> (Vec<Delivery>, Duration) {
    let (mut seen, mut due, mut next_ms) = (busy.clone(), Vec::new(), i64::MAX);
    for delivery in waiting {
        if !seen.insert(delivery.channel.clone()) {
            continue;
        }
        let wait_ms = delivery.next_at.unix_ms().saturating_sub(now.unix_ms());
        // Longer than anything waits: the clock was set back.
        if wait_ms <= 0 || wait_ms > WAIT_MAX_MS {
            due.push(delivery);
        } else {
            next_ms = next_ms.min(wait_ms);
        }
    }
    (due, Duration::from_millis(next_ms.unsigned_abs()).min(PAUSE_MAX))
}

async fn try_one(delivery: Delivery, channel: Option<Channel>) -> (Delivery, Outcome) {
    let outcome = match &channel {
        Some(channel) => send(channel, &delivery.notice, delivery.number).await,
        None => Outcome::Refused("there is no such channel any more".to_owned()),
    };
    (delivery, outcome)
}

/// Notes what could not be noted before.
async fn catch_up(alerting: &Alerting, unnoted: &mut Unnoted) -> Result<(), AlertError> {
    while let Some((number, (attempted, at))) = unnoted.first_key_value() {
        alerting.desk.attempted(*number, attempted, *at).await?;
        unnoted.pop_first();
    }
    Ok(())
}

async fn note(
    alerting: &Alerting,
    delivery: &Delivery,
    outcome: Outcome,
    (counts, unnoted): (&Counts, &mut Unnoted),
    log: &Log,
) {
    let now = wall_clock();
    let attempted = attempted(outcome, delivery, now);
    counts.note(&delivery.channel, &attempted);
    if let Attempted::GivenUp(why) = &attempted {
        log.event(
            Level::Warn,
            "a message about alerts was not taken, and is given up",
            &[("channel", &delivery.channel), ("message", &delivery.number), ("reason", why)],
        );
    }
    let Err(error) = alerting.desk.attempted(delivery.number, &attempted, now).await else { return };
    cannot_keep(&error, log);
    match attempted {
        Attempted::TryAgain(..) => sleep(PAUSE_FAILED).await,
        Attempted::Delivered | Attempted::GivenUp(_) => {
            unnoted.insert(delivery.number, (attempted, now));
        }
    }
}

fn attempted(outcome: Outcome, delivery: &Delivery, now: Timestamp) -> Attempted {
    let age_ms = now.unix_ms().saturating_sub(delivery.made_at.unix_ms());
    match outcome {
        Outcome::Taken => Attempted::Delivered,
        Outcome::Refused(why) => Attempted::GivenUp(why),
        Outcome::Failed(why) => match next_try_ms(delivery.attempts.saturating_add(1), age_ms) {
            Some(wait_ms) => Attempted::TryAgain(why, Timestamp(now.unix_ms().saturating_add(wait_ms))),
            None => Attempted::GivenUp(why),
        },
    }
}

pub(super) fn cannot_keep(error: &AlertError, log: &Log) {
    log.event(Level::Warn, "alerts cannot be kept, and nobody is told of new ones", &[("reason", error)]);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use alerts::{Item, Notice, Outcome, TRIED_FOR_MS};
    use domain::Timestamp;
    use store::{Attempted, Delivery, DeliveryState};

    use super::{attempted, due};

    const NOW: Timestamp = Timestamp(1_000_000);

    fn delivery(number: i64, channel: &str, next_ms: i64) -> Delivery {
        Delivery {
            number,
            channel: channel.to_owned(),
            notice: Notice { service: String::new(), items: vec![Item::test(NOW)] },
            state: DeliveryState::Waiting,
            attempts: 0,
            made_at: NOW,
            next_at: Timestamp(NOW.unix_ms() + next_ms),
            ended_at: None,
            error: None,
        }
    }

    #[test]
    fn of_each_channel_the_first_goes_and_others_wait_for_it() {
        let waiting = vec![
            delivery(1, "a", 0),
            delivery(2, "a", 0),
            delivery(3, "b", 500),
            delivery(4, "b", 0),
            delivery(5, "c", 0),
        ];
        let (found, pause) = due(waiting, &["c".to_owned()].into(), NOW);
        assert_eq!(found.iter().map(|one| one.number).collect::<Vec<_>>(), [1]);
        assert_eq!(pause, Duration::from_millis(500));
    }

    #[test]
    fn a_clock_that_was_set_back_holds_no_message_up() {
        let (found, _) = due(vec![delivery(1, "a", 86_400_000)], &[].into(), NOW);
        assert_eq!(found.len(), 1);
        let (found, _) = due(vec![delivery(1, "a", 1_800_000)], &[].into(), NOW);
        assert_eq!(found.len(), 0);
    }

    #[test]
    fn what_is_refused_is_given_up_and_what_failed_is_tried_again_for_a_while() {
        let tried = |outcome, attempts, later_ms| {
            let one = Delivery { attempts, ..delivery(1, "a", 0) };
            attempted(outcome, &one, Timestamp(NOW.unix_ms() + later_ms))
        };
        let failed = |attempts, later_ms| tried(Outcome::Failed("x".to_owned()), attempts, later_ms);
        assert_eq!(failed(0, 0), Attempted::TryAgain("x".to_owned(), Timestamp(1_001_000)));
        // Much news has a message tried often: it is not given up for that.
        assert!(matches!(failed(500, 60_000), Attempted::TryAgain(..)));
        assert_eq!(failed(0, TRIED_FOR_MS), Attempted::GivenUp("x".to_owned()));
        assert_eq!(tried(Outcome::Refused("x".to_owned()), 0, 0), Attempted::GivenUp("x".to_owned()));
        assert_eq!(tried(Outcome::Taken, 2, 0), Attempted::Delivered);
    }
}
