//! Streams: the same events and facts however the stream is cut, those of a parser as plain as the standard, and never
//! more memory than the limit says.

use std::fmt;

use dialects::framing::sse::{EVENT_BYTES_MAX, SseParser};
use dialects::watch::StreamWatch;

use crate::cuttings::{cuttings, digest};

/// Reads are about this long.
const PIECE_BYTES: usize = 64 * 1024;
/// One input in so many is also repeated until it must have met every limit.
const FLOODS_ONE_IN: u64 = 1024;

type Events = Vec<(Vec<u8>, Vec<u8>)>;

/// Claims what the head of this file says about one stream.
pub fn sse(stream: &[u8]) {
    let expected = parse_plainly(stream);
    let facts = watch(&[stream]);
    for pieces in cuttings(stream) {
        assert_eq!(parse(&pieces), expected);
        assert_eq!(watch(&pieces), facts);
    }
    if digest(stream).is_multiple_of(FLOODS_ONE_IN) {
        flood(stream);
    }
}

/// The stream again and again, far beyond what is kept of one event; then an event that must be seen.
pub(crate) fn flood(stream: &[u8]) {
    if stream.is_empty() {
        return;
    }
    let piece = stream.repeat(PIECE_BYTES / stream.len() + 1);
    let mut parser = SseParser::default();
    for _ in 0..EVENT_BYTES_MAX / piece.len() + 3 {
        parser.feed(&piece, |_| {});
        let held = parser.held_bytes();
        assert!(held <= 2 * EVENT_BYTES_MAX + 1024, "{held} bytes are held");
    }
    let mut last = Vec::new();
    parser.feed(b"\n\ndata: last\n\n", |event| last = event.data.to_vec());
    assert_eq!(last, b"last");
    assert!(parser.is_between_events());
}

fn parse(pieces: &[&[u8]]) -> (Events, bool) {
    let mut parser = SseParser::default();
    let mut events = Vec::new();
    for piece in pieces {
        parser.feed(piece, |event| events.push((event.name.to_vec(), event.data.to_vec())));
    }
    (events, parser.is_between_events())
}

fn watch(pieces: &[&[u8]]) -> impl PartialEq + fmt::Debug + use<> {
    let mut watch = StreamWatch::default();
    pieces.iter().for_each(|piece| watch.feed(piece));
    (watch.events(), watch.usage(), watch.is_finished(), watch.is_error(), watch.is_between_events())
}

/// The standard's own words in the plainest code: the whole text, line by line.
fn parse_plainly(stream: &[u8]) -> (Events, bool) {
    let mut lines = vec![Vec::new()];
    let mut bytes = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream).iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => lines.push(Vec::new()),
            b'\r' => {
                bytes.next_if(|next| **next == b'\n');
                lines.push(Vec::new());
            }
            _ => lines.last_mut().expect("one line at least").push(*byte),
        }
    }
    let unfinished = lines.pop().expect("one line at least");
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let mut halves = line.splitn(2, |byte| *byte == b':');
        let (field, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"" if line.is_empty() => {
                if !data.is_empty() {
                    events.push((name.clone(), data.join(&b'\n')));
                }
                name.clear();
                data.clear();
            }
            b"data" => data.push(value.to_vec()),
            b"event" => name = value[..value.len().min(64)].to_vec(),
            _ => {}
        }
    }
    let starts_anew = unfinished.is_empty() && name.is_empty() && data.is_empty();
    (events, starts_anew)
}

#[cfg(test)]
mod tests {
    use super::flood;

    #[test]
    fn no_flood_is_kept() {
        for stream in
            ["x", "data", "data\n", "data: x\n", "event: x\n", ":\n", "data: x\r", "a\n\n", "\n\ndata: y"]
        {
            flood(stream.as_bytes());
        }
    }
}
