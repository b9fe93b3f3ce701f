//! Cache marks: `cache_control` of a block or a tool.

use crate::canonical::Flaw;
use crate::canonical::{CacheMark, Part, Prompt, Tool, ToolKind};
use crate::json::writer::ObjectWriter;
use crate::json::{Fields, Item};

const NAME: &str = "cache_control";
/// A request with more is refused; so is one whose longer-lived marks follow others.
const MARKS_MAX: usize = 4;
const SHORT: &str = "5m";
const LONG: &str = "1h";

/// Takes the mark of a block.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Option<CacheMark>, Flaw> {
    let Some(mut mark) = fields.fields(NAME)? else { return Ok(None) };
    Ok(Some(CacheMark { ttl: mark.string("ttl")?.map(Into::into) }))
}

/// The marks of a request that is being written, of which the last ones count.
pub(super) struct Marks {
    left_out: usize,
    /// One of the usual, short time is written: a longer one may not follow.
    has_short: bool,
    are_reduced: bool,
}

impl Marks {
    /// In the order in which they are written: the tools, then the conversation.
    pub(super) fn of(prompt: &Prompt) -> Self {
        let mut marks: Vec<&CacheMark> = prompt.tools.iter().filter_map(|tool| tool.mark.as_ref()).collect();
        let parts = || prompt.turns.iter().flat_map(|turn| &turn.parts);
        parts().for_each(|part| collect(part, &mut marks));
        let tools = prompt.tools.iter().filter(|tool| is_marked_tool(tool)).count();
        let fixed = tools + parts().filter(|part| is_marked_foreign(part)).count();
        let left_out = marks.len().saturating_sub(MARKS_MAX.saturating_sub(fixed));
        let mut has_short = false;
        let is_shortened = marks[left_out..].iter().any(|mark| {
            let is_long = lifetime(mark) == LONG;
            has_short |= !is_long;
            is_long && has_short
        });
        Self { left_out, has_short: false, are_reduced: left_out > 0 || is_shortened }
    }

    /// Whether some are left out or shortened.
    pub(super) fn are_reduced(&self) -> bool {
        self.are_reduced
    }

    /// Writes a mark, if it is one of those that count.
    pub(super) fn write(&mut self, mark: Option<&CacheMark>, o: &mut ObjectWriter<'_>) {
        let Some(mark) = mark else { return };
        if self.left_out > 0 {
            self.left_out -= 1;
            return;
        }
        self.has_short |= lifetime(mark) == SHORT;
        o.object(NAME, |o| {
            o.text("type", "ephemeral");
            if let Some(ttl) = &mark.ttl {
                o.text("ttl", if self.has_short { SHORT } else { known_ttl(ttl) });
            }
        });
    }
}

/// The marks of what is written of a part: text that is nothing but white is not.
fn collect<'p>(part: &'p Part, marks: &mut Vec<&'p CacheMark>) {
    match part {
        Part::Text(text) if text.text.trim().is_empty() => {}
        Part::Text(text) => marks.extend(&text.mark),
        Part::Media(media) => marks.extend(&media.mark),
        Part::Call(call) => marks.extend(&call.mark),
        Part::Outcome(outcome) => {
            outcome.parts.iter().for_each(|part| collect(part, marks));
            marks.extend(&outcome.mark);
        }
        Part::Refusal(_) | Part::Thought(_) | Part::Foreign(_) => {}
    }
}

/// What goes back as it came keeps its mark.
fn is_marked_foreign(part: &Part) -> bool {
    match part {
        Part::Foreign(foreign) => is_marked(&foreign.json),
        Part::Outcome(outcome) => outcome.parts.iter().any(is_marked_foreign),
        _ => false,
    }
}

fn is_marked_tool(tool: &Tool) -> bool {
    matches!(&tool.kind, ToolKind::BuiltIn { json, .. } if is_marked(json))
}

fn is_marked(json: &str) -> bool {
    let mark = Item::of_body(json.as_bytes()).ok().and_then(|item| item.fields().ok()?.take(NAME));
    mark.is_some_and(|mark| !mark.is_null())
}

fn lifetime(mark: &CacheMark) -> &'static str {
    mark.ttl.as_deref().map_or(SHORT, known_ttl)
}

/// The one of the two lifetimes there are that lasts long enough.
fn known_ttl(ttl: &str) -> &'static str {
    let minutes = ttl.strip_suffix('m').and_then(|minutes| minutes.parse::<u32>().ok());
    if minutes.is_some_and(|minutes| minutes <= 5) { SHORT } else { LONG }
}

#[cfg(test)]
mod tests {
    use super::known_ttl;

    #[test]
    fn a_lifetime_is_one_of_two() {
        for (ttl, known) in [("5m", "5m"), ("1m", "5m"), ("30m", "1h"), ("1h", "1h"), ("24h", "1h")] {
            assert_eq!(known_ttl(ttl), known, "{ttl}");
        }
    }
}
