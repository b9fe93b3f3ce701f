//! What makes the end mark of a chat stream its end where no reason was named. Officially each choice names one; some hosts have
//! an empty word for it, and some close a stream behind calls of tools without any.

use serde_json::Value;

use crate::json::ValueEnd;

/// Longest chunk that is kept for its call.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// The last chunk that had a choice and named no reason: until the end mark comes nobody knows whether it matters, so it is
/// kept and not read.
#[derive(Debug, Default)]
pub(super) struct Ending {
    last: Vec<u8>,
}

impl Ending {
    pub(super) fn keep(&mut self, chunk: &[u8]) {
        self.last.clear();
        if chunk.len() <= KEPT_BYTES_MAX {
            self.last.extend_from_slice(chunk);
        }
    }

    /// Whether an end mark behind this is the end: where a call was told to its end, or the reason for the end of a text is an
    /// empty one.
    pub(super) fn is_one(&self) -> bool {
        let Ok(chunk) = serde_json::from_slice::<Value>(&self.last) else { return false };
        let choice = &chunk["choices"][0];
        match choice["delta"]["tool_calls"].as_array().and_then(|calls| calls.last()) {
            Some(call) => ends_call(&call["function"]["arguments"]),
            None => choice["finish_reason"] == "",
        }
    }
}

/// Whether the last piece of a call ends it. Of arguments that began earlier only the last brace tells.
fn ends_call(arguments: &Value) -> bool {
    // Some write an object, which is whole; others none, for a tool that takes nothing.
    let Some(text) = arguments.as_str().map(str::trim) else { return true };
    let mut end = ValueEnd::default();
    end.push(text);
    if end.is_object() { end.is_complete() } else { text.is_empty() || text.ends_with('}') }
}

#[cfg(test)]
mod tests {
    use super::{Ending, KEPT_BYTES_MAX};

    fn is_end(delta: &str, reason: &str) -> bool {
        let mut ending = Ending::default();
        let chunk = format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":{reason}}}]}}"#);
        ending.keep(chunk.as_bytes());
        ending.is_one()
    }

    fn ends_with_call(arguments: &str) -> bool {
        let arguments = serde_json::to_string(arguments).unwrap();
        is_end(
            &format!(r#"{{"tool_calls":[{{"index":0,"function":{{"name":"f","arguments":{arguments}}}}}]}}"#),
            "null",
        )
    }

    #[test]
    fn a_call_is_an_end_once_it_is_whole() {
        for whole in ["{}", r#"{"a":{"b":"}\""}} "#, "", r#"b":1}"#] {
            assert!(ends_with_call(whole), "{whole}");
        }
        for half in ["{", r#"{"a":{"b":1}"#, r#"{"a":"}"#, r#"b":1"#, r#""a"#] {
            assert!(!ends_with_call(half), "{half}");
        }
        let object = r#"{"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}"#;
        assert!(is_end(object, "null"));
        let second_is_half =
            r#"{"tool_calls":[{"function":{"arguments":"{}"}},{"function":{"arguments":"{"}}]}"#;
        assert!(!is_end(second_is_half, "null") && !is_end(second_is_half, "\"\""));
    }

    #[test]
    fn a_text_is_an_end_only_with_an_empty_reason() {
        assert!(!is_end(r#"{"content":"x"}"#, "null"));
        assert!(is_end(r#"{"content":"x"}"#, "\"\"") && is_end("{}", "\"\""));
        assert!(!Ending::default().is_one());
        assert!(!is_end(&format!(r#"{{"content":"{}"}}"#, "x".repeat(KEPT_BYTES_MAX)), "\"\""));
    }
}
