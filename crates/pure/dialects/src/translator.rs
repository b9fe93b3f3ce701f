//! What a dialect must be able to do: read and write prompts, answers and failures. It never sees another dialect, only the
//! canonical form; it opens nothing and knows no provider.

use domain::{Failure, ModelUsage, Usage};

use crate::canonical::{Abilities, Event, Feature, Flaw, Losses, Prompt, Reply, ReplyFlaw};
use crate::framing::sse;
use crate::openai_chat::ErrorCodes;

/// Reads and writes one dialect.
pub trait Translator: Sync {
    /// Reads a caller's request. Tolerant of what is newer than we are (it becomes an extra, or a foreign part), strict about
    /// what is malformed: then the flaw names the place.
    fn read_prompt(&self, body: &[u8]) -> Result<Prompt, Flaw>;

    /// Writes a request for a target. Depends on nothing but its arguments: the same turns give the same bytes, and turns added
    /// at the end change none of those before. Everything that the dialect or the model cannot express is told as a loss.
    fn write_prompt(
        &self,
        prompt: &Prompt,
        target: &Target<'_>,
        losses: &mut Losses,
    ) -> Result<Written, Flaw>;

    /// Reads a whole answer of a provider.
    fn read_reply(&self, body: &[u8]) -> Result<Vec<Event>, ReplyFlaw>;

    /// Writes a whole answer for a caller.
    fn write_reply(&self, reply: &Reply, voice: &Voice) -> String;

    /// What of a whole answer cannot be told as it is.
    fn loss_of_reply(&self, _reply: &Reply) -> Option<Feature> {
        None
    }

    /// Reads the `usage` of a whole answer.
    fn read_usage(&self, usage: &[u8]) -> Option<Usage>;

    /// The same by the models that used them; nothing where there was only one.
    fn read_usage_by_model(&self, _usage: &[u8]) -> Vec<ModelUsage> {
        Vec::new()
    }

    /// Reads a streamed answer of a provider.
    fn stream_reader(&self) -> Box<dyn StreamReader>;

    /// Writes a streamed answer for a caller.
    fn stream_writer(&self, voice: Voice) -> Box<dyn StreamWriter>;

    /// Writes a failure as the body of an error answer.
    fn write_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8>;

    /// Writes a failure as the last event of a stream of this dialect that was passed through and broke.
    fn write_stream_failure(&self, failure: &Failure, request_id: &str, codes: ErrorCodes) -> Vec<u8>;

    /// Whether an error of a provider, by its code and its words, says that it does not take a sealed thought back.
    fn refuses_seal(&self, _code: Option<&str>, _message: &str) -> bool {
        false
    }

    /// A request of this dialect without the sealed thoughts of its history; all else stays as it was written. `None` where
    /// it has none.
    fn without_seals(&self, _body: &[u8], _losses: &mut Losses) -> Result<Option<String>, Flaw> {
        Ok(None)
    }

    /// The event without which callers do not take a stream for ended that has said all, where there is one.
    fn last_event(&self) -> String {
        String::new()
    }

    /// The fields of a request that an answer of this dialect repeats, each with its JSON text.
    fn echo(&self, _body: &[u8]) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// Reads a streamed answer event by event.
pub trait StreamReader: Send {
    /// Reads one event of the stream and appends what it means. An error ends the stream: what came is no answer.
    fn read(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw>;

    /// Whether an event of this name can tell nothing but more of a part: whoever only watches need not read it.
    fn is_mere_delta(&self, _name: &[u8]) -> bool {
        false
    }

    /// Nothing more will come: closes the parts that are open. Never makes up a finish.
    fn finish(&mut self, out: &mut Vec<Event>);
}

/// Writes a streamed answer event by event.
pub trait StreamWriter: Send {
    /// Writes what an event means; what must wait for its turn is kept. Events behind the finish, usage and end apart, are
    /// not written.
    fn write(&mut self, event: &Event, out: &mut String);

    /// What could not be told as it was.
    fn loss(&self) -> Option<Feature> {
        None
    }

    /// Whether what was given can be told in this dialect at all. If not, nothing more is written.
    fn check(&self) -> Result<(), ReplyFlaw> {
        Ok(())
    }

    /// The answer is whole: writes what is still kept and the dialect's own ending. Called once, and only after a finish.
    fn finish(&mut self, out: &mut String);

    /// The answer begins anew, and all that was told of it is void: tells so in an event of ours, which callers get only where
    /// they asked for it, and counts parts from the first again.
    fn restart(&mut self, out: &mut String);

    /// The answer cannot go on: closes what is open so that nobody takes half of it for a whole, and tells why.
    fn fail(&mut self, failure: &Failure, request_id: &str, codes: ErrorCodes, out: &mut String);

    /// Writes a sign of life that means nothing.
    fn ping(&mut self, out: &mut String);
}

/// Who a prompt is written for.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The provider's own name of the model.
    pub model: &'a str,
    /// What the model can do.
    pub abilities: &'a Abilities,
    /// The cap on output where the caller sets none and the dialect needs one.
    pub output_tokens_default: u64,
}

/// A request as it is sent, and what must be undone in the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The body.
    pub body: String,
    /// Names of tools that had to be changed: as sent, and as the caller knows them.
    pub renamed_tools: Vec<(String, String)>,
    /// The tool (as sent) that stands for the form of the answer: its arguments are the answer's text.
    pub answer_tool: Option<String>,
    /// Tools (as sent) that take plain text and were told as functions with one argument, [`CUSTOM_TOOL_ARGUMENT`].
    pub wrapped_tools: Vec<String>,
    /// Stop texts that the target does not know: the answer is to be cut at them.
    pub stop_texts: Vec<String>,
}

/// The one argument of a function that stands for a custom tool.
pub const CUSTOM_TOOL_ARGUMENT: &str = "input";

/// What an answer for a caller says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voice {
    /// What the ids of the answer are made of: letters and digits.
    pub id: String,
    /// When it began, in seconds since 1970.
    pub created: i64,
    /// The model, as the caller is told.
    pub model: String,
    /// The caller wants the usage in a stream where it must be asked for.
    pub wants_usage: bool,
    /// Our own count of the prompt's tokens, for dialects that tell it before the provider does.
    pub input_tokens: u64,
    /// The fields of the request that the answer repeats.
    pub echo: Vec<(String, String)>,
}
