//! What one worker counts. Only that worker's thread may write here; anybody may read.

use std::sync::OnceLock;
use std::time::Duration;

use domain::{Currency, Kind, Money, Usage};

use super::counter::{Counter, UpDown};
use super::histogram::{ADDED_EDGES, REQUEST_EDGES};
use super::limited::{LimitCounts, LimitOutcome};
use super::queue::{QueueSeries, Shed};
use super::series::ProviderSeries;

/// Providers counted apart. Those from the last place on share the label `other`.
pub const PROVIDERS_MAX: usize = 64;
/// Place of what the gateway answered by itself, after all providers.
pub(crate) const GATEWAY_SLOT: usize = PROVIDERS_MAX;
/// Providers and the gateway itself.
pub(crate) const SLOTS: usize = PROVIDERS_MAX + 1;

/// What came of a stream that broke on a route where others may go on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rescued {
    /// Another went on with it.
    Continued,
    /// Another began anew, and the caller saw nothing of that.
    Hidden,
    /// Another began anew before the caller's eyes.
    Restarted,
    /// Nobody did: the caller was told of the break.
    Lost,
}

impl Rescued {
    const fn name(self) -> &'static str {
        match self {
            Self::Continued => "continued",
            Self::Hidden => "hidden",
            Self::Restarted => "restarted",
            Self::Lost => "lost",
        }
    }
}

/// The counters of one worker. To be written by that worker's thread only: a second writer would lose counts.
#[derive(Debug)]
#[repr(align(128))]
pub struct Shard {
    pub(crate) in_flight_streaming: UpDown,
    pub(crate) in_flight_whole: UpDown,
    pub(crate) caller_connections: UpDown,
    pub(crate) callers_gone: Counter,
    pub(crate) panics: Counter,
    pub(crate) budget_warnings: Counter,
    pub(crate) remote_misses: Counter,
    pub(crate) budget_refusals: Counter,
    pub(crate) limited: LimitCounts,
    pub(crate) queue: QueueSeries,
    slots: [OnceLock<Box<ProviderSeries>>; SLOTS],
}

impl Shard {
    pub(crate) fn new() -> Self {
        Self {
            in_flight_streaming: UpDown::default(),
            in_flight_whole: UpDown::default(),
            caller_connections: UpDown::default(),
            callers_gone: Counter::default(),
            panics: Counter::default(),
            budget_warnings: Counter::default(),
            remote_misses: Counter::default(),
            budget_refusals: Counter::default(),
            limited: LimitCounts::default(),
            queue: QueueSeries::default(),
            slots: [const { OnceLock::new() }; SLOTS],
        }
    }

    /// The numbers at a place, if anything was ever counted there.
    pub(crate) fn at(&self, place: usize) -> Option<&ProviderSeries> {
        self.slots[place].get().map(|series| &**series)
    }

    #[inline]
    fn series(&self, provider: Option<u16>) -> &ProviderSeries {
        let place = provider.map_or(GATEWAY_SLOT, place_of);
        self.slots[place].get_or_init(Box::default)
    }

    /// A request was answered; `None` means by the gateway itself, such as a 401.
    #[inline]
    pub fn request_ended(&self, provider: Option<u16>, status: u16, took: Duration) {
        let series = self.series(provider);
        series.statuses.add(status);
        series.duration.record(&REQUEST_EDGES, took);
    }

    /// The part of a request's time that was ours.
    #[inline]
    pub fn added_latency(&self, provider: Option<u16>, added: Duration) {
        self.series(provider).added.record(&ADDED_EDGES, added);
    }

    /// The first token of a stream arrived after this wait.
    #[inline]
    pub fn first_token(&self, provider: u16, waited: Duration) {
        self.series(Some(provider)).first_token.record(&REQUEST_EDGES, waited);
    }

    /// What an answer used.
    #[inline]
    pub fn tokens(&self, provider: u16, usage: &Usage) {
        let series = self.series(Some(provider));
        for (count, (_, tokens)) in series.tokens.iter().zip(usage.parts()) {
            if tokens > 0 {
                count.add(tokens);
            }
        }
        for (count, (_, units)) in series.units.iter().zip(usage.units()) {
            if units > 0 {
                count.add(units);
            }
        }
        if usage.is_estimated {
            series.estimates.add(1);
        }
    }

    /// What callers pay for its answers, in nano-units.
    #[inline]
    pub fn cost(&self, provider: u16, currency: Currency, price: Money) {
        if let Some(known) = Currency::KNOWN.iter().find(|known| **known == currency) {
            self.series(Some(provider)).cost.add_many(known.code(), price.nano().max(0).unsigned_abs());
        }
    }

    /// Something of a request could not be carried to this provider: its short code.
    pub fn lost(&self, provider: u16, code: &'static str) {
        self.series(Some(provider)).losses.add(code);
    }

    /// One attempt failed, whether or not another then succeeded.
    pub fn attempt_failed(&self, provider: u16, kind: Kind) {
        self.series(Some(provider)).failures.add(kind.code());
    }

    /// A stream of this provider broke, and this came of it.
    pub fn stream_broke(&self, provider: u16, outcome: Rescued) {
        self.series(Some(provider)).breaks.add(outcome.name());
    }

    /// This provider was late, and another was to be asked beside it: what came of that.
    pub fn hedged(&self, provider: u16, outcome: &'static str) {
        self.series(Some(provider)).hedges.add(outcome);
    }

    /// A request began.
    #[inline]
    pub fn in_flight_started(&self, is_streaming: bool) {
        self.in_flight(is_streaming).add(1);
    }

    /// A request that began with the same `is_streaming` is over.
    #[inline]
    pub fn in_flight_ended(&self, is_streaming: bool) {
        self.in_flight(is_streaming).add(-1);
    }

    #[inline]
    const fn in_flight(&self, is_streaming: bool) -> &UpDown {
        if is_streaming { &self.in_flight_streaming } else { &self.in_flight_whole }
    }

    /// A connection to the provider was opened.
    #[inline]
    pub fn upstream_opened(&self, provider: u16) {
        self.series(Some(provider)).connections_opened.add(1);
    }

    /// An open connection took another request.
    #[inline]
    pub fn upstream_reused(&self, provider: u16) {
        self.series(Some(provider)).connections_reused.add(1);
    }

    /// A connection to the provider was opened before anybody needed it.
    pub fn upstream_warmed(&self, provider: u16) {
        self.series(Some(provider)).connections_warmed.add(1);
    }

    /// A connection to the provider was closed, by whichever side.
    #[inline]
    pub fn upstream_closed(&self, provider: u16) {
        self.series(Some(provider)).connections_closed.add(1);
    }

    /// A request to the provider was not acknowledged in time.
    pub fn request_unheard(&self, provider: u16) {
        self.series(Some(provider)).requests_unheard.add(1);
    }

    /// The network has proved to carry nothing over one of its lines.
    pub fn path_died(&self, provider: u16) {
        self.series(Some(provider)).dead_paths.add(1);
    }

    /// So many more (or fewer) connections wait in the pool.
    #[inline]
    pub fn upstream_idle(&self, provider: u16, delta: i64) {
        self.series(Some(provider)).connections_idle.add(delta);
    }

    /// A caller's connection was accepted.
    #[inline]
    pub fn caller_connected(&self) {
        self.caller_connections.add(1);
    }

    /// A caller's connection was closed.
    #[inline]
    pub fn caller_disconnected(&self) {
        self.caller_connections.add(-1);
    }

    /// A caller hung up before the answer was complete.
    #[inline]
    pub fn caller_gone(&self) {
        self.callers_gone.add(1);
    }

    /// A caller has waited so long for room, and then found it.
    pub fn queued(&self, waited: Duration) {
        self.queue.queued(waited);
    }

    /// A caller was refused for want of room.
    pub fn shed(&self, why: Shed) {
        self.queue.shed(why);
    }

    /// As much of a budget is spent as is to be warned of.
    pub fn budget_warned(&self) {
        self.budget_warnings.add(1);
    }

    /// An end was told before the database had its charge.
    pub fn remote_missed(&self) {
        self.remote_misses.add(1);
    }

    /// A call was refused for want of budget.
    pub fn budget_refused(&self) {
        self.budget_refusals.add(1);
    }

    /// A call reached a limit: whose, of what, and what came of it.
    pub fn limited(&self, what: LimitOutcome) {
        self.limited.add(what);
    }

    /// A request ended in a panic.
    pub fn panicked(&self) {
        self.panics.add(1);
    }
}

/// Where a provider is counted: from the last place on, they share it.
#[inline]
pub(crate) fn place_of(provider: u16) -> usize {
    usize::from(provider).min(PROVIDERS_MAX - 1)
}
