//! The numbers of a `usage` object.

use domain::Usage;

use crate::json::each_quote;

/// Reads the `usage` of anything but a conversation, or what is told in its place. The names are those of all its surfaces;
/// where only a total is told, all of it was asked; and what pictures take is tokens of pictures, if nothing else is said.
pub(super) fn parse_loose_usage(text: &[u8], is_of_pictures: bool) -> Option<Usage> {
    let (mut input, mut output, mut total, mut cached_input) = (None, None, None, 0);
    let (mut audio, mut pictures, mut words_out, mut pictures_out) = (0, 0, 0, None);
    let (mut is_of_answer, mut searches) = (false, 0);
    each_member(text, |name, value| match (name, value) {
        (
            b"output_tokens_details" | b"output_token_details" | b"completion_tokens_details",
            Value::Object,
        ) => {
            is_of_answer = true;
        }
        (_, Value::Object) => is_of_answer = false,
        (b"input_tokens" | b"prompt_tokens", Value::Number(number)) => input = Some(number),
        (b"output_tokens" | b"completion_tokens", Value::Number(number)) => output = Some(number),
        (b"total_tokens", Value::Number(number)) => total = Some(number),
        (b"cached_tokens", Value::Number(number)) => cached_input = number,
        (b"audio_tokens", Value::Number(number)) if !is_of_answer => audio = number,
        (b"image_tokens", Value::Number(number)) if is_of_answer => pictures_out = Some(number),
        (b"image_tokens", Value::Number(number)) => pictures = number,
        (b"text_tokens", Value::Number(number)) if is_of_answer => words_out = number,
        (b"search_units", Value::Number(number)) => searches = number,
        _ => {}
    });
    let audio_ms = decimal_behind(text, b"\"seconds\"").unwrap_or(0);
    let told_units = searches > 0 || audio_ms > 0;
    if input.is_none() && output.is_none() {
        input = Some(total.or(told_units.then_some(0))?);
    }
    let uncached = input.unwrap_or(0).saturating_sub(cached_input);
    let (audio_input, image_input) = parts_of(uncached, audio, pictures);
    let output = output.unwrap_or(0);
    let pictures_out =
        pictures_out.unwrap_or(if is_of_pictures { output.saturating_sub(words_out) } else { 0 });
    let image_output = pictures_out.min(output);
    Some(Usage {
        input: uncached - audio_input - image_input,
        cached_input,
        audio_input,
        image_input,
        output: output - image_output,
        image_output,
        searches: u32::try_from(searches).unwrap_or(u32::MAX),
        audio_ms,
        ..Usage::default()
    })
}

/// The number behind a name, in thousandths.
fn decimal_behind(text: &[u8], name: &[u8]) -> Option<u32> {
    let at = memchr::memmem::find(text, name)?;
    thousandths(text[at + name.len()..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start())
}

/// A number that may stand in quotes, in thousandths: `8.47` are 8470. What is below them is left out.
pub(super) fn thousandths(text: &[u8]) -> Option<u32> {
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, behind) = text.split_at(digits(text));
    let places = behind.strip_prefix(b".").unwrap_or_default();
    let places = &places[..digits(places).min(3)];
    let whole: u32 = std::str::from_utf8(whole).ok()?.parse().ok()?;
    let thousandth = |at: usize| places.get(at).map_or(0, |digit| u32::from(digit - b'0'));
    let below = thousandth(0) * 100 + thousandth(1) * 10 + thousandth(2);
    whole.checked_mul(1000)?.checked_add(below)
}

/// How much of a whole each of two parts is, at most; what a cache holds of them is not told apart.
pub(super) fn parts_of(whole: u64, one: u64, other: u64) -> (u64, u64) {
    let one = one.min(whole);
    (one, other.min(whole - one))
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

    use super::{parse_loose_usage, thousandths};

    #[test]
    fn usage_is_found_under_every_name() {
        let check = |text: &str, usage: Usage| {
            assert_eq!(parse_loose_usage(text.as_bytes(), false), Some(usage), "{text}");
        };
        let plain = Usage::default();
        check(
            r#"{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":4,"audio_tokens":10},"output_tokens":45,"total_tokens":59}"#,
            Usage { input: 4, audio_input: 10, output: 45, ..plain },
        );
        check(r#"{"prompt_tokens":8,"total_tokens":8}"#, Usage { input: 8, ..plain });
        check(r#"{"total_tokens":15}"#, Usage { input: 15, ..plain });
        check(r#"{"type":"duration","seconds":9}"#, Usage { audio_ms: 9000, ..plain });
        check(r#"{"billed_units":{"search_units":2}}"#, Usage { searches: 2, ..plain });
        assert_eq!(parse_loose_usage(br#"{"type":"duration"}"#, false), None);
    }

    #[test]
    fn what_pictures_take_is_tokens_of_pictures_unless_said_otherwise() {
        let check = |text: &str, usage: Usage| {
            assert_eq!(parse_loose_usage(text.as_bytes(), true), Some(usage), "{text}");
        };
        let plain = Usage::default();
        check(
            r#"{"total_tokens":1110,"input_tokens":50,"output_tokens":1060,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}"#,
            Usage { input: 10, image_input: 40, image_output: 1060, ..plain },
        );
        check(
            r#"{"input_tokens":10,"input_tokens_details":{"text_tokens":10,"image_tokens":0},"output_tokens":70,"output_tokens_details":{"text_tokens":6,"image_tokens":64}}"#,
            Usage { input: 10, output: 6, image_output: 64, ..plain },
        );
    }

    #[test]
    fn seconds_are_read_to_the_thousandth() {
        for (text, expected) in [
            ("9", Some(9000)),
            ("8.47,", Some(8470)),
            ("\"8.470000267028809\"", Some(8470)),
            ("0.0009}", Some(0)),
            ("4294967", Some(4_294_967_000)),
            ("4294968", None),
            ("-1", None),
            ("null", None),
        ] {
            assert_eq!(thousandths(text.as_bytes()), expected, "{text}");
        }
    }
}
