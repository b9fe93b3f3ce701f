//! A snapshot written as a file again: everything that is in force, defaults included, and no secret. What is printed is a
//! configuration itself, but for secrets that stood in the file as plain text.

use std::time::Duration;

use ::limits::rate::Terms;
use alerts::{Rule, RuleTerms};
use domain::ProxyUrl;
use providers::Deviations;
use providers::models::Facts;
use routing::overload::AdaptiveRules;
use routing::{BackoffForm, CacheRule, Caching, Condition, Hedge, Manner, Resume};

use crate::secret_source::Credential;
use crate::sections::adaptive;
use crate::sections::alerts::{ChannelSettings, ShownField};
use crate::sections::errors::ErrorCode;
use crate::sections::health::Health;
use crate::sections::log::LogFormat;
use crate::sections::metrics::MetricsAccess;
use crate::sections::models::{Fallback, Model};
use crate::sections::probes::NANOS_PER_MICRO;
use crate::sections::providers::{Line, Provider};
use crate::sections::retries::Retries;
use crate::snapshot::Snapshot;
use crate::tree::{Key, Node, Value, write};

/// Everything in force, as YAML.
pub fn effective(snapshot: &Snapshot) -> String {
    write(&tree(snapshot))
}

/// What differs from `default`, as YAML: what somebody has configured, wherever.
pub fn configured(snapshot: &Snapshot, default: &Snapshot) -> String {
    write(&without(tree(snapshot), &tree(default)).unwrap_or_else(|| Value::Map(Vec::new()).into()))
}

fn keys(snapshot: &Snapshot) -> Option<Node> {
    some_map([
        ("prefix", text(&snapshot.keys.prefix)),
        ("expires_days_default", Some(number(snapshot.keys.expires_days_default.unwrap_or_default()))),
    ])
}

fn tree(snapshot: &Snapshot) -> Node {
    map([
        ("region", text(&snapshot.region)),
        ("service", text(&snapshot.service)),
        ("workers", snapshot.workers.map(number)),
        ("listeners", list(&snapshot.listeners, listener)),
        ("trusted_proxies", list(&snapshot.trusted_proxies, |network| word(&network.to_string()))),
        ("private_media", list(&snapshot.private_media, |network| word(&network.to_string()))),
        (
            "admin",
            some_map([("listen", snapshot.admin_listen.and_then(|address| text(address.to_string())))]),
        ),
        ("public_url", snapshot.public_url.as_ref().and_then(|url| text(url.to_string()))),
        ("spool_dir", snapshot.spool_dir.as_ref().and_then(|dir| text(dir.display().to_string()))),
        ("providers", named(&snapshot.providers, |provider| (&provider.id, self::provider(provider)))),
        ("models", named(&snapshot.models, |model| (&model.name, self::model(model)))),
        ("keys", keys(snapshot)),
        ("metrics", metrics(snapshot)),
        ("errors", some_map([("code", text(code(snapshot.errors.code)))])),
        ("limits", limits(snapshot)),
        ("timeouts", timeouts(snapshot)),
        ("retries", retries(snapshot)),
        ("health", health(snapshot)),
        ("log", log(snapshot)),
        ("accounts", accounts(snapshot)),
        ("ledger", ledger(snapshot)),
        ("requests", requests(snapshot)),
        ("reports", reports(snapshot)),
        ("idempotency", idempotency(snapshot)),
        ("cache", cache(snapshot)),
        ("alerts", alerts(snapshot)),
    ])
}

fn listener(listener: &crate::Listener) -> Node {
    let tls = listener.tls.as_ref().and_then(|tls| {
        some_map([
            ("certificate", text(tls.certificate.display().to_string())),
            ("key", text(tls.key.display().to_string())),
        ])
    });
    map([("address", text(listener.address.to_string())), ("tls", tls)])
}

fn provider(provider: &Provider) -> Node {
    map([
        ("kind", text(provider.kind.name)),
        ("credentials", list(&provider.credentials, credential)),
        ("lines", list(&provider.lines, line)),
        ("policy", text(provider.policy.name())),
        ("concurrent_max", provider.concurrent_max.map(number)),
        ("adaptive", adaptive(provider.adaptive)),
        ("warm_connections", provider.warm_connections.map(number)),
        ("models", provider.models.as_ref().and_then(|models| list(models, |name| word(name)))),
        ("dialects", list(&provider.dialects, |dialect| word(dialect.name()))),
        (
            "surfaces",
            provider.surfaces.as_ref().and_then(|surfaces| list(surfaces, |surface| word(surface.name()))),
        ),
        ("quirks", quirks(&provider.deviations)),
        ("catalog", named(&provider.facts, |(name, facts)| (name, self::facts(facts)))),
    ])
}

fn adaptive(rules: AdaptiveRules) -> Option<Node> {
    some_map([
        ("mode", text(adaptive::name(rules.mode))),
        ("start", Some(number(rules.start))),
        ("floor", Some(number(rules.floor))),
        ("ceiling", Some(number(rules.ceiling))),
    ])
}

/// What the operator says; what the catalogue says beneath it is its own.
fn quirks(deviations: &Deviations) -> Option<Node> {
    let json = serde_json::to_value(deviations).ok().filter(|_| !deviations.is_empty())?;
    Some(of_json(json))
}

fn facts(facts: &Facts) -> Node {
    of_json(serde_json::to_value(facts).unwrap_or_default())
}

fn of_json(json: serde_json::Value) -> Node {
    match json {
        serde_json::Value::Bool(switch) => Value::Bool(switch).into(),
        serde_json::Value::String(text) => Value::Text(text).into(),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(of_json).collect()).into(),
        serde_json::Value::Object(members) => {
            Value::Map(members.into_iter().map(|(name, json)| (key(&name), of_json(json))).collect()).into()
        }
        serde_json::Value::Number(amount) => {
            amount.as_i64().map_or(Value::Null, |amount| Value::Integer(amount.into())).into()
        }
        serde_json::Value::Null => Value::Null.into(),
    }
}

/// A reference is no secret. A plain text is shown by its end, and is not to be taken for the secret itself.
fn credential(credential: &Credential) -> Node {
    match &credential.reference {
        Some(reference) => word(reference),
        None => word(&format!("{} (plain text in the file, not shown)", credential.secret.masked())),
    }
}

fn line(line: &Line) -> Node {
    map([
        ("base_url", text(line.base_url.to_string())),
        ("region", line.region.as_ref().and_then(text)),
        ("proxy", Some(proxy(line.proxy.as_ref()))),
        ("source_address", line.source_address.and_then(|address| text(address.to_string()))),
        ("weight", Some(number(line.weight))),
        ("concurrent_max", line.concurrent_max.map(number)),
    ])
}

/// Said also where there is none, or the environment might name one. Its login is not shown.
fn proxy(proxy: Option<&ProxyUrl>) -> Node {
    proxy.map_or_else(|| word("none"), |proxy| word(&proxy.to_string()))
}

fn model(model: &Model) -> Node {
    let target = |target: &crate::ModelTarget| {
        map([
            ("provider", text(&target.provider)),
            ("model", text(&target.model)),
            ("region", target.region.as_ref().and_then(text)),
            ("timeout_ms", target.limits.attempt.map(ms)),
            ("first_token_ms", target.limits.first_token.map(ms)),
            ("idle_ms", target.limits.idle.map(ms)),
            ("total_ms", target.limits.total.map(ms)),
            ("weight", Some(number(target.weight))),
            ("concurrent_max", target.concurrent_max.map(number)),
            ("when", target.condition.as_ref().map(when)),
        ])
    };
    let fallback = |fallback: &Fallback| {
        map([
            ("model", text(&fallback.model)),
            ("timeout_ms", fallback.limits.attempt.map(ms)),
            ("first_token_ms", fallback.limits.first_token.map(ms)),
            ("idle_ms", fallback.limits.idle.map(ms)),
            ("total_ms", fallback.limits.total.map(ms)),
        ])
    };
    let Manner { goes_on_after_refusal, model_field, hedge, resume, resume_hold, caching } = model.manner;
    map([
        ("policy", model.policy.and_then(|policy| text(policy.name()))),
        ("targets", list(&model.targets, target).filter(|_| !model.targets.is_empty())),
        ("fallbacks", list(&model.fallbacks, fallback).filter(|_| !model.fallbacks.is_empty())),
        ("on_refusal", text(if goes_on_after_refusal { "next" } else { "stop" })),
        ("model_field", text(model_field.name())),
        ("resume", text(resume.name())),
        ("resume_hold_ms", Some(ms(resume_hold)).filter(|_| resume != Resume::Off)),
        ("hedge", Some(hedge_node(hedge))),
        ("cache", cache_node(caching)),
    ])
}

fn hedge_node(hedge: Option<Hedge>) -> Node {
    match hedge.and_then(|hedge| hedge.after) {
        Some(after) => map([("after_ms", Some(ms(after)))]),
        None => Value::Bool(hedge.is_some()).into(),
    }
}

fn cache_node(caching: Caching) -> Option<Node> {
    match caching {
        Caching::Unsaid => None,
        Caching::Off => Some(Value::Bool(false).into()),
        Caching::On(rule) => Some(map(cache_rule(rule))),
    }
}

fn cache_rule(rule: CacheRule) -> [(&'static str, Option<Node>); 4] {
    [
        ("ttl_seconds", Some(number(rule.ttl.as_secs()))),
        ("scope", text(rule.scope.name())),
        ("hit_percent", Some(number(rule.hit_percent))),
        ("tool_calls", Some(Value::Bool(rule.keeps_tool_calls).into())),
    ]
}

fn when(condition: &Condition) -> Node {
    let said = |pairs: &[(String, Option<String>)]| {
        let said = pairs.iter().map(|(name, value)| (key(name), word(value.as_deref().unwrap_or("*"))));
        Some(Value::Map(said.collect()).into()).filter(|_| !pairs.is_empty())
    };
    let needs: Vec<&str> = condition.needs.names().collect();
    map([
        ("headers", said(&condition.headers)),
        ("keys", list(&condition.keys, |id| word(id)).filter(|_| !condition.keys.is_empty())),
        ("tags", said(&condition.tags)),
        ("tokens_min", condition.tokens_min.map(number)),
        ("tokens_max", condition.tokens_max.map(number)),
        ("needs", list(&needs, |need| word(need)).filter(|_| !needs.is_empty())),
        ("stream", condition.is_streaming.map(|is| Value::Bool(is).into())),
    ])
}

fn metrics(snapshot: &Snapshot) -> Option<Node> {
    let access = match snapshot.metrics.access {
        MetricsAccess::Open => "open",
        MetricsAccess::Key => "key",
    };
    some_map([
        ("access", text(access)),
        ("key", snapshot.metrics.key.as_ref().map(credential)),
        ("provider_label", snapshot.metrics.provider_label.as_ref().and_then(text)),
    ])
}

const fn code(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Text => "text",
        ErrorCode::Numeric => "numeric",
    }
}

fn limits(snapshot: &Snapshot) -> Option<Node> {
    let limits = &snapshot.limits;
    some_map([
        ("body_bytes_max", Some(size(limits.body_bytes_max))),
        ("body_memory_bytes_max", limits.body_memory_bytes_max.map(size)),
        ("upload_bytes_max", Some(size(limits.upload_bytes_max))),
        ("spool_bytes_max", Some(size(limits.spool_bytes_max))),
        ("head_bytes_max", Some(size(limits.head_bytes_max))),
        ("headers_max", Some(size(limits.headers_max))),
        ("http2_header_bytes_max", Some(number(limits.http2_header_bytes_max))),
        ("http2_streams_max", Some(number(limits.http2_streams_max))),
        ("connections_max", Some(size(limits.connections_max))),
        ("answer_bytes_max", Some(size(limits.answer_bytes_max))),
        ("output_tokens_default", Some(number(limits.output_tokens_default))),
        ("attempts_max", Some(size(limits.attempts_max))),
        ("concurrent_max", limits.concurrent_max.map(number)),
        ("queue_max", Some(number(limits.queue_max))),
        ("queue_wait_ms", Some(ms(limits.queue_wait))),
        ("waiting_max", Some(number(limits.waiting_max))),
        ("waiting_per_organisation_max", Some(number(limits.waiting_per_organisation_max))),
        ("plans", named(&limits.rates.plans, |plan| (&plan.name, bundle(&plan.terms, Some(plan.is_batch))))),
        ("models", named(&limits.rates.models, |(name, terms)| (name, bundle(terms, None)))),
        ("providers", named(&limits.rates.credentials, |(id, terms)| (id, bundle(terms, None)))),
        ("end_users", limits.rates.end_users.as_ref().map(|terms| bundle(terms, None))),
    ])
}

fn timeouts(snapshot: &Snapshot) -> Option<Node> {
    let timeouts = &snapshot.timeouts;
    some_map(
        [
            ("connect_ms", timeouts.connect),
            ("dns_fresh_ms", timeouts.dns_fresh),
            ("dns_stale_ms", timeouts.dns_stale),
            ("first_byte_ms", timeouts.first_byte),
            ("answer_ms", timeouts.answer),
            ("answer_ms_large", timeouts.answer_large),
            ("answer_ms_xlarge", timeouts.answer_xlarge),
            ("idle_ms", timeouts.idle),
            ("ping_ms", timeouts.ping),
            ("request_head_ms", timeouts.request_head),
            ("request_body_ms", timeouts.request_body),
            ("tls_handshake_ms", timeouts.tls_handshake),
            ("keep_alive_ms", timeouts.keep_alive),
            ("drain_ms", timeouts.drain),
        ]
        .map(|(name, duration)| (name, Some(ms(duration)))),
    )
}

fn retries(snapshot: &Snapshot) -> Option<Node> {
    let Retries { rules, budget_percent, budget_per_second, hedges, hedge_percent } = &*snapshot.retries;
    let backoff = match rules.backoff.form {
        BackoffForm::Exponential => "exponential",
        BackoffForm::Linear => "linear",
        BackoffForm::Fibonacci => "fibonacci",
    };
    some_map([
        ("repeats_max", Some(number(rules.repeats_max))),
        ("backoff", text(backoff)),
        ("base_ms", Some(ms(rules.backoff.base))),
        ("max_ms", Some(ms(rules.backoff.max))),
        ("wait_ms_max", Some(ms(rules.wait_max))),
        ("budget_percent", Some(number(*budget_percent))),
        ("budget_per_second", Some(number(*budget_per_second))),
        ("hedge_percent", Some(number(*hedge_percent))),
        ("hedge_ms_min", Some(ms(hedges.after_min))),
    ])
}

fn health(snapshot: &Snapshot) -> Option<Node> {
    let Health { breaker, silence_min, is_path_watched, probes } = &*snapshot.health;
    let paid = probes.paid.as_ref().and_then(|paid| {
        some_map([
            ("every_ms", Some(ms(paid.every))),
            ("every_ms_ejected", Some(ms(paid.every_ejected))),
            ("per_day_max", Some(number(paid.per_day_max))),
            ("usd_micros_per_day_max", Some(number(paid.nanos_per_day_max / NANOS_PER_MICRO))),
        ])
    });
    let probes = some_map([
        ("every_ms", Some(ms(probes.every.unwrap_or_default()))),
        ("every_ms_failing", Some(ms(probes.every_failing))),
        ("timeout_ms", Some(ms(probes.timeout))),
        ("failures", Some(number(probes.failures))),
        ("paid", paid),
    ]);
    some_map([
        ("failures", Some(size(breaker.failures))),
        ("within_ms", Some(ms(breaker.within))),
        ("failure_percent", Some(size((breaker.rate * 100.0).round() as usize))),
        ("open_ms", Some(ms(breaker.open))),
        ("open_ms_max", Some(ms(breaker.open_max))),
        ("successes", Some(number(breaker.successes))),
        ("slow_start_ms", Some(ms(breaker.slow_start))),
        ("wait_ms_max", Some(ms(breaker.wait_max))),
        ("silence_ms_min", Some(ms(*silence_min))),
        ("path_watch", Some(Value::Bool(*is_path_watched).into())),
        ("probes", probes),
    ])
}

fn log(snapshot: &Snapshot) -> Option<Node> {
    let format = snapshot.log.format.and_then(|format| match format {
        LogFormat::Json => text("json"),
        LogFormat::Pretty => text("pretty"),
    });
    let file = snapshot.log.file.as_ref().and_then(|file| text(file.display().to_string()));
    some_map([("format", format), ("file", file)])
}

fn accounts(snapshot: &Snapshot) -> Option<Node> {
    let accounts = &snapshot.accounts;
    let low = accounts.low_balance.as_ref();
    some_map([
        ("new_organisations", text(accounts.new_organisations.name())),
        ("sign_up_credit", accounts.sign_up_credit.and_then(|amount| text(amount.to_string()))),
        ("sign_up_credit_days", accounts.sign_up_credit_days.map(number)),
        ("per_email_domain_max", Some(number(accounts.per_email_domain_max))),
        ("per_ip_max", Some(number(accounts.per_ip_max))),
        ("low_balance_webhook", low.and_then(|low| text(low.url.to_string()))),
        ("low_balance_secret", low.map(|low| credential(&low.secret))),
    ])
}

fn ledger(snapshot: &Snapshot) -> Option<Node> {
    let ledger = &snapshot.ledger;
    let slots_file = ledger.slots_file.as_ref().and_then(|file| text(file.display().to_string()));
    some_map([
        ("level", text(ledger.level.name())),
        ("remote_wait_ms", Some(number(ledger.remote_wait.as_millis() as u64))),
        ("slots_file", slots_file),
        ("segment_bytes", Some(number(ledger.segment_bytes))),
        ("journal_bytes_max", Some(number(ledger.journal_bytes_max))),
    ])
}

fn requests(snapshot: &Snapshot) -> Option<Node> {
    let requests = &snapshot.requests;
    let rows = text(if requests.has_rows { "on" } else { "off" });
    some_map([("rows", rows), ("keep_days", Some(number(requests.keep_days)))])
}

fn reports(snapshot: &Snapshot) -> Option<Node> {
    let reports = &snapshot.reports;
    let rates = reports.market_rates.iter().map(|(code, rate)| (key(code.code()), word(&rate.to_string())));
    let rates: Vec<_> = rates.collect();
    some_map([
        ("sums", text(if reports.has_sums { "on" } else { "off" })),
        ("keep_hours_days", Some(number(reports.keep_hours_days))),
        ("market_rates", (!rates.is_empty()).then(|| Value::Map(rates).into())),
    ])
}

fn idempotency(snapshot: &Snapshot) -> Option<Node> {
    let idempotency = &snapshot.idempotency;
    some_map([
        ("hours", Some(number(idempotency.hours))),
        ("bytes_max", Some(number(idempotency.bytes_max))),
        ("keys_max", Some(number(idempotency.keys_max))),
    ])
}

fn bundle(terms: &Terms, is_batch: Option<bool>) -> Node {
    let mut entries: Vec<(Key, Node)> =
        terms.iter().map(|(measure, amount)| (key(measure.name()), number(amount))).collect();
    entries.extend(terms.burst_seconds().map(|seconds| (key("burst_seconds"), number(seconds))));
    let end = terms.on_limit();
    entries.push((key("on_limit"), word(end.when_reached().name())));
    entries.extend(end.wait().map(|wait| (key("queue_wait_ms"), ms(wait))));
    let priority = |is_batch| word(if is_batch { "batch" } else { "interactive" });
    entries.extend(is_batch.map(|is_batch| (key("priority"), priority(is_batch))));
    Value::Map(entries).into()
}

fn cache(snapshot: &Snapshot) -> Option<Node> {
    let cache = &snapshot.cache;
    let [ttl, scope, hit_percent, tool_calls] = cache_rule(cache.rule);
    some_map([
        ("bytes_max", Some(number(cache.bytes_max))),
        ("entry_bytes_max", Some(number(cache.entry_bytes_max))),
        ttl,
        scope,
        hit_percent,
        tool_calls,
        ("keys", list(&cache.keys, |id| word(id)).filter(|_| !cache.keys.is_empty())),
    ])
}

fn alerts(snapshot: &Snapshot) -> Option<Node> {
    let (settings, timing) = (&snapshot.alerts, &snapshot.alerts.timing);
    let seconds = |ms: i64| Some(number(ms / 1000));
    let rules = Rule::ALL.map(|rule| (key(rule.name()), self::rule(rule, settings.terms.of(rule))));
    some_map([
        ("look_seconds", Some(number(settings.look.as_secs()))),
        ("window_seconds", seconds(timing.window_ms)),
        ("calls_min", Some(number(timing.calls_min))),
        ("clear_seconds", seconds(timing.clear_ms)),
        ("group_wait_seconds", seconds(timing.group_wait_ms)),
        ("repeat_seconds", seconds(timing.repeat_ms.unwrap_or_default())),
        ("spend_window_seconds", seconds(timing.spend_window_ms)),
        ("spend_min", text(timing.spend_min.to_string())),
        ("upstream_balance_seconds", Some(number(settings.upstream_balance.unwrap_or_default().as_secs()))),
        ("rules", Some(Value::Map(rules.into()).into())),
        ("channels", named(&settings.channels, |one| (&one.channel.name, channel(one)))),
    ])
}

fn rule(rule: Rule, terms: &RuleTerms) -> Node {
    map([
        ("enabled", Some(Value::Bool(terms.is_on).into())),
        ("severity", text(terms.severity.name())),
        ("threshold", rule.threshold().map(|_| number(terms.threshold))),
        ("for_seconds", Some(number(terms.hold_ms / 1000))),
    ])
}

fn channel(settings: &ChannelSettings) -> Node {
    let field = |field: &ShownField| match field {
        ShownField::Text(text) => word(text),
        ShownField::Number(count) => number(*count),
        ShownField::Switch(is_on) => Value::Bool(*is_on).into(),
        ShownField::List(items) => Value::List(items.iter().map(|item| word(item)).collect()).into(),
        ShownField::Secret(secret) => credential(secret),
    };
    Value::Map(settings.shown.iter().map(|(name, shown)| (key(name), field(shown))).collect()).into()
}

fn map<const N: usize>(entries: [(&str, Option<Node>); N]) -> Node {
    let entries = entries.into_iter().filter_map(|(key, node)| Some((self::key(key), node?)));
    Value::Map(entries.collect()).into()
}

/// A mapping, or nothing where it would be empty.
fn some_map<const N: usize>(entries: [(&str, Option<Node>); N]) -> Option<Node> {
    Some(map(entries)).filter(|node| !matches!(&node.value, Value::Map(map) if map.is_empty()))
}

fn named<'a, T>(entries: &'a [T], of: impl Fn(&'a T) -> (&'a str, Node)) -> Option<Node> {
    let entries: Vec<_> = entries.iter().map(of).map(|(name, node)| (key(name), node)).collect();
    (!entries.is_empty()).then(|| Value::Map(entries).into())
}

#[expect(clippy::unnecessary_wraps, reason = "every entry of a section is an option")]
fn list<T>(items: &[T], of: impl Fn(&T) -> Node) -> Option<Node> {
    Some(Value::List(items.iter().map(of).collect()).into())
}

#[expect(clippy::unnecessary_wraps, reason = "every entry of a section is an option")]
fn text(text: impl AsRef<str>) -> Option<Node> {
    Some(word(text.as_ref()))
}

fn word(text: &str) -> Node {
    Value::Text(text.to_owned()).into()
}

fn number(count: impl Into<i128>) -> Node {
    Value::Integer(count.into()).into()
}

fn size(bytes: usize) -> Node {
    number(bytes as i128)
}

fn ms(duration: Duration) -> Node {
    number(duration.as_millis() as i128)
}

fn key(text: &str) -> Key {
    Key { text: text.to_owned(), place: None }
}

/// What of a tree differs from another: mappings entry by entry, all else whole.
fn without(node: Node, default: &Node) -> Option<Node> {
    if node == *default {
        return None;
    }
    let (Value::Map(map), Value::Map(defaults)) = (&node.value, &default.value) else { return Some(node) };
    let entry = |(key, node): &(Key, Node)| {
        let default = defaults.iter().find(|(name, _)| name.text == key.text);
        let kept = match default {
            Some((_, default)) => without(node.clone(), default)?,
            None => node.clone(),
        };
        Some((key.clone(), kept))
    };
    Some(Value::Map(map.iter().filter_map(entry).collect()).into())
}
