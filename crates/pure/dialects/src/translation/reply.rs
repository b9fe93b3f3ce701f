//! A whole answer, translated at once.

use domain::{ModelUsage, Usage};

use super::back_map::BackMap;
use crate::Dialect;
use crate::canonical::{Feature, Finish, Part, Reply, ReplyFlaw};
use crate::json::{Halves, ValueEnd};
use crate::translator::Voice;

/// A translated answer, and what it tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslatedReply {
    /// The answer as the caller reads it.
    pub body: String,
    /// Tokens used: as the provider says, or as they are counted here.
    pub usage: Usage,
    /// The same by the models that used them, where there were several.
    pub usage_by_model: Vec<ModelUsage>,
    /// What of it could not be told as it was.
    pub losses: Vec<Feature>,
}

/// Translates a whole answer. One that names no end is none. `estimate` counts what the model wrote, and what it was asked,
/// where the provider does not.
pub fn translate_reply(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    mut back_map: BackMap,
    voice: &Voice,
    estimate: impl FnOnce(&str) -> Usage,
) -> Result<TranslatedReply, ReplyFlaw> {
    let mended = Halves::mend_whole(body);
    let body = mended.as_deref().unwrap_or(body);
    let mut events = Vec::new();
    for event in from.translator().read_reply(body)? {
        back_map.map(event, &mut events);
    }
    let mut reply = Reply::of(events);
    if reply.fault.is_some() {
        return Err(ReplyFlaw::new("told of an error in its answer"));
    }
    let Some(finish) = &reply.finish else {
        return Err(ReplyFlaw::no_reason());
    };
    if !finish.is_cut() && reply.parts.iter().any(is_half_call) {
        return Err(ReplyFlaw::half_call());
    }
    let usage = reply.usage.unwrap_or_else(|| estimate(&reply.said()));
    reply.usage = Some(usage);
    let to = to.translator();
    let of_end = reply.finish.as_ref().and_then(Finish::loss);
    let losses = of_end.into_iter().chain(to.loss_of_reply(&reply)).collect();
    let body = to.write_reply(&reply, voice);
    Ok(TranslatedReply { body, usage, usage_by_model: reply.usage_by_model, losses })
}

/// Whether it is a call whose arguments begin like an object and do not come to their end.
fn is_half_call(part: &Part) -> bool {
    let Part::Call(call) = part else { return false };
    let mut end = ValueEnd::default();
    end.push(&call.arguments);
    !call.is_custom && end.is_half_object()
}
