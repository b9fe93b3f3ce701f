//! `limits.plans` and its like: how fast and how much at once. Who is on which plan, and limits of single keys, projects and
//! organisations, are in the store.

use ::limits::rate::{Measure, OnLimit, Terms, WhenReached};
use schemars::JsonSchema;
use serde::Deserialize;

use super::providers::Provider;
use crate::key_path::KeyPath;
use crate::named::Named;
use crate::near::nearest;
use crate::problem::Report;

/// The plan of new keys.
pub const PLAN_DEFAULT: &str = "default";
/// What says that somebody is on none.
const PLAN_NONE: &str = "none";
/// Longest name of a plan.
const PLAN_NAME_CHARS_MAX: usize = 50;

/// What a new key may use unless `limits.plans.default` says otherwise: far more than a person needs, and an end to what runs wild.
const DEFAULT_AMOUNTS: [(Measure, u64); 3] = [
    (Measure::RequestsPerMinute, 60_000),
    (Measure::TokensPerMinute, 100_000_000),
    (Measure::ConcurrentRequests, 1_000),
];
const DEFAULT_BURST_SECONDS: u64 = 10;

/// A bundle of limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BundleSection {
    /// Requests in each second.
    #[schemars(range(min = 1, max = 1_000_000))]
    requests_per_second: Option<u64>,
    /// Requests in each minute.
    #[schemars(range(min = 1, max = 60_000_000))]
    requests_per_minute: Option<u64>,
    /// Tokens of prompts and answers in each minute.
    #[schemars(range(min = 1, max = 10_000_000_000_u64))]
    tokens_per_minute: Option<u64>,
    /// Tokens of prompts in each minute.
    #[schemars(range(min = 1, max = 10_000_000_000_u64))]
    input_tokens_per_minute: Option<u64>,
    /// Tokens of answers in each minute.
    #[schemars(range(min = 1, max = 10_000_000_000_u64))]
    output_tokens_per_minute: Option<u64>,
    /// Requests at the same time.
    #[schemars(range(min = 1, max = 1_000_000))]
    concurrent_requests: Option<u64>,
    /// Largest body of a request, in bytes.
    #[schemars(range(min = 1, max = 4_294_967_296_u64))]
    body_bytes: Option<u64>,
    /// Longest prompt, in tokens as they are estimated.
    #[schemars(range(min = 1, max = 100_000_000))]
    prompt_tokens: Option<u64>,
    /// Seconds' worth of each rate that may come at once. Default: half a second, three requests at least, so that what a
    /// minute lets in is the rate.
    #[schemars(range(min = 1, max = 60))]
    burst_seconds: Option<u64>,
    /// What happens where one of them is reached.
    on_limit: WhenReachedWord,
    /// How long a call waits where `on_limit` is `queue`, in milliseconds. Default: 5000.
    #[schemars(range(min = 1, max = 600_000))]
    queue_wait_ms: Option<u64>,
    /// Of a plan: whether calls of those on it go before others where they wait, or behind.
    priority: Option<Priority>,
}

/// What happens where a limit is reached: the call is refused, it goes on and its caller is warned, or it waits its turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WhenReachedWord {
    #[default]
    Refuse,
    Warn,
    Queue,
}

/// Who goes first where calls wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Priority {
    Interactive,
    Batch,
}

/// A named bundle of limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub terms: Terms,
    /// Whether calls of those on it let others go before them.
    pub is_batch: bool,
}

/// How fast and how much at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates {
    /// All plans; `default` is among them.
    pub plans: Vec<Plan>,
    /// Of all calls for a model.
    pub models: Vec<(String, Terms)>,
    /// Of each credential of a provider.
    pub credentials: Vec<(String, Terms)>,
    /// Of each end user.
    pub end_users: Option<Terms>,
}

type Wishes = (
    Option<Named<BundleSection>>,
    Option<Named<BundleSection>>,
    Option<Named<BundleSection>>,
    Option<BundleSection>,
);

pub(super) fn check(
    (plans, models, credentials, end_users): Wishes,
    providers: &[Provider],
    report: &mut Report,
) -> Rates {
    let limits = KeyPath::default().key("limits");
    let mut kept = Vec::new();
    for (name, section) in plans.into_iter().flat_map(|named| named.0) {
        let path = limits.key("plans").key(&name);
        check_name(&name, &path, report);
        let is_batch = section.priority == Some(Priority::Batch);
        kept.extend(terms(&section, &path, report).map(|terms| Plan { name, terms, is_batch }));
    }
    if !kept.iter().any(|plan| plan.name == PLAN_DEFAULT) {
        kept.insert(0, usual());
    }
    let named = |key: &str, named: Option<Named<BundleSection>>, report: &mut Report| {
        let mut all = Vec::new();
        for (name, section) in named.into_iter().flat_map(|named| named.0) {
            let path = limits.key(key).key(&name);
            refuse_priority(&section, &path, report);
            all.extend(terms(&section, &path, report).map(|terms| (name, terms)));
        }
        all
    };
    let models = named("models", models, report);
    let credentials = named("providers", credentials, report);
    for (id, terms) in &credentials {
        check_credentials((id, terms), &limits.key("providers").key(id), providers, report);
    }
    let end_users = end_users.and_then(|section| {
        let path = limits.key("end_users");
        refuse_priority(&section, &path, report);
        terms(&section, &path, report)
    });
    Rates { plans: kept, models, credentials, end_users }
}

fn usual() -> Plan {
    let terms = Terms::of(DEFAULT_AMOUNTS, Some(DEFAULT_BURST_SECONDS), (WhenReached::Refuse, None));
    Plan { name: PLAN_DEFAULT.to_owned(), terms: terms.expect("a test makes it"), is_batch: false }
}

fn check_name(name: &str, path: &KeyPath, report: &mut Report) {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if name.is_empty() || name.len() > PLAN_NAME_CHARS_MAX || !name.chars().all(is_plain) {
        let message = format!(
            "a plan's name is 1 to {PLAN_NAME_CHARS_MAX} small letters, digits, dots, dashes and underscores"
        );
        report.add(path, "", message, None);
    } else if name == PLAN_NONE {
        report.add(path, "", "none is said of who is on no plan", Some("call it otherwise".to_owned()));
    }
}

fn refuse_priority(section: &BundleSection, path: &KeyPath, report: &mut Report) {
    if section.priority.is_some() {
        let hint = "a caller says it of one call with x-bellwether-priority".to_owned();
        report.add(&path.key("priority"), "", "is for plans", hint);
    }
}

/// A provider's credentials are asked by us: there is nobody to warn, and who waits is asked elsewhere.
fn check_credentials(
    (id, terms): (&str, &Terms),
    path: &KeyPath,
    providers: &[Provider],
    report: &mut Report,
) {
    if !providers.iter().any(|provider| provider.id == id) {
        let near = nearest(id, providers.iter().map(|provider| provider.id.as_str()));
        report.add(path, "", "no provider has this id", near.map(|near| format!("did you mean {near}?")));
    }
    if terms.on_limit() != OnLimit::Refuse {
        let message = "must be refuse: where a credential's limit is reached, somebody else is asked";
        report.add(&path.key("on_limit"), terms.on_limit().when_reached().name(), message, None);
    }
    for measure in [Measure::BodyBytes, Measure::PromptTokens] {
        if let Some(amount) = terms.amount(measure) {
            let message = "is no limit of a credential: it would never be asked with that";
            report.add(&path.key(measure.name()), amount.to_string(), message, None);
        }
    }
}

fn terms(section: &BundleSection, path: &KeyPath, report: &mut Report) -> Option<Terms> {
    let amounts = [
        (Measure::RequestsPerSecond, section.requests_per_second),
        (Measure::RequestsPerMinute, section.requests_per_minute),
        (Measure::TokensPerMinute, section.tokens_per_minute),
        (Measure::InputTokensPerMinute, section.input_tokens_per_minute),
        (Measure::OutputTokensPerMinute, section.output_tokens_per_minute),
        (Measure::ConcurrentRequests, section.concurrent_requests),
        (Measure::BodyBytes, section.body_bytes),
        (Measure::PromptTokens, section.prompt_tokens),
    ];
    let amounts = amounts.into_iter().filter_map(|(measure, amount)| Some((measure, amount?)));
    let when = match section.on_limit {
        WhenReachedWord::Refuse => WhenReached::Refuse,
        WhenReachedWord::Warn => WhenReached::Warn,
        WhenReachedWord::Queue => WhenReached::Queue,
    };
    match Terms::of(amounts, section.burst_seconds, (when, section.queue_wait_ms)) {
        Ok(terms) => Some(terms),
        Err(error) => {
            // The field stands in the path.
            let message = error.message.strip_prefix(error.field).unwrap_or(&error.message).trim_start();
            let path = if error.field == "limits" { path.clone() } else { path.key(error.field) };
            report.add(&path, "", message, None);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use ::limits::rate::Measure;

    use super::usual;

    #[test]
    fn a_new_key_has_finite_limits() {
        let terms = usual().terms;
        for measure in [Measure::RequestsPerMinute, Measure::TokensPerMinute, Measure::ConcurrentRequests] {
            assert!(terms.amount(measure).is_some(), "{}", measure.name());
        }
    }
}
