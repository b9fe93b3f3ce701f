//! The object that an answer is.

use domain::{Failure, Usage};

use super::item::OutputItem;
use crate::canonical::Finish;
use crate::json::writer::object;
use crate::openai_responses::echo::repeated;
use crate::openai_responses::failure::write_error;
use crate::openai_responses::usage::usage_object;
use crate::translator::Voice;

/// How an answer stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::openai_responses) enum Ending<'f> {
    /// It has begun.
    Going,
    /// All is said.
    Completed,
    /// It was cut: why.
    Incomplete(&'f str),
    /// The model made a call that nobody can read.
    BadCall,
    /// It cannot go on, and the id of the request.
    Failed(&'f Failure, &'f str),
}

impl<'f> Ending<'f> {
    /// The ending for a reason.
    pub(in crate::openai_responses) fn of(finish: &'f Finish) -> Self {
        match finish {
            Finish::Stop | Finish::StopText(_) | Finish::Calls | Finish::Other(_) => Self::Completed,
            Finish::Length | Finish::ContextFull => Self::Incomplete("max_output_tokens"),
            Finish::Filtered(_) => Self::Incomplete("content_filter"),
            Finish::Pause => Self::Incomplete("pause"),
            Finish::BadCall => Self::BadCall,
        }
    }

    /// Its word, which is also that of the last event of a stream.
    pub(in crate::openai_responses) const fn status(&self) -> &'static str {
        match self {
            Self::Going => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::BadCall | Self::Failed(..) => "failed",
        }
    }
}

/// Writes it.
pub(in crate::openai_responses) fn response_object(
    voice: &Voice,
    ending: &Ending<'_>,
    items: &[OutputItem],
    usage: Option<&Usage>,
) -> String {
    object(|o| {
        o.text("id", &format!("resp_{}", voice.id));
        o.text("object", "response");
        o.raw("created_at", &voice.created.to_string());
        o.text("status", ending.status());
        match ending {
            Ending::Failed(failure, request_id) => o.object("error", |o| write_error(o, failure, request_id)),
            Ending::BadCall => o.object("error", |o| {
                o.text("code", "server_error");
                o.text("message", "the model asked for a tool in a form that cannot be read");
            }),
            Ending::Going | Ending::Completed | Ending::Incomplete(_) => o.raw("error", "null"),
        }
        match ending {
            Ending::Incomplete(reason) => o.object("incomplete_details", |o| o.text("reason", reason)),
            _ => o.raw("incomplete_details", "null"),
        }
        o.text("model", &voice.model);
        o.list("output", |list| items.iter().for_each(|item| list.object(|o| item.write(o, true))));
        for (name, json) in repeated(&voice.echo) {
            o.raw(name, json);
        }
        match usage {
            Some(usage) => o.raw("usage", &usage_object(usage)),
            None => o.raw("usage", "null"),
        }
    })
}
