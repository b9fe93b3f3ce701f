//! The load generator: many connections on one thread, as fast as answers come or at a fixed rate.
//!
//! It measures one target for one window. What is compared with what is decided in compare.rs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::connection::{Arrival, Connection};
use crate::poll::{Poll, WRITABLE};
use crate::proc::{self, CpuTime};
use crate::target::{READ_BUFFER_BYTES, Target};

/// A target that refuses this many connections will not answer in this run.
const REFUSALS_MAX: u32 = 20_000;
/// A request that began later than this after its planned time had to queue for a connection.
const LATE_START: Duration = Duration::from_millis(1);
/// The core the scripts pin the measured side to.
const GATEWAY_CORE: usize = 0;
/// A stream that says less than this was cut.
const STREAM_EVENTS_MIN: u64 = 2;

pub(crate) enum Pace {
    /// Closed loop: every connection sends again as soon as it has its answer.
    Saturate,
    /// Open loop: requests begin at planned times, whatever the answers do.
    PerSecond(f64),
}

pub(crate) struct Load<'a> {
    pub(crate) target: &'a Target,
    pub(crate) request: Vec<u8>,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
    pub(crate) warm_s: f64,
    pub(crate) measure_s: f64,
    pub(crate) is_stream: bool,
}

/// What one window gave; latencies are sorted, in microseconds.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) done: u64,
    pub(crate) offered: u64,
    pub(crate) events: u64,
    pub(crate) errors: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_us: f64,
    pub(crate) latency_us: Vec<f64>,
    pub(crate) first_event_us: Vec<f64>,
    /// Percent of the gateway's core that others used.
    pub(crate) foreign_percent: f64,
}

impl Load<'_> {
    pub(crate) fn run(&self) -> Outcome {
        let begin = Instant::now();
        let measure_from = begin + Duration::from_secs_f64(self.warm_s);
        let end = measure_from + Duration::from_secs_f64(self.measure_s);
        let pids = proc::tree(self.target.pid);
        let mut generator = Generator::new(self, begin);
        let mut buffer = vec![0u8; READ_BUFFER_BYTES];
        let mut meter = None;
        loop {
            let now = Instant::now();
            if meter.is_none() && now >= measure_from {
                meter = Some(Meter::start(&pids));
                generator.is_measuring = true;
            }
            if now >= end {
                break;
            }
            if !generator.start_requests(now) {
                return generator.outcome;
            }
            let mut until = if generator.is_measuring { end } else { measure_from };
            if let Pace::PerSecond(_) = self.pace {
                until = until.min(generator.next_planned);
            }
            for (slot, ready) in generator.poll.wait(Some(until.saturating_duration_since(Instant::now()))) {
                generator.progress(slot, ready, &mut buffer);
            }
        }
        let mut outcome = generator.finish();
        if let Some(meter) = meter {
            meter.stop(self.target.pid, &pids, &mut outcome);
        }
        outcome
    }
}

/// Time, CPU time and the core's busy time at the start of the measured window.
struct Meter {
    at: Instant,
    cpu: CpuTime,
    core_us: f64,
}

impl Meter {
    fn start(pids: &[u32]) -> Meter {
        let (cpu, core_us) = (CpuTime::read(pids), proc::core_busy_us(GATEWAY_CORE));
        Meter { at: Instant::now(), cpu, core_us }
    }

    fn stop(&self, pid: u32, pids_before: &[u32], outcome: &mut Outcome) {
        outcome.seconds = self.at.elapsed().as_secs_f64();
        let pids_now = proc::tree(pid);
        let pids = if pids_now.len() == pids_before.len() { pids_before } else { &pids_now };
        outcome.cpu_us = CpuTime::read(pids).us_since(&self.cpu);
        let others_us = proc::core_busy_us(GATEWAY_CORE) - self.core_us - outcome.cpu_us;
        outcome.foreign_percent = (others_us / (outcome.seconds * 1e6) * 100.0).max(0.0);
    }
}

struct Generator<'a> {
    load: &'a Load<'a>,
    poll: Poll,
    connections: Vec<Connection>,
    idle: Vec<usize>,
    /// Planned times of requests that wait for a connection.
    waiting: VecDeque<Instant>,
    next_planned: Instant,
    refusals: u32,
    is_measuring: bool,
    outcome: Outcome,
}

impl<'a> Generator<'a> {
    fn new(load: &'a Load<'a>, begin: Instant) -> Generator<'a> {
        Generator {
            load,
            poll: Poll::new(),
            connections: (0..load.connections).map(|slot| Connection::new(slot, begin)).collect(),
            idle: (0..load.connections).rev().collect(),
            waiting: VecDeque::new(),
            next_planned: begin,
            refusals: 0,
            is_measuring: false,
            outcome: Outcome::default(),
        }
    }

    /// Starts what is due; false when the target refuses for good.
    fn start_requests(&mut self, now: Instant) -> bool {
        let Pace::PerSecond(rate) = self.load.pace else { return self.saturate(now) };
        while self.next_planned <= now {
            self.waiting.push_back(self.next_planned);
            self.next_planned += Duration::from_secs_f64(1.0 / rate);
            self.outcome.offered += u64::from(self.is_measuring);
        }
        while !self.waiting.is_empty()
            && let Some(slot) = self.idle.pop()
            && let Some(planned) = self.waiting.pop_front()
        {
            // Latency counts from the planned time when the request had to queue for a connection, from the
            // real time when only this generator woke late.
            let started = if now.duration_since(planned) > LATE_START { planned } else { now };
            if !self.start(slot, started) {
                break;
            }
        }
        true
    }

    fn saturate(&mut self, now: Instant) -> bool {
        while let Some(slot) = self.idle.pop() {
            if !self.start(slot, now) {
                self.refusals += 1;
                return self.refusals <= REFUSALS_MAX;
            }
        }
        true
    }

    fn start(&mut self, slot: usize, started: Instant) -> bool {
        let load = self.load;
        let is_started =
            self.connections[slot].start(&load.target.address, &load.request, &self.poll, started);
        if !is_started {
            self.outcome.errors += 1;
            self.idle.push(slot);
        }
        is_started
    }

    fn progress(&mut self, slot: usize, ready: u32, buffer: &mut [u8]) {
        let connection = &mut self.connections[slot];
        if !connection.is_open() {
            return;
        }
        if ready & WRITABLE != 0 && !connection.resume(&self.load.request, &self.poll) {
            connection.close();
            if connection.is_busy {
                self.outcome.errors += 1;
                self.release(slot);
            }
            return;
        }
        if ready & !WRITABLE != 0 {
            while self.read(slot, buffer) {}
        }
    }

    /// Reads once and counts; true when there may be more.
    fn read(&mut self, slot: usize, buffer: &mut [u8]) -> bool {
        let connection = &mut self.connections[slot];
        let events_before = connection.reply.events();
        let arrival = connection.read(buffer, self.load.is_stream);
        if self.is_measuring {
            self.outcome.events += connection.reply.events() - events_before;
        }
        if connection.reply.events() > 0 && !connection.has_first_event {
            connection.has_first_event = true;
            if self.is_measuring {
                self.outcome.first_event_us.push(micros(connection.started.elapsed()));
            }
        }
        match arrival {
            Arrival::Nothing => return false,
            Arrival::Bytes { is_whole: false, more } => return more,
            Arrival::Bytes { is_whole: true, .. } | Arrival::ClosedWhole => self.count(slot),
            Arrival::Broken => self.outcome.errors += 1,
            Arrival::ClosedIdle => {}
        }
        if self.connections[slot].is_busy {
            self.release(slot);
        }
        false
    }

    fn release(&mut self, slot: usize) {
        self.connections[slot].is_busy = false;
        self.idle.push(slot);
    }

    fn count(&mut self, slot: usize) {
        let Connection { reply, started, .. } = &self.connections[slot];
        if reply.status != 200 || (self.load.is_stream && reply.events() < STREAM_EVENTS_MIN) {
            self.outcome.errors += 1;
        } else if self.is_measuring {
            self.outcome.done += 1;
            self.outcome.latency_us.push(micros(started.elapsed()));
        }
    }

    fn finish(self) -> Outcome {
        self.connections.iter().for_each(Connection::close_with_reset);
        let mut outcome = self.outcome;
        outcome.latency_us.sort_by(f64::total_cmp);
        outcome.first_event_us.sort_by(f64::total_cmp);
        outcome
    }
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::{floor_proxy, upstream};

    /// The upstream behind the floor proxy, on threads that end with the test process.
    fn behind_proxy() -> Target {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let (upstream, proxy) = (listen(), listen());
        let port = |listener: &TcpListener| listener.local_addr().expect("it is bound").port();
        let (upstream_port, proxy_port) = (port(&upstream), port(&proxy));
        std::thread::spawn(move || upstream::serve_on(upstream));
        std::thread::spawn(move || floor_proxy::serve_on(proxy, upstream_port));
        Target::parse(&format!("name=proxy;url=http://127.0.0.1:{proxy_port}/v1"))
    }

    fn check(pace: Pace, body_bytes: usize, stream: Option<usize>) -> Outcome {
        let target = behind_proxy();
        let request = target.request(body_bytes, stream);
        let is_stream = stream.is_some();
        let outcome =
            Load { target: &target, request, connections: 4, pace, warm_s: 0.02, measure_s: 0.2, is_stream }
                .run();
        assert_eq!(outcome.errors, 0);
        assert!(outcome.done > 0);
        outcome
    }

    #[test]
    fn saturation_with_large_bodies() {
        let outcome = check(Pace::Saturate, 1024 * 1024, None);
        assert_eq!(outcome.latency_us.len() as u64, outcome.done);
    }

    #[test]
    fn a_rate_is_kept_with_few_connections() {
        let outcome = check(Pace::PerSecond(500.0), 1024, None);
        assert!(outcome.done * 2 > outcome.offered, "{} of {}", outcome.done, outcome.offered);
    }

    #[test]
    fn streams_are_counted_event_by_event() {
        let outcome = check(Pace::Saturate, 1024, Some(20));
        assert!(outcome.events >= outcome.done.saturating_sub(4) * 20, "{} events", outcome.events);
        assert!(!outcome.first_event_us.is_empty());
    }
}
