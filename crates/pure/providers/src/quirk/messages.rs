//! Edits of the conversation.

use std::borrow::Cow;

use dialects::canonical::{Feature, Flaw, Losses, short_id};
use dialects::json::Item;
use dialects::json::writer::{write_list, write_text};

use super::draft::Draft;
use super::object::{Object, item_of, list_json};
use super::settings::message;
use super::{Replay, SpeakerNames};

/// Length of an id of a call, where a host is particular about it.
const ID_CHARS: usize = 9;
/// What a host that insists on a thought is given where there is none.
const EMPTY_THOUGHT: &str = "\" \"";
/// What a message may hold of thoughts.
pub(super) const THOUGHTS: [&str; 4] =
    ["reasoning_content", "reasoning", "reasoning_details", "thinking_blocks"];
/// Between texts that become one.
const BETWEEN_TEXTS: &str = "\n\n";

fn role<'o>(message: &'o Object<'_>) -> Cow<'o, str> {
    message.text("role").unwrap_or_default()
}

/// Both roles mean the same.
pub(super) fn name_developers_system(messages: &mut [Object<'_>]) {
    for message in messages {
        if role(message) == "developer" {
            message.set("role", "\"system\"".to_owned());
        }
    }
}

/// Gives calls and what answers them ids of the one length that the host takes.
pub(super) fn shorten_ids(messages: &mut [Object<'_>]) -> Result<(), Flaw> {
    for message in messages {
        shorten_id(message, "tool_call_id");
        let Some(calls) = message.item("tool_calls").filter(|calls| !calls.is_null()) else { continue };
        let mut calls = calls.list()?.iter().map(Object::read).collect::<Result<Vec<_>, _>>()?;
        calls.iter_mut().for_each(|call| shorten_id(call, "id"));
        if calls.iter().any(Object::is_changed) {
            message.set("tool_calls", list_json(&calls));
        }
    }
    Ok(())
}

fn shorten_id(object: &mut Object<'_>, name: &'static str) {
    let Some(id) = object.text(name) else { return };
    let Cow::Owned(short) = short_id(&id, ID_CHARS) else { return };
    let mut json = String::new();
    write_text(&mut json, &short);
    object.set(name, json);
}

/// Leaves names of speakers out. A tool's is known by its call anyway.
pub(super) fn drop_names(
    messages: &mut [Object<'_>],
    taken: SpeakerNames,
    losses: &mut Losses,
) -> Result<(), Flaw> {
    for (place, message) in messages.iter_mut().enumerate().filter(|(_, message)| message.has("name")) {
        let is_of_tool = role(message) == "tool";
        if is_of_tool && taken == SpeakerNames::OfToolsOnly {
            continue;
        }
        if !is_of_tool && message.get("name").is_some() {
            losses.lose(Feature::SpeakerName, &format!("messages[{place}].name"))?;
        }
        message.remove("name");
    }
    Ok(())
}

/// Makes one text of several. A list with anything but text in it stays.
pub(super) fn join_texts(messages: &mut [Object<'_>]) -> Result<(), Flaw> {
    for message in messages {
        let Some(content) = message.item("content").filter(Item::is_list) else { continue };
        let mut texts = Vec::new();
        for part in content.list()? {
            let mut part = part.fields()?;
            let is_text = part.string("type")?.is_some_and(|kind| kind == "text");
            texts.push(if is_text { part.string("text")? } else { None });
        }
        let Some(texts) = texts.into_iter().collect::<Option<Vec<_>>>() else { continue };
        let mut json = String::new();
        write_text(&mut json, &texts.join(BETWEEN_TEXTS));
        message.set("content", json);
    }
    Ok(())
}

/// An empty text beside calls says nothing.
pub(super) fn drop_empty_content(messages: &mut [Object<'_>]) {
    for message in messages {
        let is_empty = message.has("content") && matches!(message.get("content"), None | Some("\"\""));
        if is_empty && message.get("tool_calls").is_some() {
            message.remove("content");
        }
    }
}

/// Gives thoughts back in the way in which the host takes them.
pub(super) fn replay(draft: &mut Draft<'_>, form: Replay, losses: &mut Losses) -> Result<(), Flaw> {
    let is_off = is_thinking_off(&draft.top);
    for (place, message) in draft.messages()?.iter_mut().enumerate() {
        if role(message) != "assistant" {
            continue;
        }
        match form {
            Replay::ReasoningContent => move_thought(message, "reasoning", "reasoning_content"),
            Replay::Reasoning => move_thought(message, "reasoning_content", "reasoning"),
            Replay::RequiredWithCalls => {
                move_thought(message, "reasoning", "reasoning_content");
                let is_missing = matches!(message.get("reasoning_content"), None | Some("\"\""));
                if is_missing && !is_off && message.get("tool_calls").is_some() {
                    losses.lose(Feature::UnsealedThought, &format!("messages[{place}].reasoning_content"))?;
                    message.set("reasoning_content", EMPTY_THOUGHT.to_owned());
                }
            }
            Replay::None => drop_thought(message, place, losses)?,
        }
    }
    Ok(())
}

/// Whether the caller has switched thinking off, in the host's own form.
fn is_thinking_off(top: &Object<'_>) -> bool {
    let thinking = top.get("thinking").and_then(|json| item_of(json, "thinking"));
    let kind = thinking.and_then(|thinking| thinking.fields().ok()?.string("type").ok()?);
    kind.is_some_and(|kind| kind == "disabled") || top.get("enable_thinking") == Some("false")
}

fn move_thought(message: &mut Object<'_>, from: &str, to: &str) {
    if message.get(from).is_some_and(|json| json.starts_with('"')) {
        message.rename(from, to);
    }
}

fn drop_thought(message: &mut Object<'_>, place: usize, losses: &mut Losses) -> Result<(), Flaw> {
    for name in THOUGHTS {
        if message.get(name).is_some() {
            losses.lose(Feature::UnsealedThought, &format!("messages[{place}].{name}"))?;
        }
        message.remove(name);
    }
    Ok(())
}

/// Makes neighbours of one role one message, and lets the user speak first.
pub(super) fn alternate(messages: &mut Vec<Object<'_>>, losses: &mut Losses) -> Result<(), Flaw> {
    let mut place = 1;
    while place < messages.len() {
        let is_pair = ["user", "assistant"].contains(&role(&messages[place]).as_ref())
            && role(&messages[place]) == role(&messages[place - 1]);
        match is_pair.then(|| joined(&messages[place - 1], &messages[place])).flatten() {
            Some(content) => {
                messages.remove(place);
                messages[place - 1].set("content", content);
            }
            None => place += 1,
        }
    }
    let first =
        messages.iter().position(|message| !["system", "developer"].contains(&role(message).as_ref()));
    if first.is_none_or(|first| role(&messages[first]) == "assistant") {
        losses.lose(Feature::NoUser, "messages")?;
        messages.insert(first.unwrap_or(messages.len()), message("user", "."));
    }
    Ok(())
}

/// The contents of two messages as one: a text if both are, else a list of parts.
fn joined(first: &Object<'_>, second: &Object<'_>) -> Option<String> {
    let mut json = String::new();
    if let (Some(first), Some(second)) = (first.text("content"), second.text("content")) {
        write_text(&mut json, &format!("{first}{BETWEEN_TEXTS}{second}"));
        return Some(json);
    }
    let contents = [first.get("content")?, second.get("content")?].map(|json| item_of(json, "content"));
    let [first, second] = contents;
    let parts = [first?, second?].map(|content| {
        if content.is_text() {
            return Some(vec![format!("{{\"type\":\"text\",\"text\":{}}}", content.text())]);
        }
        Some(content.list().ok()?.iter().map(|part| part.text().to_owned()).collect())
    });
    let [first, second] = parts;
    write_list(&mut json, |l| first.iter().chain(&second).flatten().for_each(|part| l.raw(part)));
    (first.is_some() && second.is_some()).then_some(json)
}
