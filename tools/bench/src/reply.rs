//! One answer as it arrives: status, where its body ends, and how many SSE events went by.
//!
//! It keeps the head only; the body is counted and forgotten.

use crate::chunked::Chunked;
use crate::head;

#[derive(Clone, Default, PartialEq, Eq)]
enum Framing {
    #[default]
    HeadComing,
    BytesLeft(usize),
    Chunked,
    UntilClosed,
}

#[derive(Default)]
pub(crate) struct Reply {
    head: Vec<u8>,
    framing: Framing,
    chunked: Chunked,
    events: EventCounter,
    pub(crate) status: u16,
    /// The connection cannot be used again.
    pub(crate) closes: bool,
}

impl Reply {
    pub(crate) fn has_begun(&self) -> bool {
        !self.head.is_empty()
    }

    /// The body ends where the connection does.
    pub(crate) fn ends_with_connection(&self) -> bool {
        self.framing == Framing::UntilClosed
    }

    pub(crate) fn events(&self) -> u64 {
        self.events.count
    }

    /// Takes bytes off the wire; true when the answer is whole.
    pub(crate) fn take(&mut self, bytes: &[u8], is_stream: bool) -> bool {
        if self.framing != Framing::HeadComing {
            return self.take_body(bytes, is_stream);
        }
        let seen_before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = head::end_of_head(&self.head, seen_before) else { return false };
        let body = self.head.split_off(end);
        self.read_head();
        self.take_body(&body, is_stream)
    }

    fn read_head(&mut self) {
        let text = String::from_utf8_lossy(&self.head);
        self.status = text.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0);
        self.closes =
            head::field(&text, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        self.framing = match head::content_length(&text) {
            _ if head::is_chunked(&text) => Framing::Chunked,
            Some(bytes) => Framing::BytesLeft(bytes),
            None => Framing::UntilClosed,
        };
        self.closes |= self.framing == Framing::UntilClosed;
    }

    fn take_body(&mut self, bytes: &[u8], is_stream: bool) -> bool {
        let events = &mut self.events;
        let mut count = |content: &[u8]| {
            if is_stream {
                events.take(content);
            }
        };
        match &mut self.framing {
            Framing::HeadComing => false,
            Framing::BytesLeft(left) => {
                let taken = bytes.len().min(*left);
                count(&bytes[..taken]);
                *left -= taken;
                *left == 0
            }
            Framing::Chunked => {
                self.chunked.feed(bytes, count);
                self.chunked.is_done()
            }
            Framing::UntilClosed => {
                count(bytes);
                false
            }
        }
    }
}

/// Counts lines that begin with `data:`, over any split of the bytes.
#[derive(Default)]
pub(crate) struct EventCounter {
    matched: usize,
    is_line_lost: bool,
    pub(crate) count: u64,
}

impl EventCounter {
    const FIELD: &[u8] = b"data:";

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.matched = 0;
                self.is_line_lost = false;
            } else if !self.is_line_lost && byte == Self::FIELD[self.matched] {
                self.matched += 1;
                if self.matched == Self::FIELD.len() {
                    self.count += 1;
                    self.is_line_lost = true;
                }
            } else {
                self.is_line_lost = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_gives_the_same_reply() {
        let wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            e\r\ndata: a\n\nxdata:\r\n9\r\n\ndata: b\n\r\n0\r\n\r\n";
        for cut in 1..wire.len() {
            let mut reply = Reply::default();
            assert!(!reply.take(&wire[..cut], true), "whole too early at cut {cut}");
            assert!(reply.take(&wire[cut..], true), "not whole at cut {cut}");
            assert_eq!((reply.status, reply.events(), reply.closes), (200, 2, false), "cut {cut}");
        }
    }

    #[test]
    fn a_counted_body_ends_at_its_length() {
        let mut reply = Reply::default();
        assert!(reply.take(b"HTTP/1.1 429 Busy\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", false));
        assert_eq!((reply.status, reply.closes), (429, true));
    }

    #[test]
    fn an_unframed_body_ends_with_the_connection() {
        let mut reply = Reply::default();
        assert!(!reply.take(b"HTTP/1.0 200 OK\r\n\r\ndata: a\n", true));
        assert!(reply.ends_with_connection() && reply.closes && reply.events() == 1);
    }
}
