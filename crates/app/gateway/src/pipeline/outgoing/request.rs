//! A request as it is sent to one target, and what answer is expected.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use dialects::Dialect;
use dialects::canonical::Losses;
use dialects::surface::{AnswerForm, Operation};
use upstream::{Body, FileBody};

use crate::pipeline::going_on::Approach;
use crate::pipeline::next_source::NextSource;
use crate::pipeline::translated::Translator;

/// A request for one target.
pub(in crate::pipeline) struct Outgoing<'p> {
    pub(in crate::pipeline) method: &'static str,
    /// Behind the provider's base URL.
    pub(in crate::pipeline) path: Cow<'p, str>,
    pub(in crate::pipeline) body: Sent<'p>,
    pub(in crate::pipeline) wanted: Wanted,
    /// What could not be carried.
    pub(in crate::pipeline) losses: Losses,
}

/// The bytes that are sent, where they lie.
pub(in crate::pipeline) enum Sent<'p> {
    Pieces(Cow<'p, [Bytes]>),
    File(Cow<'p, FileBody>),
}

impl Sent<'_> {
    pub(in crate::pipeline) fn as_body(&self) -> Body<'_> {
        match self {
            Self::Pieces(pieces) => Body::Pieces(pieces),
            Self::File(file) => Body::File(file),
        }
    }
}

/// What answer is expected.
#[derive(Debug)]
pub(in crate::pipeline) struct Wanted {
    pub(in crate::pipeline) is_stream: bool,
    /// Of an answer that is no stream.
    pub(in crate::pipeline) form: AnswerForm,
    /// What the caller wants.
    pub(in crate::pipeline) operation: Operation,
    /// What the answer will speak.
    pub(in crate::pipeline) dialect: Dialect,
    /// It is an answer to a conversation, or looks like one: a text that goes on.
    pub(in crate::pipeline) is_conversation: bool,
    /// More than one choice, or an unknown number of them.
    pub(in crate::pipeline) choices: Option<u64>,
    /// The caller did not ask for the usage that we ask for.
    pub(in crate::pipeline) hides_usage: bool,
    /// The tokens of the prompt by our own count, for providers that tell none. Rough unless it is needed.
    pub(in crate::pipeline) input_tokens: u64,
    /// What the model writes is kept for counting: this provider tells no usage.
    pub(in crate::pipeline) keeps_said: bool,
    /// The target's own limits of silence within an answer, and of a whole one.
    pub(in crate::pipeline) idle_limit: Option<Duration>,
    pub(in crate::pipeline) total_limit: Option<Duration>,
    /// How the answer becomes one for the caller, if it does not pass as it is.
    pub(in crate::pipeline) translator: Option<Box<Translator>>,
    /// How the answer goes on with another that broke off, if it is to.
    pub(in crate::pipeline) source: Option<Box<NextSource>>,
}

impl Wanted {
    /// One answer in a dialect, whole and with nothing special about it.
    pub(in crate::pipeline) const fn whole(dialect: Dialect, operation: Operation, form: AnswerForm) -> Self {
        Self {
            is_stream: false,
            form,
            operation,
            dialect,
            is_conversation: false,
            choices: None,
            hides_usage: false,
            input_tokens: 0,
            keeps_said: false,
            idle_limit: None,
            total_limit: None,
            translator: None,
            source: None,
        }
    }

    /// Whether the target was given the beginning of its answer.
    pub(in crate::pipeline) fn gives_beginning(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.approach == Approach::Beginning)
    }
}
