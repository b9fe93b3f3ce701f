//! Everything that tunes the answer.

use crate::canonical::{Effort, Flaw, OutputFormat, Settings, Thinking, ThinkingWish};
use crate::json::{Fields, Item};

pub(super) fn read(fields: &mut Fields<'_>) -> Result<Settings, Flaw> {
    let caps = [fields.whole("max_completion_tokens")?, fields.whole("max_tokens")?];
    let users = [fields.string("safety_identifier")?, fields.string("user")?];
    Ok(Settings {
        // The newer of two names counts.
        output_tokens_max: caps.into_iter().flatten().next(),
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.take("top_k").and_then(|item| item.whole().ok()),
        stop: fields.take("stop").map(|item| stop(&item)).transpose()?.unwrap_or_default(),
        seed: fields.number("seed")?,
        presence_penalty: fields.number("presence_penalty")?,
        frequency_penalty: fields.number("frequency_penalty")?,
        logit_bias: json(fields, "logit_bias"),
        choices: fields.whole("n")?,
        logprobs: fields.boolean("logprobs")?,
        top_logprobs: fields.whole("top_logprobs")?,
        service_tier: text(fields, "service_tier")?,
        user: users.into_iter().flatten().next().map(Into::into),
        metadata: json(fields, "metadata"),
        verbosity: text(fields, "verbosity")?,
        cache_key: text(fields, "prompt_cache_key")?,
        is_stored: fields.boolean("store")?,
    })
}

fn text(fields: &mut Fields<'_>, name: &str) -> Result<Option<String>, Flaw> {
    Ok(fields.string(name)?.map(Into::into))
}

/// An object; an empty one says nothing.
fn json(fields: &mut Fields<'_>, name: &str) -> Option<String> {
    let item = fields.take(name)?;
    let is_empty = item.fields().is_ok_and(|fields| fields.members().next().is_none());
    (!is_empty).then(|| item.text().to_owned())
}

fn stop(item: &Item<'_>) -> Result<Vec<String>, Flaw> {
    if item.is_text() {
        return Ok(vec![item.string()?.into_owned()]);
    }
    if !item.is_list() {
        return Err(item.misfit("a string or an array"));
    }
    item.list()?.iter().map(|text| Ok(text.string()?.into_owned())).collect()
}

pub(super) fn format(fields: &mut Fields<'_>) -> Result<OutputFormat, Flaw> {
    let Some(item) = fields.take("response_format") else { return Ok(OutputFormat::Text) };
    let mut format = item.fields()?;
    let kind = format.need("type")?;
    match kind.string()?.as_ref() {
        "text" => Ok(OutputFormat::Text),
        "json_object" => Ok(OutputFormat::JsonObject),
        "json_schema" => {
            let mut given = format.need("json_schema")?.fields()?;
            let schema = given.take("schema");
            if let Some(schema) = schema.as_ref().filter(|schema| !schema.is_object()) {
                return Err(schema.misfit("an object"));
            }
            Ok(OutputFormat::JsonSchema {
                name: text(&mut given, "name")?,
                description: text(&mut given, "description")?,
                schema: schema.map_or_else(|| "{}".to_owned(), |item| item.text().to_owned()),
                is_strict: given.boolean("strict")?,
            })
        }
        other => Err(kind.flaw(format!("is '{other}', which no format of an answer is called"))),
    }
}

/// The official word is an effort; several hosts have an object of their own, and callers write it.
pub(super) fn thinking(fields: &mut Fields<'_>) -> Result<Thinking, Flaw> {
    let mut thinking = Thinking::default();
    if let Some(item) = fields.take("reasoning_effort") {
        thinking.effort = Some(effort(&item)?);
    }
    if let Some(item) = fields.take("thinking").filter(Item::is_object) {
        let mut told = item.fields()?;
        let budget = told.whole("budget_tokens")?;
        thinking.wish = match told.string("type")?.as_deref() {
            Some("disabled") => Some(ThinkingWish::Off),
            Some("enabled") => Some(budget.map_or(ThinkingWish::Adaptive, ThinkingWish::Budget)),
            _ => Some(ThinkingWish::Adaptive),
        };
    }
    if let Some(item) = fields.take("reasoning").filter(Item::is_object) {
        let mut told = item.fields()?;
        if let Some(item) = told.take("effort") {
            thinking.effort = Some(effort(&item)?);
        }
        let budget = told.whole("max_tokens")?.map(ThinkingWish::Budget);
        let is_off = told.boolean("enabled")? == Some(false);
        thinking.wish = if is_off { Some(ThinkingWish::Off) } else { budget.or(thinking.wish) };
    }
    if thinking.effort == Some(Effort::None) && thinking.wish.is_none() {
        thinking.wish = Some(ThinkingWish::Off);
    }
    Ok(thinking)
}

fn effort(item: &Item<'_>) -> Result<Effort, Flaw> {
    let name = item.string()?;
    Effort::named(&name).ok_or_else(|| {
        let known: Vec<_> = Effort::ALL.iter().map(|effort| effort.name()).collect();
        item.flaw(format!("is '{name}', not one of {}", known.join(", ")))
    })
}
