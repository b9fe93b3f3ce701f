//! A request in the caller's own bytes, for a provider who speaks as he does: edited in a few places if at all.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use dialects::Dialect;
use dialects::canonical::Losses;
use dialects::openai_chat::stream_options_with_usage;
use dialects::surface::{BodyForm, Operation};
use domain::Failure;
use routing::Target;

use super::request::{Outgoing, Sent, Wanted};
use crate::pipeline::count::{estimate_prompt, guess_prompt};
use crate::pipeline::flawed::flawed;
use crate::pipeline::splice::{json_string, splice};
use crate::pipeline::understand::Prompt;
use crate::serving::ServedProvider;

/// The bytes with the target's name of the model, usage asked for, and what the host is odd about.
pub(super) fn write<'p>(
    provider: &ServedProvider,
    prompt: &'p Prompt,
    target: &Target,
    mut losses: Losses,
) -> Result<Outgoing<'p>, Box<Failure>> {
    let surface = prompt.surface;
    let is_stream = prompt.deciding.is_streaming;
    let is_chat = surface.dialect == Dialect::OpenAiChat
        && matches!(surface.operation, Operation::Conversation | Operation::Completions);
    let asks_usage = is_chat && is_stream && !prompt.deciding.wants_stream_usage;
    let mut body = sent(prompt, target, asks_usage);
    let quirks = provider.quirks(target.model.as_deref().unwrap_or(&prompt.deciding.model));
    if let Sent::Pieces(pieces) = &body
        && is_chat
        && !quirks.is_empty()
        && quirks.concern_pieces(pieces.iter().map(AsRef::as_ref), prompt.deciding.may_hold_thoughts)
    {
        let whole = match pieces.as_ref() {
            [only] => only.clone(),
            several => Bytes::from(several.concat()),
        };
        let quirky = providers::quirk::apply(&whole, quirks, &mut losses).map_err(flawed)?;
        if let Some(quirky) = quirky {
            body = Sent::Pieces(Cow::Owned(vec![Bytes::from(quirky)]));
        }
    }
    let is_conversation = surface.operation == Operation::Conversation;
    let keeps_said = is_conversation && provider.tells_no_usage.load(Ordering::Relaxed);
    let choices = match surface.operation {
        // It may be asked for several prompts at once, which nobody counts: only the end mark ends it.
        Operation::Completions => Some(u64::MAX),
        _ => (prompt.deciding.choices != 1).then_some(prompt.deciding.choices),
    };
    let wanted = Wanted {
        is_stream,
        form: surface.answer,
        operation: surface.operation,
        dialect: surface.dialect,
        is_conversation: matches!(surface.operation, Operation::Conversation | Operation::Completions),
        choices,
        hides_usage: asks_usage,
        input_tokens: if keeps_said { estimate_prompt(prompt) } else { guess_prompt(prompt) },
        keeps_said,
        idle_limit: target.idle_limit(),
        total_limit: target.total_limit(),
        translator: None,
        source: None,
    };
    Ok(Outgoing { method: "POST", path: surface.path.into(), body, wanted, losses })
}

/// The body as the target gets it, wherever it lies.
fn sent<'p>(prompt: &'p Prompt, target: &Target, asks_usage: bool) -> Sent<'p> {
    let Some(spooled) = &prompt.file else { return Sent::Pieces(edited(prompt, target, asks_usage)) };
    let deciding = &prompt.deciding;
    let name = target.model.as_deref().filter(|name| **name != *deciding.model);
    Sent::File(match name {
        Some(name) => {
            let span = deciding.model_span.start as u64..deciding.model_span.end as u64;
            Cow::Owned(spooled.body.replaced(span, prompt.form.written(name)))
        }
        None => Cow::Borrowed(&spooled.body),
    })
}

/// The body with the target's own model name, where that differs from what the caller wrote, and with usage asked for.
fn edited<'p>(prompt: &'p Prompt, target: &Target, asks_usage: bool) -> Cow<'p, [Bytes]> {
    let deciding = &prompt.deciding;
    let name = target.model.as_deref().filter(|name| **name != *deciding.model);
    if name.is_none() && !asks_usage {
        return Cow::Borrowed(&prompt.pieces);
    }
    let mut model = prompt.form.written(name.unwrap_or(&deciding.model));
    let mut pieces = Cow::Borrowed(prompt.pieces.as_slice());
    if asks_usage {
        match &deciding.stream_options_span {
            Some(span) => {
                let given = bytes_of(&prompt.pieces, span.clone());
                let options = Bytes::from(stream_options_with_usage(Some(&given)));
                // The later of the two places first: the earlier one stays where it is.
                if span.start > deciding.model_span.start {
                    pieces = Cow::Owned(splice(&pieces, span.clone(), options));
                } else {
                    pieces = Cow::Owned(splice(&pieces, deciding.model_span.clone(), model));
                    return Cow::Owned(splice(&pieces, span.clone(), options));
                }
            }
            None => {
                let options = stream_options_with_usage(None);
                model = Bytes::from([model.as_ref(), b",\"stream_options\":", options.as_bytes()].concat());
            }
        }
    }
    Cow::Owned(splice(&pieces, deciding.model_span.clone(), model))
}

fn bytes_of(pieces: &[Bytes], span: Range<usize>) -> Vec<u8> {
    pieces.iter().flat_map(|piece| piece.iter().copied()).skip(span.start).take(span.len()).collect()
}

/// A model's name as it stands in a body of that form.
trait WrittenName {
    fn written(self, name: &str) -> Bytes;
}

impl WrittenName for BodyForm {
    fn written(self, name: &str) -> Bytes {
        match self {
            Self::Json => json_string(name),
            Self::Multipart => Bytes::copy_from_slice(name.as_bytes()),
        }
    }
}
