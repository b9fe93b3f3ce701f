//! A push parser for server-sent events. It watches a stream that passes by: it copies only what a
//! chunk boundary cuts, and never changes or delays the bytes.
//!
//! Format: HTML Living Standard, section 9.2.6 "Interpreting an event stream". `id` and `retry` lines are
//! passed over: no provider uses them.

use memchr::memchr2;

/// Longest line and longest data of an event that is still watched; a longer one passes through unseen. A stream whose caller
/// does not read may stand in the middle of one for long: all of them are memory.
pub const EVENT_BYTES_MAX: usize = 256 << 10;
/// What a stream may begin with, to no effect.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field, empty if absent.
    pub name: &'a [u8],
    /// The `data:` lines, joined by line feeds.
    pub data: &'a [u8],
    /// How many bytes of the chunk being read stand before it; none if it began in an earlier one.
    pub start: usize,
    /// How many bytes of the chunk being read stand before what follows it.
    pub end: usize,
}

/// The state between two chunks.
#[derive(Debug)]
pub struct SseParser {
    /// Longest line and longest data of an event that is read.
    event_bytes_max: usize,
    /// The beginning of a line whose end has not come yet.
    cut_line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last chunk ended with a carriage return: a line feed that comes next belongs to it.
    skips_line_feed: bool,
    is_past_start: bool,
    is_overlong: bool,
    /// An event was too long to be read.
    has_missed: bool,
    /// How many bytes of the chunk read last belong to events and comments that ended in it.
    whole_bytes: usize,
    /// Bytes of data that came without the end of their line.
    dripped_bytes: u64,
}

impl Default for SseParser {
    fn default() -> Self {
        Self::with_limit(EVENT_BYTES_MAX)
    }
}

impl SseParser {
    /// A parser of events up to this length.
    pub fn with_limit(event_bytes_max: usize) -> Self {
        Self {
            event_bytes_max,
            cut_line: Vec::new(),
            name: Vec::new(),
            data: Vec::new(),
            has_data: false,
            skips_line_feed: false,
            is_past_start: false,
            is_overlong: false,
            has_missed: false,
            whole_bytes: 0,
            dripped_bytes: 0,
        }
    }

    /// Whether an event came that was too long to be read.
    pub fn has_missed(&self) -> bool {
        self.has_missed
    }

    /// Reads a chunk, cut anywhere, and reports every event that ends in it.
    pub fn feed(&mut self, chunk: &[u8], mut on_event: impl FnMut(Event<'_>)) {
        self.whole_bytes = 0;
        let read = self.read_rest_of_line_end(chunk);
        if read > 0 {
            self.note_place(read, None);
        }
        let mut rest = &chunk[read..];
        // A data line that is followed by the end of its event is reported without a copy.
        let mut held: Option<&[u8]> = None;
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let (line, after) = (&rest[..end], &rest[end + 1..]);
            rest = if rest[end] == b'\r' {
                self.skips_line_feed = after.is_empty();
                after.strip_prefix(b"\n").unwrap_or(after)
            } else {
                after
            };
            if self.cut_line.is_empty() {
                held = self.line(line, held, chunk.len() - rest.len(), &mut on_event);
            } else {
                let mut whole = std::mem::take(&mut self.cut_line);
                extend_bounded(&mut whole, line, self.event_bytes_max);
                if let Some(data) = self.line(&whole, held.take(), chunk.len() - rest.len(), &mut on_event) {
                    self.keep_data(data);
                }
                whole.clear();
                self.cut_line = whole;
            }
            self.note_place(chunk.len() - rest.len(), held);
        }
        if let Some(data) = held {
            self.keep_data(data);
        }
        if !rest.is_empty() {
            extend_bounded(&mut self.cut_line, rest, self.event_bytes_max);
            if self.name.is_empty() && self.cut_line.starts_with(b"data") {
                self.dripped_bytes += rest.len() as u64;
            }
        }
    }

    /// Reads what of a chunk belongs to the line that ended with the one before, and tells how many bytes that is.
    pub fn read_rest_of_line_end(&mut self, chunk: &[u8]) -> usize {
        let is_cut = self.skips_line_feed && chunk.first() == Some(&b'\n');
        self.skips_line_feed &= chunk.is_empty();
        usize::from(is_cut)
    }

    /// Whatever comes next belongs to no line that has ended.
    pub fn forget_line_end(&mut self) {
        self.skips_line_feed = false;
    }

    /// How many bytes of the chunk read last belong to events and comments that ended in it: what follows them is the
    /// beginning of something.
    pub fn whole_bytes(&self) -> usize {
        self.whole_bytes
    }

    /// Bytes of data that came without the end of their line: a slow provider's sign of life. Comments do not count.
    pub fn dripped_bytes(&self) -> u64 {
        self.dripped_bytes
    }

    fn note_place(&mut self, place: usize, held: Option<&[u8]>) {
        if held.is_none() && self.is_between_events() {
            self.whole_bytes = place;
        }
    }

    /// Whether the bytes so far end between two events.
    pub fn is_between_events(&self) -> bool {
        let is_line_begun = match self.cut_line.as_slice() {
            BYTE_ORDER_MARK => self.is_past_start,
            cut => !cut.is_empty(),
        };
        !is_line_begun && !self.has_data && self.name.is_empty()
    }

    /// How many bytes of the stream are kept for what is still to come.
    pub fn held_bytes(&self) -> usize {
        self.cut_line.len() + self.data.len() + self.name.len()
    }

    /// Handles one line; returns its data when that is the only data of its event so far.
    fn line<'a>(
        &mut self,
        line: &'a [u8],
        held: Option<&'a [u8]>,
        end: usize,
        on_event: &mut impl FnMut(Event<'_>),
    ) -> Option<&'a [u8]> {
        self.is_overlong |= line.len() > self.event_bytes_max;
        let line = if self.is_past_start { line } else { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) };
        self.is_past_start = true;
        if line.is_empty() {
            let data = held.unwrap_or(&self.data);
            let is_read = !self.is_overlong && data.len() <= self.event_bytes_max;
            self.has_missed |= !is_read;
            if (self.has_data || held.is_some()) && is_read {
                on_event(Event { name: &self.name, data, start: self.whole_bytes, end });
            }
            self.name.clear();
            self.data.clear();
            self.has_data = false;
            self.is_overlong = false;
            return None;
        }
        if let Some(data) = field(line, b"data") {
            if held.is_none() && !self.has_data {
                return Some(data);
            }
            if let Some(first) = held {
                self.keep_data(first);
            }
            self.keep_data(data);
            return None;
        }
        if let Some(name) = field(line, b"event") {
            self.name.clear();
            self.name.extend_from_slice(&name[..name.len().min(64)]);
        }
        held
    }

    fn keep_data(&mut self, line: &[u8]) {
        if self.has_data {
            extend_bounded(&mut self.data, b"\n", self.event_bytes_max);
        }
        self.has_data = true;
        extend_bounded(&mut self.data, line, self.event_bytes_max);
    }
}

/// Keeps what there is room for; one byte above the limit is what marks it as too long.
fn extend_bounded(kept: &mut Vec<u8>, more: &[u8], bytes_max: usize) {
    let room = bytes_max + 1 - kept.len();
    kept.extend_from_slice(&more[..more.len().min(room)]);
}

/// The value of `line` if it is the field `name`.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    match rest {
        [] => Some(rest),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{EVENT_BYTES_MAX, SseParser};

    fn events(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut parser = SseParser::default();
        let mut seen = Vec::new();
        for chunk in chunks {
            parser.feed(chunk, |event| {
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                seen.push((text(event.name), text(event.data)));
            });
        }
        seen
    }

    fn check(stream: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> =
            expected.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned())).collect();
        assert_eq!(events(&[stream.as_bytes()]), expected, "{stream:?}");
        for cut in 0..=stream.len() {
            let (left, right) = stream.as_bytes().split_at(cut);
            assert_eq!(events(&[left, right]), expected, "{stream:?} cut at {cut}");
        }
    }

    #[test]
    fn events_are_the_same_wherever_the_stream_is_cut() {
        check("data: one\n\ndata: two\n\n", &[("", "one"), ("", "two")]);
        check("data:one\r\n\r\ndata: two\r\rdata: three\n\n", &[("", "one"), ("", "two"), ("", "three")]);
        check("event: ping\ndata: {}\n\n", &[("ping", "{}")]);
        check("data: a\ndata: b\ndata\n\n", &[("", "a\nb\n")]);
        check(": comment\n\nid: 7\ndata: x\nretry: 1\n\n", &[("", "x")]);
        check("\u{feff}data: bom\n\n", &[("", "bom")]);
        check("data: never ended\n", &[]);
        check("database: no\n\n", &[]);
    }

    #[test]
    fn whole_bytes_end_behind_an_event_or_a_comment() {
        let check = |chunks: &[&str], expected: &[usize]| {
            let mut parser = SseParser::default();
            let found: Vec<usize> = chunks
                .iter()
                .map(|chunk| {
                    parser.feed(chunk.as_bytes(), |_| ());
                    parser.whole_bytes()
                })
                .collect();
            assert_eq!(found, expected, "{chunks:?}");
        };
        check(&["data: a\n\ndata: b", "c\n", "\n: d\n", ": e"], &[9, 0, 5, 0]);
        check(&["event: x\ndata: a\n", "\ndata: b\n\n"], &[0, 10]);
        check(&["data: a\r\n\r", "\ndata: b\r\n\r\n"], &[10, 12]);
        check(&["data: a\n\n", ""], &[9, 0]);
    }

    #[test]
    fn the_rest_of_a_line_end_is_read_once() {
        let rests = |first: &str| {
            let mut parser = SseParser::default();
            parser.feed(first.as_bytes(), |_| ());
            ["", "\n\n", "\n"].map(|chunk| parser.read_rest_of_line_end(chunk.as_bytes()))
        };
        assert_eq!(rests("data: a\r\n\r"), [0, 1, 0]);
        assert_eq!(rests("data: a\r\n\r\n"), [0, 0, 0]);
    }

    #[test]
    fn an_event_knows_where_it_began() {
        let starts = |chunks: &[&str]| {
            let mut parser = SseParser::default();
            let mut seen = Vec::new();
            for chunk in chunks {
                parser.feed(chunk.as_bytes(), |event| seen.push(event.start));
            }
            seen
        };
        assert_eq!(starts(&["data: a\n\n: c\n\ndata: b\n\n"]), [0, 14]);
        assert_eq!(starts(&["data: a\n\ndata: ", "b\n\ndata: c\n\n"]), [0, 0, 3]);
    }

    #[test]
    fn only_data_that_drips_is_counted() {
        let mut parser = SseParser::default();
        let mut dripped = |chunk: &str| {
            parser.feed(chunk.as_bytes(), |_| ());
            parser.dripped_bytes()
        };
        assert_eq!([dripped("data: a"), dripped("bc"), dripped("\n\n: pi"), dripped("ng\n")], [7, 9, 9, 9]);
        assert_eq!(dripped("event: ping\ndata: {"), 9);
    }

    #[test]
    fn an_overlong_event_is_not_reported_and_the_next_one_is_wherever_it_is_cut() {
        let long = vec![b'x'; EVENT_BYTES_MAX];
        for start in ["data: ", ":", "id: ", "data: y\ndata: "] {
            let stream = [start.as_bytes(), &long, b"\ndata: z\n\ndata: next\n\n"].concat();
            for cut in [0, 1, start.len(), start.len() + 7, EVENT_BYTES_MAX, stream.len() - 21] {
                let (left, right) = stream.split_at(cut);
                assert_eq!(
                    events(&[left, right]),
                    [(String::new(), "next".to_owned())],
                    "{start} cut at {cut}"
                );
            }
        }
        let whole = [b"data: ", &long[6..], b"\n\n"].concat();
        assert_eq!(events(&[&whole[..99], &whole[99..]])[0].1.len(), EVENT_BYTES_MAX - 6);
    }

    #[test]
    fn lines_without_end_are_not_kept_without_end() {
        let mut parser = SseParser::default();
        // Each of these lines adds no more than the line feed between it and the one before.
        let lines = b"data\n".repeat(1 << 16);
        for _ in 0..EVENT_BYTES_MAX / (1 << 16) + 2 {
            parser.feed(&lines, |_| {});
        }
        assert!(parser.held_bytes() <= EVENT_BYTES_MAX + 1, "{} bytes", parser.held_bytes());
    }
}
