//! What a node received and how each answer ended, in a ring that forgets the oldest.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::base64;

/// Most requests kept per node.
pub const RECORDS_MAX: usize = 4096;
/// Most bytes kept of one body.
pub const RECORD_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes of bodies kept per node.
pub const RECORDED_BODIES_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One received request.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Counts the node's requests from 1.
    pub number: u64,
    /// Counts the node's connections from 1.
    pub connection: u64,
    /// When it was read whole, in ms since the simulator started.
    pub at_ms: f64,
    /// Method.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// All headers, in order, as sent.
    pub headers: Vec<(String, String)>,
    /// The body, without what is beyond [`RECORD_BODY_BYTES_MAX`].
    pub body: Vec<u8>,
    /// Length of the whole body.
    pub body_bytes: usize,
    /// The fault it met, as it was written.
    pub fault: Option<String>,
    /// Status of the answer, where one was begun.
    pub status: Option<u16>,
    /// What the answer says of its tokens, or would if nothing went wrong with it.
    pub usage: Option<Value>,
    /// Bytes of the answer, head included, that the kernel took so far.
    pub sent_bytes: usize,
    /// How the answer ended; `None` while it has not.
    pub outcome: Option<Outcome>,
    /// When it ended, in ms since the simulator started.
    pub ended_at_ms: Option<f64>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was sent.
    Whole,
    /// We broke it off, as we were told to.
    Broken,
    /// The peer hung up before it was whole.
    PeerGone,
}

impl Outcome {
    /// As written in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Broken => "broken",
            Self::PeerGone => "peer_gone",
        }
    }
}

impl Record {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON, `null` if it is none.
    pub fn body_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// As the control port shows it: a body that is not UTF-8 as `body_base64`.
    pub fn json(&self) -> Value {
        let (body_name, body) = match std::str::from_utf8(&self.body) {
            Ok(text) => ("body", text.to_owned()),
            Err(_) => ("body_base64", base64::encode(&self.body)),
        };
        json!({
            "number": self.number,
            "connection": self.connection,
            "at_ms": self.at_ms,
            "method": self.method,
            "target": self.target,
            "path": self.target.split('?').next(),
            "headers": self.headers,
            body_name: body,
            "body_bytes": self.body_bytes,
            "fault": self.fault,
            "status": self.status,
            "usage": self.usage,
            "sent_bytes": self.sent_bytes,
            "outcome": self.outcome.map(Outcome::name),
            "peer_hung_up": self.outcome == Some(Outcome::PeerGone),
            "ended_at_ms": self.ended_at_ms,
        })
    }
}

/// The ring.
#[derive(Debug)]
pub(crate) struct Recorder {
    ring: Mutex<Ring>,
    /// Counts changes, so that a test can wait for one.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    records: VecDeque<Record>,
    body_bytes: usize,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self { ring: Mutex::default(), changes: watch::Sender::new(0) }
    }

    pub(crate) fn begin(&self, mut record: Record) {
        record.body.truncate(RECORD_BODY_BYTES_MAX);
        let mut ring = self.lock();
        ring.body_bytes += record.body.len();
        ring.records.push_back(record);
        while ring.records.len() > RECORDS_MAX || ring.body_bytes > RECORDED_BODIES_BYTES_MAX {
            let oldest = ring.records.pop_front().map_or(0, |oldest| oldest.body.len());
            ring.body_bytes -= oldest;
        }
        drop(ring);
        self.tell();
    }

    pub(crate) fn add_sent(&self, number: u64, bytes: usize) {
        self.change(number, |record| record.sent_bytes += bytes);
    }

    pub(crate) fn end(&self, number: u64, outcome: Outcome, at_ms: f64) {
        self.change(number, |record| {
            record.outcome = Some(outcome);
            record.ended_at_ms = Some(at_ms);
        });
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.lock().records.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Ring::default();
        self.tell();
    }

    /// Waits until the records are as wished, and gives them.
    pub(crate) async fn records_when(&self, is_wished: impl Fn(&[Record]) -> bool) -> Vec<Record> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            let records = self.records();
            if is_wished(&records) {
                return records;
            }
            changes.changed().await.expect("the sender is ours");
        }
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Record)) {
        let mut ring = self.lock();
        // A record may have been cleared or forgotten meanwhile. The newest stand at the end.
        if let Some(record) = ring.records.iter_mut().rev().find(|record| record.number == number) {
            change(record);
        }
        drop(ring);
        self.tell();
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().expect("nothing panics while holding the ring")
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, RECORDED_BODIES_BYTES_MAX, RECORDS_MAX, Record, Recorder};

    fn record(number: u64, body: Vec<u8>) -> Record {
        Record {
            number,
            connection: 1,
            at_ms: 0.0,
            method: "POST".to_owned(),
            target: "/v1/x?y=1".to_owned(),
            headers: Vec::new(),
            body_bytes: body.len(),
            body,
            fault: None,
            status: Some(200),
            usage: None,
            sent_bytes: 0,
            outcome: None,
            ended_at_ms: None,
        }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let recorder = Recorder::new();
        for number in 0..RECORDS_MAX as u64 + 10 {
            recorder.begin(record(number, Vec::new()));
        }
        assert_eq!(recorder.records().len(), RECORDS_MAX);
        assert_eq!(recorder.records()[0].number, 10);
    }

    #[test]
    fn bodies_are_bounded_together() {
        let recorder = Recorder::new();
        for number in 0..100 {
            recorder.begin(record(number, vec![0; 2 * 1024 * 1024]));
        }
        let records = recorder.records();
        assert_eq!(records.iter().map(|record| record.body.len()).sum::<usize>(), RECORDED_BODIES_BYTES_MAX);
        assert_eq!(records[0].body_bytes, 2 * 1024 * 1024);
    }

    #[test]
    fn what_is_no_text_is_written_as_base64() {
        let recorder = Recorder::new();
        recorder.begin(record(1, vec![0xff]));
        recorder.add_sent(1, 7);
        recorder.end(1, Outcome::PeerGone, 3.0);
        let json = recorder.records()[0].json();
        assert_eq!((&json["body_base64"], &json["path"]), (&"/w==".into(), &"/v1/x".into()));
        assert_eq!((&json["peer_hung_up"], &json["sent_bytes"]), (&true.into(), &7.into()));
    }
}
