//! Anthropic's Messages dialect: the pieces put together.

use domain::{Failure, Usage};

use crate::canonical::{Event, Flaw, Losses, Prompt, Reply, ReplyFlaw};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamReader, StreamWriter, Target, Translator, Voice, Written};

/// Anthropic's Messages dialect.
#[derive(Clone, Copy, Debug)]
pub struct Messages;

impl Translator for Messages {
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

    fn read_usage(&self, _usage: &[u8]) -> Option<Usage> {
        unreachable!("being written")
    }

    fn stream_reader(&self) -> Box<dyn StreamReader> {
        unreachable!("being written")
    }

    fn stream_writer(&self, _voice: Voice) -> Box<dyn StreamWriter> {
        unreachable!("being written")
    }

    fn write_failure(&self, _failure: &Failure, _request_id: &str, _codes: ErrorCodes) -> Vec<u8> {
        unreachable!("being written")
    }

    fn write_stream_failure(&self, _failure: &Failure, _request_id: &str, _codes: ErrorCodes) -> Vec<u8> {
        unreachable!("being written")
    }
}
