//! One connection of the load generator: it sends a request, takes the reply, and is used again.
//!
//! Whether to send, and what the figures are, is the generator's business (load.rs).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::poll::{Poll, READABLE, WRITABLE, reset_on_close, would_block};
use crate::reply::Reply;

pub(crate) struct Connection {
    slot: usize,
    socket: Option<TcpStream>,
    request_bytes_sent: usize,
    waits_for_room: bool,
    /// No reply came over this connection yet, so that a close is no race with keep-alive.
    is_fresh: bool,
    pub(crate) is_busy: bool,
    pub(crate) started: Instant,
    pub(crate) has_first_event: bool,
    pub(crate) reply: Reply,
}

/// What a read brought.
pub(crate) enum Arrival {
    /// Nothing more to read now.
    Nothing,
    /// Bytes of a reply, `more` of them perhaps waiting.
    Bytes { is_whole: bool, more: bool },
    /// The other side closed, and the reply under way is whole by that.
    ClosedWhole,
    /// The other side closed between replies: no fault of anyone.
    ClosedIdle,
    /// The connection broke with a request under way.
    Broken,
}

impl Connection {
    pub(crate) fn new(slot: usize, now: Instant) -> Connection {
        Connection {
            slot,
            socket: None,
            request_bytes_sent: 0,
            waits_for_room: false,
            is_fresh: true,
            is_busy: false,
            started: now,
            has_first_event: false,
            reply: Reply::default(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.socket.is_some()
    }

    pub(crate) fn close(&mut self) {
        self.socket = None;
    }

    pub(crate) fn close_with_reset(&self) {
        if let Some(socket) = &self.socket {
            reset_on_close(socket);
        }
    }

    /// Begins a request, over a new connection if there is none; false if that fails.
    pub(crate) fn start(&mut self, address: &str, request: &[u8], poll: &Poll, started: Instant) -> bool {
        if self.socket.is_none() {
            let Ok(socket) = TcpStream::connect(address) else { return false };
            // Where these options cannot be set the generator is merely slower.
            socket.set_nodelay(true).ok();
            socket.set_nonblocking(true).ok();
            poll.add(&socket, READABLE, self.slot);
            self.socket = Some(socket);
            self.waits_for_room = false;
            self.is_fresh = true;
        }
        self.request_bytes_sent = 0;
        self.reply = Reply::default();
        self.started = started;
        self.has_first_event = false;
        self.is_busy = self.send(request, poll);
        if !self.is_busy {
            self.socket = None;
        }
        self.is_busy
    }

    /// Goes on sending if the socket had no room before; false means that it broke.
    pub(crate) fn resume(&mut self, request: &[u8], poll: &Poll) -> bool {
        !self.waits_for_room || self.send(request, poll)
    }

    fn send(&mut self, request: &[u8], poll: &Poll) -> bool {
        let Some(socket) = self.socket.as_mut() else { return false };
        while self.request_bytes_sent < request.len() {
            match socket.write(&request[self.request_bytes_sent..]) {
                Ok(count) => self.request_bytes_sent += count,
                Err(error) if would_block(&error) => {
                    if !self.waits_for_room {
                        self.waits_for_room = true;
                        poll.modify(socket, READABLE | WRITABLE, self.slot);
                    }
                    return true;
                }
                Err(_) => return false,
            }
        }
        if self.waits_for_room {
            self.waits_for_room = false;
            poll.modify(socket, READABLE, self.slot);
        }
        true
    }

    /// Reads once; closes the socket where the reading ends it.
    pub(crate) fn read(&mut self, buffer: &mut [u8], is_stream: bool) -> Arrival {
        let Some(socket) = self.socket.as_mut() else { return Arrival::Nothing };
        let arrival = match socket.read(buffer) {
            Ok(0) if !self.is_busy => Arrival::ClosedIdle,
            Ok(0) if self.reply.ends_with_connection() => Arrival::ClosedWhole,
            Ok(0) if self.is_fresh || self.reply.has_begun() => Arrival::Broken,
            Ok(0) => Arrival::ClosedIdle,
            Ok(_) if !self.is_busy => Arrival::ClosedIdle,
            Ok(count) => {
                let is_whole = self.reply.take(&buffer[..count], is_stream);
                self.is_fresh &= !is_whole;
                Arrival::Bytes { is_whole, more: count == buffer.len() }
            }
            Err(error) if would_block(&error) => Arrival::Nothing,
            Err(_) if self.is_busy => Arrival::Broken,
            Err(_) => Arrival::ClosedIdle,
        };
        let ends = match &arrival {
            Arrival::Nothing => false,
            Arrival::Bytes { is_whole, .. } => *is_whole && self.reply.closes,
            Arrival::ClosedWhole | Arrival::ClosedIdle | Arrival::Broken => true,
        };
        if ends {
            self.socket = None;
        }
        arrival
    }
}
