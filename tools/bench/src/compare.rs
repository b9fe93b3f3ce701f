//! The comparison: every target in turn, A B C then C B A, group by group, over several rounds.
//!
//! It knows which loads there are and which figure each gives; making load is load.rs, showing is report.rs.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::figures::Figures;
use crate::idle_streams;
use crate::load::{Load, Outcome, Pace};
use crate::poll::{SIGNAL_CONTINUE, SIGNAL_STOP, signal};
use crate::proc;
use crate::report::{self, Columns};
use crate::statistics::percentile;
use crate::target::{EVENTS_PER_DELAY_MS, Target};

const GROUPS: &str = "idle,json1k,json128k,json1m,rate,sse,ssettfb,sseburst";
const SMALL_BODY_BYTES: usize = 1024;
const KIB_PER_MIB: f64 = 1024.0;
/// Connections of the open-loop groups and of the burst: more than any of them keeps busy.
const CONNECTIONS: usize = 64;
/// Latency is measured over many short windows, two per round and target.
const WINDOWS_PER_ROUND: usize = 2;
const STREAM_EVENTS: usize = 200;
/// 5 ms between events: each arrives alone, as tokens do.
const PACED_STREAM: usize = 5 * EVENTS_PER_DELAY_MS + STREAM_EVENTS;
const BURST_STREAM: usize = STREAM_EVENTS;
/// Ten events, 1 ms apart: short, so that the first one is most of the work.
const SHORT_STREAM: usize = EVENTS_PER_DELAY_MS + 10;
/// A target that gives less than this part of what was asked does not sustain the rate.
const SUSTAINED_PART_MIN: f64 = 0.95;
const SUSTAINED_STREAMS_PART_MIN: f64 = 0.9;

/// Runs the groups and prints the table.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is this command's output")]
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut comparison = Comparison::from(arguments);
    if comparison.targets.is_empty() {
        eprintln!("compare needs at least one --target");
        return ExitCode::from(2);
    }
    comparison.measure_all(&arguments.value("--only").unwrap_or_else(|| GROUPS.into()));

    let columns = Columns {
        direct: comparison.direct.as_ref().map(|direct| direct.name.clone()),
        base: arguments.value("--base").unwrap_or_else(|| comparison.targets[0].name.clone()),
        targets: comparison.targets.iter().map(|target| target.name.clone()).collect(),
    };
    print!("{}", report::table(&comparison.figures, &columns));
    let Some(path) = arguments.value("--json") else { return ExitCode::SUCCESS };
    match std::fs::write(&path, report::json(&comparison.figures, &columns)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Comparison {
    targets: Vec<Target>,
    direct: Option<Target>,
    rounds: usize,
    window_s: f64,
    rates: Vec<f64>,
    first_event_rate: f64,
    idle_streams: usize,
    idle_delay_ms: usize,
    paced_streams: usize,
    /// While one gateway is measured the others are stopped, so that their idle work is not in its figures.
    freezes_others: bool,
    figures: Figures,
}

impl Comparison {
    fn from(arguments: &Arguments) -> Comparison {
        let rates = arguments.value("--rates").unwrap_or_else(|| "1000".into());
        Comparison {
            targets: arguments.values("--target").iter().map(|text| Target::parse(text)).collect(),
            direct: arguments.value("--direct").map(|text| Target::parse(&text)),
            rounds: arguments.number("--rounds", 3),
            window_s: arguments.number("--secs", 1.5),
            rates: rates.split(',').filter_map(|rate| rate.parse().ok()).collect(),
            first_event_rate: arguments.number("--ttfb-rate", 200.0),
            idle_streams: arguments.number("--idle-streams", 500),
            idle_delay_ms: arguments.number("--idle-delay-ms", 60),
            paced_streams: arguments.number("--sse-streams", 100),
            freezes_others: arguments.has("--freeze"),
            figures: Figures::new(arguments.has("--raw")),
        }
    }

    fn measure_all(&mut self, groups: &str) {
        let targets = self.targets.clone();
        for target in &targets {
            let kib = proc::resident_kib(&proc::tree(target.pid));
            self.figures.record(&target.name, "rss_idle", "MiB", kib / KIB_PER_MIB);
        }
        for group in groups.split(',') {
            for round in 0..self.rounds {
                let mut order: Vec<&Target> = targets.iter().collect();
                if round % 2 == 1 {
                    order.reverse();
                }
                self.measure_group(group, round, &order);
            }
        }
        if self.freezes_others {
            targets.iter().for_each(|target| signal_tree(target, SIGNAL_CONTINUE));
        }
        for target in &targets {
            let kib = proc::resident_kib_peak(&proc::tree(target.pid));
            self.figures.record(&target.name, "rss_peak", "MiB", kib / KIB_PER_MIB);
        }
    }

    fn measure_group(&mut self, group: &str, round: usize, order: &[&Target]) {
        match group {
            "json1k" => self.saturate(group, round, order, SMALL_BODY_BYTES, 64),
            "json128k" => self.saturate(group, round, order, 128 * 1024, 16),
            "json1m" => self.saturate(group, round, order, 1024 * 1024, 8),
            "rate" => {
                for rate in self.rates.clone() {
                    self.latency(rate, round, order);
                }
            }
            "sse" => self.streams(group, round, order, PACED_STREAM, self.paced_streams, 0.4),
            "sseburst" => self.streams(group, round, order, BURST_STREAM, CONNECTIONS, 0.3),
            "ssettfb" => self.first_events(round, order),
            "idle" if round == 0 => self.idle(order),
            _ => {}
        }
    }

    /// Closed loop, whole answers: requests per second and CPU per request.
    fn saturate(&mut self, group: &str, round: usize, order: &[&Target], bytes: usize, connections: usize) {
        for target in order {
            self.focus(Some(target));
            let outcome = Load {
                target,
                request: target.request(bytes, None),
                connections,
                pace: Pace::Saturate,
                warm_s: if round == 0 { 0.4 } else { 0.2 },
                measure_s: self.window_s,
                is_stream: false,
            }
            .run();
            warn_of_errors(target, group, round, &outcome);
            self.record(target, &format!("{group}_rps"), "req/s", outcome.done as f64 / outcome.seconds);
            if target.pid > 0 {
                let per_request =
                    if outcome.done > 0 { outcome.cpu_us / outcome.done as f64 } else { f64::NAN };
                self.record(target, &format!("{group}_cpu"), "us/req", per_request);
            }
            if group == "json1k" {
                self.record(target, "json1k_p99_sat", "us", percentile(&outcome.latency_us, 0.99));
            }
            self.figures.record_foreign(&target.name, outcome.foreign_percent);
        }
    }

    /// Open loop at a rate that no target finds hard: latency.
    fn latency(&mut self, rate: f64, round: usize, order: &[&Target]) {
        let group = format!("r{rate}");
        for _ in 0..WINDOWS_PER_ROUND {
            self.focus(None);
            if let Some(direct) = self.direct.clone() {
                let outcome = self.at_rate(&direct, rate, None, 0.1);
                self.record_latency(&direct, &group, &outcome.latency_us);
            }
            for target in order {
                self.focus(Some(target));
                let outcome = self.at_rate(target, rate, None, 0.15);
                warn_of_errors(target, &format!("rate {rate}"), round, &outcome);
                let part = outcome.done as f64 / outcome.offered.max(1) as f64;
                if part < SUSTAINED_PART_MIN {
                    let percent = part * 100.0;
                    warn(target, &format!("does not sustain {rate} req/s ({percent:.0}%)"));
                    continue;
                }
                self.record_latency(target, &group, &outcome.latency_us);
                if target.pid > 0 {
                    let per_request = outcome.cpu_us / outcome.done.max(1) as f64;
                    self.record(target, &format!("{group}_cpu"), "us/req", per_request);
                }
            }
        }
    }

    /// Open loop of short streams: time to the first event.
    fn first_events(&mut self, round: usize, order: &[&Target]) {
        let rate = self.first_event_rate;
        for _ in 0..WINDOWS_PER_ROUND {
            self.focus(None);
            if let Some(direct) = self.direct.clone() {
                let outcome = self.at_rate(&direct, rate, Some(SHORT_STREAM), 0.1);
                self.record_latency(&direct, "ttfb", &outcome.first_event_us);
            }
            for target in order {
                self.focus(Some(target));
                let outcome = self.at_rate(target, rate, Some(SHORT_STREAM), 0.15);
                warn_of_errors(target, "ssettfb", round, &outcome);
                if (outcome.first_event_us.len() as f64) < SUSTAINED_STREAMS_PART_MIN * outcome.offered as f64
                {
                    warn(target, &format!("does not sustain {rate} streams/s"));
                    continue;
                }
                self.record_latency(target, "ttfb", &outcome.first_event_us);
            }
        }
    }

    fn at_rate(&self, target: &Target, rate: f64, stream: Option<usize>, warm_s: f64) -> Outcome {
        Load {
            target,
            request: target.request(SMALL_BODY_BYTES, stream),
            connections: CONNECTIONS,
            pace: Pace::PerSecond(rate),
            warm_s,
            measure_s: self.window_s / 2.0,
            is_stream: stream.is_some(),
        }
        .run()
    }

    /// Closed loop of streams: events per second and CPU per event.
    fn streams(
        &mut self,
        group: &str,
        round: usize,
        order: &[&Target],
        shape: usize,
        connections: usize,
        warm_s: f64,
    ) {
        for target in order {
            self.focus(Some(target));
            let outcome = Load {
                target,
                request: target.request(SMALL_BODY_BYTES, Some(shape)),
                connections,
                pace: Pace::Saturate,
                warm_s,
                measure_s: self.window_s,
                is_stream: true,
            }
            .run();
            warn_of_errors(target, group, round, &outcome);
            self.record(target, &format!("{group}_events"), "ev/s", outcome.events as f64 / outcome.seconds);
            if target.pid > 0 {
                let per_event = outcome.cpu_us / outcome.events.max(1) as f64;
                self.record(target, &format!("{group}_cpu"), "us/ev", per_event);
            }
        }
    }

    fn idle(&mut self, order: &[&Target]) {
        for target in order {
            self.focus(Some(target));
            if target.pid > 0 {
                let wanted = self.idle_streams;
                let (kib, answered) = idle_streams::measure(target, wanted, self.idle_delay_ms);
                if answered < wanted {
                    warn(target, &format!("idle: only {answered} of {wanted} streams answered"));
                }
                self.record(target, "idle_stream", "KiB each", kib);
            }
        }
    }

    fn record(&mut self, target: &Target, metric: &str, unit: &'static str, value: f64) {
        self.figures.record(&target.name, metric, unit, value);
    }

    fn record_latency(&mut self, target: &Target, group: &str, sorted_us: &[f64]) {
        self.record(target, &format!("{group}_p50"), "us", percentile(sorted_us, 0.5));
        self.record(target, &format!("{group}_p99"), "us", percentile(sorted_us, 0.99));
    }

    /// Stops all targets but the given one, where that was asked for.
    #[expect(clippy::disallowed_methods, reason = "a process woken by a signal needs time to settle")]
    fn focus(&self, measured: Option<&Target>) {
        if !self.freezes_others {
            return;
        }
        let is_measured = |target: &Target| measured.is_some_and(|measured| measured.name == target.name);
        for target in self.targets.iter().filter(|target| !is_measured(target)) {
            signal_tree(target, SIGNAL_STOP);
        }
        if let Some(target) = measured.filter(|target| target.pid > 0) {
            signal_tree(target, SIGNAL_CONTINUE);
            sleep(Duration::from_millis(30));
        }
    }
}

fn signal_tree(target: &Target, number: i32) {
    for pid in proc::tree(target.pid) {
        signal(pid, number);
    }
}

fn warn_of_errors(target: &Target, group: &str, round: usize, outcome: &Outcome) {
    if outcome.errors > 0 {
        let Outcome { errors, done, .. } = outcome;
        warn(target, &format!("{group} round {round}: {errors} errors, {done} ok"));
    }
}

#[expect(clippy::print_stderr, reason = "warnings must not get into the table")]
fn warn(target: &Target, text: &str) {
    eprintln!("! {} {text}", target.name);
}
