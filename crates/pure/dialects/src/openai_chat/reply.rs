//! A whole answer, read and written.

use super::answer::Answer;
use super::{details, finish, usage};
use crate::canonical::{Call, Citation, Event, Part, Reply, ReplyFlaw};
use crate::json::Item;
use crate::json::writer::{ListWriter, ObjectWriter, object};
use crate::translator::Voice;

/// Reads a whole answer.
pub(super) fn read(body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
    let item = Item::of_body(body)?;
    let (mut answer, mut events) = (Answer::default(), Vec::new());
    answer.read(&item, &mut events)?;
    let is_answer =
        |event: &Event| matches!(event, Event::Open { .. } | Event::Finish(_) | Event::Fault { .. });
    if !events.iter().any(is_answer) {
        return Err(ReplyFlaw::new("answered without a choice"));
    }
    answer.close(&mut events);
    answer.end(&mut events)?;
    Ok(events)
}

/// Writes a whole answer.
pub(super) fn write(reply: &Reply, voice: &Voice) -> String {
    object(|o| {
        o.text("id", &format!("chatcmpl-{}", voice.id));
        o.text("object", "chat.completion");
        o.whole("created", u64::try_from(voice.created).unwrap_or(0));
        o.text("model", &voice.model);
        o.list("choices", |l| {
            l.object(|o| {
                o.whole("index", 0);
                o.object("message", |o| message(o, reply));
                o.raw("logprobs", "null");
                o.text_or_null("finish_reason", reply.finish.as_ref().map(finish::write));
            });
        });
        if let Some(tokens) = &reply.usage {
            usage::write(o, tokens);
        }
    })
}

fn message(o: &mut ObjectWriter<'_>, reply: &Reply) {
    let (mut text, mut refusal, mut thinking) = (None, None, None);
    let add = |to: &mut Option<String>, more: &str| to.get_or_insert_default().push_str(more);
    let (mut calls, mut thoughts, mut citations) = (Vec::new(), Vec::new(), Vec::new());
    for part in &reply.parts {
        match part {
            Part::Text(words) => {
                add(&mut text, &words.text);
                citations.extend(&words.citations);
            }
            Part::Refusal(words) => add(&mut refusal, words),
            Part::Thought(thought) => {
                if !thought.text.is_empty() {
                    add(&mut thinking, &thought.text);
                }
                thoughts.push(thought);
            }
            Part::Call(call) => calls.push(call),
            Part::Media(_) | Part::Outcome(_) | Part::Foreign(_) => {}
        }
    }
    o.text("role", "assistant");
    o.text_or_null("content", text.as_deref());
    o.text_or_null("refusal", refusal.as_deref());
    if let Some(thinking) = &thinking {
        o.text("reasoning_content", thinking);
    }
    let sealed = || thoughts.iter().filter(|thought| thought.seal.is_some());
    if sealed().next().is_some() {
        o.list("reasoning_details", |l| {
            sealed().zip(0..).for_each(|(thought, index)| details::write(l, thought, index));
        });
    }
    if !calls.is_empty() {
        o.list("tool_calls", |l| calls.iter().for_each(|call| l.object(|o| write_call(o, call))));
    }
    if citations.iter().any(|citation| citation.url.is_some()) {
        o.list("annotations", |l| citations.iter().for_each(|citation| write_citation(l, citation)));
    }
}

fn write_call(o: &mut ObjectWriter<'_>, call: &Call) {
    o.text("id", &call.id);
    if call.is_custom {
        o.text("type", "custom");
        o.object("custom", |o| {
            o.text("name", &call.name);
            o.text("input", &call.arguments);
        });
        return;
    }
    o.text("type", "function");
    o.object("function", |o| {
        o.text("name", &call.name);
        o.text("arguments", if call.arguments.is_empty() { "{}" } else { &call.arguments });
    });
}

/// Only pages can be cited here.
pub(super) fn write_citation(l: &mut ListWriter<'_>, citation: &Citation) {
    let Some(url) = &citation.url else { return };
    l.object(|o| {
        o.text("type", "url_citation");
        o.object("url_citation", |o| {
            let (start, end) = citation.span.unwrap_or_default();
            o.whole("start_index", start);
            o.whole("end_index", end);
            o.text("title", citation.title.as_deref().unwrap_or_default());
            o.text("url", url);
        });
    });
}
