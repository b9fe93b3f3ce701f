//! Edits of the fields that tune an answer.

use dialects::canonical::{Feature, Flaw, Losses, SchemaSupport};
use dialects::json::writer::{object, write_text};

use super::draft::Draft;
use super::object::{Object, item_of};

/// What is lost with a field that is dropped. Fields that are not here are unknown ones.
const FEATURES: &[(&str, Feature)] = &[
    ("seed", Feature::Seed),
    ("presence_penalty", Feature::Penalties),
    ("frequency_penalty", Feature::Penalties),
    ("logit_bias", Feature::LogitBias),
    ("logprobs", Feature::Logprobs),
    ("top_logprobs", Feature::Logprobs),
    ("n", Feature::Choices),
    ("temperature", Feature::Sampling),
    ("top_p", Feature::Sampling),
    ("top_k", Feature::TopK),
    ("user", Feature::User),
    ("safety_identifier", Feature::User),
    ("metadata", Feature::Metadata),
    ("service_tier", Feature::ServiceTier),
    ("verbosity", Feature::Verbosity),
    ("store", Feature::Store),
    ("prompt_cache_key", Feature::CacheKey),
    ("prompt_cache_retention", Feature::CacheKey),
    ("parallel_tool_calls", Feature::ParallelSwitch),
    ("tools", Feature::Tools),
    ("tool_choice", Feature::ForcedCall),
    ("reasoning_effort", Feature::ThinkingWish),
    ("response_format", Feature::JsonSchema),
];

/// Values that ask for what happens anyway: dropping them loses nothing. The first ones are of any field.
const SAY_NOTHING: &[(&str, &[&str])] = &[
    ("", &["null", "[]", "{}"]),
    ("n", &["1"]),
    ("logprobs", &["false"]),
    ("top_logprobs", &["0"]),
    ("presence_penalty", &["0", "0.0"]),
    ("frequency_penalty", &["0", "0.0"]),
    ("parallel_tool_calls", &["true"]),
    ("store", &["false"]),
    ("service_tier", &["\"auto\"", "\"default\""]),
    ("tool_choice", &["\"auto\""]),
    ("verbosity", &["\"medium\""]),
    ("response_format", &["{\"type\":\"text\"}"]),
];

/// Fields that are about the transport and not about the answer: whoever drops them owes nobody a word.
const SILENT: &[&str] = &["stream_options"];

/// Writes the cap on output under the one name that the host knows. Given both ways, the newer name counts.
pub(super) fn name_cap(top: &mut Object<'_>, name: &str) {
    let (newer, older) = ("max_completion_tokens", "max_tokens");
    let other = if name == newer { older } else { newer };
    if name == older && top.get(newer).is_some() {
        top.remove(older);
    }
    top.rename(other, name);
}

/// Leaves a field out.
pub(super) fn drop_field(draft: &mut Draft<'_>, field: &str, losses: &mut Losses) -> Result<(), Flaw> {
    if !draft.top.has(field) {
        return Ok(());
    }
    let says = draft.top.get(field).unwrap_or("null");
    let says_nothing =
        SAY_NOTHING.iter().any(|(name, texts)| (name.is_empty() || *name == field) && texts.contains(&says));
    if !says_nothing && !SILENT.contains(&field) {
        let feature = FEATURES.iter().find(|(name, _)| *name == field);
        losses.lose(feature.map_or(Feature::UnknownField, |(_, feature)| *feature), field)?;
    }
    if field == "tools" {
        draft.remove_tools();
    }
    draft.top.remove(field);
    Ok(())
}

/// Brings the temperature into the host's range.
pub(super) fn clamp_temperature(top: &mut Object<'_>, max: &str, losses: &mut Losses) -> Result<(), Flaw> {
    let is_above =
        |text: &str| matches!((number(text), number(max)), (Some(given), Some(max)) if given > max);
    if top.get("temperature").is_some_and(is_above) {
        losses.lose(Feature::TemperatureRange, "temperature")?;
        top.set("temperature", max.to_owned());
    }
    Ok(())
}

/// What stands for a temperature of zero means the same: nothing is lost.
pub(super) fn lift_temperature(top: &mut Object<'_>, least: &str) {
    let is_zero = |text: &str| number(text).is_some_and(|number| number <= 0.0);
    if top.get("temperature").is_some_and(is_zero) {
        top.set("temperature", least.to_owned());
    }
}

/// Numbers are compared by value and sent as text.
fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Asks in words for the form of an answer that the host cannot be held to.
pub(super) fn form_answer(
    draft: &mut Draft<'_>,
    support: SchemaSupport,
    losses: &mut Losses,
) -> Result<(), Flaw> {
    const PATH: &str = "response_format";
    let Some(format) = draft.top.get(PATH).and_then(|json| item_of(json, PATH)) else { return Ok(()) };
    let mut format = format.fields()?;
    let kind = format.string("type")?.unwrap_or_default().into_owned();
    let (feature, words) = match (kind.as_str(), support) {
        ("json_schema", SchemaSupport::ObjectOnly | SchemaSupport::None) => {
            let schema = format.fields("json_schema")?.and_then(|mut form| form.take("schema"));
            let schema = schema.map_or_else(|| "{}".to_owned(), |schema| schema.text().to_owned());
            let words = format!(
                "Answer with one JSON object that fits this JSON schema, and nothing else:\n{schema}"
            );
            (Feature::JsonSchema, words)
        }
        ("json_object", SchemaSupport::None) => {
            (Feature::JsonObject, "Answer with one JSON object and nothing else.".to_owned())
        }
        _ => return Ok(()),
    };
    losses.lose(feature, PATH)?;
    match support {
        SchemaSupport::ObjectOnly => draft.top.set(PATH, object(|o| o.text("type", "json_object"))),
        _ => draft.top.remove(PATH),
    }
    let messages = draft.messages()?;
    let is_instruction = |message: &Object<'_>| {
        message.text("role").is_some_and(|role| role == "system" || role == "developer")
    };
    let behind = messages.iter().take_while(|message| is_instruction(message)).count();
    messages.insert(behind, message("system", &words));
    Ok(())
}

/// A message made here.
pub(super) fn message(role: &str, content: &str) -> Object<'static> {
    let quoted = |text: &str| {
        let mut out = String::new();
        write_text(&mut out, text);
        out
    };
    Object::made([("role", quoted(role)), ("content", quoted(content))])
}
