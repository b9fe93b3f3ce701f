//! Everything that tunes the answer.

use std::borrow::Cow;

use super::extras::keep;
use crate::canonical::{Effort, Flaw, OutputFormat, Prompt};
use crate::json::{Fields, Item};

/// Reads the knobs.
pub(super) fn read_options(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let settings = &mut prompt.settings;
    settings.output_tokens_max = fields.whole("max_output_tokens")?;
    settings.temperature = fields.number("temperature")?;
    settings.top_p = fields.number("top_p")?;
    settings.top_logprobs = fields.whole("top_logprobs")?;
    settings.is_stored = fields.boolean("store")?;
    settings.service_tier = fields.string("service_tier")?.map(Cow::into_owned);
    settings.cache_key = fields.string("prompt_cache_key")?.map(Cow::into_owned);
    settings.metadata = fields.take("metadata").map(|item| item.text().to_owned());
    let (user, identifier) = (fields.string("user")?, fields.string("safety_identifier")?);
    settings.user = identifier.or(user).map(Cow::into_owned);
    // How the stream is padded, and what is done about a prompt that is too long: by default nothing here, too.
    fields.take("stream_options");
    if let Some(truncation) = fields.take("truncation")
        && truncation.string()? != "disabled"
    {
        keep(prompt, "truncation", truncation.text());
    }
    read_include(fields, prompt)?;
    read_text_options(fields, prompt)?;
    read_reasoning(fields, prompt)
}

fn read_include(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    for entry in fields.list("include")?.unwrap_or_default() {
        // Seals are always told, and what belongs to tools of the provider is of no use without them.
        if entry.string()? == "message.output_text.logprobs" {
            prompt.settings.logprobs = Some(true);
        }
    }
    Ok(())
}

fn read_text_options(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let Some(mut text) = fields.fields("text")? else { return Ok(()) };
    prompt.settings.verbosity = text.string("verbosity")?.map(Cow::into_owned);
    if let Some(format) = text.take("format") {
        prompt.format = read_format(&format)?;
    }
    for (name, item) in text.rest() {
        keep(prompt, &format!("text.{name}"), item.text());
    }
    Ok(())
}

fn read_format(item: &Item<'_>) -> Result<OutputFormat, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?;
    match &*kind.string()? {
        "text" => Ok(OutputFormat::Text),
        "json_object" => Ok(OutputFormat::JsonObject),
        "json_schema" => {
            let name = fields.string("name")?.map(Cow::into_owned);
            let description = fields.string("description")?.map(Cow::into_owned);
            let schema = fields.need("schema")?;
            if !schema.is_object() {
                return Err(schema.misfit("an object"));
            }
            let schema = schema.text().to_owned();
            let is_strict = fields.boolean("strict")?;
            Ok(OutputFormat::JsonSchema { name, description, schema, is_strict })
        }
        other => Err(kind.flaw(format!("must be text, json_object or json_schema, not '{other}'"))),
    }
}

fn read_reasoning(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let Some(mut reasoning) = fields.fields("reasoning")? else { return Ok(()) };
    if let Some(effort) = reasoning.take("effort") {
        let name = effort.string()?;
        prompt.thinking.effort = Some(Effort::named(&name).ok_or_else(|| {
            let known: Vec<&str> = Effort::ALL.iter().map(|effort| effort.name()).collect();
            effort.flaw(format!("must be one of {}, not '{name}'", known.join(", ")))
        })?);
    }
    let (summary, older) = (reasoning.string("summary")?, reasoning.string("generate_summary")?);
    prompt.thinking.summary = summary.or(older).map(Cow::into_owned);
    for (name, item) in reasoning.rest() {
        keep(prompt, &format!("reasoning.{name}"), item.text());
    }
    Ok(())
}
