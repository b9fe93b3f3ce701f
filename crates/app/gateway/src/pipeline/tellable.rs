//! Which answers may be told to whoever asks the same: those that came to their own end, and call no tool. Read in the bytes as
//! they were told, whole or as a stream: a member's name stands in them as it is, and within a text its quotes are escaped.
//! Where it is doubtful an answer is not kept: that costs no more than asking again.

use dialects::Dialect;
use memchr::memmem;

/// Whether an answer may be told again. One that has to say how it came to its end, and does not, may not.
pub(super) fn is_tellable(dialect: Dialect, body: &[u8], tells_end: bool, tells_tool_calls: bool) -> bool {
    !body.is_empty()
        && ended_well(dialect, body)
        && (!tells_end || says_end(dialect, body))
        && (tells_tool_calls || !calls_tool(dialect, body))
}

/// It says so itself; that it is a good one is another question.
fn says_end(dialect: Dialect, body: &[u8]) -> bool {
    let is_text = |name: &str| values(body, name).any(|value| !word(value).is_empty());
    match dialect {
        Dialect::OpenAiChat => is_text("finish_reason"),
        Dialect::AnthropicMessages => is_text("stop_reason"),
        Dialect::OpenAiResponses => values(body, "status").any(|value| says(value, "completed")),
    }
}

/// It neither ran into a cap nor was it refused or given up.
fn ended_well(dialect: Dialect, body: &[u8]) -> bool {
    let only = |name: &str, fine: &[&str]| {
        values(body, name)
            .all(|value| value.starts_with(b"null") || fine.iter().any(|word| says(value, word)))
    };
    match dialect {
        Dialect::OpenAiChat => only("finish_reason", &["stop", "tool_calls", "function_call"]),
        Dialect::AnthropicMessages => only("stop_reason", &["end_turn", "stop_sequence", "tool_use"]),
        Dialect::OpenAiResponses => {
            let is_bad = |value| ["incomplete", "failed", "cancelled"].iter().any(|word| says(value, word));
            !values(body, "status").any(is_bad)
        }
    }
}

fn calls_tool(dialect: Dialect, body: &[u8]) -> bool {
    match dialect {
        Dialect::OpenAiChat => ["tool_calls", "function_call"]
            .iter()
            .any(|name| values(body, name).any(|value| !value.starts_with(b"null") && !is_empty_list(value))),
        Dialect::AnthropicMessages => values(body, "type").any(|value| word(value).ends_with(b"tool_use")),
        Dialect::OpenAiResponses => values(body, "type").any(|value| {
            let word = word(value);
            word.ends_with(b"_call") || word == b"mcp_approval_request"
        }),
    }
}

/// What stands behind each member of that name.
fn values<'b>(body: &'b [u8], name: &str) -> impl Iterator<Item = &'b [u8]> {
    let quoted = format!("\"{name}\"");
    let ends: Vec<usize> = memmem::find_iter(body, &quoted).map(|at| at + quoted.len()).collect();
    ends.into_iter().filter_map(move |end| {
        let value = body[end..].trim_ascii_start().strip_prefix(b":")?;
        Some(value.trim_ascii_start())
    })
}

/// The text that a value is, up to its first quote; nothing of any other value.
fn word(value: &[u8]) -> &[u8] {
    let Some(text) = value.strip_prefix(b"\"") else { return &[] };
    text.split(|byte| *byte == b'"').next().unwrap_or_default()
}

fn says(value: &[u8], sought: &str) -> bool {
    value.starts_with(b"\"") && word(value) == sought.as_bytes()
}

fn is_empty_list(value: &[u8]) -> bool {
    value.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"]"))
}

#[cfg(test)]
mod tests {
    use dialects::Dialect;
    use dialects::Dialect::{AnthropicMessages, OpenAiChat, OpenAiResponses};

    use super::is_tellable;

    fn check(dialect: Dialect, body: &str, without_tools: bool, with_tools: bool) {
        let told = [false, true].map(|tools| is_tellable(dialect, body.as_bytes(), false, tools));
        assert_eq!(told, [without_tools, with_tools], "{dialect:?} {body}");
    }

    #[test]
    fn what_came_to_its_own_end_may_be_told() {
        check(OpenAiChat, r#"{"choices":[{"finish_reason": "stop"}]}"#, true, true);
        check(OpenAiChat, "data: {\"choices\":[{\"finish_reason\":null}]}\n\ndata: [DONE]\n\n", true, true);
        check(OpenAiChat, r#"{"data":[{"embedding":[1]}]}"#, true, true);
        check(AnthropicMessages, r#"{"type":"message","stop_reason":"end_turn"}"#, true, true);
        check(OpenAiResponses, r#"{"status":"completed","output":[{"type":"message"}]}"#, true, true);
        check(OpenAiChat, "", false, false);
    }

    #[test]
    fn what_has_to_say_how_it_ended_and_does_not_is_not_told() {
        let stopped = "data: {\"choices\":[{\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n";
        for (dialect, body, expected) in [
            (OpenAiChat, stopped, true),
            (OpenAiChat, "data: {\"choices\":[{\"finish_reason\":null}]}\n\ndata: [DONE]\n\n", false),
            (OpenAiChat, "data: [DONE]\n\n", false),
            (OpenAiChat, r#"{"choices":[]}"#, false),
            (AnthropicMessages, r#"{"type":"message","stop_reason":null}"#, false),
            (AnthropicMessages, r#"{"type":"message","stop_reason":"end_turn"}"#, true),
            (OpenAiResponses, r#"{"output":[]}"#, false),
            (OpenAiResponses, r#"{"status":"completed","output":[]}"#, true),
        ] {
            assert_eq!(is_tellable(dialect, body.as_bytes(), true, false), expected, "{dialect:?} {body}");
        }
    }

    #[test]
    fn what_was_cut_or_refused_is_not() {
        for reason in ["length", "content_filter", "error", "odd"] {
            check(OpenAiChat, &format!(r#"{{"choices":[{{"finish_reason" : "{reason}"}}]}}"#), false, false);
        }
        check(AnthropicMessages, r#"{"stop_reason":"max_tokens"}"#, false, false);
        check(AnthropicMessages, r#"{"stop_reason":"refusal"}"#, false, false);
        check(OpenAiResponses, r#"{"status":"incomplete"}"#, false, false);
        check(OpenAiResponses, r#"data: {"response":{"status":"failed"}}"#, false, false);
    }

    #[test]
    fn calls_of_tools_are_told_only_where_that_is_said() {
        check(OpenAiChat, r#"{"tool_calls":[{"id":"a"}],"finish_reason":"tool_calls"}"#, false, true);
        check(OpenAiChat, r#"{"function_call": {"name":"f"}}"#, false, true);
        check(OpenAiChat, r#"{"tool_calls":[ ],"function_call":null}"#, true, true);
        check(
            AnthropicMessages,
            r#"{"content":[{"type":"tool_use"}],"stop_reason":"tool_use"}"#,
            false,
            true,
        );
        check(AnthropicMessages, r#"{"content":[{"type":"server_tool_use"}]}"#, false, true);
        check(AnthropicMessages, r#"{"usage":{"server_tool_use":{"web_search_requests":0}}}"#, true, true);
        check(OpenAiResponses, r#"{"output":[{"type":"function_call"}]}"#, false, true);
        check(OpenAiResponses, r#"{"output":[{"type":"web_search_call"}]}"#, false, true);
        check(
            OpenAiResponses,
            r#"{"tools":[{"type":"function"}],"output":[{"type":"message"}]}"#,
            true,
            true,
        );
    }

    #[test]
    fn what_a_text_says_is_no_member() {
        check(OpenAiChat, r#"{"content":"{\"tool_calls\":[1],\"finish_reason\":\"length\"}"}"#, true, true);
    }
}
