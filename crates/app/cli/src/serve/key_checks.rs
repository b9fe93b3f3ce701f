//! Trying the providers' keys at the start and after a change, and telling the operator: one line for each provider.

use std::fmt::Display;

use gateway::{CheckedKey, Gateway, KeyState, check_keys};
use observe::{Level, Log};
use tokio::sync::Notify;

/// Tries all keys whenever that is wanted. It never ends; nobody waits for it.
pub(super) async fn run(gateway: &Gateway, wanted: &Notify, log: &Log) {
    loop {
        wanted.notified().await;
        gateway.status().forget_keys();
        check_keys(&gateway.serving(), |keys| {
            gateway.status().note_keys(keys);
            if !keys.is_empty() {
                tell(log, keys);
            }
        })
        .await;
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
