//! Cache marks: `cache_control` of a block or a tool.

use crate::canonical::Flaw;
use crate::canonical::{CacheMark, Part, Prompt};
use crate::json::Fields;
use crate::json::writer::ObjectWriter;

const NAME: &str = "cache_control";
/// A request with more is refused.
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
}

impl Marks {
    pub(super) fn of(prompt: &Prompt) -> Self {
        let parts = prompt.turns.iter().flat_map(|turn| &turn.parts).map(count).sum::<usize>();
        let tools = prompt.tools.iter().filter(|tool| tool.mark.is_some()).count();
        Self { left_out: (parts + tools).saturating_sub(MARKS_MAX) }
    }

    /// Whether there are more than a request may have.
    pub(super) fn are_too_many(&self) -> bool {
        self.left_out > 0
    }

    /// Writes a mark, if it is one of those that count.
    pub(super) fn write(&mut self, mark: Option<&CacheMark>, o: &mut ObjectWriter<'_>) {
        let Some(mark) = mark else { return };
        if self.left_out > 0 {
            self.left_out -= 1;
            return;
        }
        o.object(NAME, |o| {
            o.text("type", "ephemeral");
            if let Some(ttl) = &mark.ttl {
                o.text("ttl", known_ttl(ttl));
            }
        });
    }
}

fn count(part: &Part) -> usize {
    match part {
        Part::Text(text) => usize::from(text.mark.is_some()),
        Part::Media(media) => usize::from(media.mark.is_some()),
        Part::Outcome(outcome) => {
            usize::from(outcome.mark.is_some()) + outcome.parts.iter().map(count).sum::<usize>()
        }
        _ => 0,
    }
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
