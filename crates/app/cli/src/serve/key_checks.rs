//! Trying the providers' keys at the start and after a change, and telling the operator: one line for each provider.

use std::fmt::Display;

use gateway::{CheckedKey, Gateway, KeyState, check_keys};
use observe::{Level, Log};
use tokio::sync::{Notify, watch};

/// When keys are to be tried, and how often they were.
#[derive(Debug)]
pub(crate) struct KeyChecks {
    wanted: Notify,
    rounds: watch::Sender<Rounds>,
}

/// How often keys were tried.
#[derive(Clone, Copy, Debug, Default)]
struct Rounds {
    begun: u64,
    done: u64,
}

impl KeyChecks {
    pub(crate) fn new() -> Self {
        Self { wanted: Notify::new(), rounds: watch::Sender::new(Rounds::default()) }
    }

    /// Has them tried soon.
    pub(crate) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Has them tried, and waits for it: for a round that begins from now on.
    pub(crate) async fn again(&self) {
        let mut rounds = self.rounds.subscribe();
        let next = rounds.borrow().begun + 1;
        self.want();
        // It fails only with the process.
        let _ = rounds.wait_for(|rounds| rounds.done >= next).await;
    }
}

/// Tries all keys whenever that is wanted. It never ends; nobody waits for it but who asks for it.
pub(super) async fn run(gateway: &Gateway, checks: &KeyChecks, log: &Log) {
    loop {
        checks.wanted.notified().await;
        checks.rounds.send_modify(|rounds| rounds.begun += 1);
        gateway.status().forget_keys();
        check_keys(&gateway.serving(), |keys| {
            gateway.status().note_keys(keys);
            if !keys.is_empty() {
                tell(log, keys);
            }
        })
        .await;
        checks.rounds.send_modify(|rounds| rounds.done = rounds.begun);
    }
}

fn tell(log: &Log, keys: &[CheckedKey]) {
    let provider = &keys[0].provider;
    let of = |state| keys.iter().filter(move |key| key.state == state);
    let (working, refused) = (of(KeyState::Working).count(), of(KeyState::Refused).count());
    let (level, message) = match (working, refused) {
        (_, 0) if working > 0 => (Level::Info, "the provider's keys work"),
        (0, refused) if refused == keys.len() => (Level::Error, "the provider has no working key"),
        (_, 0) => (Level::Warn, "the provider's keys could not be tried"),
        _ => (Level::Warn, "a key of the provider is refused"),
    };
    let words: Vec<String> = keys.iter().filter(|key| key.state != KeyState::Working).map(line).collect();
    let (working, words) = (working.to_string(), words.join("; "));
    let mut fields: Vec<(&str, &dyn Display)> = vec![("provider", provider), ("working", &working)];
    if !words.is_empty() {
        fields.push(("others", &words));
    }
    log.event(level, message, &fields);
}

fn line(key: &CheckedKey) -> String {
    format!("{} {}: {}", key.source.as_deref().unwrap_or("without a key"), key.state.name(), key.words)
}
