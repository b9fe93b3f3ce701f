//! OpenAI's Chat Completions dialect: the pieces put together.

use domain::{Failure, Usage};

use super::failure::{ErrorCodes, error_body, stream_error_event};
use super::stream_reader::ChatStreamReader;
use super::stream_writer::ChatStreamWriter;
use super::{prompt_reader, prompt_writer, reply};
use crate::canonical::{Event, Flaw, Losses, Prompt, Reply, ReplyFlaw};
use crate::translator::{StreamReader, StreamWriter, Target, Translator, Voice, Written};

/// OpenAI's Chat Completions dialect.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl Translator for Chat {
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

    fn read_usage(&self, usage: &[u8]) -> Option<Usage> {
        crate::watch::parse_usage(usage)
    }

    fn stream_reader(&self) -> Box<dyn StreamReader> {
        Box::new(ChatStreamReader::default())
    }

    fn stream_writer(&self, voice: Voice) -> Box<dyn StreamWriter> {
        Box::new(ChatStreamWriter::new(voice))
    }

    fn write_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
        error_body(failure, request_id, codes)
    }

    fn write_stream_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
        stream_error_event(failure, request_id, codes)
    }
}
