//! The configuration as the data plane uses it: names turned into header values, lines ready to be dialled.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use config::{
    Idempotency, LedgerLevel, Limits, MetricsAccess, Provider, Reports, Requests, Snapshot, Timeouts,
};
use dialects::Dialect;
use dialects::canonical::Abilities;
use dialects::openai_chat::ErrorCodes;
use dialects::surface::{Operation, Surface};
use domain::{Network, Secret};
use http::HeaderValue;
use providers::quirk::Quirks;
use providers::{BalanceAsk, KeyCheck};
use routing::health::{Health, ModelPlaces, ProbeRules, ProviderHealth, WayHealth};
use routing::{HedgeRules, RetryBudget, RetryRules, Routes, Target};
use store::Level;
use upstream::{Line, LineOptions};

use crate::cache::ServedCache;
use crate::models::Models;
use crate::overload::{Before, limits_of};

/// Idle connections that each worker keeps for a line. Enough for bursts; what is not used again closes by age.
const IDLE_CONNECTIONS_MAX: usize = 256;
/// How long they are kept: less than the 60 s after which common servers close theirs.
const IDLE_LIMIT: Duration = Duration::from_secs(55);

/// One immutable generation of settings. A new one replaces it whole; running calls keep what they hold of the old.
#[derive(Debug)]
pub struct Serving {
    pub(crate) region: HeaderValue,
    pub(crate) providers: Vec<Arc<ServedProvider>>,
    /// Every provider there ever was, so that counters of one are never taken for another's.
    ids_by_slot: Vec<String>,
    /// How many lines were ever made: each has a place of its own in the pools.
    lines_made: u16,
    pub(crate) routes: Arc<Routes>,
    /// How everybody is doing; what is known outlives a reload.
    pub(crate) health: Health,
    /// How attempts follow each other.
    pub(crate) retry: RetryRules,
    /// What all calls together may spend on second attempts; kept over reloads that do not change it.
    pub(crate) retry_budget: Arc<RetryBudget>,
    /// When another is asked beside who is late, and what all calls together may spend on that; kept over reloads like the other.
    pub(crate) hedges: HedgeRules,
    pub(crate) hedge_budget: Arc<RetryBudget>,
    /// How lines are probed that nobody asks.
    pub(crate) probes: ProbeRules,
    /// A target is not taken to be silent before this.
    pub(crate) silence_min: Duration,
    /// Whether it is looked if requests arrive.
    pub(crate) is_path_watched: bool,
    pub(crate) limits: Arc<Limits>,
    pub(crate) timeouts: Arc<Timeouts>,
    pub(crate) errors: ErrorCodes,
    pub(crate) key_prefix: String,
    /// Where a caller can look after his keys, if the gateway knows its own address.
    pub(crate) keys_url: Option<String>,
    /// Whose word on where a request came from is taken.
    pub(crate) trusted_proxies: Arc<[Network]>,
    /// Where media that callers name by address may lie, besides the public internet.
    pub(crate) private_media: Arc<[Network]>,
    pub(crate) metrics_key: Option<Secret>,
    pub(crate) are_metrics_open: bool,
    /// Stands in the label `provider` of metrics in place of each provider's id.
    pub(crate) provider_label: Option<String>,
    /// How safe a charge is before a caller is told of the end.
    pub(crate) ledger_level: Level,
    /// How long an end waits for the database, where that is to have it.
    pub(crate) remote_wait: Duration,
    /// What is kept of calls.
    pub(crate) requests: Requests,
    /// What calls are summed up to.
    pub(crate) reports: Reports,
    /// What is kept for repeats.
    pub(crate) idempotency: Idempotency,
    /// How answers are kept for whoever asks the same.
    pub(crate) cache: ServedCache,
}

const fn level(configured: LedgerLevel) -> Level {
    match configured {
        LedgerLevel::Slot => Level::Slot,
        LedgerLevel::Written => Level::Written,
        LedgerLevel::Durable => Level::Durable,
        LedgerLevel::Remote => Level::Remote,
    }
}

/// A provider as calls see it.
#[derive(Debug)]
pub(crate) struct ServedProvider {
    /// Its place in the metrics, the same over all reloads.
    pub(crate) slot: u16,
    pub(crate) id: HeaderValue,
    /// What sells there, by the catalogue's name: prices may be by it.
    pub(crate) kind: &'static str,
    /// Every line with the first credential, then every line with the second, and so on.
    pub(crate) lines: Vec<ServedLine>,
    /// Where the credentials came from, for the operator.
    sources: Vec<String>,
    pub(crate) key_check: Option<KeyCheck>,
    /// How it tells what is left on an account.
    pub(crate) balance: &'static [BalanceAsk],
    /// What it speaks, the preferred one first.
    pub(crate) dialects: Vec<Dialect>,
    /// How its chat requests differ.
    quirks: Quirks,
    /// Its models that differ from its others.
    models: Models,
    /// What it serves beside conversations; `None` where nobody knows, and it is asked.
    pub(crate) surfaces: Option<Vec<Operation>>,
    /// It has ended a conversation without telling its usage: what it writes is kept and counted here.
    pub(crate) tells_no_usage: AtomicBool,
}

/// A line with one credential, and the region it leads to as a header value: the gateway's own if none is configured.
#[derive(Debug)]
pub(crate) struct ServedLine {
    pub(crate) line: Arc<Line>,
    pub(crate) region: HeaderValue,
    /// How it has been answering.
    pub(crate) health: Arc<WayHealth>,
}

impl ServedProvider {
    /// Whether it can be asked for what a surface is for, as far as anybody knows.
    pub(crate) fn offers(&self, surface: &Surface) -> bool {
        match surface.operation {
            // Whatever it speaks, conversations are translated, and tokens are counted here if nobody else does.
            Operation::Conversation | Operation::CountTokens => true,
            operation => {
                let serves = self.surfaces.as_ref().is_none_or(|surfaces| surfaces.contains(&operation));
                serves && self.dialects.contains(&surface.dialect)
            }
        }
    }

    /// What one of its models can do; anything where nobody knows.
    pub(crate) fn abilities(&self, model: &str) -> &Abilities {
        self.models.find(model).map_or(&self.models.unknown, |model| &model.abilities)
    }

    /// Whether one of its models goes on from the beginning of an answer, as far as anybody knows.
    pub(crate) fn takes_beginnings(&self, model: &str, spoken: Dialect) -> bool {
        let abilities = self.abilities(model);
        let can = match spoken {
            // Who always thinks cannot be told what the answer begins with.
            Dialect::AnthropicMessages => abilities.can_stop_thinking,
            Dialect::OpenAiChat => abilities.continuing.is_some(),
            Dialect::OpenAiResponses => false,
        };
        can && abilities.continues_answers && !self.models.refuses_beginnings(model).load(Ordering::Relaxed)
    }

    /// One of its models was given the beginning of an answer, and did not take it.
    pub(crate) fn note_refused_beginning(&self, model: &str) {
        self.models.refuses_beginnings(model).store(true, Ordering::Relaxed);
    }

    /// What a million tokens of prompt and of answer cost, in billionths of a dollar; `None` where nobody knows.
    pub(crate) fn nanos_per_million(&self, model: &str) -> Option<(u64, u64)> {
        self.models.find(model)?.nanos_per_million
    }

    /// Whether the catalogue knows one of its models.
    pub(crate) fn knows(&self, model: &str) -> bool {
        self.models.find(model).is_some()
    }

    /// How chat requests for one of its models differ.
    pub(crate) fn quirks(&self, model: &str) -> &Quirks {
        self.models.find(model).and_then(|model| model.quirks.as_ref()).unwrap_or(&self.quirks)
    }

    pub(crate) fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    /// Every credential of it, the longest first. Whichever was sent, it may quote any of them, and none may be told.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let options = self.lines.iter().map(|served| served.line.options());
        let secrets = options.filter_map(|options| options.credential.as_ref()).map(Secret::expose);
        let mut secrets: Vec<&str> = secrets.filter(|secret| !secret.is_empty()).collect();
        secrets.sort_unstable_by_key(|secret| (Reverse(secret.len()), *secret));
        secrets.dedup();
        secrets
    }

    /// How many lines it has; its ways are these with each of its credentials.
    pub(crate) fn line_count(&self) -> usize {
        (self.lines.len() / self.sources.len().max(1)).max(1)
    }

    /// A line with every credential: they share its path.
    pub(crate) fn same_line<'a>(&'a self, line: &'a ServedLine) -> impl Iterator<Item = &'a ServedLine> {
        let count = self.line_count();
        let place = self.lines.iter().position(|known| known.line.id() == line.line.id());
        place.into_iter().flat_map(move |place| self.lines.iter().skip(place % count).step_by(count))
    }

    /// Each credential's source with its lines; one without a source where no credential is needed.
    pub(crate) fn by_credential(&self) -> impl Iterator<Item = (Option<&str>, &[ServedLine])> {
        let source = |place: usize| self.sources.get(place).map(String::as_str);
        self.lines.chunks(self.line_count()).enumerate().map(move |(place, lines)| (source(place), lines))
    }
}

impl Serving {
    /// Prepares a checked configuration; `Err` names what cannot be used. Lines that are as before are kept, and so
    /// are their open connections.
    pub fn new(snapshot: &Snapshot, before: Option<&Self>) -> Result<Self, String> {
        let mut places = Places::after(before);
        let mut providers = Vec::with_capacity(snapshot.providers.len());
        let mut health = Health { rules: Arc::new(snapshot.health.breaker.clone()), providers: Vec::new() };
        for provider in snapshot.providers.iter() {
            let slot = places.of_provider(&provider.id);
            let mut lines = Vec::with_capacity(provider.lines.len());
            for (line, credential) in provider.ways() {
                let options = line_options(snapshot, (slot, provider), line, credential);
                let region = header_value(line.region.as_deref().unwrap_or(&snapshot.region))?;
                let line = places
                    .keep_or_make(options)
                    .map_err(|why| format!("providers.{}: {why}", provider.id))?;
                let health = places.health_of(&line, &lines);
                lines.push(ServedLine { line, region, health });
            }
            let ways: Vec<u64> = lines.iter().map(|way| way.line.id()).collect();
            let limits = limits_of(provider, &ways, places.limits_before(slot).as_ref());
            health.providers.push(ProviderHealth {
                models: places.models_of(slot),
                ways: lines.iter().map(|line| line.health.clone()).collect(),
                has_other_keys: provider.credentials.len() > 1,
                adaptive: provider.adaptive,
                limit: limits.provider,
                line_limits: limits.ways,
            });
            let sources = provider.credentials.iter().map(|credential| credential.origin.clone()).collect();
            let (id, key_check) = (header_value(&provider.id)?, provider.kind.key_check);
            let dialects = provider.dialects.clone();
            providers.push(Arc::new(ServedProvider {
                slot,
                id,
                kind: provider.kind.name,
                lines,
                sources,
                key_check,
                balance: provider.kind.balance,
                dialects,
                quirks: provider.quirks(),
                models: Models::of(provider),
                surfaces: provider.surfaces.clone(),
                tells_no_usage: AtomicBool::new(false),
            }));
        }
        health.keep_places(&snapshot.routes);
        Ok(Self {
            region: header_value(&snapshot.region)?,
            providers,
            ids_by_slot: places.ids,
            lines_made: places.lines_made,
            routes: snapshot.routes.clone(),
            health,
            retry: snapshot.retries.rules.clone(),
            retry_budget: kept_budget(
                RetryBudget::new(snapshot.retries.budget_percent, snapshot.retries.budget_per_second),
                before.map(|serving| &serving.retry_budget),
            ),
            hedges: snapshot.retries.hedges,
            hedge_budget: kept_budget(
                RetryBudget::of_hedges(snapshot.retries.hedge_percent),
                before.map(|serving| &serving.hedge_budget),
            ),
            probes: snapshot.health.probes.clone(),
            silence_min: snapshot.health.silence_min,
            is_path_watched: snapshot.health.is_path_watched,
            limits: snapshot.limits.clone(),
            timeouts: snapshot.timeouts.clone(),
            errors: match snapshot.errors.code {
                config::ErrorCode::Text => ErrorCodes::Text,
                config::ErrorCode::Numeric => ErrorCodes::Numeric,
            },
            key_prefix: snapshot.keys.prefix.clone(),
            keys_url: snapshot.public_url.as_ref().map(|url| format!("{url}/dashboard/api-keys")),
            trusted_proxies: snapshot.trusted_proxies.clone(),
            private_media: snapshot.private_media.clone(),
            metrics_key: snapshot.metrics.key.as_ref().map(|key| key.secret.clone()),
            are_metrics_open: matches!(snapshot.metrics.access, MetricsAccess::Open),
            provider_label: snapshot.metrics.provider_label.clone(),
            ledger_level: level(snapshot.ledger.level),
            remote_wait: snapshot.ledger.remote_wait,
            requests: snapshot.requests.clone(),
            reports: snapshot.reports.clone(),
            idempotency: snapshot.idempotency.clone(),
            cache: ServedCache::of(snapshot, before.map(|serving| &serving.cache)),
        })
    }
}

/// How a line with one of its provider's keys is reached.
fn line_options(
    snapshot: &Snapshot,
    (slot, provider): (u16, &Provider),
    line: &config::Line,
    credential: Option<&config::Credential>,
) -> LineOptions {
    LineOptions {
        provider: slot,
        base: line.base_url.clone(),
        region: line.region.clone(),
        credential: credential.map(|credential| credential.secret.clone()),
        auth: provider.kind.auth,
        usual_headers: provider.kind.fixed_headers,
        proxy: line.proxy.clone(),
        source_address: line.source_address,
        connect_limit: snapshot.timeouts.connect,
        dns_fresh: snapshot.timeouts.dns_fresh,
        dns_stale: snapshot.timeouts.dns_stale,
        idle_connections_max: IDLE_CONNECTIONS_MAX,
        warm_connections: warm_connections(provider, line),
        idle_limit: IDLE_LIMIT,
    }
}

impl Serving {
    /// Who serves a target.
    pub(crate) fn provider_of(&self, target: &Target) -> &Arc<ServedProvider> {
        &self.providers[usize::from(target.provider)]
    }

    /// How metrics name a provider.
    pub(crate) fn label_of<'a>(&'a self, provider: &'a str) -> &'a str {
        self.provider_label.as_deref().unwrap_or(provider)
    }
}

/// Hands out places that stay the same from one generation to the next.
struct Places<'a> {
    before: Option<&'a Serving>,
    ids: Vec<String>,
    lines_made: u16,
}

impl<'a> Places<'a> {
    fn after(before: Option<&'a Serving>) -> Self {
        let ids = before.map(|serving| serving.ids_by_slot.clone()).unwrap_or_default();
        Self { before, ids, lines_made: before.map_or(0, |serving| serving.lines_made) }
    }

    fn of_provider(&mut self, id: &str) -> u16 {
        let known = self.ids.iter().position(|known| known == id);
        let slot = known.unwrap_or_else(|| {
            self.ids.push(id.to_owned());
            self.ids.len() - 1
        });
        u16::try_from(slot).unwrap_or(u16::MAX)
    }

    /// What is known of a line: as the generation before knew it. The rest of a credential is that of the lines before it.
    fn health_of(&self, line: &Line, lines: &[ServedLine]) -> Arc<WayHealth> {
        let options = line.options();
        let before = || self.before.iter().flat_map(|serving| &serving.providers);
        if let Some(kept) =
            before().flat_map(|provider| &provider.lines).find(|known| known.line.id() == line.id())
        {
            return kept.health.clone();
        }
        let known = before().flat_map(|provider| &provider.lines).chain(lines).find(|served| {
            let known = served.line.options();
            known.provider == options.provider && known.credential == options.credential
        });
        Arc::new(WayHealth::new(known.map(|served| served.health.key.clone()).unwrap_or_default()))
    }

    /// The same provider in the generation before.
    fn provider_before(&self, slot: u16) -> Option<(&'a ServedProvider, &'a ProviderHealth)> {
        let before = self.before?;
        let place = before.providers.iter().position(|provider| provider.slot == slot)?;
        Some((&before.providers[place], &before.health.providers[place]))
    }

    fn limits_before(&self, slot: u16) -> Option<Before<'a>> {
        let (provider, health) = self.provider_before(slot)?;
        Some(Before { health, ways: provider.lines.iter().map(|way| way.line.id()).collect() })
    }

    /// Which models of a provider are told apart.
    fn models_of(&self, slot: u16) -> Arc<ModelPlaces> {
        self.provider_before(slot).map(|(_, health)| health.models.clone()).unwrap_or_default()
    }

    fn keep_or_make(&mut self, options: LineOptions) -> Result<Arc<Line>, String> {
        let served =
            self.before.iter().flat_map(|serving| &serving.providers).flat_map(|provider| &provider.lines);
        if let Some(kept) = served.map(|served| &served.line).find(|line| *line.options() == options) {
            return Ok(kept.clone());
        }
        let made = Line::new(options, self.lines_made)?;
        self.lines_made = self.lines_made.wrapping_add(1);
        Ok(made)
    }
}

/// A handshake is worth saving where it takes several round trips.
fn warm_connections(provider: &Provider, line: &config::Line) -> usize {
    let usual = u8::from(line.base_url.is_tls());
    provider.warm_connections.unwrap_or(usual).into()
}

fn kept_budget(budget: RetryBudget, before: Option<&Arc<RetryBudget>>) -> Arc<RetryBudget> {
    let kept = before.filter(|kept| kept.is_like(&budget));
    kept.cloned().unwrap_or_else(|| Arc::new(budget))
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| format!("'{text}' has a character that no header may carry"))
}
