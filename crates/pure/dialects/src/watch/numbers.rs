//! The numbers of a `usage` object.

use domain::Usage;

use crate::json::each_quote;

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
    let mut opened = None;
    each_quote(text, |at| match opened.take() {
        None => opened = Some(at + 1),
        Some(begin) => {
            if let Some(value) = value_behind(&text[at + 1..]) {
                report(&text[begin..at], value);
            }
        }
    });
}

/// What stands behind the colon, if it is a number without a fraction or an object.
fn value_behind(text: &[u8]) -> Option<Value> {
    let value = text.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    if value.first() == Some(&b'{') {
        return Some(Value::Object);
    }
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit());
    let (mut number, mut is_one) = (0_u64, false);
    for digit in digits {
        number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
        is_one = true;
    }
    is_one.then_some(Value::Number(number))
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
