//! Thoughts that a caller gives back: official in no chat API, yet written by many, in four forms.

use crate::canonical::{Flaw, Part, Seal, SealForm, Thought};
use crate::json::writer::object;
use crate::json::{Fields, Item};
use crate::openai_chat::details;

/// The thoughts of a message of the model, in the form that tells most.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Vec<Part>, Flaw> {
    let blocks = fields.take("thinking_blocks").filter(Item::is_list);
    let entries = fields.take("reasoning_details").filter(Item::is_list);
    let words = [fields.take("reasoning_content"), fields.take("reasoning")];
    let words = words.into_iter().flatten().find(Item::is_text).map(|item| item.string()).transpose()?;
    let mut thoughts = Vec::new();
    if let Some(blocks) = blocks {
        for block in blocks.list()? {
            thoughts.extend(of_block(&block)?);
        }
    }
    if thoughts.is_empty()
        && let Some(entries) = entries
    {
        thoughts = details::thoughts(&entries, words.as_deref().unwrap_or_default())?;
    }
    if thoughts.is_empty()
        && let Some(words) = words.filter(|words| !words.trim().is_empty())
    {
        thoughts.push(Thought { text: words.into_owned(), ..Thought::default() });
    }
    Ok(thoughts.into_iter().map(Part::Thought).collect())
}

/// A block as Anthropic has them: clients that speak to many providers keep them so.
fn of_block(item: &Item<'_>) -> Result<Option<Thought>, Flaw> {
    let mut fields = item.fields()?;
    let kind = fields.string("type")?.unwrap_or_default();
    let (text, form, blob) = match kind.as_ref() {
        "thinking" => (fields.string("thinking")?, SealForm::Signature, fields.string("signature")?),
        "redacted_thinking" => (None, SealForm::Redacted, fields.string("data")?),
        _ => return Ok(None),
    };
    let seal = blob.filter(|blob| !blob.is_empty()).map(|blob| Seal { form, blob: blob.into_owned() });
    let text = text.map(Into::into).unwrap_or_default();
    Ok(Some(Thought { text, seal, ..Thought::default() }))
}

/// What a host has put on a call and wants back with it, as the seal of an empty thought before the call.
pub(super) fn on_call(id: &str, extra_content: &str) -> Part {
    let blob = object(|o| {
        o.text("call_id", id);
        o.raw("extra_content", extra_content);
    });
    let seal = Some(Seal { form: SealForm::Detail, blob });
    Part::Thought(Thought { seal, ..Thought::default() })
}
