//! The request as a whole.

use super::{messages, settings, tools};
use crate::Dialect;
use crate::canonical::{Extra, Flaw, Prompt};
use crate::json::{Fields, Item};

/// Most messages of one request.
const MESSAGES_MAX: usize = 100_000;

/// Reads a request.
pub(in crate::openai_chat) fn read(body: &[u8]) -> Result<Prompt, Flaw> {
    let mut fields = Item::of_body(body)?.fields()?;
    let model = fields.need("model")?.string()?.into_owned();
    let mut prompt = Prompt { model, ..Prompt::default() };
    let messages = fields.need("messages")?.list()?;
    if messages.len() > MESSAGES_MAX {
        return Err(Flaw::new("messages", format!("'messages' has more than {MESSAGES_MAX} entries")));
    }
    messages::read(messages, &mut prompt)?;
    prompt.tools = tools::read(&mut fields)?;
    prompt.tool_choice = tools::read_choice(&mut fields)?;
    prompt.refuse_choice_of_nothing()?;
    prompt.may_call_in_parallel = fields.boolean("parallel_tool_calls")?;
    prompt.format = settings::format(&mut fields)?;
    prompt.thinking = settings::thinking(&mut fields)?;
    prompt.settings = settings::read(&mut fields)?;
    prompt.is_streaming = fields.boolean("stream")?.unwrap_or(false);
    if let Some(mut options) = fields.fields("stream_options")? {
        prompt.wants_stream_usage = options.boolean("include_usage")?.unwrap_or(false);
    }
    prompt.extras = extras(fields);
    Ok(prompt)
}

/// What has no place in the canonical form. Asking for text says nothing.
fn extras(fields: Fields<'_>) -> Vec<Extra> {
    let says_nothing = |name: &str, json: &str| name == "modalities" && json.replace(' ', "") == "[\"text\"]";
    fields
        .rest()
        .filter(|(name, item)| !says_nothing(name, item.text()))
        .map(|(name, item)| Extra {
            dialect: Dialect::OpenAiChat,
            name: name.into_owned(),
            json: item.text().to_owned(),
        })
        .collect()
}
