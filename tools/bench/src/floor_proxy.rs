//! The floor in Rust: a hand-written epoll proxy that shows what the socket work alone costs.
//!
//! The request is read whole (failing over would need it), the key is looked up, `"model"` is found by
//! scanning, the head is rewritten, and answer bytes pass as they come while only their framing is
//! followed. A probe, not a product: no timeouts, no limits, no errors for callers.

use std::collections::HashMap;
use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

use crate::chunked::Chunked;
use crate::head;
use crate::poll::{Poll, READABLE, WRITABLE, would_block};
use crate::target::{KEY_DEFAULT, READ_BUFFER_BYTES};

/// How far into the body the model's name is looked for.
const MODEL_SCAN_BYTES: usize = 4_096;
/// Slot 0 is the listener, so as a peer it means "none".
const LISTENER: usize = 0;
const NO_PEER: usize = 0;

/// Serves until the process is ended.
pub(crate) fn serve(port: u16, upstream_port: u16) -> ExitCode {
    serve_on(TcpListener::bind(("127.0.0.1", port)).expect("the proxy's port is free"), upstream_port)
}

pub(crate) fn serve_on(listener: TcpListener, upstream_port: u16) -> ! {
    listener.set_nonblocking(true).expect("a fresh listener can be non-blocking");
    let mut proxy = FloorProxy {
        listener,
        upstream_port,
        poll: Poll::new(),
        sides: vec![None],
        free: Vec::new(),
        pool: Vec::new(),
        keys: [(KEY_DEFAULT.as_bytes().to_vec(), 1)].into(),
    };
    proxy.poll.add(&proxy.listener, READABLE, LISTENER);
    let mut buffer = vec![0u8; READ_BUFFER_BYTES];
    loop {
        for (slot, ready) in proxy.poll.wait(None) {
            if slot == LISTENER {
                proxy.accept();
            } else if proxy.progress(slot, ready, &mut buffer).is_err() {
                proxy.drop_both(slot);
            }
        }
    }
}

/// The connection and its peer cannot go on.
struct Broken;

/// One connection: a caller's, or ours to the upstream.
struct Side {
    socket: TcpStream,
    is_caller: bool,
    /// The slot of the other side while a request is under way.
    peer: usize,
    received: Vec<u8>,
    /// Bytes of the head, 0 until it is whole.
    head_bytes: usize,
    body_bytes_left: usize,
    chunked: Option<Chunked>,
    unsent: Vec<u8>,
    unsent_from: usize,
    waits_for_room: bool,
}

impl Side {
    fn new(socket: TcpStream, is_caller: bool) -> Side {
        // Where these options cannot be set the proxy is merely slower.
        socket.set_nonblocking(true).ok();
        socket.set_nodelay(true).ok();
        Side {
            socket,
            is_caller,
            peer: NO_PEER,
            received: Vec::new(),
            head_bytes: 0,
            body_bytes_left: 0,
            chunked: None,
            unsent: Vec::new(),
            unsent_from: 0,
            waits_for_room: false,
        }
    }

    fn forget_message(&mut self) {
        self.received.clear();
        self.head_bytes = 0;
        self.chunked = None;
    }

    fn flush(&mut self, slot: usize, poll: &Poll) -> Result<(), Broken> {
        while self.unsent_from < self.unsent.len() {
            match self.socket.write(&self.unsent[self.unsent_from..]) {
                Ok(count) => self.unsent_from += count,
                Err(error) if would_block(&error) => {
                    if !self.waits_for_room {
                        self.waits_for_room = true;
                        poll.modify(&self.socket, READABLE | WRITABLE, slot);
                    }
                    return Ok(());
                }
                Err(_) => return Err(Broken),
            }
        }
        self.unsent.clear();
        self.unsent_from = 0;
        if self.waits_for_room {
            self.waits_for_room = false;
            poll.modify(&self.socket, READABLE, slot);
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8], slot: usize, poll: &Poll) -> Result<(), Broken> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let written = match self.socket.write(bytes) {
            Ok(count) => count,
            Err(error) if would_block(&error) => 0,
            Err(_) => return Err(Broken),
        };
        if written < bytes.len() {
            self.unsent.extend_from_slice(&bytes[written..]);
            self.flush(slot, poll)?;
        }
        Ok(())
    }

    /// Follows the framing of an answer; true at its end.
    fn follow_answer(&mut self, bytes: &[u8]) -> bool {
        let mut body = bytes;
        if self.head_bytes == 0 {
            let seen_before = self.received.len();
            self.received.extend_from_slice(bytes);
            let Some(end) = head::end_of_head(&self.received, seen_before) else { return false };
            self.head_bytes = end;
            let text = String::from_utf8_lossy(&self.received[..end]);
            if head::is_chunked(&text) {
                self.chunked = Some(Chunked::default());
            } else {
                self.body_bytes_left = head::content_length(&text).unwrap_or(0);
            }
            body = &bytes[end - seen_before..];
        }
        if let Some(chunked) = self.chunked.as_mut() {
            chunked.feed(body, |_| ());
            return chunked.is_done();
        }
        self.body_bytes_left -= body.len().min(self.body_bytes_left);
        self.body_bytes_left == 0
    }
}

struct FloorProxy {
    listener: TcpListener,
    upstream_port: u16,
    poll: Poll,
    sides: Vec<Option<Side>>,
    free: Vec<usize>,
    /// Idle upstream connections.
    pool: Vec<usize>,
    keys: HashMap<Vec<u8>, u32>,
}

impl FloorProxy {
    fn accept(&mut self) {
        while let Ok((socket, _)) = self.listener.accept() {
            self.keep(Side::new(socket, true));
        }
    }

    fn keep(&mut self, side: Side) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.sides.push(None);
            self.sides.len() - 1
        });
        self.poll.add(&side.socket, READABLE, slot);
        self.sides[slot] = Some(side);
        slot
    }

    fn drop_both(&mut self, slot: usize) {
        let Some(side) = self.sides[slot].take() else { return };
        self.free.push(slot);
        self.pool.retain(|idle| *idle != slot);
        if side.peer != NO_PEER && self.sides[side.peer].take().is_some() {
            self.free.push(side.peer);
            self.pool.retain(|idle| *idle != side.peer);
        }
    }

    fn progress(&mut self, slot: usize, ready: u32, buffer: &mut [u8]) -> Result<(), Broken> {
        let Some(side) = self.sides[slot].as_mut() else { return Ok(()) };
        if ready & WRITABLE != 0 {
            side.flush(slot, &self.poll)?;
        }
        if ready & !WRITABLE == 0 {
            return Ok(());
        }
        if side.is_caller { self.read_request(slot, buffer) } else { self.pass_answer(slot, buffer) }
    }

    /// Collects a request and sends it on once it is whole.
    fn read_request(&mut self, slot: usize, buffer: &mut [u8]) -> Result<(), Broken> {
        let Some(caller) = self.sides[slot].as_mut() else { return Ok(()) };
        loop {
            match caller.socket.read(buffer) {
                Ok(0) => return Err(Broken),
                Ok(count) => {
                    caller.received.extend_from_slice(&buffer[..count]);
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if would_block(&error) => break,
                Err(_) => return Err(Broken),
            }
        }
        if caller.peer != NO_PEER {
            return Ok(());
        }
        if caller.head_bytes == 0 {
            let Some(end) = head::end_of_head(&caller.received, 0) else { return Ok(()) };
            caller.head_bytes = end;
            let text = String::from_utf8_lossy(&caller.received[..end]);
            caller.body_bytes_left = head::content_length(&text).unwrap_or(0);
            let whole = end + caller.body_bytes_left;
            caller.received.reserve(whole.saturating_sub(caller.received.len()));
        }
        if caller.received.len() < caller.head_bytes + caller.body_bytes_left {
            return Ok(());
        }
        self.forward(slot)
    }

    fn forward(&mut self, slot: usize) -> Result<(), Broken> {
        let Some(caller) = self.sides[slot].as_mut() else { return Ok(()) };
        let (head_bytes, body_bytes) = (caller.head_bytes, caller.body_bytes_left);
        let request = std::mem::take(&mut caller.received);
        caller.head_bytes = 0;
        caller.body_bytes_left = 0;

        let text = String::from_utf8_lossy(&request[..head_bytes]);
        let bearer = head::field(&text, "authorization").map(|value| value.trim_start_matches("Bearer "));
        let is_known = bearer.is_some_and(|key| self.keys.contains_key(key.as_bytes()));
        let body = &request[head_bytes..];
        let model_at = head::find(&body[..body.len().min(MODEL_SCAN_BYTES)], b"\"model\"");
        // The probe pays for both look-ups and acts on neither.
        std::hint::black_box((is_known, model_at));

        let path = text.split(' ').nth(1).unwrap_or("/");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer sk-upstream\r\n\
             Content-Type: application/json\r\nContent-Length: {body_bytes}\r\n\r\n"
        );
        let peer = match self.pool.pop() {
            Some(idle) => idle,
            None => {
                let socket = TcpStream::connect(("127.0.0.1", self.upstream_port)).map_err(|_| Broken)?;
                self.keep(Side::new(socket, false))
            }
        };
        if let Some(caller) = self.sides[slot].as_mut() {
            caller.peer = peer;
        }
        let Some(upstream) = self.sides[peer].as_mut() else { return Err(Broken) };
        upstream.peer = slot;
        upstream.forget_message();

        let written =
            match upstream.socket.write_vectored(&[IoSlice::new(head.as_bytes()), IoSlice::new(body)]) {
                Ok(count) => count,
                Err(error) if would_block(&error) => 0,
                Err(_) => return Err(Broken),
            };
        if written == head.len() + body.len() {
            return Ok(());
        }
        // What one write could not take is kept; past the head the request's own memory is kept, uncopied.
        if written < head.len() {
            upstream.unsent = [&head.as_bytes()[written..], body].concat();
            upstream.unsent_from = 0;
        } else {
            upstream.unsent_from = head_bytes + written - head.len();
            upstream.unsent = request;
        }
        upstream.flush(peer, &self.poll)
    }

    /// Passes answer bytes on as they came; at the answer's end the connection goes back to the pool.
    fn pass_answer(&mut self, slot: usize, buffer: &mut [u8]) -> Result<(), Broken> {
        let Some(upstream) = self.sides[slot].as_mut() else { return Ok(()) };
        let count = match upstream.socket.read(buffer) {
            Ok(0) => return Err(Broken),
            Ok(count) => count,
            Err(error) if would_block(&error) => return Ok(()),
            Err(_) => return Err(Broken),
        };
        let peer = upstream.peer;
        if peer == NO_PEER {
            return Err(Broken);
        }
        let is_whole = upstream.follow_answer(&buffer[..count]);
        let Some(caller) = self.sides[peer].as_mut() else { return Err(Broken) };
        caller.send(&buffer[..count], peer, &self.poll)?;
        if is_whole {
            caller.peer = NO_PEER;
            if let Some(upstream) = self.sides[slot].as_mut() {
                upstream.peer = NO_PEER;
                upstream.forget_message();
            }
            self.pool.push(slot);
        }
        Ok(())
    }
}
