//! What an open, silent stream costs: memory before and after opening many of them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::poll::reset_on_close;
use crate::proc;
use crate::reply::EventCounter;
use crate::target::{EVENTS_PER_DELAY_MS, Target};

const EVENTS: usize = 3;
const BODY_BYTES: usize = 1024;
const READ_TIMEOUT: Duration = Duration::from_millis(1500);
const ALL_ANSWER_WITHIN: Duration = Duration::from_secs(6);

/// KiB resident per stream, and how many of the `wanted` streams said their first event.
///
/// `delay_ms` lies between the three events of a stream: with a short one the streams have ended when
/// memory is read, and what is counted is their connections, kept open for the next request.
#[expect(clippy::disallowed_methods, reason = "memory settles in time; there is nothing to wait for")]
pub(crate) fn measure(target: &Target, wanted: usize, delay_ms: usize) -> (f64, usize) {
    let request = target.request(BODY_BYTES, Some(delay_ms * EVENTS_PER_DELAY_MS + EVENTS));
    let before_kib = proc::resident_kib(&proc::tree(target.pid));
    let mut streams: Vec<TcpStream> = (0..wanted).filter_map(|_| open(target, &request)).collect();
    let deadline = Instant::now() + ALL_ANSWER_WITHIN;
    let answered = streams.iter_mut().filter_map(|stream| first_event(stream, deadline)).count();
    sleep(Duration::from_millis(300));
    let after_kib = proc::resident_kib(&proc::tree(target.pid));
    streams.iter().for_each(reset_on_close);
    drop(streams);
    sleep(Duration::from_millis(200));
    ((after_kib - before_kib) / answered.max(1) as f64, answered)
}

fn open(target: &Target, request: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(&target.address).ok()?;
    stream.set_read_timeout(Some(READ_TIMEOUT)).ok()?;
    stream.write_all(request).ok()?;
    Some(stream)
}

fn first_event(stream: &mut TcpStream, deadline: Instant) -> Option<()> {
    let (mut events, mut buffer) = (EventCounter::default(), [0u8; 4096]);
    while events.count == 0 && Instant::now() < deadline {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => events.take(&buffer[..count]),
            _ => return None,
        }
    }
    (events.count > 0).then_some(())
}
