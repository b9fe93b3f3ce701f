//! Answers what administrators ask of alerts: which channels there are, and whether they work.

use admin::AlertAsk;
use alerts::{Channel, Event, Item, Notice, Outcome};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use gateway::{UpstreamBalance, wall_clock};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::balances::Balances;
use super::parts::{Alerting, Proven};
use super::send::send;

/// Tests of channels at once; whoever asks for more waits.
const TESTS_AT_ONCE_MAX: usize = 8;

/// Answers for ever. Channels are tried all at once, and whoever only looks does not wait for them.
pub(super) async fn answer(
    alerting: &Alerting,
    balances: &Balances,
    proven: &Proven,
    asks: &mut mpsc::Receiver<AlertAsk>,
) {
    let mut tests = FuturesUnordered::new();
    loop {
        // Nobody hears it who has gone meanwhile.
        tokio::select! {
            Some(ask) = asks.recv(), if tests.len() < TESTS_AT_ONCE_MAX => match ask {
                AlertAsk::Show(reply) => drop(reply.send(shown(alerting, balances))),
                AlertAsk::Test(channel, reply) => tests.push(async move {
                    drop(reply.send(test(alerting, channel.as_deref(), proven).await));
                }),
            },
            Some(()) = tests.next() => {}
            else => return,
        }
    }
}

fn shown(alerting: &Alerting, balances: &Balances) -> Value {
    let channels = alerting.channels();
    let channel = |channel: &Channel| {
        json!({
            "name": channel.name,
            "kind": channel.kind(),
            "severity_min": channel.severity_min.name(),
            "rules": channel.rules.iter().map(|rule| rule.name()).collect::<Vec<_>>(),
        })
    };
    let balances: Vec<Value> = balances.borrow().iter().flatten().map(UpstreamBalance::json).collect();
    json!({ "channels": channels.iter().map(channel).collect::<Vec<_>>(), "upstream_balances": balances })
}

async fn test(alerting: &Alerting, wanted: Option<&str>, proven: &Proven) -> Result<Value, String> {
    let channels = alerting.channels();
    let chosen: Vec<&Channel> =
        channels.iter().filter(|channel| wanted.is_none_or(|wanted| wanted == channel.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = channels.iter().map(|channel| channel.name.as_str()).collect();
        return Err(match (wanted, names.as_slice()) {
            (_, []) => "no channel is configured: add one under alerts.channels".to_owned(),
            (wanted, names) => {
                format!(
                    "there is no channel {:?}; there are {}",
                    wanted.unwrap_or_default(),
                    names.join(", ")
                )
            }
        });
    }
    let notice = Notice { service: alerting.service.clone(), items: vec![Item::test(wall_clock())] };
    let item = Item { event: Event::Resolved, ..notice.items[0].clone() };
    let over = Notice { items: vec![item], ..notice.clone() };
    let tried = chosen.into_iter().map(async |channel| {
        let mut outcome = send(channel, &notice, 0).await;
        if outcome == Outcome::Taken && channel.keeps_open() {
            outcome = send(channel, &over, 0).await;
        }
        let (is_delivered, message) = match outcome {
            Outcome::Taken => (true, None),
            Outcome::Refused(why) | Outcome::Failed(why) => (false, Some(why)),
        };
        if is_delivered {
            proven.borrow_mut().insert(channel.name.clone());
        }
        json!({
            "channel": channel.name,
            "kind": channel.kind(),
            "is_delivered": is_delivered,
            "message": message,
        })
    });
    Ok(json!({ "channels": join_all(tried).await }))
}
