//! A look at a connection by one who waits for an answer over it: he asks for it, and whoever drives the connection looks the
//! next time it is polled. Nobody looks unasked.

use std::cell::Cell;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::tcp_info::{self, PathSeen};

/// What there was to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing was sent yet.
    NothingSent,
    /// The connection.
    Path {
        /// What the kernel knows of it.
        seen: PathSeen,
        /// Since the last byte was handed to the kernel.
        waited: Duration,
        /// Whether not one byte of the request is acknowledged.
        is_all_outstanding: bool,
    },
    /// Nothing: an answer has come, or nobody can look here.
    Nothing,
}

/// What passes between the two.
#[derive(Debug, Default)]
pub struct Glimpse {
    is_wanted: Cell<bool>,
    /// When the last byte was handed to the kernel, and how many there were of this request.
    sent: Cell<Option<(Instant, u64)>>,
    seen: Cell<Option<PathSeen>>,
}

impl Glimpse {
    /// Asks for a look.
    pub fn want(&self) {
        self.is_wanted.set(true);
        self.seen.set(None);
    }

    /// What was seen, once whoever drives the connection was polled.
    pub fn take(&self) -> Sight {
        let was_missed = self.is_wanted.take();
        match (self.sent.get(), self.seen.take()) {
            (Some((at, bytes)), Some(seen)) => {
                Sight::Path { seen, waited: at.elapsed(), is_all_outstanding: seen.outstanding >= bytes }
            }
            (None, _) if was_missed => Sight::NothingSent,
            _ => Sight::Nothing,
        }
    }

    /// So many bytes more were handed to the kernel.
    pub(crate) fn sends(&self, bytes: u64) {
        let before = self.sent.get().map_or(0, |(_, bytes)| bytes);
        self.sent.set(Some((Instant::now(), before + bytes)));
    }

    /// Another connection takes over, by which nothing was sent.
    pub(crate) fn begins(&self) {
        self.sent.set(None);
    }

    /// Looks, if somebody asked for it.
    pub(crate) fn look(&self, tcp: &TcpStream) {
        if self.is_wanted.take() {
            self.seen.set(tcp_info::look(tcp));
        }
    }
}
