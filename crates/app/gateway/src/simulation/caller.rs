//! One caller: he connects, asks, reads what comes and when, and may hang up.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use simulator::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::calls::CallPlan;
use super::desk::KEY;
use crate::connection::serve_socket;
use crate::inbound::InboundSocket;
use crate::worker::Worker;

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// Nothing may take longer, whatever is configured.
const LONGEST: Duration = Duration::from_secs(120);

/// What a caller got.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) plan: CallPlan,
    /// On the clock of the run, in milliseconds.
    pub(super) called_ms: u64,
    /// When the head of the answer had come.
    pub(super) head_ms: Option<u64>,
    pub(super) ended_ms: u64,
    pub(super) end: End,
    pub(super) raw: Vec<u8>,
}

/// How it ended for him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The gateway closed the connection.
    Closed,
    /// The connection broke.
    Broke,
    /// He hung up himself.
    HungUp,
    /// It never ended.
    Never,
}

/// Calls when it is time, and waits for the end.
pub(super) async fn call(worker: Rc<Worker>, plan: CallPlan, began: Instant) -> Got {
    let since = |instant: Instant| instant.duration_since(began).as_millis() as u64;
    let (mut ours, theirs) = Wire::pair();
    drop(worker.spawn(serve_socket(worker.clone(), InboundSocket::Wire(theirs), ADDRESS)));
    let called = Instant::now();
    let until = called + plan.hangs_up_ms.map_or(LONGEST, Duration::from_millis);
    let mut raw = BytesMut::new();
    let mut head_ms = None;
    let end = match ours.write_all(&plan.request(KEY)).await {
        Err(_) => End::Broke,
        Ok(()) => loop {
            match timeout_at(until, ours.read_buf(&mut raw)).await {
                Err(_) if plan.hangs_up_ms.is_some() => break End::HungUp,
                Err(_) => break End::Never,
                Ok(Ok(0)) => break End::Closed,
                Ok(Err(_)) => break End::Broke,
                Ok(Ok(_)) => {
                    if head_ms.is_none() && raw.windows(4).any(|four| four == b"\r\n\r\n") {
                        head_ms = Some(since(Instant::now()));
                    }
                }
            }
        },
    };
    Got { plan, called_ms: since(called), head_ms, ended_ms: since(Instant::now()), end, raw: raw.to_vec() }
}
