//! Everything that tunes the answer.

use super::members::Members;
use crate::Dialect;
use crate::canonical::{
    Abilities, Effort, Feature, Flaw, Losses, OutputFormat, Part, Prompt, SchemaSupport, SealForm, Settings,
    ThinkingForm, ThinkingWish,
};
use crate::json::writer::{object, quoted};
use crate::translator::Target;

/// Fewest tokens that may be asked for.
const OUTPUT_TOKENS_MIN: u64 = 16;
/// Longest key that groups requests, and longest name of an end user.
const KEY_BYTES_MAX: usize = 64;
/// The service tiers there are.
const TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority", "fast"];

/// How the form of the answer is asked for.
pub(super) struct Format {
    /// As `text.format`.
    json: Option<String>,
    /// In words, where the model knows no such field.
    pub(super) instruction: Option<String>,
}

/// How the form of the answer is asked for of this model.
pub(super) fn format(prompt: &Prompt, abilities: &Abilities, losses: &mut Losses) -> Result<Format, Flaw> {
    let any_object = || Some(object(|o| o.text("type", "json_object")));
    let (support, mut format) = (abilities.schema_support, Format { json: None, instruction: None });
    match &prompt.format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => {
            format.json = any_object();
            if support == SchemaSupport::None {
                losses.lose(Feature::JsonObject, "text.format")?;
                format =
                    Format { json: None, instruction: Some("Answer with a JSON object only.".to_owned()) };
            }
        }
        OutputFormat::JsonSchema { name, description, schema, is_strict } => {
            if support != SchemaSupport::Schema {
                losses.lose(Feature::JsonSchema, "text.format")?;
                format.json = any_object().filter(|_| support == SchemaSupport::ObjectOnly);
                let words = format!("Answer with a JSON object only, one that fits this schema: {schema}");
                format.instruction = Some(words);
                return Ok(format);
            }
            format.json = Some(object(|o| {
                o.text("type", "json_schema");
                o.text("name", name.as_deref().unwrap_or("answer"));
                if let Some(description) = description {
                    o.text("description", description);
                }
                o.raw("schema", schema);
                if let Some(is_strict) = is_strict {
                    o.boolean("strict", *is_strict);
                }
            }));
        }
    }
    Ok(format)
}

/// Writes `text`.
pub(super) fn write_text(prompt: &Prompt, format: &Format) -> Members {
    let nested = nested_extras(prompt, "text.");
    if format.json.is_none() && prompt.settings.verbosity.is_none() && nested.is_empty() {
        return Members::new();
    }
    let text = object(|o| {
        if let Some(json) = &format.json {
            o.raw("format", json);
        }
        if let Some(verbosity) = &prompt.settings.verbosity {
            o.text("verbosity", verbosity);
        }
        nested.iter().for_each(|(name, json)| o.raw(name, json));
    });
    vec![("text".to_owned(), text)]
}

/// Writes the rest.
pub(super) fn write_options(
    prompt: &Prompt,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Members, Flaw> {
    let mut members = Members::new();
    let settings = &prompt.settings;
    lose_unknown(settings, losses)?;
    if let Some(cap) = output_cap(settings, target.abilities, losses)? {
        members.push(("max_output_tokens".to_owned(), cap.to_string()));
    }
    sampling(settings, target.abilities, losses, &mut members)?;
    thinking(prompt, target.abilities, losses, &mut members)?;
    let mut text = |name: &str, value: &str| members.push((name.to_owned(), quoted(value)));
    match &settings.service_tier {
        Some(tier) if TIERS.contains(&tier.as_str()) => text("service_tier", tier),
        Some(_) => losses.lose(Feature::ServiceTier, "service_tier")?,
        None => {}
    }
    match &settings.user {
        Some(user) if user.len() <= KEY_BYTES_MAX => text("safety_identifier", user),
        Some(_) => losses.lose(Feature::User, "user")?,
        None => {}
    }
    match &settings.cache_key {
        Some(key) if key.len() <= KEY_BYTES_MAX => text("prompt_cache_key", key),
        Some(_) => losses.lose(Feature::CacheKey, "prompt_cache_key")?,
        None => {}
    }
    if let Some(metadata) = &settings.metadata {
        members.push(("metadata".to_owned(), metadata.clone()));
    }
    for extra in &prompt.extras {
        if extra.dialect != Dialect::OpenAiResponses {
            losses.lose(Feature::UnknownField, &extra.name)?;
        } else if !extra.name.contains('.') {
            members.push((extra.name.clone(), extra.json.clone()));
        }
    }
    Ok(members)
}

/// What this dialect has no field for.
fn lose_unknown(settings: &Settings, losses: &mut Losses) -> Result<(), Flaw> {
    let lost = [
        (settings.seed.is_some(), Feature::Seed, "seed"),
        (settings.presence_penalty.is_some(), Feature::Penalties, "presence_penalty"),
        (settings.frequency_penalty.is_some(), Feature::Penalties, "frequency_penalty"),
        (settings.logit_bias.is_some(), Feature::LogitBias, "logit_bias"),
        (settings.top_k.is_some(), Feature::TopK, "top_k"),
        (settings.choices.is_some_and(|choices| choices > 1), Feature::Choices, "n"),
        // They could be asked for, but an answer on its way through cannot carry them.
        (settings.logprobs == Some(true), Feature::Logprobs, "logprobs"),
        (settings.top_logprobs.is_some_and(|count| count > 0), Feature::Logprobs, "top_logprobs"),
    ];
    let mut lost = lost.iter().filter(|(is_lost, ..)| *is_lost);
    lost.try_for_each(|(_, feature, path)| losses.lose(*feature, path))
}

fn output_cap(settings: &Settings, abilities: &Abilities, losses: &mut Losses) -> Result<Option<u64>, Flaw> {
    let Some(asked) = settings.output_tokens_max else { return Ok(None) };
    let most = abilities.output_tokens_max.unwrap_or(u64::MAX);
    let cap = asked.min(most).max(OUTPUT_TOKENS_MIN);
    if cap != asked {
        losses.lose(Feature::OutputCap, "max_output_tokens")?;
    }
    Ok(Some(cap))
}

fn sampling(
    settings: &Settings,
    abilities: &Abilities,
    losses: &mut Losses,
    members: &mut Members,
) -> Result<(), Flaw> {
    let mut top_p = settings.top_p.as_ref();
    let mut temperature = settings.temperature.clone();
    if !abilities.has_sampling && (top_p.is_some() || temperature.is_some()) {
        losses.lose(Feature::Sampling, "temperature")?;
        (top_p, temperature) = (None, None);
    }
    if !abilities.takes_temperature_with_top_p && temperature.is_some() && top_p.is_some() {
        losses.lose(Feature::Sampling, "top_p")?;
        top_p = None;
    }
    if let Some(told) = &mut temperature {
        let most = f64::from(abilities.temperature_max_milli) / 1000.0;
        if told.parse::<f64>().is_ok_and(|told| told > most) {
            losses.lose(Feature::TemperatureRange, "temperature")?;
            *told = most.to_string();
        }
    }
    members.extend(temperature.map(|value| ("temperature".to_owned(), value)));
    members.extend(top_p.map(|value| ("top_p".to_owned(), value.clone())));
    Ok(())
}

/// Writes `reasoning`, and asks for the seals of thoughts where there may be any: some models refuse to be asked.
fn thinking(
    prompt: &Prompt,
    abilities: &Abilities,
    losses: &mut Losses,
    members: &mut Members,
) -> Result<(), Flaw> {
    let effort = effort(prompt, abilities, losses)?;
    let summary = prompt.thinking.summary.as_deref().and_then(|word| match word {
        "auto" | "concise" | "detailed" => Some(word),
        "summarized" => Some("auto"),
        _ => None,
    });
    let summary = summary.filter(|_| abilities.thinking != ThinkingForm::None);
    let nested = nested_extras(prompt, "reasoning.");
    let is_asked = effort.is_some() || summary.is_some() || !nested.is_empty();
    if is_asked {
        let reasoning = object(|o| {
            if let Some(effort) = effort {
                o.text("effort", effort.name());
            }
            if let Some(summary) = summary {
                o.text("summary", summary);
            }
            nested.iter().for_each(|(name, json)| o.raw(name, json));
        });
        members.push(("reasoning".to_owned(), reasoning));
    }
    let thinks = match abilities.thinking {
        ThinkingForm::None => false,
        ThinkingForm::Unknown => is_asked || has_seals(prompt),
        ThinkingForm::Effort | ThinkingForm::Budget | ThinkingForm::Adaptive => true,
    };
    if thinks {
        members.push(("include".to_owned(), r#"["reasoning.encrypted_content"]"#.to_owned()));
    }
    Ok(())
}

fn has_seals(prompt: &Prompt) -> bool {
    let is_sealed = |part: &Part| match part {
        Part::Thought(thought) => thought.seal.as_ref().is_some_and(|seal| seal.form == SealForm::Encrypted),
        _ => false,
    };
    prompt.turns.iter().flat_map(|turn| &turn.parts).any(is_sealed)
}

fn effort(prompt: &Prompt, abilities: &Abilities, losses: &mut Losses) -> Result<Option<Effort>, Flaw> {
    let (wish, told) = (prompt.thinking.wish, prompt.thinking.effort);
    let effort = match (wish, told) {
        (Some(ThinkingWish::Off), _) if abilities.thinking == ThinkingForm::Unknown => {
            // It may be a model that does not think at all, and refuses to be told how much.
            losses.lose(Feature::ThinkingForm, "reasoning")?;
            None
        }
        (Some(ThinkingWish::Off), _) => Some(Effort::None),
        (_, Some(effort)) => Some(effort),
        (Some(ThinkingWish::Budget(tokens)), None) => {
            losses.lose(Feature::ThinkingForm, "reasoning")?;
            Some(Effort::of_budget(tokens))
        }
        (Some(ThinkingWish::Adaptive) | None, None) => None,
    };
    match effort {
        Some(Effort::None) if abilities.thinking == ThinkingForm::None => Ok(None),
        Some(_) if abilities.thinking == ThinkingForm::None => {
            losses.lose(Feature::ThinkingWish, "reasoning")?;
            Ok(None)
        }
        Some(Effort::None) if !abilities.can_stop_thinking => {
            losses.lose(Feature::ThinkingWish, "reasoning")?;
            Ok(Some(Effort::Minimal))
        }
        effort => Ok(effort),
    }
}

/// Members of a nested object that only this dialect knows.
fn nested_extras<'p>(prompt: &'p Prompt, prefix: &str) -> Vec<(&'p str, &'p str)> {
    let own = prompt.extras.iter().filter(|extra| extra.dialect == Dialect::OpenAiResponses);
    own.filter_map(|extra| Some((extra.name.strip_prefix(prefix)?, extra.json.as_str()))).collect()
}
