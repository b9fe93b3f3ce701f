//! A whole answer, read and written.

use super::answer_block::Block;
use super::usage::Told;
use super::{arguments, citation, finish, usage};
use crate::canonical::{Call, Event, Part, Reply, ReplyFlaw, Seal, SealForm, Text, Thought, legal_id};
use crate::json::Item;
use crate::json::writer::{ListWriter, ObjectWriter, object};
use crate::translator::{CUSTOM_TOOL_ARGUMENT, Voice};

/// Reads an answer.
pub(super) fn read(body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
    let item = Item::of_body(body)?;
    let mut fields = item.fields()?;
    if fields.string("type")?.as_deref() == Some("error") {
        return Ok(vec![Event::Fault { json: item.text().to_owned() }]);
    }
    let (id, model) = (fields.string("id")?, fields.string("model")?);
    let mut events = vec![Event::Begin { id: id.map(Into::into), model: model.map(Into::into) }];
    let mut part = 0;
    for block in fields.need("content")?.list()? {
        if let Some(block) = Block::begin(&block, part, &mut events)? {
            block.end(&mut events);
            part += 1;
        }
    }
    if let Some(item) = fields.take("usage") {
        let mut counts = Told::default();
        // An answer whose usage cannot be read is an answer: its tokens are counted here.
        if counts.add(&item).is_ok() {
            events.extend(counts.events());
        }
    }
    events.extend(finish::take(&mut fields)?.map(Event::Finish));
    events.push(Event::End);
    Ok(events)
}

/// Writes an answer.
pub(super) fn write(reply: &Reply, voice: &Voice) -> String {
    let refuses = reply.parts.iter().any(|part| matches!(part, Part::Refusal(_)));
    object(|o| {
        write_head(voice, o);
        o.list("content", |l| reply.parts.iter().for_each(|part| write_part(part, l)));
        finish::write(reply.finish.as_ref(), refuses, o);
        o.object("usage", |o| usage::write(&reply.usage.unwrap_or_default(), o));
    })
}

/// What a message says of itself, before its content.
pub(super) fn write_head(voice: &Voice, o: &mut ObjectWriter<'_>) {
    o.text("id", &format!("msg_{}", voice.id));
    o.text("type", "message");
    o.text("role", "assistant");
    o.text("model", &voice.model);
}

fn write_part(part: &Part, l: &mut ListWriter<'_>) {
    match part {
        Part::Text(text) => write_text(text, l),
        Part::Refusal(words) => write_text(&Text::plain(words), l),
        Part::Thought(thought) => write_thought(thought, l),
        Part::Call(call) => write_call(call, l),
        Part::Media(_) | Part::Outcome(_) | Part::Foreign(_) => {}
    }
}

fn write_text(text: &Text, l: &mut ListWriter<'_>) {
    if text.text.is_empty() {
        return;
    }
    l.object(|o| {
        o.text("type", "text");
        o.text("text", &text.text);
        if !text.citations.is_empty() {
            o.list("citations", |l| text.citations.iter().for_each(|cited| l.raw(&citation::write(cited))));
        }
    });
}

fn write_thought(thought: &Thought, l: &mut ListWriter<'_>) {
    match &thought.seal {
        Some(Seal { form: SealForm::Redacted, blob }) if thought.text.is_empty() => l.object(|o| {
            o.text("type", "redacted_thinking");
            o.text("data", blob);
        }),
        None if thought.text.is_empty() => {}
        seal => l.object(|o| {
            o.text("type", "thinking");
            o.text("thinking", &thought.text);
            o.text("signature", seal.as_ref().map_or("", |seal| &seal.blob));
        }),
    }
}

fn write_call(call: &Call, l: &mut ListWriter<'_>) {
    let input = if call.is_custom {
        object(|o| o.text(CUSTOM_TOOL_ARGUMENT, &call.arguments))
    } else {
        arguments::write(&call.arguments).json
    };
    l.object(|o| {
        o.text("type", "tool_use");
        o.text("id", &legal_id(&call.id));
        o.text("name", &call.name);
        o.raw("input", &input);
    });
}
