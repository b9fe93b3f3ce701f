//! Every other setting: what becomes of it, as a table. What is not in the table is told as unknown, by its name alone.

use super::cursor::Cursor;
use super::sources::Files;
use crate::imported::CarriedSecret;
use crate::report::{Fate, Report};

/// Settings that other files of this folder read.
const READ_ELSEWHERE: &[&str] = &[
    "router_settings.fallbacks",
    "router_settings.default_fallbacks",
    "router_settings.model_group_alias",
    "router_settings.timeout",
    "router_settings.stream_timeout",
    "litellm_settings.fallbacks",
    "litellm_settings.default_fallbacks",
    "litellm_settings.model_group_alias",
    "litellm_settings.request_timeout",
    "general_settings.max_request_size_mb",
    "general_settings.max_response_size_mb",
];
const SECTIONS_READ_ELSEWHERE: &[&str] = &["model_list", "credential_list", "environment_variables"];
/// Sections whose settings are told one by one.
const SECTIONS: &[&str] = &["router_settings", "litellm_settings", "general_settings"];

const IN_ORDER: &str = "targets are tried in order: by order, then weight, then their place in the file";
const ONCE: &str = "a target is asked once, then the next; limits.attempts_max says how many";
const LATER: &str = "it is not part of this version";
const LOGS: &str = "calls are told in the request log and in metrics";
const IN_DATABASE: &str =
    "keys, users, teams and spend stay in LiteLLM's database; keys are kept there as hashes only";

/// Setting, what becomes of it, what is said, what to do. A name ends with `*` to stand for all that begin so.
const KNOWN: &[(&str, Fate, &str, Option<&str>)] = &[
    ("routing_strategy", Fate::Changed, IN_ORDER, None),
    ("routing_strategy_args", Fate::Lost, IN_ORDER, None),
    ("num_retries", Fate::Changed, ONCE, None),
    ("max_fallbacks", Fate::Changed, ONCE, None),
    ("retry_after", Fate::Changed, "a provider's Retry-After is understood", None),
    ("retry_policy", Fate::Lost, ONCE, None),
    ("model_group_retry_policy", Fate::Lost, ONCE, None),
    (
        "allowed_fails",
        Fate::Lost,
        "a target that fails is not set aside in this version; each call tries it anew",
        None,
    ),
    (
        "allowed_fails_policy",
        Fate::Lost,
        "a target that fails is not set aside in this version; each call tries it anew",
        None,
    ),
    (
        "cooldown_time",
        Fate::Lost,
        "a target that fails is not set aside in this version; each call tries it anew",
        None,
    ),
    ("disable_cooldowns", Fate::Changed, "there are none", None),
    (
        "context_window_fallbacks",
        Fate::Lost,
        "a prompt that is too long is refused with the model's limit",
        Some("let callers ask for the larger model"),
    ),
    ("content_policy_fallbacks", Fate::Lost, "a refusal of the provider's policy is passed on", None),
    ("enable_pre_call_check*", Fate::Lost, LATER, None),
    ("enable_tag_filtering", Fate::Lost, "routing by tags is not part of this version", None),
    ("redis_*", Fate::Lost, "nothing is shared between nodes in this version", None),
    ("default_litellm_params", Fate::Lost, "nothing is added to requests", Some("let callers send it")),
    ("provider_budget_config", Fate::Lost, "budgets are not part of this version", None),
    ("drop_params", Fate::Changed, "what a provider cannot take is told in x-bellwether-warnings", None),
    ("modify_params", Fate::Changed, "what a provider cannot take is told in x-bellwether-warnings", None),
    ("callbacks", Fate::Lost, LOGS, Some("collect the log and scrape /metrics")),
    ("success_callback", Fate::Lost, LOGS, Some("collect the log and scrape /metrics")),
    ("failure_callback", Fate::Lost, LOGS, Some("collect the log and scrape /metrics")),
    ("service_callback*", Fate::Lost, LOGS, Some("collect the log and scrape /metrics")),
    ("turn_off_message_logging", Fate::Carried, "prompts and answers are never logged", None),
    ("redact_user_api_key_info", Fate::Carried, "keys are never logged", None),
    ("json_logs", Fate::Carried, "the log is JSON unless it goes to a terminal", None),
    ("set_verbose", Fate::Lost, LOGS, None),
    ("cache*", Fate::Lost, "answers are not cached in this version", None),
    ("max_budget", Fate::Lost, "budgets are not part of this version", None),
    ("budget_duration", Fate::Lost, "budgets are not part of this version", None),
    ("guardrails", Fate::Lost, LATER, None),
    (
        "force_ipv4",
        Fate::Changed,
        "a provider's addresses are tried in turn",
        Some("source_address of a provider chooses one"),
    ),
    (
        "master_key",
        Fate::Lost,
        "Bellwether's admin key is another, and callers have keys of their own",
        Some("callers who send it go on if BELLWETHER_KEY holds it (16 characters at least)"),
    ),
    ("database_*", Fate::Lost, IN_DATABASE, Some("give callers new keys: bellwether keys create")),
    (
        "store_model_in_db",
        Fate::Lost,
        "models that were added in LiteLLM's database are not in this file",
        Some("write them into models"),
    ),
    ("store_prompts_in_spend_logs", Fate::Lost, "prompts are never stored", None),
    ("alerting*", Fate::Lost, "alerts are not part of this version", Some("alert on /metrics")),
    ("alert_*", Fate::Lost, "alerts are not part of this version", Some("alert on /metrics")),
    (
        "background_health_checks",
        Fate::Changed,
        "keys are tried at every start, and every provider by each call",
        None,
    ),
    ("health_check_*", Fate::Lost, "keys are tried at every start, and every provider by each call", None),
    (
        "max_parallel_requests",
        Fate::Lost,
        "a provider's requests at once are not limited in this version",
        None,
    ),
    ("global_max_parallel_requests", Fate::Lost, "limits.connections_max bounds callers' connections", None),
    (
        "use_x_forwarded_for",
        Fate::Lost,
        "whose X-Forwarded-For counts must be said by address",
        Some("set trusted_proxies"),
    ),
    ("allowed_ips", Fate::Lost, LATER, Some("let the proxy or firewall in front do it")),
    ("pass_through_endpoints", Fate::Lost, LATER, None),
    ("custom_auth", Fate::Lost, "code is not loaded", None),
    ("enable_jwt_auth", Fate::Lost, LATER, None),
    ("completion_model", Fate::Lost, "a request names its model", None),
    ("ui_*", Fate::Lost, LATER, None),
];

/// Tells of every setting that is not read elsewhere.
pub(super) fn tell(files: &Files, secrets: &[CarriedSecret], report: &mut Report) {
    for name in files.names() {
        for section in files.section(name) {
            if SECTIONS.contains(&name) && section.is_map() {
                section.entries().for_each(|(key, value)| setting(key, &value, report));
            } else if !SECTIONS_READ_ELSEWHERE.contains(&name) && !section.is_idle() {
                setting(name, &section, report);
            }
        }
    }
    variables(files, secrets, report);
}

fn setting(key: &str, value: &Cursor<'_>, report: &mut Report) {
    if READ_ELSEWHERE.contains(&value.path.as_str()) || value.is_idle() {
        return;
    }
    let fits = |name: &str| name.strip_suffix('*').map_or(name == key, |start| key.starts_with(start));
    match KNOWN.iter().find(|(name, ..)| fits(name)) {
        Some((_, fate, said, advice)) => report.add(*fate, &value.about(), (*said).to_owned(), *advice),
        None => report.lost(&value.about(), "there is no such setting here", None),
    }
}

/// `environment_variables`: those that a key needs were carried; the others are told by name.
fn variables(files: &Files, secrets: &[CarriedSecret], report: &mut Report) {
    for section in files.section("environment_variables") {
        for (name, value) in section.entries() {
            if secrets.iter().any(|carried| carried.variable == name) {
                report.carried(&value.about(), "it is written with the secrets");
            } else {
                let advice = format!("set {name} where Bellwether starts, if it is needed");
                report.lost(&value.about(), "a configuration sets no variables here", Some(&advice));
            }
        }
    }
}
