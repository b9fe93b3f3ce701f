//! One call: its identity, and the facts that are counted and logged when it is over, however it ends.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dialects::Dialect;
use dialects::canonical::Feature;
use dialects::stored::stored_response_at;
use dialects::surface::surface_at;
use domain::{CallId, Failure, Kind, ModelUsage, Timestamp, Usage};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use observe::{CostLine, RequestLine, SegmentLine};
use routing::health::Trying;
use store::{KeyEntry, RowCost};
use tokio::time::Instant;

use crate::budget_words;
use crate::cache::CachePart;
use crate::clock::wall_clock;
use crate::cost::{CallCost, Spent};
use crate::forwarded::origin;
use crate::funds::Charge;
use crate::hygiene::usable_request_id;
use crate::inbound::ConnectionFacts;
use crate::keyed::Keyed;
use crate::limiting::{Limited, Used};
use crate::paying::Paying;
use crate::rows::RowFacts;
use crate::segments::{Segment, Segments};
use crate::serving::ServedProvider;
use crate::worker::Worker;

/// A call from its head to its last byte. Dropping it settles it: one log line, one set of counts, always.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) worker: Rc<Worker>,
    pub(crate) connection: Rc<ConnectionFacts>,
    pub(crate) id: CallId,
    /// The caller's own id if it is usable, else ours.
    pub(crate) request_id: HeaderValue,
    has_request_id: bool,
    pub(crate) method: Method,
    /// What the caller speaks: failures are worded in it.
    pub(crate) dialect: Dialect,
    /// A copy: a slice of the head would keep the whole read buffer for as long as a stream lasts.
    pub(crate) path: Box<str>,
    /// Who is connected.
    pub(crate) peer: IpAddr,
    /// Who asks: the same, unless a trusted proxy names another.
    pub(crate) caller: IpAddr,
    pub(crate) started: Instant,
    /// When the caller had sent everything.
    pub(crate) received: Instant,
    pub(crate) received_at: Timestamp,
    pub(crate) key: Option<Arc<KeyEntry>>,
    /// Of a call with an idempotency key.
    pub(crate) keyed: Option<Box<Keyed>>,
    /// Of a call whose answer may be kept for whoever asks the same.
    pub(crate) cache: Option<Box<CachePart>>,
    pub(crate) model: String,
    pub(crate) is_streaming: bool,
    pub(crate) provider: Option<Arc<ServedProvider>>,
    pub(crate) upstream_model: Option<Arc<str>>,
    pub(crate) attempts: u8,
    /// Those of them at another target than the first.
    pub(crate) fallback_attempts: u8,
    /// The attempt that is under way or has led to the answer.
    pub(crate) trying: Option<Trying>,
    /// Another was asked beside who was late.
    pub(crate) hedged: Option<Box<Hedged>>,
    /// Time spent waiting for providers until the answer's head.
    pub(crate) waited: Duration,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) added: Duration,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) usage: Option<Usage>,
    /// Of an answer of which nothing has left yet: what it has told or what it would come to, should the caller go.
    pub(crate) heard: Rc<Cell<Option<Usage>>>,
    /// The same by the models that used them, where there were several.
    pub(crate) usage_by_model: Vec<ModelUsage>,
    /// Who gave which part of an answer that broke off at least once.
    pub(crate) segments: Option<Box<Segments>>,
    /// What it cost, where that was known before its answer began.
    pub(crate) cost_at_head: Option<CallCost>,
    /// What is put aside for it, where somebody pays; until it is charged.
    pub(crate) paying: Option<Box<Paying>>,
    /// The limits that it counts for.
    pub(crate) limited: Option<Box<Limited>>,
    /// The limits of the credential that it is asked with.
    pub(crate) paced: Option<Box<Limited>>,
    /// The cap that its answer was given because there is no money for more.
    pub(crate) lowered_cap: Option<u64>,
    /// What it was charged.
    charged: Option<CallCost>,
    /// The account that was charged.
    account: Option<u64>,
    /// Where the answer came from.
    pub(crate) region: Option<HeaderValue>,
    /// What of the request could not be carried, in short codes.
    pub(crate) warnings: Option<HeaderValue>,
    pub(crate) status: u16,
    pub(crate) kind: Option<Kind>,
    /// The answer is whole, or a failure was told: nobody hung up.
    pub(crate) is_over: bool,
    /// It was let in, and is inside until it is dropped.
    pub(crate) has_entered: bool,
    is_admitted: bool,
    is_quiet: bool,
    /// It came for something that costs.
    is_at_surface: bool,
}

/// That another was asked beside who was late.
#[derive(Debug)]
pub(crate) struct Hedged {
    /// Who was late.
    pub(crate) late: Arc<ServedProvider>,
    /// Who was asked beside him.
    pub(crate) second: Arc<ServedProvider>,
    pub(crate) outcome: HedgeOutcome,
    /// He was late to answer. Else his network was late, which is counted by itself.
    pub(crate) is_counted: bool,
    /// The limits of the credential that the second is asked with, until it is clear who is heard.
    pub(crate) paced: Option<Box<Limited>>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HedgeOutcome {
    /// The second began to answer first.
    Won,
    /// The first did after all, or told the caller what is wrong.
    Lost,
    /// The second failed while the first was waited for.
    Failed,
    /// The caller went before either had answered.
    Unended,
}

impl HedgeOutcome {
    /// As told to people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Failed => "failed",
            Self::Unended => "unended",
        }
    }
}

impl Call {
    /// Begins a call.
    pub(crate) fn begin(
        worker: &Rc<Worker>,
        connection: &Rc<ConnectionFacts>,
        peer: IpAddr,
        head: &Parts,
    ) -> Box<Self> {
        connection.begin();
        let started = Instant::now();
        let received_at = wall_clock();
        let id = worker.next_call_id(received_at);
        let surface = surface_at(head.uri.path());
        let given = usable_request_id(&head.headers);
        Box::new(Self {
            worker: worker.clone(),
            connection: connection.clone(),
            id,
            request_id: given.map_or_else(|| call_id_value(id), copied),
            has_request_id: given.is_some(),
            method: head.method.clone(),
            dialect: surface.map_or_else(|| spoken_elsewhere(head), |surface| surface.dialect),
            path: head.uri.path().into(),
            peer,
            caller: caller_of(worker, peer, head),
            started,
            received: started,
            received_at,
            key: None,
            keyed: None,
            cache: None,
            model: String::new(),
            is_streaming: false,
            provider: None,
            upstream_model: None,
            attempts: 0,
            fallback_attempts: 0,
            trying: None,
            hedged: None,
            waited: Duration::ZERO,
            first_byte: None,
            added: Duration::ZERO,
            bytes_in: 0,
            bytes_out: 0,
            usage: None,
            heard: Rc::default(),
            usage_by_model: Vec::new(),
            segments: None,
            cost_at_head: None,
            paying: None,
            limited: None,
            paced: None,
            lowered_cap: None,
            charged: None,
            account: None,
            region: None,
            warnings: None,
            status: 499,
            kind: Some(Kind::CallerGone),
            is_over: false,
            has_entered: false,
            is_admitted: false,
            is_quiet: false,
            is_at_surface: surface.is_some(),
        })
    }

    /// Counts the call as running, for its key and in the metrics, until it is dropped.
    pub(crate) fn count_as_running(&mut self) {
        debug_assert!(!self.is_admitted, "a call is admitted once");
        self.is_admitted = true;
        self.worker.shard.in_flight_started(self.is_streaming);
        if let Some(key) = &self.key {
            key.counters().in_flight.fetch_add(1, Ordering::Relaxed);
            key.counters().requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Its id as its caller is told.
    pub(crate) fn id_told(&self) -> HeaderValue {
        if self.has_request_id { call_id_value(self.id) } else { self.request_id.clone() }
    }

    /// Keeps a call out of the log and the counts: probes and scrapes come every few seconds and tell nothing.
    pub(crate) fn be_quiet(&mut self) {
        self.is_quiet = true;
    }

    /// Notes how the call is answered by ourselves.
    pub(crate) fn answered(&mut self, status: u16, kind: Option<Kind>) {
        self.status = status;
        self.kind = kind;
        self.is_over = true;
    }

    /// Notes that the provider's answer broke off, also for who is asked next.
    pub(crate) fn broke_off(&mut self) {
        self.answered(502, Some(Kind::StreamBroken));
        self.source_broke();
    }

    /// Notes that whoever was answering has broken off.
    pub(crate) fn source_broke(&mut self) {
        let now = self.worker.gateway.moment();
        if let Some(trying) = &mut self.trying {
            trying.broke_off(now);
        }
    }

    /// Notes a failure as the end of the call.
    pub(crate) fn failed(&mut self, failure: &Failure) {
        self.answered(failure.status(), Some(failure.kind));
    }

    /// Notes what of the answer could not be told as it was.
    pub(crate) fn lose(&mut self, features: &[Feature]) {
        let Some(provider) = &self.provider else { return };
        for feature in features {
            self.worker.shard.lost(provider.slot, feature.code());
            let told = self.warnings.as_ref().map_or("", |codes| codes.to_str().unwrap_or_default());
            if !told.split(", ").any(|code| code == feature.code()) {
                let comma = if told.is_empty() { "" } else { ", " };
                self.warnings = HeaderValue::from_str(&format!("{told}{comma}{}", feature.code())).ok();
            }
        }
    }

    /// Tells what is left of its limits in the head of its answer.
    pub(crate) fn tell_limits(&self, headers: &mut HeaderMap) {
        if let Some(limited) = &self.limited {
            limited.tell(self.dialect, (self.worker.gateway.tick(), wall_clock()), headers);
        }
    }

    /// Puts right what it has taken of limits: it is over.
    fn end_limits(&self) {
        let used = |usage| if self.may_have_used() { Used::Something(usage) } else { Used::Nothing };
        let gateway = &self.worker.gateway;
        let now = gateway.tick();
        let of_all = used(self.usage.as_ref());
        let of_last = match &self.segments {
            Some(segments) => used(segments.used_by_last()),
            None => of_all,
        };
        let second = self.hedged.iter().filter_map(|hedged| hedged.paced.as_ref());
        self.limited.iter().for_each(|limited| limited.end(&gateway.limits, of_all, now));
        self.paced.iter().chain(second).for_each(|paced| paced.end(&gateway.limits, of_last, now));
    }

    /// Whether a provider has begun to answer, or was asked when its caller went.
    fn may_have_used(&self) -> bool {
        let is_raced = || self.hedged.as_ref().is_some_and(|it| it.outcome == HedgeOutcome::Unended);
        self.first_byte.is_some() || (!self.is_over && (self.trying.is_some() || is_raced()))
    }

    /// What its caller is warned of, as short codes with commas between them.
    pub(crate) fn warnings_told(&self) -> Option<HeaderValue> {
        let mut limits = self.limited.iter().flat_map(|limited| limited.warnings()).peekable();
        if limits.peek().is_none() {
            return self.warnings.clone();
        }
        let lost = self.warnings.as_ref().map(|codes| codes.to_str().unwrap_or_default().to_owned());
        HeaderValue::from_str(&lost.into_iter().chain(limits).collect::<Vec<_>>().join(", ")).ok()
    }

    /// Notes that the answer's head is on its way, and when.
    pub(crate) fn answer_begins(&mut self, status: u16) -> Instant {
        let now = Instant::now();
        self.status = status;
        self.first_byte = Some(now - self.started);
        self.added = (now - self.received).saturating_sub(self.waited);
        now
    }
}

impl Call {
    /// What it cost, by what is known of its usage; `each` hears of every part who served it.
    pub(crate) fn cost(&self, each: impl FnMut(u16, RowCost)) -> CallCost {
        let spent = Spent {
            key: self.key.as_deref(),
            at: self.received_at,
            provider: self.provider.as_deref(),
            model: self.upstream_model.as_deref().unwrap_or(&self.model),
            usage: self.usage.as_ref(),
            usage_by_model: &self.usage_by_model,
            segments: self.segments.as_deref(),
        };
        match &self.paying {
            Some(paying) => spent.cost(&paying.book, each),
            None => spent.cost(&self.worker.gateway.prices.load(), each),
        }
    }

    /// Charges what it has come to, if that has not been done; gives what is to be looked at before its end is told.
    pub(crate) fn charge(&mut self) -> Charge {
        if self.paying.is_none() {
            return Charge::Nothing;
        }
        let cost = self.settled_cost();
        self.charge_at(cost)
    }

    /// Charges what is taken for a kept answer, which a provider gave before; its slot in the metrics is where that counts.
    pub(crate) fn charge_kept(&mut self, cost: CallCost, slot: u16) -> Charge {
        if let Some(RowCost { currency, price, .. }) = cost.row() {
            self.worker.shard.cost(slot, currency, price);
        }
        self.charged = Some(cost);
        self.charge_at(cost)
    }

    fn charge_at(&mut self, cost: CallCost) -> Charge {
        let Some(paying) = self.paying.take() else { return Charge::Nothing };
        self.charged = Some(cost);
        self.account = paying.funds().purse().map(|purse| purse.payer.account.number.0);
        let ended = paying.end(cost, self.usage.as_ref(), wall_clock());
        for budget in &ended.warned {
            budget_words::tell_warning(&self.worker, budget);
        }
        match ended.settled {
            None => Charge::Nothing,
            Some(Ok(charged)) => Charge::Recorded(charged),
            Some(Err(uncharged)) => {
                let is_in_slot = uncharged.1.is_in_slot();
                self.worker.gateway.uncharged.add(*uncharged);
                Charge::Unrecorded { is_in_slot }
            }
        }
    }

    /// What it cost in the end, counted. Of one target and one model it was worked out before, if the answer was whole then.
    fn settled_cost(&self) -> CallCost {
        if let Some(cost) = self.charged {
            return cost;
        }
        let shard = &self.worker.shard;
        let is_plain = self.segments.is_none() && self.usage_by_model.is_empty();
        match (self.cost_at_head.filter(|_| is_plain), &self.provider) {
            (Some(cost), Some(provider)) => {
                if let Some(RowCost { currency, price, .. }) = cost.row() {
                    shard.cost(provider.slot, currency, price);
                }
                cost
            }
            _ => self.cost(|slot, cost| shard.cost(slot, cost.currency, cost.price)),
        }
    }

    /// Of a call with a key that came for something that costs. Others tell nothing that a bill or a report needs.
    fn row_facts(&self, cost: CallCost) -> Option<RowFacts<'_>> {
        let key = self.key.as_deref().filter(|_| self.is_at_surface)?;
        let region = self.region.as_ref().map_or("", |region| region.to_str().unwrap_or_default());
        Some(RowFacts {
            key,
            has_own_id: self.has_request_id,
            dialect: self.dialect.name(),
            region,
            fallback_attempts: self.fallback_attempts,
            segments: self.segments.as_deref(),
            cost: cost.row(),
            is_unpriced: cost == CallCost::Unknown,
            account: self.account,
        })
    }

    /// Its line in the log, and its row.
    fn tell(&self, took: Duration, cost: CallCost) {
        let segments: Vec<SegmentLine<'_>> =
            self.segments.iter().flat_map(|segments| segments.iter()).map(Segment::line).collect();
        let line = RequestLine {
            at: Timestamp(self.received_at.unix_ms() + took.as_millis() as i64),
            call_id: self.id,
            request_id: self.request_id.to_str().unwrap_or_default(),
            key: self.key.as_ref().map(|key| key.id.as_str()),
            caller: Some(self.caller),
            method: self.method.as_str(),
            path: &self.path,
            model: &self.model,
            provider: self.provider.as_ref().map_or("", |provider| provider.id()),
            upstream_model: self.upstream_model.as_deref().unwrap_or_default(),
            status: self.status,
            kind: self.kind,
            took,
            added: self.added,
            first_byte: self.first_byte,
            attempts: self.attempts,
            hedged: self.hedged.as_ref().map_or("", |hedged| hedged.outcome.name()),
            late_provider: self.hedged.as_ref().map_or("", |hedged| hedged.late.id()),
            hedge_provider: self.hedged.as_ref().map_or("", |hedged| hedged.second.id()),
            is_streaming: self.is_streaming,
            is_replay: self.keyed.as_ref().is_some_and(|keyed| keyed.is_replay),
            cache: self.cache.as_ref().map_or("", |part| part.state.name()),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            usage: self.usage,
            cost: cost.row().map(|cost| CostLine {
                price: cost.price,
                list: cost.list,
                currency: cost.currency,
                version: cost.version,
            }),
            is_unpriced: cost == CallCost::Unknown,
            usage_by_model: &self.usage_by_model,
            segments: &segments,
            limit: self.limited.as_ref().map_or("", |limited| limited.refused_by()),
            warnings: self.warnings.as_ref().map_or("", |codes| codes.to_str().unwrap_or_default()),
        };
        self.worker.write_line(&line);
        self.worker.write_row(&line, || self.row_facts(cost));
    }
}

/// What a caller speaks where no surface is: whoever asks for a stored response, else by a header that only one of them sends.
fn spoken_elsewhere(head: &Parts) -> Dialect {
    match stored_response_at(head.uri.path()) {
        Some(_) => Dialect::OpenAiResponses,
        None => Dialect::by_headers(|name| head.headers.contains_key(name)),
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.connection.end();
        if self.has_entered {
            self.worker.gateway.admission.entrance.leave();
        }
        if self.is_quiet && !std::thread::panicking() {
            return;
        }
        let took = self.started.elapsed();
        if std::thread::panicking() {
            self.status = 500;
            self.kind = Some(Kind::Internal);
        } else if !self.is_over {
            // Whatever was on its way, nobody was there to take it.
            self.status = 499;
            self.kind = Some(Kind::CallerGone);
            self.worker.shard.caller_gone();
            self.usage = self.usage.or(self.heard.get());
        }
        let shard = &self.worker.shard;
        let slot = self.provider.as_ref().map(|provider| provider.slot);
        shard.request_ended(slot, self.status, took);
        if self.first_byte.is_some() {
            shard.added_latency(slot, self.added);
        }
        match (&self.segments, slot, &self.usage) {
            (Some(segments), ..) => {
                for (slot, usage) in segments.iter().map(Segment::spent) {
                    shard.tokens(slot, &usage);
                }
            }
            (None, Some(slot), Some(usage)) => shard.tokens(slot, usage),
            (None, ..) => {}
        }
        let cost = self.settled_cost();
        if let Some(keyed) = self.keyed.as_mut().filter(|_| !std::thread::panicking()) {
            keyed.end(self.usage.is_some_and(|usage| usage != Usage::default()));
        }
        if self.paying.is_some() {
            // Whoever is told of the end has been told: nobody is here to wait for.
            let _ = self.charge_at(cost);
        }
        self.end_limits();
        let shard = &self.worker.shard;
        if let Some(hedged) = self.hedged.as_ref().filter(|hedged| hedged.is_counted) {
            shard.hedged(hedged.late.slot, hedged.outcome.name());
        }
        if self.is_admitted {
            shard.in_flight_ended(self.is_streaming);
            if let Some(key) = &self.key {
                key.counters().in_flight.fetch_sub(1, Ordering::Relaxed);
                if let Some(usage) = &self.usage {
                    key.counters().tokens_in.fetch_add(usage.input_total(), Ordering::Relaxed);
                    key.counters().tokens_out.fetch_add(usage.output_total(), Ordering::Relaxed);
                }
            }
        }
        self.tell(took, cost);
    }
}

/// Who asks, as far as the log is concerned.
fn caller_of(worker: &Worker, peer: IpAddr, head: &Parts) -> IpAddr {
    let serving = worker.gateway.serving.load();
    if serving.trusted_proxies.is_empty() {
        return peer;
    }
    origin(peer, &head.headers, &serving.trusted_proxies).address
}

/// Our own id as a header value.
fn call_id_value(id: CallId) -> HeaderValue {
    HeaderValue::from_bytes(&id.text()).expect("hexadecimal digits are visible ASCII")
}

/// The same text in memory of its own.
fn copied(value: &HeaderValue) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).expect("it was a header value before")
}
