//! The numbers of a `usage` object.

use domain::Usage;
use memchr::memchr;

/// Reads the `usage` of anything but a conversation. The names are those of all its surfaces; where only a total is told,
/// all of it was asked.
pub(super) fn parse_loose_usage(text: &[u8]) -> Option<Usage> {
    let (mut input, mut output, mut total, mut cached_input, mut audio_input) = (None, None, None, 0, 0);
    each_member(text, |name, value| match (name, value) {
        (b"input_tokens" | b"prompt_tokens", Value::Number(number)) => input = Some(number),
        (b"output_tokens" | b"completion_tokens", Value::Number(number)) => output = Some(number),
        (b"total_tokens", Value::Number(number)) => total = Some(number),
        (b"cached_tokens", Value::Number(number)) => cached_input = number,
        (b"audio_tokens", Value::Number(number)) => audio_input = number,
        _ => {}
    });
    if input.is_none() && output.is_none() {
        input = Some(total?);
    }
    Some(Usage {
        input: input.unwrap_or(0).saturating_sub(cached_input).saturating_sub(audio_input),
        cached_input,
        audio_input,
        output: output.unwrap_or(0),
        ..Usage::default()
    })
}

/// A value that tells something here.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Number(u64),
    Object,
}

/// Reports every `"name": number` and every `"name": {` at any depth. The names wanted above are unique in a usage object but
/// for one, and such an object is read for every answer: a parser that knows about all of JSON costs ten times as much.
pub(super) fn each_member<'t>(text: &'t [u8], mut report: impl FnMut(&'t [u8], Value)) {
    let mut rest = text;
    while let Some(start) = memchr(b'"', rest) {
        rest = &rest[start + 1..];
        let Some(end) = memchr(b'"', rest) else { return };
        let (name, behind) = rest.split_at(end);
        rest = &behind[1..];
        let Some(value) = rest.trim_ascii_start().strip_prefix(b":") else { continue };
        let value = value.trim_ascii_start();
        if value.starts_with(b"{") {
            report(name, Value::Object);
            continue;
        }
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if let Ok(number) = std::str::from_utf8(&value[..digits]).unwrap_or_default().parse() {
            report(name, Value::Number(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::parse_loose_usage;

    #[test]
    fn usage_is_found_under_every_name() {
        let check = |text: &str, usage: Usage| {
            assert_eq!(parse_loose_usage(text.as_bytes()), Some(usage), "{text}");
        };
        let plain = Usage::default();
        check(
            r#"{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":45,"total_tokens":59}"#,
            Usage { input: 4, audio_input: 10, output: 45, ..plain },
        );
        check(r#"{"prompt_tokens":8,"total_tokens":8}"#, Usage { input: 8, ..plain });
        check(r#"{"total_tokens":15}"#, Usage { input: 15, ..plain });
        assert_eq!(parse_loose_usage(br#"{"type":"duration","seconds":9}"#), None);
    }
}
