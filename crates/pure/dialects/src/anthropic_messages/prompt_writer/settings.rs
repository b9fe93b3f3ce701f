//! Everything else that tunes the answer, brought to what the target takes.

use crate::canonical::{Abilities, Feature, Flaw, Losses, Settings};
use crate::json::writer::{ObjectWriter, list, object, quoted};
use crate::translator::{Target, Written};

/// Highest temperature of this dialect, in thousandths.
const TEMPERATURE_MAX_MILLI: u32 = 1000;
/// Least top-p beside thinking.
const THINKING_TOP_P_MIN: f64 = 0.95;

/// Fields and their JSON text, in the order in which they are written.
#[derive(Default)]
pub(super) struct Knobs(Vec<(&'static str, String)>);

impl Knobs {
    pub(super) fn write(&self, o: &mut ObjectWriter<'_>) {
        self.0.iter().for_each(|(name, json)| o.raw(name, json));
    }
}

/// The cap on output, which must be told.
pub(super) fn cap(settings: &Settings, target: &Target<'_>, losses: &mut Losses) -> Result<u64, Flaw> {
    let most = target.abilities.output_tokens_max.unwrap_or(u64::MAX);
    let Some(cap) = settings.output_tokens_max else { return Ok(target.output_tokens_default.min(most)) };
    if cap > most {
        losses.lose(Feature::OutputCap, "max_tokens")?;
    }
    Ok(cap.min(most))
}

pub(super) fn settle(
    settings: &Settings,
    abilities: &Abilities,
    is_thinking: bool,
    written: &mut Written,
    losses: &mut Losses,
) -> Result<Knobs, Flaw> {
    let mut knobs = Knobs::default();
    settings.refuse_uncarried(losses)?;
    drop_unknown(settings, losses)?;
    sampling(settings, abilities, is_thinking, &mut knobs, losses)?;
    stop(settings, abilities, &mut knobs, written, losses)?;
    if let Some(tier) = &settings.service_tier {
        match tier.as_str() {
            "auto" | "standard_only" => knobs.0.push(("service_tier", quoted(tier))),
            "default" => knobs.0.push(("service_tier", quoted("standard_only"))),
            _ => losses.lose(Feature::ServiceTier, "service_tier")?,
        }
    }
    match &settings.user {
        // Whoever can be written to is no opaque name.
        Some(user) if user.contains('@') => losses.lose(Feature::User, "user")?,
        Some(user) => knobs.0.push(("metadata", object(|o| o.text("user_id", user)))),
        None => {}
    }
    Ok(knobs)
}

fn drop_unknown(settings: &Settings, losses: &mut Losses) -> Result<(), Flaw> {
    let is_weighty =
        |penalty: &Option<String>| penalty.as_deref().and_then(number).is_some_and(|it| it != 0.0);
    let unknown = [
        (settings.seed.is_some(), Feature::Seed, "seed"),
        (is_weighty(&settings.presence_penalty), Feature::Penalties, "presence_penalty"),
        (is_weighty(&settings.frequency_penalty), Feature::Penalties, "frequency_penalty"),
        (settings.logit_bias.is_some(), Feature::LogitBias, "logit_bias"),
        (settings.metadata.is_some(), Feature::Metadata, "metadata"),
        (settings.verbosity.is_some(), Feature::Verbosity, "verbosity"),
        (settings.cache_key.is_some(), Feature::CacheKey, "prompt_cache_key"),
        (settings.is_stored == Some(true), Feature::Store, "store"),
    ];
    for (_, feature, path) in unknown.into_iter().filter(|(is_there, ..)| *is_there) {
        losses.lose(feature, path)?;
    }
    Ok(())
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn sampling(
    settings: &Settings,
    abilities: &Abilities,
    is_thinking: bool,
    knobs: &mut Knobs,
    losses: &mut Losses,
) -> Result<(), Flaw> {
    // One is what both are anyway.
    let other_than_one = |text: &&String| number(text).is_none_or(|it| (it - 1.0).abs() > f64::EPSILON);
    let is_fixed = is_thinking || !abilities.has_sampling;
    let temperature = settings.temperature.as_ref().filter(|text| !is_fixed || other_than_one(text));
    let top_p = settings.top_p.as_ref().filter(other_than_one);
    let mut has_temperature = false;
    if let Some(temperature) = temperature {
        if is_fixed {
            losses.lose(Feature::Sampling, "temperature")?;
        } else {
            knobs.0.push(("temperature", clamped(temperature, abilities, losses)?));
            has_temperature = true;
        }
    }
    if let Some(top_p) = top_p {
        let is_narrow = number(top_p).is_none_or(|it| it < THINKING_TOP_P_MIN);
        let is_refused = !abilities.has_sampling
            || is_thinking && is_narrow
            || has_temperature && !abilities.takes_temperature_with_top_p;
        if is_refused {
            losses.lose(Feature::Sampling, "top_p")?;
        } else {
            knobs.0.push(("top_p", top_p.clone()));
        }
    }
    match settings.top_k {
        Some(_) if is_fixed => losses.lose(Feature::TopK, "top_k"),
        Some(top_k) => {
            knobs.0.push(("top_k", top_k.to_string()));
            Ok(())
        }
        None => Ok(()),
    }
}

fn clamped(temperature: &str, abilities: &Abilities, losses: &mut Losses) -> Result<String, Flaw> {
    let most = f64::from(abilities.temperature_max_milli.min(TEMPERATURE_MAX_MILLI)) / 1000.0;
    if number(temperature).is_none_or(|asked| asked <= most) {
        return Ok(temperature.to_owned());
    }
    losses.lose(Feature::TemperatureRange, "temperature")?;
    Ok(most.to_string())
}

/// The first texts go to the provider; at the others, and at those that are nothing but white, the answer is cut here.
fn stop(
    settings: &Settings,
    abilities: &Abilities,
    knobs: &mut Knobs,
    written: &mut Written,
    losses: &mut Losses,
) -> Result<(), Flaw> {
    let texts = settings.stop.iter().filter(|text| !text.is_empty());
    let (white, mut sent): (Vec<&String>, Vec<&String>) = texts.partition(|text| text.trim().is_empty());
    let beyond = sent.split_off(sent.len().min(abilities.stop_texts_max));
    if !white.is_empty() {
        losses.lose(Feature::Stop, "stop")?;
    }
    if !beyond.is_empty() {
        losses.lose(Feature::StopCount, "stop")?;
    }
    written.stop_texts = white.into_iter().chain(beyond).cloned().collect();
    if !sent.is_empty() {
        let texts = list(|l| sent.iter().for_each(|text| l.text(text)));
        knobs.0.push(("stop_sequences", texts));
    }
    Ok(())
}
