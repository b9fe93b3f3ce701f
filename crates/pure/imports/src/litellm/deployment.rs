//! One entry of `model_list`: whom it leads to, with which key, and what else it says.

use ::providers::Provider as Kind;
use ::providers::foreign::{self, ForeignVendor, Spoken};

use super::cursor::Cursor;
use super::keys::Key;
use super::sources::{Files, Variables, milliseconds};
use crate::draft::TIMEOUT_MS_MAX;
use crate::ids::is_model_name;
use crate::report::{About, Report};

/// What becomes of the settings of a deployment that are understood here.
const HANDLED: &[&str] = &[
    "model",
    "api_base",
    "base_url",
    "api_key",
    "api_version",
    "custom_llm_provider",
    "litellm_credential_name",
    "timeout",
    "request_timeout",
    "stream_timeout",
    "weight",
    "order",
];
/// Settings that wait for something, with what they wait for.
const WAITING: &[(&str, &str)] = &[
    ("rpm", "limits by minute are not part of this version; it asks the next target when a provider is busy"),
    ("tpm", "limits by minute are not part of this version; it asks the next target when a provider is busy"),
    ("max_parallel_requests", "a provider's requests at once are not limited in this version"),
    ("max_budget", "budgets are not part of this version"),
    ("budget_duration", "budgets are not part of this version"),
    ("input_cost_per_token", "prices are not part of this version"),
    ("output_cost_per_token", "prices are not part of this version"),
    ("num_retries", "a target is asked once, then the next; limits.attempts_max says how many"),
    ("max_retries", "a target is asked once, then the next; limits.attempts_max says how many"),
    ("drop_params", "what a provider cannot take is told in x-bellwether-warnings"),
    ("additional_drop_params", "what a provider cannot take is told in x-bellwether-warnings"),
    ("organization", "the key's own organisation is used"),
    ("extra_headers", "no headers are added to requests"),
    ("default_headers", "no headers are added to requests"),
    ("tags", "routing by tags is not part of this version"),
    ("mock_response", "answers come from providers only; bellwether simulate pretends to be one"),
];

/// What stands for any model.
pub(super) const ANY: &str = "*";

/// One way to serve a group of models.
#[derive(Debug)]
pub(super) struct Deployment {
    /// The name that callers ask for.
    pub(super) group: String,
    /// The vendor's own name for the model; `*` for any.
    pub(super) model: String,
    /// LiteLLM's word for the vendor.
    pub(super) vendor: &'static str,
    pub(super) spoken: &'static Spoken,
    /// What it is at its address.
    pub(super) kind: &'static Kind,
    /// `None` for the kind's own address.
    pub(super) base_url: Option<String>,
    /// Whether the file says an address.
    pub(super) has_own_address: bool,
    pub(super) key: Key,
    pub(super) key_about: About,
    pub(super) timeout_ms: Option<u64>,
    pub(super) stream_timeout_ms: Option<u64>,
    /// Lower is tried first.
    pub(super) order: i64,
    /// Higher is tried first.
    pub(super) weight: f64,
    pub(super) about: About,
}

/// Reads one entry; what keeps it from being carried is told.
pub(super) fn read(
    entry: &Cursor<'_>,
    files: &Files,
    variables: &Variables<'_>,
    report: &mut Report,
) -> Option<Deployment> {
    let group = entry.get("model_name").and_then(|name| name.text());
    let params = entry.get("litellm_params");
    let model = params.as_ref().and_then(|params| params.get("model"));
    let (Some(group), Some(params), Some(model)) = (group, params, model) else {
        report.lost(&entry.about(), "an entry needs model_name and litellm_params.model", None);
        return None;
    };
    let about = About { what: format!("{} ({group})", entry.path), ..entry.about() };
    if !is_model_name(&group) {
        report.lost(
            &about,
            "a model's name is 1 to 256 bytes without spaces here",
            Some("give it another name"),
        );
        return None;
    }
    let written = variables.plain(&model, report)?;
    let named = credential(&params, files, report);
    let given = |key: &str| params.get(key).or_else(|| named.as_ref().and_then(|named| named.get(key)));
    let (vendor, spoken, model) = vendor(&written, given("custom_llm_provider"), &about, report)?;
    let address = given("api_base").or_else(|| given("base_url"));
    let (kind, base_url) = spoken.at(address_of(address.as_ref(), spoken, variables, &about, report)?);
    let has_own_address = address.is_some() && !spoken.is_native_elsewhere;
    let order = params.get("order").and_then(|order| order.text()?.parse().ok());
    let weight = params.get("weight").and_then(|weight| weight.text()?.parse().ok());
    if let Some(note) = spoken.note {
        report.changed(&about, note, None);
    }
    other_settings(&params, report);
    let key = given("api_key");
    let key_about = key.as_ref().map_or_else(|| about.clone(), Cursor::about);
    Some(Deployment {
        model,
        vendor: vendor.name,
        spoken,
        kind,
        base_url,
        has_own_address,
        key: Key::read(key.as_ref()).or_usual(spoken, has_own_address),
        key_about,
        timeout_ms: time(&params, &["timeout", "request_timeout"], variables, report),
        stream_timeout_ms: time(&params, &["stream_timeout"], variables, report),
        order: order.unwrap_or_default(),
        weight: weight.unwrap_or(1.0),
        about,
        group,
    })
}

/// The named credential that it refers to.
fn credential<'f>(params: &Cursor<'f>, files: &'f Files, report: &mut Report) -> Option<Cursor<'f>> {
    let reference = params.get("litellm_credential_name")?;
    let name = reference.text()?;
    let lists = files.section("credential_list");
    let found = lists
        .iter()
        .flat_map(Cursor::items)
        .find(|item| item.get("credential_name").and_then(|name| name.text()).as_deref() == Some(&name));
    let values = found.and_then(|item| item.get("credential_values"));
    if values.is_none() {
        report.lost(
            &reference.about(),
            format!("the credential {name} is not in this file; it may be in LiteLLM's database"),
            Some("write its key into credentials of the provider"),
        );
    }
    values
}

/// Whom LiteLLM would ask, and by which name of the model.
fn vendor(
    written: &str,
    custom: Option<Cursor<'_>>,
    about: &About,
    report: &mut Report,
) -> Option<(&'static ForeignVendor, &'static Spoken, String)> {
    let custom = custom.and_then(|custom| custom.text());
    let parts = written.split_once('/').filter(|(word, _)| foreign::litellm(word).is_some());
    let (word, model) = match (&custom, parts) {
        (Some(word), Some((lead, model))) if lead == word => (word.as_str(), model),
        (Some(word), _) => (word.as_str(), written),
        (None, Some((word, model))) => (word, model),
        (None, None) => {
            let Some(vendor) = bare(written) else {
                report.lost(
                    about,
                    format!(
                        "{} names no vendor that is known here",
                        written.split('/').next().unwrap_or(written)
                    ),
                    Some("if it answers /chat/completions, write a provider with its base_url"),
                );
                return None;
            };
            if written == ANY {
                let said = format!(
                    "any vendor was meant, by the word before the model's name; here it is {}",
                    vendor.name
                );
                report.changed(about, said, Some("write a provider for each of the others"));
            }
            return spoken(vendor, vendor.name, written, about, report);
        }
    };
    let Some(vendor) = foreign::litellm(word) else {
        report.lost(about, format!("the vendor {word} is not known here"), None);
        return None;
    };
    spoken(vendor, word, model, about, report)
}

/// Models without a vendor's word: LiteLLM knows some by their names, and takes `*` for its first vendor's.
fn bare(model: &str) -> Option<&'static ForeignVendor> {
    if model == ANY { foreign::litellm_default() } else { foreign::litellm_bare(model) }
}

fn spoken(
    vendor: &'static ForeignVendor,
    word: &str,
    model: &str,
    about: &About,
    report: &mut Report,
) -> Option<(&'static ForeignVendor, &'static Spoken, String)> {
    match &vendor.spoken {
        Ok(spoken) if model == ANY || is_model_name(model) => Some((vendor, spoken, model.to_owned())),
        Ok(_) => {
            report.lost(about, "the vendor's name for the model is none", None);
            None
        }
        Err(why) => {
            report.lost(about, format!("{word}: {why}"), None);
            None
        }
    }
}

/// The address; `None` around it when it cannot be carried.
fn address_of(
    given: Option<&Cursor<'_>>,
    spoken: &Spoken,
    variables: &Variables<'_>,
    about: &About,
    report: &mut Report,
) -> Option<Option<String>> {
    let written = match given {
        None => None,
        Some(value) => Some((value, variables.plain(value, report)?)),
    };
    if let (Some((value, _)), true) = (&written, spoken.is_native_elsewhere) {
        report.changed(
            &value.about(),
            "left out: the vendor's own dialect is spoken there, and its compatible address is used here",
            None,
        );
        return Some(None);
    }
    if written.is_none() && spoken.needs_address() {
        report.lost(about, "it has no address", Some("write api_base and import again"));
        return None;
    }
    let url = spoken.base_url(written.as_ref().map(|(_, text)| text.as_str()));
    match url.as_deref().map(domain::BaseUrl::parse) {
        Some(Err(why)) => {
            let place = written.as_ref().map_or_else(|| about.clone(), |(value, _)| value.about());
            report.lost(&place, format!("its address {why}"), Some("write a provider by hand"));
            None
        }
        _ => Some(url),
    }
}

fn time(params: &Cursor<'_>, keys: &[&str], variables: &Variables<'_>, report: &mut Report) -> Option<u64> {
    let value = keys.iter().find_map(|key| params.get(key))?;
    let text = variables.plain(&value, report)?;
    let Some(ms) = milliseconds(&text) else {
        report.lost(&value.about(), "it is no number of seconds that makes a limit", None);
        return None;
    };
    if ms > TIMEOUT_MS_MAX {
        report.changed(&value.about(), "cut to an hour, the longest limit here", None);
    }
    Some(ms.min(TIMEOUT_MS_MAX))
}

/// Tells of every setting of a deployment that goes nowhere. Values are not shown: any of them may be a secret.
fn other_settings(params: &Cursor<'_>, report: &mut Report) {
    for (key, value) in params.entries() {
        if HANDLED.contains(&key) || value.is_idle() {
            continue;
        }
        match WAITING.iter().find(|(known, _)| *known == key) {
            Some((_, said)) => report.lost(&value.about(), *said, None),
            None => report.lost(
                &value.about(),
                "nothing is added to requests",
                Some("if it is a parameter of requests, let callers send it"),
            ),
        }
    }
}
