//! The counts of a `usage`, or of one round in it. Here the parts of the input exclude each other, and thoughts are part of
//! the output.

use domain::{ServiceTier, Usage};

use crate::canonical::Flaw;
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
    searches: Option<u64>,
    service_tier: Option<ServiceTier>,
}

impl Counts {
    /// Adds what is told.
    pub(super) fn add(&mut self, fields: &mut Fields<'_>) -> Result<(), Flaw> {
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
        // What of this cannot be read is no reason to lose the tokens.
        if let Some(Ok(mut tools)) = fields.take("server_tool_use").map(|tools| tools.fields()) {
            self.searches = tools.whole("web_search_requests").ok().flatten().or(self.searches);
        }
        if let Some(tier) = fields.take("service_tier").filter(Item::is_text) {
            self.service_tier = Some(ServiceTier::of_json(tier.text().as_bytes()));
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
        Some(Usage {
            input: or_zero(self.input),
            cached_input: or_zero(self.cache_read),
            cache_write: written.saturating_sub(long),
            cache_write_long: long,
            output: output - reasoning,
            reasoning,
            searches: u32::try_from(or_zero(self.searches)).unwrap_or(u32::MAX),
            service_tier: self.service_tier.unwrap_or_default(),
            ..Usage::default()
        })
    }
}
