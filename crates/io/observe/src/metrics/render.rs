//! The list of all families, in the order they are shown.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::counter::UpDown;
use super::exposition::{Exposition, escape_label};
use super::histogram::{ADDED_EDGES, REQUEST_EDGES};
use super::limited;
use super::process;
use super::queue;
use super::registry::Metrics;
use super::shard::Shard;
use super::totals::Totals;

/// A number that another part of the process keeps, shown beside ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Full name of the family, such as `ai_gateway_body_bytes`. What ends in `_total` only grows.
    pub name: &'static str,
    /// One sentence for the reader of a dashboard.
    pub help: &'static str,
    /// What tells it apart from others of the same name, which must follow each other.
    pub labels: Vec<(&'static str, String)>,
    /// What it is now.
    pub value: f64,
}

impl Metrics {
    /// Everything in the Prometheus text format 0.0.4, with the caller's own gauges. Safe on any thread, at any time.
    pub fn render(&self, gauges: &[Gauge]) -> String {
        let service = format!("service=\"{}\"", self.service);
        let series: Vec<Series> = self
            .totals()
            .into_iter()
            .map(|(label, totals)| {
                let labels = format!("{service},provider=\"{}\"", escape_label(&label));
                Series { labels, totals }
            })
            .collect();
        let mut out = Exposition::default();
        requests(&mut out, &series);
        answers(&mut out, &series);
        connections(&mut out, &series);
        self.callers(&mut out, &service);
        queue::render(&mut out, self.shards().iter().map(|shard| &shard.queue), &service);
        self.log_lines(&mut out, &service);
        let mut family = "";
        for gauge in gauges {
            if gauge.name != std::mem::replace(&mut family, gauge.name) {
                let kind = if gauge.name.ends_with("_total") { "counter" } else { "gauge" };
                out.family(gauge.name, kind, gauge.help);
            }
            let labels =
                gauge.labels.iter().map(|(name, value)| format!(",{name}=\"{}\"", escape_label(value)));
            out.sample(gauge.name, &format!("{service}{}", labels.collect::<String>()), gauge.value);
        }
        self.process(&mut out, &service);
        out.into_text()
    }

    fn callers(&self, out: &mut Exposition, service: &str) {
        // Never negative: a reader may see one worker's end before its start.
        let sum = |of: fn(&Shard) -> &UpDown| {
            self.shards().iter().map(|shard| of(shard).read()).sum::<i64>().max(0)
        };
        let name = "ai_gateway_in_flight";
        out.family(name, "gauge", "Requests that are being served now.");
        let whole = sum(|shard| &shard.in_flight_whole);
        out.sample(name, &format!("{service},streaming=\"false\""), whole);
        let streaming = sum(|shard| &shard.in_flight_streaming);
        out.sample(name, &format!("{service},streaming=\"true\""), streaming);
        let connected = sum(|shard| &shard.caller_connections);
        let name = "ai_gateway_caller_connections";
        single(out, name, "gauge", "Connections that callers hold open now.", service, connected);

        let name = "ai_gateway_worker_connections";
        out.family(name, "gauge", "Connections that callers hold open now, by the worker that serves them.");
        for (worker, shard) in self.shards().iter().enumerate() {
            out.sample(
                name,
                &format!("{service},worker=\"{worker}\""),
                shard.caller_connections.read().max(0),
            );
        }

        let gone: u64 = self.shards().iter().map(|shard| shard.callers_gone.read()).sum();
        let name = "ai_gateway_callers_gone_total";
        single(out, name, "counter", "Callers that hung up before their answer was complete.", service, gone);
        self.budgets(out, service);
        limited::render(out, self.shards().iter().map(|shard| &shard.limited), service);
        let panics: u64 = self.shards().iter().map(|shard| shard.panics.read()).sum();
        let name = "ai_gateway_panics_total";
        single(
            out,
            name,
            "counter",
            "Requests that ended in a panic, which is always a bug.",
            service,
            panics,
        );
    }

    fn budgets(&self, out: &mut Exposition, service: &str) {
        let sum = |of: fn(&Shard) -> u64| self.shards().iter().map(|shard| of(shard)).sum::<u64>();
        let warned = sum(|shard| shard.budget_warnings.read());
        let name = "ai_gateway_budget_warnings_total";
        let help = "Budgets that came to the part that is warned of, once for each window.";
        single(out, name, "counter", help, service, warned);
        let refused = sum(|shard| shard.budget_refusals.read());
        let name = "ai_gateway_budget_refusals_total";
        single(out, name, "counter", "Calls that were refused for want of budget.", service, refused);
        let missed = sum(|shard| shard.remote_misses.read());
        let name = "ai_gateway_ledger_remote_missed_total";
        let help = "Ends of answers that were told before the database had their charge, where ledger.level is remote.";
        single(out, name, "counter", help, service, missed);
    }

    fn log_lines(&self, out: &mut Exposition, service: &str) {
        let (written, dropped) =
            self.log_counts().map_or((0, 0), |counts| (counts.written(), counts.dropped()));
        let name = "ai_gateway_log_lines_total";
        single(out, name, "counter", "Log lines written.", service, written);
        let name = "ai_gateway_log_lines_dropped_total";
        single(out, name, "counter", "Log lines lost because the log could not keep up.", service, dropped);
        let (written, dropped) = (self.rows().written(), self.rows().dropped());
        let name = "ai_gateway_request_rows_total";
        single(out, name, "counter", "Rows of requests written to the database.", service, written);
        let name = "ai_gateway_request_rows_dropped_total";
        single(
            out,
            name,
            "counter",
            "Rows of requests lost because the database failed or could not keep up.",
            service,
            dropped,
        );
        let damaged = self.rows().damaged_sums();
        let name = "ai_gateway_report_sums_damaged_total";
        let help = "Sums of calls that could not be read and were set aside: reports are without them.";
        single(out, name, "counter", help, service, damaged);
    }

    fn process(&self, out: &mut Exposition, service: &str) {
        let version = format!("{service},version=\"{}\"", env!("CARGO_PKG_VERSION"));
        single(out, "ai_gateway_build_info", "gauge", "Always 1; the label says what runs.", &version, 1);
        if let Some(at) = self.started_at_seconds {
            let name = "process_start_time_seconds";
            single(out, name, "gauge", "When the process began, in seconds since the Unix epoch.", "", at);
        }
        if let Some(bytes) = process::resident_bytes() {
            single(out, "process_resident_memory_bytes", "gauge", "Memory in use.", "", bytes);
        }
        if let Some(count) = process::open_descriptors() {
            single(out, "process_open_fds", "gauge", "Open file descriptors.", "", count);
        }
        if let Some(count) = process::descriptors_max() {
            single(out, "process_max_fds", "gauge", "How many file descriptors may be open.", "", count);
        }
        if let Some(seconds) = process::processor_seconds() {
            let name = "process_cpu_seconds_total";
            single(out, name, "counter", "Time that processors have spent on it.", "", seconds);
        }
    }
}

/// What is shown under one label, and the label as text.
struct Series {
    labels: String,
    totals: Totals,
}

fn requests(out: &mut Exposition, series: &[Series]) {
    let name = "ai_gateway_requests_total";
    out.family(name, "counter", "Requests answered, by the status the caller saw.");
    for Series { labels, totals } in series {
        by_key(out, name, labels, "status", &totals.statuses);
    }
    let name = "ai_gateway_request_duration_seconds";
    out.family(name, "histogram", "Time from a request's first byte to its answer's last.");
    for Series { labels, totals } in series {
        out.histogram(name, labels, &REQUEST_EDGES, &totals.duration);
    }
    let name = "ai_gateway_added_latency_seconds";
    out.family(name, "histogram", "The gateway's own share of the time until the answer began.");
    for Series { labels, totals } in series {
        out.histogram(name, labels, &ADDED_EDGES, &totals.added);
    }
}

fn answers(out: &mut Exposition, series: &[Series]) {
    let name = "ai_gateway_time_to_first_token_seconds";
    out.family(name, "histogram", "Time until the first token of a stream.");
    for Series { labels, totals } in of_providers(series) {
        out.histogram(name, labels, &REQUEST_EDGES, &totals.first_token);
    }
    let name = "ai_gateway_tokens_total";
    out.family(name, "counter", "Tokens used, in kinds that do not overlap.");
    for Series { labels, totals } in of_providers(series) {
        for (kind, count) in totals.tokens {
            out.sample(name, &format!("{labels},kind=\"{kind}\""), count);
        }
    }
    let name = "ai_gateway_units_total";
    out.family(
        name,
        "counter",
        "What answers used beside tokens: pictures made, searches, milliseconds of recordings.",
    );
    for Series { labels, totals } in of_providers(series) {
        for (unit, count) in totals.units {
            out.sample(name, &format!("{labels},unit=\"{unit}\""), count);
        }
    }
    let name = "ai_gateway_cost_nano_total";
    out.family(name, "counter", "What callers pay for answers, in thousand-millionths of the currency.");
    for Series { labels, totals } in of_providers(series) {
        by_key(out, name, labels, "currency", &totals.cost);
    }
    let name = "ai_gateway_usage_estimated_total";
    out.family(name, "counter", "Answers whose tokens were counted here, because the provider told none.");
    for Series { labels, totals } in of_providers(series) {
        out.sample(name, labels, totals.estimates);
    }
    let name = "ai_gateway_translation_losses_total";
    out.family(name, "counter", "What of a request could not be carried to the provider, by short code.");
    for Series { labels, totals } in of_providers(series) {
        by_key(out, name, labels, "code", &totals.losses);
    }
    let name = "ai_gateway_streams_broken_total";
    out.family(
        name,
        "counter",
        "Streams that broke where another target may go on with them, by the provider that broke and by what came of it.",
    );
    for Series { labels, totals } in of_providers(series) {
        by_key(out, name, labels, "outcome", &totals.breaks);
    }
    let name = "ai_gateway_attempts_failed_total";
    out.family(name, "counter", "Attempts that failed, even if another one then succeeded.");
    for Series { labels, totals } in of_providers(series) {
        by_key(out, name, labels, "kind", &totals.failures);
    }
    let name = "ai_gateway_hedges_total";
    let help =
        "Calls for which another was to be asked beside this provider, who was late, by what came of it.";
    out.family(name, "counter", help);
    for Series { labels, totals } in of_providers(series) {
        by_key(out, name, labels, "outcome", &totals.hedges);
    }
}

fn connections(out: &mut Exposition, series: &[Series]) {
    let mut per_provider = |name, kind, help, value: fn(&Totals) -> i128| {
        out.family(name, kind, help);
        for Series { labels, totals } in of_providers(series) {
            out.sample(name, labels, value(totals));
        }
    };
    per_provider(
        "ai_gateway_upstream_connections_opened_total",
        "counter",
        "Connections opened to the provider.",
        |totals| totals.connections_opened.into(),
    );
    per_provider(
        "ai_gateway_upstream_connections_reused_total",
        "counter",
        "Requests sent over a connection that was open already.",
        |totals| totals.connections_reused.into(),
    );
    per_provider(
        "ai_gateway_upstream_connections_warmed_total",
        "counter",
        "Connections opened to the provider before a request needed one.",
        |totals| totals.connections_warmed.into(),
    );
    per_provider(
        "ai_gateway_unheard_requests_total",
        "counter",
        "Requests that the provider's host had not acknowledged in time: somebody else was asked, if there was anybody.",
        |totals| totals.requests_unheard.into(),
    );
    per_provider(
        "ai_gateway_dead_paths_total",
        "counter",
        "Times that the network proved to carry nothing over a line of the provider.",
        |totals| totals.dead_paths.into(),
    );
    per_provider(
        "ai_gateway_upstream_connections",
        "gauge",
        "Connections to the provider that are open now.",
        |totals| totals.connections_open().into(),
    );
    per_provider(
        "ai_gateway_upstream_idle_connections",
        "gauge",
        "Connections to the provider that wait for a request.",
        |totals| totals.connections_idle.max(0).into(),
    );
}

fn of_providers(series: &[Series]) -> impl Iterator<Item = &Series> {
    series.iter().filter(|series| series.totals.is_provider)
}

fn by_key(out: &mut Exposition, name: &str, labels: &str, key: &str, counts: &BTreeMap<impl Display, u64>) {
    for (value, count) in counts {
        out.sample(name, &format!("{labels},{key}=\"{value}\""), count);
    }
}

fn single(out: &mut Exposition, name: &str, kind: &str, help: &str, labels: &str, value: impl Display) {
    out.family(name, kind, help);
    out.sample(name, labels, value);
}
