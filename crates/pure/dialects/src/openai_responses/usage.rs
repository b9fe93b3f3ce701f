//! Tokens used. On the wire the totals hold the cached and the reasoning tokens; here no token is in two of the parts.

use domain::Usage;

use crate::json::writer::{ObjectWriter, object};
use crate::json::{Fields, Item};

/// Reads a `usage` object; one without the totals is none.
pub(super) fn read_usage(usage: &[u8]) -> Option<Usage> {
    let mut fields = Item::of_body(usage).ok()?.fields().ok()?;
    let (input, output) = (whole(&mut fields, "input_tokens"), whole(&mut fields, "output_tokens"));
    if input.is_none() && output.is_none() {
        return None;
    }
    let mut told = fields.fields("input_tokens_details").ok().flatten();
    let mut detail = |name| told.as_mut().and_then(|details| whole(details, name)).unwrap_or(0);
    let (cached_input, written) = (detail("cached_tokens"), detail("cache_write_tokens"));
    let mut split = told.and_then(|mut details| details.fields("cache_write_tokens_details").ok().flatten());
    let long = split.as_mut().and_then(|split| whole(split, "ttl_12h_tokens")).unwrap_or(0).min(written);
    let mut told = fields.fields("output_tokens_details").ok().flatten();
    let reasoning = told.as_mut().and_then(|details| whole(details, "reasoning_tokens")).unwrap_or(0);
    Some(Usage {
        input: input.unwrap_or(0).saturating_sub(cached_input.saturating_add(written)),
        cached_input,
        cache_write: written - long,
        cache_write_long: long,
        output: output.unwrap_or(0).saturating_sub(reasoning),
        reasoning,
        ..Usage::default()
    })
}

fn whole(fields: &mut Fields<'_>, name: &str) -> Option<u64> {
    fields.whole(name).ok().flatten()
}

/// Writes a `usage` object.
pub(super) fn usage_object(usage: &Usage) -> String {
    let written = usage.cache_write.saturating_add(usage.cache_write_long);
    object(|o: &mut ObjectWriter<'_>| {
        o.whole("input_tokens", usage.input_total());
        o.object("input_tokens_details", |o| {
            o.whole("cached_tokens", usage.cached_input);
            o.whole("cache_write_tokens", written);
        });
        o.whole("output_tokens", usage.output_total());
        o.object("output_tokens_details", |o| o.whole("reasoning_tokens", usage.reasoning));
        o.whole("total_tokens", usage.total());
    })
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::{read_usage, usage_object};

    #[test]
    fn parts_are_apart_here_and_within_the_totals_there() {
        let text = r#"{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":30,
            "cache_write_tokens_details":{"ttl_12h_tokens":10,"ttl_30m_tokens":20}},
            "output_tokens":50,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":150}"#;
        let usage = Usage {
            input: 10,
            cached_input: 60,
            cache_write: 20,
            cache_write_long: 10,
            output: 30,
            reasoning: 20,
            ..Usage::default()
        };
        assert_eq!(read_usage(text.as_bytes()), Some(usage));
        let written = usage_object(&usage);
        assert!(written.contains(r#""input_tokens":100,"#) && written.contains(r#""total_tokens":150"#));
        let reread = read_usage(written.as_bytes()).unwrap();
        assert_eq!((reread.input_total(), reread.output_total()), (100, 50));
    }

    #[test]
    fn odd_usage_is_none_or_clamped() {
        assert_eq!(read_usage(b"{}"), None);
        assert_eq!(read_usage(br#"{"total_tokens":3}"#), None);
        assert_eq!(read_usage(b"null"), None);
        let usage = read_usage(
            br#"{"input_tokens":3,"input_tokens_details":{"cached_tokens":9},"output_tokens":0,"output_tokens_details":null}"#,
        );
        assert_eq!(usage, Some(Usage { cached_input: 9, ..Usage::default() }));
    }
}
