//! The items of `input`: messages, thoughts, calls and what tools answered.

use super::content::{read_content, read_output};
use super::extras::foreign;
use super::tools;
use crate::canonical::{Call, Flaw, Outcome, Part, Prompt, Seal, SealForm, Speaker, Text, Thought};
use crate::json::{Fields, Item};
use crate::openai_responses::{PARAGRAPH, names};

/// Reads `input`, a text or a list.
pub(super) fn read_input(item: &Item<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    if item.is_text() {
        prompt.say(Speaker::User, None, [Part::Text(Text::plain(item.string()?))]);
        return Ok(());
    }
    if !item.is_list() {
        return Err(item.misfit("a string or an array"));
    }
    read_list(item, prompt)
}

/// Reads a list of items.
pub(super) fn read_list(item: &Item<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    item.list()?.iter().try_for_each(|item| read_item(item, prompt))
}

fn read_item(item: &Item<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.string("type")?;
    match kind.as_deref() {
        None | Some("message") => read_message(&mut fields, prompt),
        Some("reasoning") => read_reasoning(&mut fields, prompt),
        Some("function_call") => read_call(&mut fields, false, prompt),
        Some("custom_tool_call") => read_call(&mut fields, true, prompt),
        Some("function_call_output") => read_outcome(&mut fields, false, prompt),
        Some("custom_tool_call_output") => read_outcome(&mut fields, true, prompt),
        Some("additional_tools") => {
            let list = fields.list("tools")?.unwrap_or_default();
            tools::read_tools(&list, None, &mut prompt.tools)
        }
        Some("item_reference") => Err(item.flaw(
            "is an 'item_reference', and nothing is kept here that it could refer to: send the items themselves, as \
             SDKs do with 'store: false'",
        )),
        Some(kind) => {
            // What a tool answered comes from the user's side, all else from the model's.
            let is_answer = kind.ends_with("_output") || kind == "mcp_approval_response";
            let speaker = if is_answer { Speaker::User } else { Speaker::Model };
            prompt.say(speaker, None, [foreign(item, kind)]);
            Ok(())
        }
    }
}

fn read_message(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let role = fields.need("role")?;
    let speaker = match &*role.string()? {
        "user" => Speaker::User,
        "assistant" => Speaker::Model,
        "system" | "developer" => Speaker::Instructions,
        other => {
            return Err(role.flaw(format!("must be user, assistant, system or developer, not '{other}'")));
        }
    };
    let parts = match fields.take("content") {
        Some(content) => read_content(&content)?,
        None => Vec::new(),
    };
    prompt.say(speaker, None, parts);
    Ok(())
}

fn read_reasoning(fields: &mut Fields<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let id = fields.string("id")?.map(std::borrow::Cow::into_owned);
    let seal = fields.string("encrypted_content")?.filter(|blob| !blob.is_empty());
    let seal = seal.map(|blob| Seal { form: SealForm::Encrypted, blob: blob.into_owned() });
    let content = texts_of(fields, "content")?;
    let is_summary = content.is_empty();
    let text = if is_summary { texts_of(fields, "summary")? } else { content };
    let thought = Thought { text: text.join(PARAGRAPH), is_summary, id, seal };
    prompt.say(Speaker::Model, None, [Part::Thought(thought)]);
    Ok(())
}

fn texts_of(fields: &mut Fields<'_>, name: &str) -> Result<Vec<String>, Flaw> {
    let entries = fields.list(name)?.unwrap_or_default();
    let mut texts = Vec::with_capacity(entries.len());
    for entry in entries {
        texts.extend(entry.fields()?.string("text")?.map(std::borrow::Cow::into_owned));
    }
    Ok(texts)
}

fn read_call(fields: &mut Fields<'_>, is_custom: bool, prompt: &mut Prompt) -> Result<(), Flaw> {
    let arguments = fields.string(if is_custom { "input" } else { "arguments" })?.unwrap_or_default();
    let group = fields.string("namespace")?;
    let name = names::joined(group.as_deref(), &fields.need("name")?.string()?);
    let id = fields.need("call_id")?.string()?.into_owned();
    let call = Call { id, name, arguments: arguments.into_owned(), is_custom, mark: None };
    prompt.say(Speaker::Model, None, [Part::Call(call)]);
    Ok(())
}

fn read_outcome(fields: &mut Fields<'_>, is_custom: bool, prompt: &mut Prompt) -> Result<(), Flaw> {
    let call_id = fields.need("call_id")?.string()?.into_owned();
    let parts = fields.take("output").map(|output| read_output(&output)).transpose()?.unwrap_or_default();
    let is_error = fields.string("status")?.is_some_and(|status| status == "failed");
    let outcome = Outcome { call_id, parts, is_error, is_custom, mark: None };
    prompt.say(Speaker::User, None, [Part::Outcome(outcome)]);
    Ok(())
}
