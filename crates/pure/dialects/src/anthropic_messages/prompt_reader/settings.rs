//! Everything that tunes the answer.

use super::extras::own;
use crate::canonical::{Effort, Flaw, OutputFormat, Prompt, Settings, ThinkingWish};
use crate::json::writer::object;
use crate::json::{Fields, Item};

pub(super) fn read(fields: &mut Fields<'_>) -> Result<Settings, Flaw> {
    let mut settings = Settings {
        output_tokens_max: fields.whole("max_tokens")?,
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.whole("top_k")?,
        service_tier: fields.string("service_tier")?.map(Into::into),
        ..Settings::default()
    };
    for text in fields.list("stop_sequences")?.unwrap_or_default() {
        settings.stop.push(text.string()?.into_owned());
    }
    if let Some(mut metadata) = fields.fields("metadata")? {
        settings.user = metadata.string("user_id")?.map(Into::into);
        let rest: Vec<_> = metadata.rest().collect();
        let json = object(|o| rest.iter().for_each(|(name, item)| o.raw(name, item.text())));
        settings.metadata = (!rest.is_empty()).then_some(json);
    }
    Ok(settings)
}

/// Reads whether to think. A way that nobody knows stays as it is.
pub(super) fn read_thinking(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let Some(item) = fields.take("thinking") else { return Ok(()) };
    let mut given = item.fields()?;
    let wish = match given.need("type")?.string()?.as_ref() {
        "enabled" => ThinkingWish::Budget(given.need("budget_tokens")?.whole()?),
        "adaptive" => ThinkingWish::Adaptive,
        "disabled" | "between_tools" => ThinkingWish::Off,
        _ => {
            prompt.extras.push(own("thinking", item.text()));
            return Ok(());
        }
    };
    prompt.thinking.wish = Some(wish);
    prompt.thinking.summary = given.string("display")?.map(Into::into);
    Ok(())
}

/// Reads how hard to think, and what the answer must look like.
pub(super) fn read_output(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    // Under its older name the form stood at the top.
    let older = fields.take("output_format");
    let mut output = fields.fields("output_config")?;
    let form = output.as_mut().and_then(|output| output.take("format"));
    if let Some(form) = form.or(older) {
        prompt.format = format(&form)?;
    }
    let Some(mut output) = output else { return Ok(()) };
    if let Some(effort) = output.take("effort") {
        prompt.thinking.effort = Effort::named(&effort.string()?);
        if prompt.thinking.effort.is_none() {
            prompt.extras.push(own(&effort.path, effort.text()));
        }
    }
    prompt.extras.extend(output.rest().map(|(_, item)| own(&item.path, item.text())));
    Ok(())
}

fn format(item: &Item<'_>) -> Result<OutputFormat, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.need("type")?;
    if kind.string()? != "json_schema" {
        return Err(kind.flaw(format!("is {}, which no format of an answer is called", kind.text())));
    }
    let schema = fields.need("schema")?;
    schema.fields()?;
    Ok(OutputFormat::JsonSchema {
        name: None,
        description: None,
        schema: schema.text().to_owned(),
        is_strict: Some(true),
    })
}
