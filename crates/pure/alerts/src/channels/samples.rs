//! Messages for tests.

use domain::Timestamp;
use serde_json::Value;

use crate::exchange::Ask;
use crate::notice::{Event, Item, Notice};
use crate::rule::{Rule, Severity};

/// 14 November 2023, 22:13:20 UTC.
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) fn item(event: Event, subject: &str) -> Item {
    Item {
        event,
        rule: Rule::ProviderDown,
        subject: subject.to_owned(),
        severity: Severity::Critical,
        summary: format!("every line of the provider {subject} is left alone"),
        details: Value::Null,
        raised_at_ms: NOW.unix_ms() - 180_000,
        resolved_at_ms: (event == Event::Resolved).then_some(NOW.unix_ms()),
    }
}

pub(crate) fn notice(event: Event) -> Notice {
    Notice { service: "bellwether".to_owned(), items: vec![item(event, "north")] }
}

/// Not an HMAC: shows what it was made of.
pub(crate) fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    let bytes = key.iter().chain(b"|").chain(message);
    for (place, byte) in bytes.enumerate() {
        sum[place % 32] ^= byte;
    }
    sum
}

/// The body as a value, and where it goes.
#[track_caller]
pub(crate) fn sent(ask: &Ask) -> (String, Value) {
    (format!("{}{}", ask.base, ask.rest), serde_json::from_str(&ask.body).unwrap())
}
