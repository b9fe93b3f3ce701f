//! Tokens used. Here the parts of the input exclude each other, and thoughts are part of the output.

use domain::Usage;

use crate::canonical::Flaw;
use crate::json::writer::ObjectWriter;
use crate::json::{Fields, Item};

/// What has been told so far. A stream tells it in pieces: later numbers replace earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    input: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    cache_write_short: Option<u64>,
    cache_write_long: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
    /// Summing up what no longer fits is paid for besides.
    compaction: Usage,
}

impl Counts {
    /// Adds what a `usage` tells.
    pub(super) fn add(&mut self, item: &Item<'_>) -> Result<(), Flaw> {
        let mut fields = item.fields()?;
        let mut update = |known: &mut Option<u64>, name: &str| {
            *known = fields.whole(name)?.or(*known);
            Ok::<_, Flaw>(())
        };
        update(&mut self.input, "input_tokens")?;
        update(&mut self.cache_read, "cache_read_input_tokens")?;
        update(&mut self.cache_write, "cache_creation_input_tokens")?;
        update(&mut self.output, "output_tokens")?;
        if let Some(mut lifetimes) = fields.fields("cache_creation")? {
            self.cache_write_short = lifetimes.whole("ephemeral_5m_input_tokens")?.or(self.cache_write_short);
            self.cache_write_long = lifetimes.whole("ephemeral_1h_input_tokens")?.or(self.cache_write_long);
        }
        if let Some(mut details) = fields.fields("output_tokens_details")? {
            self.thinking = details.whole("thinking_tokens")?.or(self.thinking);
        }
        self.add_compactions(&mut fields)
    }

    fn add_compactions(&mut self, fields: &mut Fields<'_>) -> Result<(), Flaw> {
        let Some(iterations) = fields.list("iterations")? else { return Ok(()) };
        self.compaction = Usage::default();
        for iteration in iterations {
            let kind = iteration.fields()?.string("type")?;
            if kind.as_deref() == Some("compaction") {
                let mut counts = Self::default();
                counts.add(&iteration)?;
                self.compaction = sum(self.compaction, counts.usage().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// All of it. `None` while neither input nor output is told.
    pub(super) fn usage(&self) -> Option<Usage> {
        if self.input.is_none() && self.output.is_none() {
            return None;
        }
        let or_zero = |count: Option<u64>| count.unwrap_or(0);
        let long = or_zero(self.cache_write_long);
        let written = or_zero(self.cache_write).max(or_zero(self.cache_write_short).saturating_add(long));
        let output = or_zero(self.output);
        let reasoning = or_zero(self.thinking).min(output);
        let told = Usage {
            input: or_zero(self.input),
            cached_input: or_zero(self.cache_read),
            cache_write: written.saturating_sub(long),
            cache_write_long: long,
            output: output - reasoning,
            reasoning,
            ..Usage::default()
        };
        Some(sum(told, self.compaction))
    }
}

fn sum(left: Usage, right: Usage) -> Usage {
    Usage {
        input: left.input.saturating_add(right.input),
        cached_input: left.cached_input.saturating_add(right.cached_input),
        cache_write: left.cache_write.saturating_add(right.cache_write),
        cache_write_long: left.cache_write_long.saturating_add(right.cache_write_long),
        output: left.output.saturating_add(right.output),
        reasoning: left.reasoning.saturating_add(right.reasoning),
        ..left
    }
}

/// Reads a `usage`.
pub(super) fn read(usage: &[u8]) -> Option<Usage> {
    let mut counts = Counts::default();
    counts.add(&Item::of_body(usage).ok()?).ok()?;
    counts.usage()
}

/// Writes a `usage`, all of it.
pub(super) fn write(usage: &Usage, o: &mut ObjectWriter<'_>) {
    o.whole("input_tokens", usage.input.saturating_add(usage.audio_input));
    o.whole("cache_creation_input_tokens", usage.cache_write.saturating_add(usage.cache_write_long));
    o.whole("cache_read_input_tokens", usage.cached_input);
    o.object("cache_creation", |o| {
        o.whole("ephemeral_5m_input_tokens", usage.cache_write);
        o.whole("ephemeral_1h_input_tokens", usage.cache_write_long);
    });
    o.whole("output_tokens", usage.output_total());
    o.object("output_tokens_details", |o| o.whole("thinking_tokens", usage.reasoning));
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::{Counts, read, write};
    use crate::json::Item;
    use crate::json::writer::object;

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
                "server_tool_use":{"web_search_requests":1},"service_tier":"standard"}"#,
            Some(Usage {
                input: 5,
                cached_input: 100,
                cache_write: 10,
                cache_write_long: 20,
                output: 10,
                reasoning: 40,
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
    fn compaction_is_paid_besides() {
        let usage = read(
            br#"{"input_tokens":5,"output_tokens":7,"iterations":[
                {"type":"compaction","input_tokens":100,"output_tokens":10,"cache_read_input_tokens":3,"cache_creation_input_tokens":0},
                {"type":"message","input_tokens":5,"output_tokens":7,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}]}"#,
        );
        assert_eq!(usage, Some(Usage { input: 105, cached_input: 3, output: 17, ..Usage::default() }));
    }

    #[test]
    fn a_stream_tells_it_in_pieces() {
        let mut counts = Counts::default();
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
