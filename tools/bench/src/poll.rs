//! Every system call std does not offer: epoll, scheduler weight, RST on close, signals, clock ticks.
//!
//! The only file of the workspace with `unsafe` code. Each call takes plain numbers or memory that
//! outlives it, keeps no pointer, and is documented in section 2 or 3 of the Linux manual.
#![expect(unsafe_code, reason = "epoll has no safe interface in std, and this tool takes no crates")]

use std::io::{Error, ErrorKind};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Readable (or closed by the other side).
pub(crate) const READABLE: u32 = 1;
/// Room to write again.
pub(crate) const WRITABLE: u32 = 4;

/// Stops a process until [`SIGNAL_CONTINUE`].
pub(crate) const SIGNAL_STOP: i32 = 19;
/// Asks a process to end.
pub(crate) const SIGNAL_TERMINATE: i32 = 15;
/// Lets a stopped process run on.
pub(crate) const SIGNAL_CONTINUE: i32 = 18;

const EVENTS_PER_WAIT_MAX: usize = 1024;
const EPOLL_CTL_ADD: i32 = 1;
const EPOLL_CTL_MOD: i32 = 3;
const PR_SET_TIMERSLACK: i32 = 29;
const SOL_SOCKET: i32 = 1;
const SO_LINGER: i32 = 13;
const SC_CLK_TCK: i32 = 2;

// The kernel packs this struct on x86-64 and on no other machine.
#[cfg_attr(target_arch = "x86_64", repr(C, packed))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C))]
#[derive(Clone, Copy)]
struct EpollEvent {
    events: u32,
    token: u64,
}

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

unsafe extern "C" {
    fn epoll_create1(flags: i32) -> i32;
    fn epoll_ctl(epoll: i32, operation: i32, fd: i32, event: *mut EpollEvent) -> i32;
    fn epoll_pwait2(
        epoll: i32,
        events: *mut EpollEvent,
        events_max: i32,
        timeout: *const Timespec,
        signals: *const u8,
    ) -> i32;
    fn prctl(option: i32, ...) -> i32;
    fn setsockopt(fd: i32, level: i32, name: i32, value: *const i32, bytes: u32) -> i32;
    fn sysconf(name: i32) -> i64;
    fn setsid() -> i32;
    fn kill(pid: i32, signal: i32) -> i32;
}

/// A level-triggered epoll set; tokens are the caller's slot numbers.
pub(crate) struct Poll {
    epoll: i32,
    events: Vec<EpollEvent>,
}

impl Poll {
    pub(crate) fn new() -> Poll {
        // Timers fire within a nanosecond of their time, not within the default 50 us.
        // SAFETY: PR_SET_TIMERSLACK reads one number and touches no memory.
        unsafe { prctl(PR_SET_TIMERSLACK, 1usize, 0usize, 0usize, 0usize) };
        // SAFETY: takes a number, returns a new descriptor or -1.
        let epoll = unsafe { epoll_create1(0) };
        assert!(epoll >= 0, "epoll_create1: {}", Error::last_os_error());
        Poll { epoll, events: vec![EpollEvent { events: 0, token: 0 }; EVENTS_PER_WAIT_MAX] }
    }

    pub(crate) fn add(&self, socket: &impl AsRawFd, events: u32, token: usize) {
        self.control(EPOLL_CTL_ADD, socket.as_raw_fd(), events, token);
    }

    pub(crate) fn modify(&self, socket: &impl AsRawFd, events: u32, token: usize) {
        self.control(EPOLL_CTL_MOD, socket.as_raw_fd(), events, token);
    }

    fn control(&self, operation: i32, fd: i32, events: u32, token: usize) {
        let mut event = EpollEvent { events, token: token as u64 };
        // SAFETY: `event` lives through the call; the kernel copies it.
        unsafe { epoll_ctl(self.epoll, operation, fd, &raw mut event) };
    }

    /// Waits for events, without end if `timeout` is `None`, and gives token and readiness of each.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Vec<(usize, u32)> {
        let timeout = timeout.map(|span| Timespec {
            seconds: span.as_secs().cast_signed(),
            nanoseconds: i64::from(span.subsec_nanos()),
        });
        let timeout_at = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        let (room_at, room) = (self.events.as_mut_ptr(), EVENTS_PER_WAIT_MAX as i32);
        // SAFETY: `room_at` points at `room` events, `timeout_at` at a live value or null; no signal mask.
        let count = unsafe { epoll_pwait2(self.epoll, room_at, room, timeout_at, std::ptr::null()) };
        self.events[..count.max(0) as usize]
            .iter()
            .map(|event| (event.token as usize, event.events))
            .collect()
    }
}

/// Own session and a raised weight for this process and what it becomes; silent where not allowed.
///
/// Nice alone does not reach across sessions where the kernel groups processes by session (autogroup).
pub(crate) fn raise_scheduler_weight() {
    let nice = std::env::var("BENCH_NICE").unwrap_or_else(|_| "-15".into());
    // SAFETY: takes nothing, touches no memory.
    unsafe { setsid() };
    let _ = std::fs::write("/proc/self/autogroup", nice);
}

/// Makes closing send RST, so that thousands of sockets do not pile up in TIME_WAIT.
pub(crate) fn reset_on_close(socket: &TcpStream) {
    let linger: [i32; 2] = [1, 0];
    // SAFETY: `linger` is the 8 bytes of C's struct linger and lives through the call.
    unsafe { setsockopt(socket.as_raw_fd(), SOL_SOCKET, SO_LINGER, linger.as_ptr(), 8) };
}

/// Sends a signal to a process the caller named by id.
pub(crate) fn signal(pid: u32, signal: i32) {
    // SAFETY: takes two numbers, touches no memory.
    unsafe { kill(pid.cast_signed(), signal) };
}

/// The unit of the CPU times in /proc, per second.
pub(crate) fn clock_ticks_per_second() -> f64 {
    // SAFETY: takes a number, touches no memory.
    unsafe { sysconf(SC_CLK_TCK) as f64 }
}

/// Whether a socket had nothing to give or no room, and no fault.
pub(crate) fn would_block(error: &Error) -> bool {
    error.kind() == ErrorKind::WouldBlock
}
