//! How the tests speak with the dialect.

use dialects::canonical::{Abilities, Event, Flaw, Losses, Prompt, ReplyFlaw};
use dialects::framing::sse::SseParser;
use dialects::{Dialect, Target, Translator, Voice, Written};
use domain::Usage;
use serde_json::Value;

pub(crate) fn messages() -> &'static dyn Translator {
    Dialect::AnthropicMessages.translator()
}

pub(crate) fn read(body: &Value) -> Prompt {
    messages().read_prompt(body.to_string().as_bytes()).unwrap()
}

pub(crate) fn flaw(body: &Value) -> Flaw {
    messages().read_prompt(body.to_string().as_bytes()).unwrap_err()
}

/// A request as it is written, and the codes of what was lost.
pub(crate) struct Sent {
    pub(crate) body: Value,
    pub(crate) written: Written,
    pub(crate) warnings: Vec<&'static str>,
    pub(crate) codes: Vec<&'static str>,
}

pub(crate) fn send(prompt: &Prompt, abilities: &Abilities) -> Sent {
    let mut losses = Losses::new(false);
    let target = Target { model: &prompt.model, abilities, output_tokens_default: 8192 };
    let written = messages().write_prompt(prompt, &target, &mut losses).unwrap();
    Sent {
        body: serde_json::from_str(&written.body).unwrap(),
        written,
        warnings: losses.warnings(),
        codes: losses.told().iter().map(|loss| loss.feature.code()).collect(),
    }
}

pub(crate) fn refusal(prompt: &Prompt, abilities: &Abilities) -> Flaw {
    let target = Target { model: &prompt.model, abilities, output_tokens_default: 8192 };
    messages().write_prompt(prompt, &target, &mut Losses::new(false)).unwrap_err()
}

/// The events of a stream that comes in these pieces.
pub(crate) fn events(pieces: &[&[u8]]) -> Result<Vec<Event>, ReplyFlaw> {
    let (mut parser, mut reader, mut out) = (SseParser::default(), messages().stream_reader(), Vec::new());
    let mut result = Ok(());
    for piece in pieces {
        parser.feed(piece, |event| {
            if result.is_ok() {
                result = reader.read(event, &mut out);
            }
        });
    }
    result?;
    reader.finish(&mut out);
    Ok(out)
}

/// A stream for a caller.
pub(crate) fn stream(voice: &Voice, events: &[Event]) -> String {
    let (mut writer, mut out) = (messages().stream_writer(voice.clone()), String::new());
    events.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    out
}

/// Without the usage that is told before the end.
pub(crate) fn but_for_early_usage(events: Vec<Event>) -> Vec<Event> {
    let last = events.iter().rposition(|event| matches!(event, Event::Usage(_)));
    let is_early = |(place, event): &(usize, Event)| matches!(event, Event::Usage(_)) && Some(*place) != last;
    events.into_iter().enumerate().filter(|it| !is_early(it)).map(|(_, event)| event).collect()
}

pub(crate) fn usage(input: u64, output: u64) -> Usage {
    Usage { input, output, ..Usage::default() }
}
