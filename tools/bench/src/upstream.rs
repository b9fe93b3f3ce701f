//! The upstream: answers `POST */chat/completions` at once, whole or as a stream, on one thread.
//!
//! A stream's shape travels in `max_tokens` = delay_ms * 10,000 + events, a field every gateway passes
//! on. Each event is its own HTTP chunk and its own write. It checks no key and parses no JSON.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::answers::Answers;
use crate::chunked::Chunked;
use crate::head;
use crate::poll::{Poll, READABLE, WRITABLE, would_block};
use crate::target::{EVENTS_PER_DELAY_MS, READ_BUFFER_BYTES};

const HEAD_BYTES_MAX: usize = 65_536;
const EVENTS_DEFAULT: usize = 200;
/// First event, usage, `[DONE]`: a stream has no fewer.
const EVENTS_MIN: usize = 3;
/// In a larger body only the edges are searched: the fields that matter are at one of its ends.
const SEARCHED_WHOLE_BYTES_MAX: usize = 16_384;
const EDGE_BYTES: usize = 4_096;
const LISTENER: usize = 0;

/// When a connection's next event is due; `epoch` tells whether it still is the same stream.
type Due = Reverse<(Instant, usize, u64)>;

/// Serves until the process is ended.
pub(crate) fn serve(port: u16) -> ExitCode {
    serve_on(TcpListener::bind(("127.0.0.1", port)).expect("the upstream's port is free"))
}

pub(crate) fn serve_on(listener: TcpListener) -> ! {
    listener.set_nonblocking(true).expect("a fresh listener can be non-blocking");
    let mut upstream = Upstream {
        listener,
        poll: Poll::new(),
        connections: vec![None],
        free: Vec::new(),
        due: BinaryHeap::new(),
        epoch: 0,
        answers: Answers::new(),
    };
    upstream.poll.add(&upstream.listener, READABLE, LISTENER);
    let mut buffer = vec![0u8; READ_BUFFER_BYTES];
    loop {
        let now = Instant::now();
        let next_due = upstream.due.peek().map(|Reverse((at, ..))| at.saturating_duration_since(now));
        for (slot, ready) in upstream.poll.wait(next_due) {
            if slot == LISTENER {
                upstream.accept();
            } else if !upstream.progress(slot, ready, &mut buffer) {
                upstream.close(slot);
            }
        }
        upstream.send_due_events(Instant::now());
    }
}

struct Upstream {
    listener: TcpListener,
    poll: Poll,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    due: BinaryHeap<Due>,
    epoch: u64,
    answers: Answers,
}

impl Upstream {
    fn accept(&mut self) {
        while let Ok((socket, _)) = self.listener.accept() {
            socket.set_nonblocking(true).expect("an accepted socket can be non-blocking");
            socket.set_nodelay(true).expect("an accepted socket has TCP options");
            let slot = self.free.pop().unwrap_or_else(|| {
                self.connections.push(None);
                self.connections.len() - 1
            });
            self.epoch += 1;
            self.poll.add(&socket, READABLE, slot);
            self.connections[slot] = Some(Connection::new(socket, self.epoch));
        }
    }

    fn close(&mut self, slot: usize) {
        self.connections[slot] = None;
        self.free.push(slot);
    }

    /// Writes what waited, reads what came, answers a request that is whole; false means close.
    fn progress(&mut self, slot: usize, ready: u32, buffer: &mut [u8]) -> bool {
        let Some(connection) = self.connections[slot].as_mut() else { return true };
        if ready & WRITABLE != 0 && !connection.unsent.is_empty() {
            if !connection.flush() {
                return false;
            }
            if connection.unsent.is_empty() {
                self.poll.modify(&connection.socket, READABLE, slot);
                if connection.events_left > 0 {
                    self.due.push(Reverse((Instant::now(), slot, connection.epoch)));
                }
            }
        }
        if ready & !WRITABLE == 0 {
            return true;
        }
        if !connection.read_all(buffer) {
            return false;
        }
        if connection.has_whole_request() { self.answer(slot) } else { true }
    }

    fn answer(&mut self, slot: usize) -> bool {
        let Some(connection) = self.connections[slot].as_mut() else { return true };
        let edges = edges(&connection.body);
        if connection.head.starts_with(b"GET") {
            connection.unsent.extend_from_slice(&self.answers.models);
        } else if wants_stream(&edges) {
            let shape = max_tokens(&edges).unwrap_or(EVENTS_DEFAULT);
            connection.events_left = (shape % EVENTS_PER_DELAY_MS).max(EVENTS_MIN) - 1;
            connection.delay = Duration::from_millis((shape / EVENTS_PER_DELAY_MS) as u64);
            connection.unsent.extend_from_slice(&self.answers.stream_head);
            if !connection.flush() || !connection.send(&self.answers.first_event) {
                return false;
            }
            self.epoch += 1;
            connection.epoch = self.epoch;
            self.due.push(Reverse((Instant::now() + connection.delay, slot, self.epoch)));
        } else {
            connection.unsent.extend_from_slice(&self.answers.completion);
        }
        connection.forget_request();
        if !connection.unsent.is_empty() {
            if !connection.flush() {
                return false;
            }
            if !connection.unsent.is_empty() {
                self.poll.modify(&connection.socket, READABLE | WRITABLE, slot);
            }
        }
        true
    }

    fn send_due_events(&mut self, now: Instant) {
        while let Some(&Reverse((at, slot, epoch))) = self.due.peek() {
            if at > now {
                break;
            }
            self.due.pop();
            let Some(connection) = self.connections[slot].as_mut() else { continue };
            if connection.epoch != epoch || connection.events_left == 0 || !connection.unsent.is_empty() {
                continue;
            }
            if !connection.send_events(&self.answers) {
                self.close(slot);
            } else if !connection.unsent.is_empty() {
                self.poll.modify(&connection.socket, READABLE | WRITABLE, slot);
            } else if connection.events_left > 0 {
                self.due.push(Reverse((at + connection.delay, slot, epoch)));
            }
        }
    }
}

struct Connection {
    socket: TcpStream,
    head: Vec<u8>,
    is_head_whole: bool,
    body_bytes_left: usize,
    chunked: Option<Chunked>,
    body: Vec<u8>,
    unsent: Vec<u8>,
    events_left: usize,
    delay: Duration,
    epoch: u64,
}

impl Connection {
    fn new(socket: TcpStream, epoch: u64) -> Connection {
        Connection {
            socket,
            head: Vec::new(),
            is_head_whole: false,
            body_bytes_left: 0,
            chunked: None,
            body: Vec::new(),
            unsent: Vec::new(),
            events_left: 0,
            delay: Duration::ZERO,
            epoch,
        }
    }

    fn has_whole_request(&self) -> bool {
        self.is_head_whole
            && self.body_bytes_left == 0
            && self.chunked.as_ref().is_none_or(Chunked::is_done)
            && self.events_left == 0
    }

    fn forget_request(&mut self) {
        self.head.clear();
        self.body.clear();
        self.is_head_whole = false;
        self.chunked = None;
    }

    /// Reads until the socket has no more; false means that it is closed or broken.
    fn read_all(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => return false,
                Ok(count) => {
                    if !self.take(&buffer[..count]) {
                        return false;
                    }
                    if count < buffer.len() {
                        return true;
                    }
                }
                Err(error) => return would_block(&error),
            }
        }
    }

    /// Takes request bytes; false means that they are no request.
    fn take(&mut self, bytes: &[u8]) -> bool {
        if self.is_head_whole {
            self.take_body(bytes);
            return true;
        }
        let seen_before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = head::end_of_head(&self.head, seen_before) else {
            return self.head.len() < HEAD_BYTES_MAX;
        };
        self.is_head_whole = true;
        let rest = self.head.split_off(end);
        let text = String::from_utf8_lossy(&self.head).into_owned();
        if head::is_chunked(&text) {
            self.chunked = Some(Chunked::default());
            self.body_bytes_left = 0;
        } else {
            self.body_bytes_left = head::content_length(&text).unwrap_or(0);
        }
        if head::field(&text, "expect").is_some() {
            self.unsent.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
            if !self.flush() {
                return false;
            }
        }
        self.take_body(&rest);
        true
    }

    fn take_body(&mut self, bytes: &[u8]) {
        if let Some(chunked) = self.chunked.as_mut() {
            chunked.feed(bytes, |content| self.body.extend_from_slice(content));
        } else {
            let count = self.body_bytes_left.min(bytes.len());
            self.body.extend_from_slice(&bytes[..count]);
            self.body_bytes_left -= count;
        }
    }

    /// Sends one event of a paced stream, or all that are left of an unpaced one, one write each.
    fn send_events(&mut self, answers: &Answers) -> bool {
        loop {
            let event = match self.events_left {
                1 => &answers.end,
                2 => &answers.usage_event,
                _ => &answers.token_event,
            };
            if !self.send(event) {
                return false;
            }
            self.events_left -= 1;
            if self.events_left == 0 || !self.delay.is_zero() || !self.unsent.is_empty() {
                return true;
            }
        }
    }

    /// Writes, and keeps what does not fit; false means that the connection is broken.
    fn send(&mut self, bytes: &[u8]) -> bool {
        let written = match self.unsent.is_empty().then(|| self.socket.write(bytes)) {
            None => 0,
            Some(Ok(count)) => count,
            Some(Err(error)) if would_block(&error) => 0,
            Some(Err(_)) => return false,
        };
        self.unsent.extend_from_slice(&bytes[written..]);
        true
    }

    fn flush(&mut self) -> bool {
        let mut written = 0;
        let is_alive = loop {
            if written == self.unsent.len() {
                break true;
            }
            match self.socket.write(&self.unsent[written..]) {
                Ok(count) => written += count,
                Err(error) => break would_block(&error),
            }
        };
        self.unsent.drain(..written);
        is_alive
    }
}

fn edges(body: &[u8]) -> Vec<u8> {
    if body.len() <= SEARCHED_WHOLE_BYTES_MAX {
        return body.to_vec();
    }
    [&body[..EDGE_BYTES], &body[body.len() - EDGE_BYTES..]].concat()
}

/// What stands after a JSON member's name and its colon.
fn value_of<'body>(body: &'body [u8], quoted_name: &str) -> Option<&'body [u8]> {
    let after = &body[head::find(body, quoted_name.as_bytes())? + quoted_name.len()..];
    let from = after.iter().position(|byte| !byte.is_ascii_whitespace() && *byte != b':')?;
    Some(&after[from..])
}

fn wants_stream(edges: &[u8]) -> bool {
    value_of(edges, "\"stream\"").is_some_and(|value| value.starts_with(b"true"))
}

fn max_tokens(edges: &[u8]) -> Option<usize> {
    ["\"max_tokens\"", "\"max_completion_tokens\""].iter().find_map(|name| {
        let value = value_of(edges, name)?;
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        std::str::from_utf8(&value[..digits]).ok()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_stream_is_read_from_the_body() {
        let body = br#"{"model":"m", "stream" : true, "max_completion_tokens": 50200}"#;
        assert!(wants_stream(body));
        assert_eq!(max_tokens(body), Some(50_200));
        assert!(!wants_stream(br#"{"stream":false}"#));
        assert!(!wants_stream(br#"{"stream_options":{}}"#));
        assert_eq!(max_tokens(br#"{"max_tokens":null}"#), None);
    }

    #[test]
    fn a_large_body_is_searched_at_its_edges() {
        let body = [b"{\"stream\":true,\"pad\":\"", vec![b'x'; 100_000].as_slice(), b"\",\"max_tokens\":7}"]
            .concat();
        assert_eq!(edges(&body).len(), 2 * EDGE_BYTES);
        assert!(wants_stream(&edges(&body)));
        assert_eq!(max_tokens(&edges(&body)), Some(7));
    }
}
