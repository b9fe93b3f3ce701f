//! Idle connections of one worker, newest first. No lock: a worker is one thread.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::task::unconstrained;
use tokio::time::Instant;

use crate::line::Line;
use crate::read_buffer::ReadBuffer;
use crate::socket::Socket;
use crate::warmth::Warmth;

/// What has happened to a line's connections since the last time somebody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounts {
    /// Connections opened.
    pub opened: u64,
    /// Requests sent on a connection that was there already.
    pub reused: u64,
    /// Connections closed.
    pub closed: u64,
    /// Connections opened before anybody needed them.
    pub warmed: u64,
    /// Connections idle right now.
    pub idle: u64,
}

/// A connection that is nobody else's. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    pub(crate) socket: Socket,
    pub(crate) was_reused: bool,
    line: Arc<Line>,
    /// The line's renewals when it was opened.
    renewals: u32,
    buffer: Rc<ReadBuffer>,
    counts: Rc<Cell<PoolCounts>>,
}

impl Connection {
    /// Whether its line has given it up.
    fn is_given_up(&self) -> bool {
        self.renewals != self.line.renewals()
    }

    /// Whether it has carried a request before, or was opened ahead of one.
    pub const fn was_reused(&self) -> bool {
        self.was_reused
    }

    /// Reads once. Empty at the end of the stream.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<BytesMut>> {
        self.buffer.poll_read(&mut self.socket, cx)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        bump(&self.counts, |counts| counts.closed += 1);
    }
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
    /// It has carried no request yet.
    is_unused: bool,
}

#[derive(Debug, Default)]
struct LinePool {
    line_id: u64,
    provider: u16,
    /// The one used last stands last; those that were opened ahead stand first, and stay.
    idle: VecDeque<Idle>,
    warmth: Warmth,
    counts: Rc<Cell<PoolCounts>>,
}

impl LinePool {
    /// Whether a connection may be kept: it is one of this line, and not given up.
    fn has_room_for(&self, connection: &Connection) -> bool {
        let line = &connection.line;
        self.line_id == line.id()
            && self.idle.len() < line.options().idle_connections_max
            && !connection.is_given_up()
    }
}

/// The idle connections of one worker, by line, and the buffer that all of them read through when they are not.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    lines: RefCell<Vec<LinePool>>,
    buffer: Rc<ReadBuffer>,
}

impl Pool {
    /// Takes the connection used last, if one is still open.
    pub(crate) fn take(&self, line: &Line) -> Option<Connection> {
        let mut lines = self.lines.borrow_mut();
        let pool = Self::of_line(&mut lines, line);
        while let Some(Idle { mut connection, is_unused, .. }) = pool.idle.pop_back() {
            if !connection.is_given_up() && is_quiet(&mut connection.socket) {
                connection.was_reused = true;
                if is_unused {
                    pool.warmth.was_useful();
                }
                bump(&pool.counts, |counts| counts.reused += 1);
                return Some(connection);
            }
        }
        None
    }

    /// Registers a connection that was just opened.
    pub(crate) fn adopt(&self, line: &Arc<Line>, socket: Socket) -> Connection {
        let mut lines = self.lines.borrow_mut();
        let pool = Self::of_line(&mut lines, line);
        bump(&pool.counts, |counts| counts.opened += 1);
        let (buffer, counts) = (self.buffer.clone(), pool.counts.clone());
        let renewals = line.renewals();
        Connection { socket, was_reused: false, line: line.clone(), renewals, buffer, counts }
    }

    /// Keeps a connection whose answer is whole; closes it when there are enough, or its line is gone.
    pub(crate) fn put_back(&self, connection: Connection, now: Instant) {
        let mut lines = self.lines.borrow_mut();
        let Some(pool) = lines.get_mut(usize::from(connection.line.slot())) else { return };
        if pool.has_room_for(&connection) {
            pool.idle.push_back(Idle { connection, since: now, is_unused: false });
        }
    }

    /// Keeps a connection that nobody has used yet behind those that were.
    pub(crate) fn put_aside(&self, connection: Connection, now: Instant) {
        let mut lines = self.lines.borrow_mut();
        let Some(pool) = lines.get_mut(usize::from(connection.line.slot())) else { return };
        if pool.has_room_for(&connection) {
            pool.idle.push_front(Idle { connection, since: now, is_unused: true });
        }
    }

    /// Closes what was idle too long or was closed by the other side. `chance`, from 0 to 1, spreads in time what follows.
    pub(crate) fn sweep(&self, now: Instant, chance: f32) {
        for pool in self.lines.borrow_mut().iter_mut() {
            let warmth = &mut pool.warmth;
            pool.idle.retain_mut(|idle| {
                let age = now.duration_since(idle.since);
                let is_too_old = age >= idle.connection.line.options().idle_limit;
                let stays =
                    !is_too_old && !idle.connection.is_given_up() && is_quiet(&mut idle.connection.socket);
                if !stays && idle.is_unused {
                    warmth.ended(age, now, chance);
                }
                stays
            });
        }
    }

    /// Closes what has idled on `line` since before `moment`.
    pub(crate) fn distrust(&self, line: &Line, moment: Instant) {
        let mut lines = self.lines.borrow_mut();
        Self::of_line(&mut lines, line).idle.retain(|idle| idle.since >= moment);
    }

    /// How many connections are to be opened now for `line` to have as many idle ones as it wants.
    pub(crate) fn lacks(&self, line: &Line, now: Instant) -> usize {
        let mut lines = self.lines.borrow_mut();
        let pool = Self::of_line(&mut lines, line);
        let wanted = line.options().warm_connections.min(line.options().idle_connections_max);
        pool.warmth.lacks(wanted, pool.idle.len(), now)
    }

    /// One of them is being opened.
    pub(crate) fn warming_begins(&self, line: &Line) {
        Self::of_line(&mut self.lines.borrow_mut(), line).warmth.begins();
    }

    /// It has come about, or not.
    pub(crate) fn warming_ends(&self, line: &Line, is_open: bool, now: Instant, chance: f32) {
        let mut lines = self.lines.borrow_mut();
        let Some(pool) = lines.get_mut(usize::from(line.slot())) else { return };
        if pool.line_id != line.id() {
            return;
        }
        pool.warmth.ends(is_open, now, chance);
        if is_open {
            bump(&pool.counts, |counts| counts.warmed += 1);
        }
    }

    /// Reports the counts of each line's provider, and starts new ones.
    pub(crate) fn take_counts(&self, mut report: impl FnMut(u16, PoolCounts)) {
        for pool in self.lines.borrow().iter() {
            let mut counts = pool.counts.take();
            counts.idle = pool.idle.len() as u64;
            report(pool.provider, counts);
        }
    }

    fn of_line<'a>(lines: &'a mut Vec<LinePool>, line: &Line) -> &'a mut LinePool {
        let slot = usize::from(line.slot());
        if slot >= lines.len() {
            lines.resize_with(slot + 1, LinePool::default);
        }
        let pool = &mut lines[slot];
        if pool.line_id != line.id() {
            // After a reload the slot belongs to another line: what idled for the old one is closed.
            pool.idle.clear();
            pool.warmth = Warmth::default();
            pool.line_id = line.id();
            pool.provider = line.options().provider;
        }
        pool
    }
}

fn bump(counts: &Cell<PoolCounts>, change: impl FnOnce(&mut PoolCounts)) {
    let mut value = counts.get();
    change(&mut value);
    counts.set(value);
}

/// Whether nothing has arrived on an idle connection: neither its end nor bytes nobody asked for. Costs no
/// system call unless the driver has already seen something.
fn is_quiet(socket: &mut Socket) -> bool {
    let mut byte = [0; 1];
    let read = poll_fn(|cx| Pin::new(&mut *socket).poll_read(cx, &mut ReadBuf::new(&mut byte)));
    // A task that has used up its turn is told "pending" whatever there is: here that would pass for quiet.
    let mut read = pin!(unconstrained(read));
    read.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}
