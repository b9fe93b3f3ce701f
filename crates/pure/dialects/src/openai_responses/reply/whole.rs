//! A whole answer, written at once.

use super::item::{Body, Content, OutputItem};
use super::response::{Ending, response_object};
use crate::canonical::{Opening, Part, Reply};
use crate::translator::Voice;

/// Writes a whole answer.
pub(in crate::openai_responses) fn write_reply(reply: &Reply, voice: &Voice) -> String {
    let mut items: Vec<OutputItem> = Vec::new();
    for part in &reply.parts {
        match part {
            Part::Text(text) => {
                let citations = text.citations.clone();
                said(&mut items, voice, Content { text: text.text.clone(), is_refusal: false, citations });
            }
            Part::Refusal(text) => {
                let content = Content { text: text.clone(), is_refusal: true, citations: Vec::new() };
                said(&mut items, voice, content);
            }
            Part::Thought(thought) => {
                let (id, is_summary) = (thought.id.clone(), thought.is_summary);
                let opening = Opening::Thought { id, is_summary };
                let mut item = OutputItem::new(&opening, voice, items.len());
                item.body.push(&thought.text);
                item.seal(thought.seal.as_ref().map(|seal| seal.blob.clone()));
                items.push(item);
            }
            Part::Call(call) => {
                let (id, name, is_custom) = (call.id.clone(), call.name.clone(), call.is_custom);
                let mut item = OutputItem::new(&Opening::Call { id, name, is_custom }, voice, items.len());
                item.body.push(&call.arguments);
                items.push(item);
            }
            Part::Media(_) | Part::Outcome(_) | Part::Foreign(_) => {}
        }
    }
    let ending = reply.finish.as_ref().map_or(Ending::Completed, Ending::of);
    if let (Ending::Incomplete(_), Some(last)) = (ending, items.last_mut()) {
        last.is_cut = true;
    }
    response_object(voice, &ending, &items, reply.usage.as_ref())
}

/// Words that follow each other are one message.
fn said(items: &mut Vec<OutputItem>, voice: &Voice, content: Content) {
    if let Some(OutputItem { body: Body::Message(contents), .. }) = items.last_mut() {
        return contents.push(content);
    }
    let mut item = OutputItem::new(&Opening::Text, voice, items.len());
    item.body = Body::Message(vec![content]);
    items.push(item);
}
