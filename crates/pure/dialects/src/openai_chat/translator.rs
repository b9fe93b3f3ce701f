//! OpenAI's Chat Completions dialect: the pieces put together.

use domain::{Failure, Usage};

use crate::canonical::{Event, Flaw, Losses, Prompt, Reply, ReplyFlaw};
use crate::openai_chat::{ErrorCodes, error_body, stream_error_event};
use crate::translator::{StreamReader, StreamWriter, Target, Translator, Voice, Written};

/// OpenAI's Chat Completions dialect.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl Translator for Chat {
    fn read_prompt(&self, _body: &[u8]) -> Result<Prompt, Flaw> {
        unreachable!("being written")
    }

    fn write_prompt(
        &self,
        _prompt: &Prompt,
        _target: &Target<'_>,
        _losses: &mut Losses,
    ) -> Result<Written, Flaw> {
        unreachable!("being written")
    }

    fn read_reply(&self, _body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
        unreachable!("being written")
    }

    fn write_reply(&self, _reply: &Reply, _voice: &Voice) -> String {
        unreachable!("being written")
    }

    fn read_usage(&self, usage: &[u8]) -> Option<Usage> {
        crate::watch::parse_usage(usage)
    }

    fn stream_reader(&self) -> Box<dyn StreamReader> {
        unreachable!("being written")
    }

    fn stream_writer(&self, _voice: Voice) -> Box<dyn StreamWriter> {
        unreachable!("being written")
    }

    fn write_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
        error_body(failure, request_id, codes)
    }

    fn write_stream_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8> {
        stream_error_event(failure, request_id, codes)
    }
}
