//! OpenAI's Responses dialect: the pieces put together.

use domain::{Failure, Usage};

use super::prompt_reader;
use super::prompt_writer;
use super::reply;
use super::stream_reader::{self, ResponsesReader};
use super::stream_writer::ResponsesWriter;
use super::{echo, failure, seals, usage};
use crate::canonical::{Event, Flaw, Losses, Prompt, Reply, ReplyFlaw};
use crate::openai_chat::{ErrorCodes, error_body};
use crate::translator::{StreamReader, StreamWriter, Target, Translator, Voice, Written};

/// OpenAI's Responses dialect.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

impl Translator for Responses {
    fn read_prompt(&self, body: &[u8]) -> Result<Prompt, Flaw> {
        prompt_reader::read_prompt(body)
    }

    fn write_prompt(
        &self,
        prompt: &Prompt,
        target: &Target<'_>,
        losses: &mut Losses,
    ) -> Result<Written, Flaw> {
        prompt_writer::write_prompt(prompt, target, losses)
    }

    fn read_reply(&self, body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
        stream_reader::read_reply(body)
    }

    fn write_reply(&self, reply: &Reply, voice: &Voice) -> String {
        reply::write_reply(reply, voice)
    }

    fn read_usage(&self, usage: &[u8]) -> Option<Usage> {
        usage::read_usage(usage)
    }

    fn stream_reader(&self) -> Box<dyn StreamReader> {
        Box::new(ResponsesReader::default())
    }

    fn stream_writer(&self, voice: Voice) -> Box<dyn StreamWriter> {
        Box::new(ResponsesWriter::new(voice))
    }

    fn write_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
        error_body(failure, request_id, codes)
    }

    fn write_stream_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
        failure::ending(failure, request_id, codes)
    }

    fn echo(&self, body: &[u8]) -> Vec<(String, String)> {
        echo::echo(body)
    }

    fn refuses_seal(&self, code: Option<&str>, message: &str) -> bool {
        seals::refused(code, message)
    }

    fn without_seals(&self, body: &[u8], losses: &mut Losses) -> Result<Option<String>, Flaw> {
        seals::leave_out(body, losses)
    }
}
