//! What is asked, as those need it who look for an answer. Lent to each search, never kept by what outlives it.

use dialects::translation::Rescue;
use http::HeaderMap;

use crate::pipeline::admit::Admitted;
use crate::pipeline::going_on::GoingOn;
use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// A stream may be so many times as large as an answer that is not streamed.
const STREAM_FACTOR: u64 = 16;

/// What is asked. Lent to each search for an answer, never kept: the next may be for another request.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) serving: &'a Serving,
    /// Nobody is asked for a caller who was not let in.
    pub(crate) admitted: &'a Admitted,
    pub(crate) prompt: &'a Prompt,
    pub(crate) headers: &'a HeaderMap,
    /// The caller wants nothing lost, by his word for this call.
    pub(crate) is_strict: bool,
    /// What follows when the answer breaks; nothing for an answer that is merely told to have broken.
    pub(crate) rescue: Option<Rescue>,
    /// What the caller has of the answer already.
    pub(crate) going_on: Option<&'a GoingOn>,
    /// It is not given to whoever is asked as the beginning of his own: he has refused the request with it.
    pub(crate) is_without_beginning: bool,
}

impl<'a> Question<'a> {
    /// The name that was asked for.
    pub(super) fn model(&self) -> &'a str {
        &self.prompt.deciding.model
    }

    pub(super) fn is_strict(&self) -> bool {
        self.is_strict || self.admitted.is_strict()
    }

    /// How large an answer may be. A stream says around every token what a whole answer says once.
    pub(super) fn answer_bytes_max(&self) -> u64 {
        let whole = self.serving.limits.answer_bytes_max as u64;
        if self.prompt.deciding.is_streaming { whole.saturating_mul(STREAM_FACTOR) } else { whole }
    }
}
