//! Tokens used: the counts at the top, and what its rounds add to them.

use domain::{ModelUsage, Usage};

use super::counts::Counts;
use super::rounds::Rounds;
use crate::canonical::{Event, Flaw};
use crate::json::Item;
use crate::json::writer::ObjectWriter;

/// What has been told so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    counts: Counts,
    rounds: Rounds,
}

impl Told {
    /// Adds what a `usage` tells.
    pub(super) fn add(&mut self, item: &Item<'_>) -> Result<(), Flaw> {
        let mut fields = item.fields()?;
        self.counts.add(&mut fields)?;
        if let Some(rounds) = fields.list("iterations")? {
            self.rounds = Rounds::read(&rounds)?;
        }
        Ok(())
    }

    /// All of it, whichever model used it. `None` while neither input nor output is told.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.counts.usage().map(|top| self.rounds.total(top))
    }

    /// The same by model; nothing where only one is named.
    pub(super) fn by_model(&self) -> Vec<ModelUsage> {
        self.counts.usage().map(|top| self.rounds.by_model(top)).unwrap_or_default()
    }

    /// Both as events.
    pub(super) fn events(&self) -> impl Iterator<Item = Event> + use<> {
        let by_model = Some(self.by_model()).filter(|parts| !parts.is_empty());
        self.usage().map(Event::Usage).into_iter().chain(by_model.map(Event::UsageByModel))
    }
}

/// Reads a `usage`.
pub(super) fn read(usage: &[u8]) -> Option<Told> {
    let mut told = Told::default();
    told.add(&Item::of_body(usage).ok()?).ok()?;
    Some(told)
}

/// Writes a `usage`, all of it.
pub(super) fn write(usage: &Usage, o: &mut ObjectWriter<'_>) {
    o.whole("input_tokens", usage.input.saturating_add(usage.audio_input).saturating_add(usage.image_input));
    o.whole("cache_creation_input_tokens", usage.cache_write.saturating_add(usage.cache_write_long));
    o.whole("cache_read_input_tokens", usage.cached_input);
    o.object("cache_creation", |o| {
        o.whole("ephemeral_5m_input_tokens", usage.cache_write);
        o.whole("ephemeral_1h_input_tokens", usage.cache_write_long);
    });
    o.whole("output_tokens", usage.output_total());
    o.object("output_tokens_details", |o| o.whole("thinking_tokens", usage.reasoning));
    if usage.searches > 0 {
        o.object("server_tool_use", |o| o.whole("web_search_requests", usage.searches.into()));
    }
}

#[cfg(test)]
mod tests {
    use domain::{ServiceTier, Usage};

    use super::{Told, write};
    use crate::json::Item;
    use crate::json::writer::object;

    fn read(usage: &[u8]) -> Option<Usage> {
        super::read(usage)?.usage()
    }

    #[test]
    fn parts_are_told_apart() {
        let check = |usage: &str, expected: Option<Usage>| {
            assert_eq!(read(usage.as_bytes()), expected, "{usage}");
        };
        let plain = Usage::default();
        check(r#"{"input_tokens":5,"output_tokens":7}"#, Some(Usage { input: 5, output: 7, ..plain }));
        check(
            r#"{"input_tokens":5,"cache_creation_input_tokens":30,"cache_read_input_tokens":100,
                "cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},
                "output_tokens":50,"output_tokens_details":{"thinking_tokens":40},
                "server_tool_use":{"web_search_requests":1},"service_tier":"priority"}"#,
            Some(Usage {
                input: 5,
                cached_input: 100,
                cache_write: 10,
                cache_write_long: 20,
                output: 10,
                reasoning: 40,
                searches: 1,
                service_tier: ServiceTier::named("priority").unwrap(),
                ..plain
            }),
        );
        check(
            r#"{"input_tokens":0,"cache_creation_input_tokens":30,"cache_read_input_tokens":null,"output_tokens":0}"#,
            Some(Usage { cache_write: 30, ..plain }),
        );
        check(r#"{"service_tier":"standard"}"#, None);
        check(r#"{"input_tokens":"many"}"#, None);
        check("[]", None);
    }

    #[test]
    fn a_stream_tells_it_in_pieces() {
        let mut counts = Told::default();
        let mut add = |json: &str| counts.add(&Item::of_body(json.as_bytes()).unwrap()).unwrap();
        add(r#"{"input_tokens":9,"cache_creation_input_tokens":8,
                "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":8},"output_tokens":1}"#);
        add(r#"{"output_tokens":20,"output_tokens_details":{"thinking_tokens":4}}"#);
        let expected = Usage { input: 9, cache_write_long: 8, output: 16, reasoning: 4, ..Usage::default() };
        assert_eq!(counts.usage(), Some(expected));
    }

    #[test]
    fn what_is_written_reads_back() {
        let usage = Usage {
            input: 1,
            cached_input: 2,
            cache_write: 3,
            cache_write_long: 4,
            output: 5,
            reasoning: 6,
            ..Usage::default()
        };
        let json = object(|o| write(&usage, o));
        assert_eq!(read(json.as_bytes()), Some(usage), "{json}");
    }
}
