//! What of a request its answer repeats.

use crate::json::Item;
use crate::json::writer::compact;

/// The fields of a request that stand in the answer too.
const REPEATED: &[&str] = &[
    "background",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// What stands in an answer where the request says nothing.
const USUAL: &[(&str, &str)] = &[
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    // Whatever was asked: of an answer that was written anew nobody keeps anything.
    ("store", "false"),
    ("temperature", "null"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_p", "null"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// Finds them, each with its text on one line: a line break would cut an event in two.
pub(super) fn echo(body: &[u8]) -> Vec<(String, String)> {
    let Ok(mut fields) = Item::of_body(body).and_then(|item| item.fields()) else { return Vec::new() };
    let found = |name: &&str| Some(((*name).to_owned(), compact(fields.take(name)?.text())));
    REPEATED.iter().filter_map(found).collect()
}

/// The fields of an answer that repeat its request: what was asked, and what is usual where nothing was.
pub(super) fn repeated(echo: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    let asked = echo.iter().map(|(name, json)| (name.as_str(), json.as_str()));
    let usual = USUAL.iter().filter(|(name, _)| !echo.iter().any(|(asked, _)| asked == name));
    asked.chain(usual.copied())
}

#[cfg(test)]
mod tests {
    use super::{echo, repeated};

    #[test]
    fn what_was_asked_is_repeated_and_the_rest_is_usual() {
        let body = br#"{"model":"m","input":"x","temperature":1e-1,"store":true,"tools":[
            {"type":"a b"} ],"new":1}"#;
        let echo = echo(body);
        let pairs: Vec<(&str, &str)> = repeated(&echo).collect();
        assert!(
            pairs.contains(&("temperature", "1e-1")) && pairs.contains(&("tools", r#"[{"type":"a b"}]"#))
        );
        assert!(pairs.contains(&("store", "false")) && pairs.contains(&("tool_choice", "\"auto\"")));
        let names: std::collections::HashSet<_> = pairs.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), pairs.len());
        assert!(!names.contains(&"input") && !names.contains(&"new"));
        assert!(super::echo(b"[]").is_empty());
    }
}
