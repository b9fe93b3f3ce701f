//! Answers what administrators ask of alerts: which channels there are, and whether they work.

use admin::AlertAsk;
use alerts::{Channel, Event, Item, Notice, Outcome};
use gateway::{UpstreamBalance, wall_clock};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::balances::Balances;
use super::parts::Alerting;
use super::send::send;

/// Answers for ever. Channels are tried one after the other: whoever asks waits for them.
pub(super) async fn answer(alerting: &Alerting, balances: &Balances, asks: &mut mpsc::Receiver<AlertAsk>) {
    while let Some(ask) = asks.recv().await {
        // Nobody hears it who has gone meanwhile.
        match ask {
            AlertAsk::Show(reply) => drop(reply.send(shown(alerting, balances))),
            AlertAsk::Test(channel, reply) => drop(reply.send(test(alerting, channel.as_deref()).await)),
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

async fn test(alerting: &Alerting, wanted: Option<&str>) -> Result<Value, String> {
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
    let mut results = Vec::new();
    for channel in chosen {
        let mut outcome = send(channel, &notice, 0).await;
        if outcome == Outcome::Taken && channel.keeps_open() {
            outcome = send(channel, &over, 0).await;
        }
        let (is_delivered, message) = match outcome {
            Outcome::Taken => (true, None),
            Outcome::Refused(why) | Outcome::Failed(why) => (false, Some(why)),
        };
        results.push(json!({
            "channel": channel.name,
            "kind": channel.kind(),
            "is_delivered": is_delivered,
            "message": message,
        }));
    }
    Ok(json!({ "channels": results }))
}
