//! Everything that tunes the answer, brought to what the target takes.

use crate::canonical::{
    Abilities, Effort, Feature, Flaw, Losses, Prompt, Settings, Thinking, ThinkingForm, ThinkingWish,
};
use crate::json::writer::{list, quoted};
use crate::translator::Written;

/// So many stop texts are taken at most.
const STOP_TEXTS_MAX: usize = 4;
const SERVICE_TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority", "fast"];

/// Fields and their JSON text, in the order in which they are written.
pub(super) type Knobs = Vec<(&'static str, String)>;

pub(super) fn settle(
    prompt: &Prompt,
    abilities: &Abilities,
    written: &mut Written,
    losses: &mut Losses,
) -> Result<Knobs, Flaw> {
    let settings = &prompt.settings;
    let mut knobs = Vec::new();
    if let Some(cap) = settings.output_tokens_max {
        let most = abilities.output_tokens_max.unwrap_or(cap);
        if cap > most {
            losses.lose(Feature::OutputCap, "max_completion_tokens")?;
        }
        knobs.push(("max_completion_tokens", cap.min(most).to_string()));
    }
    sampling(settings, abilities, &mut knobs, losses)?;
    stop(settings, abilities, &mut knobs, written, losses)?;
    let as_they_are = [
        ("seed", &settings.seed),
        ("presence_penalty", &settings.presence_penalty),
        ("frequency_penalty", &settings.frequency_penalty),
        ("logit_bias", &settings.logit_bias),
        ("metadata", &settings.metadata),
    ];
    knobs.extend(as_they_are.into_iter().filter_map(|(name, json)| Some((name, json.clone()?))));
    let texts = [
        ("user", &settings.user),
        ("verbosity", &settings.verbosity),
        ("prompt_cache_key", &settings.cache_key),
    ];
    knobs.extend(texts.into_iter().filter_map(|(name, text)| Some((name, quoted(text.as_ref()?)))));
    if let Some(tier) = tier(settings, losses)? {
        knobs.push(("service_tier", quoted(&tier)));
    }
    if let Some(effort) = effort(&prompt.thinking, abilities, losses)? {
        knobs.push(("reasoning_effort", quoted(effort.name())));
    }
    settings.refuse_uncarried(losses)?;
    if settings.is_stored == Some(true) {
        losses.lose(Feature::Store, "store")?;
    }
    Ok(knobs)
}

fn sampling(
    settings: &Settings,
    abilities: &Abilities,
    knobs: &mut Knobs,
    losses: &mut Losses,
) -> Result<(), Flaw> {
    if settings.top_k.is_some() {
        losses.lose(Feature::TopK, "top_k")?;
    }
    if !abilities.has_sampling {
        for (name, value) in [("temperature", &settings.temperature), ("top_p", &settings.top_p)] {
            if value.is_some() {
                losses.lose(Feature::Sampling, name)?;
            }
        }
        return Ok(());
    }
    if let Some(temperature) = &settings.temperature {
        let most = f64::from(abilities.temperature_max_milli) / 1000.0;
        let is_too_high = temperature.parse::<f64>().is_ok_and(|asked| asked > most);
        if is_too_high {
            losses.lose(Feature::TemperatureRange, "temperature")?;
        }
        knobs.push(("temperature", if is_too_high { most.to_string() } else { temperature.clone() }));
    }
    if let Some(top_p) = &settings.top_p {
        if settings.temperature.is_some() && !abilities.takes_temperature_with_top_p {
            return losses.lose(Feature::Sampling, "top_p");
        }
        knobs.push(("top_p", top_p.clone()));
    }
    Ok(())
}

/// The first texts go to the provider; at the others the answer is cut here.
fn stop(
    settings: &Settings,
    abilities: &Abilities,
    knobs: &mut Knobs,
    written: &mut Written,
    losses: &mut Losses,
) -> Result<(), Flaw> {
    let texts: Vec<&String> = settings.stop.iter().filter(|text| !text.is_empty()).collect();
    let (sent, kept) = texts.split_at(texts.len().min(STOP_TEXTS_MAX).min(abilities.stop_texts_max));
    if !kept.is_empty() {
        losses.lose(if sent.is_empty() { Feature::Stop } else { Feature::StopCount }, "stop")?;
        written.stop_texts = kept.iter().map(|text| (*text).clone()).collect();
    }
    if !sent.is_empty() {
        knobs.push(("stop", list(|l| sent.iter().for_each(|text| l.text(text)))));
    }
    Ok(())
}

fn tier(settings: &Settings, losses: &mut Losses) -> Result<Option<String>, Flaw> {
    let Some(tier) = &settings.service_tier else { return Ok(None) };
    if tier == "standard_only" {
        return Ok(Some("default".to_owned()));
    }
    if !SERVICE_TIERS.contains(&tier.as_str()) {
        losses.lose(Feature::ServiceTier, "service_tier")?;
        return Ok(None);
    }
    Ok(Some(tier.clone()))
}

/// The one word of this dialect for how hard to think.
fn effort(thinking: &Thinking, abilities: &Abilities, losses: &mut Losses) -> Result<Option<Effort>, Flaw> {
    let is_off = thinking.wish == Some(ThinkingWish::Off) || thinking.effort == Some(Effort::None);
    let wants = thinking.wish.is_some() || thinking.effort.is_some();
    let path = "reasoning_effort";
    match abilities.thinking {
        ThinkingForm::None if wants && !is_off => {
            losses.lose(Feature::ThinkingWish, path)?;
            return Ok(None);
        }
        ThinkingForm::None => return Ok(None),
        // A model that does not think refuses the word, and nobody knows whether this one does.
        ThinkingForm::Unknown if is_off && thinking.effort.is_none() => {
            losses.lose(Feature::ThinkingWish, path)?;
            return Ok(None);
        }
        _ => {}
    }
    if is_off {
        if abilities.can_stop_thinking {
            return Ok(Some(Effort::None));
        }
        losses.lose(Feature::ThinkingWish, path)?;
        return Ok(None);
    }
    match (thinking.effort, thinking.wish) {
        (None, Some(ThinkingWish::Budget(tokens))) => {
            losses.lose(Feature::ThinkingForm, path)?;
            Ok(Some(Effort::of_budget(tokens)))
        }
        (effort, _) => Ok(effort),
    }
}
