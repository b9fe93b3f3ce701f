//! Cache marks: OpenAI's own, and the one that several hosts have taken over from another dialect.

use crate::canonical::CacheMark;
use crate::json::Fields;

/// Takes the mark of a part, a message or a tool. A mark that cannot be read is none: it changes no answer.
pub(super) fn take(fields: &mut Fields<'_>) -> Option<CacheMark> {
    let marks = [fields.take("prompt_cache_breakpoint"), fields.take("cache_control")];
    let mut mark = marks.into_iter().flatten().next()?.fields().ok()?;
    Some(CacheMark { ttl: mark.string("ttl").ok().flatten().map(Into::into) })
}
