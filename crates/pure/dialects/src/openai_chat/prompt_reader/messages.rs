//! The messages: who says what, which calls are made, what answers them.

use super::{parts, thoughts};
use crate::canonical::{Call, Flaw, Outcome, Part, Prompt, Speaker};
use crate::json::writer::compact;
use crate::json::{Fields, Item};
use crate::openai_chat::marks;

/// Flags by which hosts are told that the last message is the beginning of the answer.
const CONTINUES: &[&str] = &["prefix", "partial"];

/// Reads the messages into a prompt.
pub(super) fn read(items: Vec<Item<'_>>, prompt: &mut Prompt) -> Result<(), Flaw> {
    let mut older = OlderCalls::default();
    let last = items.len().saturating_sub(1);
    for (place, item) in items.into_iter().enumerate() {
        let mut fields = item.fields()?;
        let role = fields.need("role")?;
        let name = fields.string("name")?.map(Into::into);
        let (speaker, parts) = match role.string()?.as_ref() {
            "system" | "developer" => (Speaker::Instructions, said(&mut fields)?),
            "user" => (Speaker::User, said(&mut fields)?),
            "assistant" => {
                let continues =
                    CONTINUES.iter().any(|flag| fields.boolean(flag).ok().flatten() == Some(true));
                prompt.continues_last |= continues && place == last;
                (Speaker::Model, model(&mut fields, place, &mut older)?)
            }
            "tool" => {
                let call_id = fields.need("tool_call_id")?.string()?.into_owned();
                (Speaker::User, vec![outcome(&mut fields, call_id)?])
            }
            "function" => {
                let call_id = older.answered(name.as_deref().unwrap_or_default());
                (Speaker::User, vec![outcome(&mut fields, call_id)?])
            }
            other => {
                let known = "system, developer, user, assistant, tool";
                return Err(role.flaw(format!("is '{other}', not one of {known}")));
            }
        };
        // What a tool is called stands with its call.
        let is_outcome = matches!(parts.first(), Some(Part::Outcome(_)));
        if !parts.is_empty() {
            prompt.say(speaker, name.filter(|_| !is_outcome), parts);
        }
    }
    name_custom_outcomes(prompt);
    Ok(())
}

/// The content of a message, the mark of the message on its last part.
fn said(fields: &mut Fields<'_>) -> Result<Vec<Part>, Flaw> {
    let mark = marks::take(fields);
    let mut parts = match fields.take("content") {
        Some(content) => parts::read(&content)?,
        None => Vec::new(),
    };
    if let (Some(mark), Some(last)) = (mark, parts.last_mut()) {
        match last {
            Part::Text(text) => text.mark = Some(mark),
            Part::Media(media) => media.mark = Some(mark),
            _ => {}
        }
    }
    Ok(parts)
}

fn outcome(fields: &mut Fields<'_>, call_id: String) -> Result<Part, Flaw> {
    let mark = marks::take(fields);
    let parts = match fields.take("content") {
        Some(content) => parts::read(&content)?,
        None => Vec::new(),
    };
    Ok(Part::Outcome(Outcome { call_id, parts, mark, ..Outcome::default() }))
}

/// What the model said: thoughts first, as they came, then words, then calls.
fn model(fields: &mut Fields<'_>, place: usize, older: &mut OlderCalls) -> Result<Vec<Part>, Flaw> {
    let mut parts = thoughts::read(fields)?;
    parts.extend(said(fields)?);
    if let Some(refusal) = fields.string("refusal")?.filter(|refusal| !refusal.is_empty()) {
        parts.push(Part::Refusal(refusal.into_owned()));
    }
    for item in fields.list("tool_calls")?.unwrap_or_default() {
        parts.extend(call(&item)?);
    }
    if let Some(mut function) = fields.fields("function_call")? {
        let name = function.need("name")?.string()?.into_owned();
        let id = older.made(place, &name);
        let arguments = arguments(&mut function)?;
        parts.push(Part::Call(Call { id, name, arguments, is_custom: false, mark: None }));
    }
    Ok(parts)
}

/// A call, and before it the seal that a host has put on it.
fn call(item: &Item<'_>) -> Result<Vec<Part>, Flaw> {
    let mut fields = item.fields()?;
    let id = fields.need("id")?.string()?.into_owned();
    let seal = fields.take("extra_content").map(|extra| thoughts::on_call(&id, extra.text()));
    let kind = fields.string("type")?;
    let call = if kind.as_deref() == Some("custom") {
        let mut custom = fields.need("custom")?.fields()?;
        let name = custom.need("name")?.string()?.into_owned();
        let arguments = custom.string("input")?.map(Into::into).unwrap_or_default();
        Call { id, name, arguments, is_custom: true, mark: None }
    } else {
        let mut function = fields.need("function")?.fields()?;
        let name = function.need("name")?.string()?.into_owned();
        Call { id, name, arguments: arguments(&mut function)?, is_custom: false, mark: None }
    };
    Ok(seal.into_iter().chain([Part::Call(call)]).collect())
}

/// Arguments are text that holds JSON; some write the object itself. None at all are those of a tool that takes none.
fn arguments(function: &mut Fields<'_>) -> Result<String, Flaw> {
    let Some(item) = function.take("arguments") else { return Ok("{}".to_owned()) };
    if item.is_object() {
        return Ok(compact(item.text()));
    }
    let text = item.string()?;
    Ok(if text.trim().is_empty() { "{}".to_owned() } else { text.into_owned() })
}

/// Calls of the older kind have no ids: they get one of where they stand, and a result belongs to the last call of its name.
#[derive(Default)]
struct OlderCalls {
    /// Name and id of those that wait for their result.
    open: Vec<(String, String)>,
}

impl OlderCalls {
    fn made(&mut self, place: usize, name: &str) -> String {
        let id = format!("call_message_{place}");
        self.open.push((name.to_owned(), id.clone()));
        id
    }

    fn answered(&mut self, name: &str) -> String {
        let found = self.open.iter().rposition(|(known, _)| known == name);
        found.map_or_else(|| format!("call_{name}"), |found| self.open.remove(found).1)
    }
}

/// Whether a result is a custom tool's stands with the call only.
fn name_custom_outcomes(prompt: &mut Prompt) {
    let calls = prompt.turns.iter().flat_map(|turn| &turn.parts);
    let custom: std::collections::HashSet<String> = calls
        .filter_map(|part| match part {
            Part::Call(call) if call.is_custom => Some(call.id.clone()),
            _ => None,
        })
        .collect();
    for part in prompt.turns.iter_mut().flat_map(|turn| &mut turn.parts) {
        if let Part::Outcome(outcome) = part {
            outcome.is_custom = custom.contains(&outcome.call_id);
        }
    }
}
