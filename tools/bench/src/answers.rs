//! The canned answers of the upstream: one completion, one model list, the events of a stream.
//!
//! Hand-made after the public API reference; every byte is fixed, so that all sides carry the same.

const COMPLETION: &str = concat!(
    r#"{"id":"chatcmpl-bench000000000000000000000001","object":"chat.completion","created":1760000000,"#,
    r#""model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","#,
    r#""content":"A reverse proxy accepts a request from a client, forwards it to one of several servers, "#,
    r#"and hands the answer back as if it were its own.","refusal":null,"annotations":[]},"#,
    r#""logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":212,"completion_tokens":29,"#,
    r#""total_tokens":241,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"#,
    r#""completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#,
    r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"#,
    r#""service_tier":"default","system_fingerprint":"fp_bench00001"}"#,
);
const MODELS: &str =
    r#"{"object":"list","data":[{"id":"gpt-4o-mini","object":"model","created":1,"owned_by":"openai"}]}"#;
const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
    Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\nx-request-id: req_bench\r\n\r\n";
const STREAM_USAGE: &str = r#","usage":{"prompt_tokens":212,"completion_tokens":200,"total_tokens":412}"#;

/// Whole answers with their heads, and the events of a stream, each as one HTTP chunk.
pub(crate) struct Answers {
    pub(crate) completion: Vec<u8>,
    pub(crate) models: Vec<u8>,
    pub(crate) stream_head: Vec<u8>,
    pub(crate) first_event: Vec<u8>,
    pub(crate) token_event: Vec<u8>,
    pub(crate) usage_event: Vec<u8>,
    /// `[DONE]` and the empty chunk that ends the body.
    pub(crate) end: Vec<u8>,
}

impl Answers {
    pub(crate) fn new() -> Answers {
        Answers {
            completion: json_answer("x-request-id: req_bench\r\n", COMPLETION),
            models: json_answer("", MODELS),
            stream_head: STREAM_HEAD.into(),
            first_event: event(r#"{"role":"assistant","content":""}"#, "null", ""),
            token_event: event(r#"{"content":" token"}"#, "null", ""),
            usage_event: event("{}", "\"stop\"", STREAM_USAGE),
            end: [chunk("data: [DONE]\n\n"), b"0\r\n\r\n".to_vec()].concat(),
        }
    }
}

fn json_answer(more_fields: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{more_fields}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn event(delta: &str, finish_reason: &str, usage: &str) -> Vec<u8> {
    let fixed = concat!(
        r#"{"id":"chatcmpl-bench000000000000000000000001","object":"chat.completion.chunk","#,
        r#""created":1760000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","#,
        r#""system_fingerprint":"fp_bench00001","#,
    );
    chunk(&format!(
        "data: {fixed}\"choices\":[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\
         \"finish_reason\":{finish_reason}}}]{usage}}}\n\n"
    ))
}

fn chunk(content: &str) -> Vec<u8> {
    format!("{:x}\r\n{content}\r\n", content.len()).into_bytes()
}
