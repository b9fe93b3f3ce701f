//! Anthropic's Messages dialect: the pieces put together.

use domain::{Failure, ModelUsage, Usage};

use super::event_text::write_last_event;
use super::stream_reader::MessagesReader;
use super::stream_writer::MessagesWriter;
use super::{arguments, failure, prompt_reader, prompt_writer, reply, seals, usage};
use crate::canonical::{Event, Feature, Flaw, Losses, Part, Prompt, Reply, ReplyFlaw};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamReader, StreamWriter, Target, Translator, Voice, Written};

/// Anthropic's Messages dialect.
#[derive(Clone, Copy, Debug)]
pub struct Messages;

impl Translator for Messages {
    fn read_prompt(&self, body: &[u8]) -> Result<Prompt, Flaw> {
        prompt_reader::read(body)
    }

    fn write_prompt(
        &self,
        prompt: &Prompt,
        target: &Target<'_>,
        losses: &mut Losses,
    ) -> Result<Written, Flaw> {
        prompt_writer::write(prompt, target, losses)
    }

    fn read_reply(&self, body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
        reply::read(body)
    }

    fn write_reply(&self, reply: &Reply, voice: &Voice) -> String {
        reply::write(reply, voice)
    }

    fn last_event(&self) -> String {
        let mut out = String::new();
        write_last_event(&mut out);
        out
    }

    fn loss_of_reply(&self, reply: &Reply) -> Option<Feature> {
        let is_wrapped = |part: &Part| matches!(part, Part::Call(call) if !call.is_custom && arguments::write(&call.arguments).is_wrapped);
        reply.parts.iter().any(is_wrapped).then_some(Feature::BadArguments)
    }

    fn read_usage(&self, usage: &[u8]) -> Option<Usage> {
        usage::read(usage).and_then(|counts| counts.usage())
    }

    fn read_usage_by_model(&self, usage: &[u8]) -> Vec<ModelUsage> {
        usage::read(usage).map(|counts| counts.by_model()).unwrap_or_default()
    }

    fn stream_reader(&self) -> Box<dyn StreamReader> {
        Box::new(MessagesReader::default())
    }

    fn stream_writer(&self, voice: Voice) -> Box<dyn StreamWriter> {
        Box::new(MessagesWriter::new(voice))
    }

    fn write_failure(&self, failure: &Failure, request_id: &str, _codes: ErrorCodes) -> Vec<u8> {
        failure::body(failure, request_id).into_bytes()
    }

    fn write_stream_failure(&self, failure: &Failure, request_id: &str, _codes: ErrorCodes) -> Vec<u8> {
        failure::event(failure, request_id).into_bytes()
    }

    fn refuses_seal(&self, _code: Option<&str>, message: &str) -> bool {
        seals::refused(message)
    }

    fn without_seals(&self, body: &[u8], losses: &mut Losses) -> Result<Option<String>, Flaw> {
        seals::leave_out(body, losses)
    }
}
