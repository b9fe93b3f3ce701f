//! Who is told that an account's balance is low: the log and, where one is configured, a webhook; once until the balance is
//! up again. Looked at about once a second, where no call waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use config::LowBalance;
use gateway::{Gateway, wall_clock};
use observe::{Level, Log};
use serde_json::{Value, json};
use store::Payer;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::webhook::Webhook;

/// How often balances are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Messages that wait for a webhook; more are not sent, and a log line says so.
const MESSAGES_MAX: usize = 1_000;

/// Which accounts were low when last looked at.
#[derive(Debug, Default)]
struct Known(BTreeSet<u64>);

impl Known {
    /// Those that have become low since.
    fn fallen<'p>(&mut self, payers: impl Iterator<Item = &'p Arc<Payer>>) -> Vec<&'p Arc<Payer>> {
        let mut fallen = Vec::new();
        for payer in payers {
            let number = payer.account.number.0;
            if !payer.is_low() {
                self.0.remove(&number);
            } else if self.0.insert(number) {
                fallen.push(payer);
            }
        }
        fallen
    }
}

/// Looks for ever. What is on its way to a webhook at the end is lost: the next start tells it anew.
pub(super) async fn watch(gateway: &Gateway, configured: Option<LowBalance>, log: &Log) {
    let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
    let sending = async {
        match configured {
            Some(configured) => Webhook::new(configured).send_all(receiver, log).await,
            // Nobody is told: none waits.
            None => drop(receiver),
        }
    };
    let looking = async {
        let mut known = Known::default();
        let mut ticks = interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let payers = gateway.payers();
            for payer in known.fallen(payers.iter()) {
                tell(payer, &sender, log);
            }
        }
    };
    tokio::join!(sending, looking);
}

fn tell(payer: &Payer, sender: &mpsc::Sender<Value>, log: &Log) {
    let account = &payer.account;
    log.event(
        Level::Warn,
        "the balance of an account is low",
        &[
            ("account", &account.number.0),
            ("organisation", &account.organisation),
            ("balance", &payer.balance()),
            ("threshold", &account.warn_below),
            ("currency", &account.currency),
        ],
    );
    if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(message(payer)) {
        let waiting = MESSAGES_MAX;
        log.event(
            Level::Warn,
            "too many messages wait for the webhook: one is not sent",
            &[("waiting", &waiting)],
        );
    }
}

fn message(payer: &Payer) -> Value {
    let now = wall_clock();
    let number = payer.account.number.0;
    json!({
        "id": format!("low:{number}:{}", now.unix_ms()),
        "event": "account.low_balance",
        "at": now.rfc3339(),
        "account": payer.json(),
    })
}
