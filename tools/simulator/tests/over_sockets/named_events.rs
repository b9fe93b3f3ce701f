//! Streams whose events are named after their types.

use serde_json::Value;

use crate::raw_client::Answer;

/// The events of a stream.
pub(crate) fn named_events(answer: &Answer) -> Vec<Value> {
    let events = answer.text().split_terminator("\n\n").map(|event| {
        let (name, data) = event.split_once('\n').unwrap();
        let value: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name, format!("event: {}", value["type"].as_str().unwrap()));
        value
    });
    events.collect()
}

/// Their types in order, each row of one type once.
pub(crate) fn kinds(events: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    kinds.dedup();
    kinds
}
