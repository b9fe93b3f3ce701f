//! Asks providers now and then what is left on our accounts there, and says when that cannot be learnt any more.

use std::cell::RefCell;
use std::time::Duration;

use gateway::{Gateway, UpstreamBalance, ask_balances};
use observe::{Level, Log};
use tokio::time::sleep;

use super::parts::Alerting;

/// How often it is looked whether anybody wants to know.
const PAUSE_OFF: Duration = Duration::from_secs(60);

/// What was learnt last; `None` before the first time.
pub(super) type Balances = RefCell<Option<Vec<UpstreamBalance>>>;

/// Asks for ever.
pub(super) async fn ask(gateway: &Gateway, alerting: &Alerting, balances: &Balances, log: &Log) {
    loop {
        let every = alerting.present().upstream_balance;
        if every.is_some() {
            let found = ask_balances(&gateway.serving()).await;
            tell(balances.borrow().as_deref().unwrap_or_default(), &found, log);
            balances.replace(Some(found));
        }
        sleep(every.unwrap_or(PAUSE_OFF)).await;
    }
}

/// Once for each that cannot be learnt.
fn tell(before: &[UpstreamBalance], found: &[UpstreamBalance], log: &Log) {
    for now in found {
        let Some(words) = &now.words else { continue };
        if !before.iter().any(|known| known.name == now.name && known.words.is_some()) {
            log.event(
                Level::Info,
                "what is left on an account at a provider could not be learnt",
                &[("account", &now.name), ("reason", words)],
            );
        }
    }
}
