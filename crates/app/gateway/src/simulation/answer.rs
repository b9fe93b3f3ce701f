//! What a caller makes of the bytes he got, by the documents of his dialect alone: nothing of the gateway's is used to read it.

use serde_json::Value;

use super::calls::Spoken;

/// An answer as its caller reads it.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body is whole by its framing.
    pub(super) is_framed: bool,
    pub(super) text: String,
    /// The arguments of each call of a tool.
    pub(super) arguments: Vec<String>,
    /// It has said its last word.
    pub(super) has_ended: bool,
    /// What went wrong, said in the caller's dialect.
    pub(super) error: Option<String>,
    /// Tokens of prompt and answer, as the caller is told.
    pub(super) usage: Option<(u64, u64)>,
    pub(super) restarts: u32,
    /// Something is in no shape that the dialect knows.
    pub(super) flaw: Option<String>,
    has_finished: bool,
}

impl Answer {
    /// `None` where not even a head has come.
    pub(super) fn read(raw: &[u8], spoken: Spoken, is_streaming: bool) -> Option<Self> {
        let head_end = raw.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&raw[..head_end]).to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let header = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
        };
        let (body, is_framed) = match (header("transfer-encoding"), header("content-length")) {
            (Some("chunked"), _) => unchunked(&raw[head_end..]),
            (_, Some(length)) => (raw[head_end..].to_vec(), length.parse() == Ok(raw.len() - head_end)),
            _ => (raw[head_end..].to_vec(), false),
        };
        let mut answer = Self { status, is_framed, ..Self::default() };
        let is_stream = header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
        if is_stream != (is_streaming && status == 200) {
            answer.flaw = Some(format!("a body of the wrong kind: {head}"));
        } else if is_stream {
            answer.hear_stream(&String::from_utf8_lossy(&body), spoken);
        } else if is_framed {
            answer.hear_whole(&body, spoken);
        }
        Some(answer)
    }

    /// Whether the caller takes it for a whole answer. Of a stream the finish is enough: hosts leave out the mark behind it, and
    /// streams that pass stay as they are.
    pub(super) const fn is_well(&self) -> bool {
        let is_over = self.has_ended || self.has_finished;
        self.status == 200 && self.is_framed && is_over && self.error.is_none()
    }

    fn hear_stream(&mut self, body: &str, spoken: Spoken) {
        // Lines may end in either way.
        let body = body.replace("\r\n", "\n");
        let mut events = body.split("\n\n").collect::<Vec<_>>();
        // What no blank line has ended is no event.
        events.pop();
        for event in events {
            if self.has_ended {
                self.flaw = Some(format!("something behind the end: {event}"));
                return;
            }
            let of = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(data) = of("data:") else { continue };
            if data == "[DONE]" {
                self.has_ended = self.has_finished;
                continue;
            }
            let Ok(data) = serde_json::from_str::<Value>(data) else {
                self.flaw = Some(format!("an event that is not JSON: {event}"));
                return;
            };
            if of("event:") == Some("bellwether.restart") || data["bellwether"]["event"] == "restart" {
                self.text.clear();
                self.arguments.clear();
                self.restarts += 1;
                continue;
            }
            match spoken {
                Spoken::Chat => self.hear_chunk(&data),
                Spoken::Messages => self.hear_message_event(&data),
                Spoken::Responses => self.hear_response_event(&data),
            }
        }
    }

    fn hear_chunk(&mut self, chunk: &Value) {
        if chunk["error"].is_object() {
            self.error = said(&chunk["error"]);
            return;
        }
        self.note_usage(&chunk["usage"], "prompt_tokens", "completion_tokens");
        let choice = &chunk["choices"][0];
        self.text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let place = call["index"].as_u64().unwrap_or_default() as usize;
            self.arguments.resize_with(self.arguments.len().max(place + 1), String::new);
            self.arguments[place].push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
        self.has_finished |= choice["finish_reason"].is_string();
    }

    fn hear_message_event(&mut self, event: &Value) {
        let delta = &event["delta"];
        match event["type"].as_str().unwrap_or_default() {
            "error" => self.error = said(&event["error"]),
            "content_block_start" if event["content_block"]["type"] == "tool_use" => {
                self.arguments.push(String::new());
            }
            "content_block_delta" => {
                self.text.push_str(delta["text"].as_str().unwrap_or_default());
                if let (Some(arguments), Some(more)) =
                    (self.arguments.last_mut(), delta["partial_json"].as_str())
                {
                    arguments.push_str(more);
                }
            }
            "message_delta" => {
                self.has_finished |= delta["stop_reason"].is_string();
                self.note_usage(&event["usage"], "input_tokens", "output_tokens");
            }
            "message_stop" => self.has_ended = true,
            _ => {}
        }
    }

    fn hear_response_event(&mut self, event: &Value) {
        match event["type"].as_str().unwrap_or_default() {
            "error" => self.error = said(event),
            "response.failed" => self.error = said(&event["response"]["error"]),
            "response.output_text.delta" => self.text.push_str(event["delta"].as_str().unwrap_or_default()),
            "response.function_call_arguments.done" => {
                self.arguments.push(event["arguments"].as_str().unwrap_or_default().to_owned());
            }
            "response.completed" => {
                self.has_ended = true;
                self.note_usage(&event["response"]["usage"], "input_tokens", "output_tokens");
            }
            _ => {}
        }
    }

    fn hear_whole(&mut self, body: &[u8], spoken: Spoken) {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            self.flaw = Some(format!("a body that is not JSON: {}", String::from_utf8_lossy(body)));
            return;
        };
        if self.status != 200 {
            let is_shaped = spoken != Spoken::Messages || body["type"] == "error";
            self.error = said(&body["error"]).filter(|_| is_shaped);
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match spoken {
            Spoken::Chat => {
                let choice = &body["choices"][0];
                self.text = text(&choice["message"]["content"]);
                let calls = choice["message"]["tool_calls"].as_array().into_iter().flatten();
                self.arguments = calls.map(|call| text(&call["function"]["arguments"])).collect();
                self.has_ended = choice["finish_reason"].is_string();
                self.note_usage(&body["usage"], "prompt_tokens", "completion_tokens");
            }
            Spoken::Messages => {
                for block in body["content"].as_array().into_iter().flatten() {
                    self.text.push_str(block["text"].as_str().unwrap_or_default());
                    if block["type"] == "tool_use" {
                        self.arguments.push(block["input"].to_string());
                    }
                }
                self.has_ended = body["stop_reason"].is_string();
                self.note_usage(&body["usage"], "input_tokens", "output_tokens");
            }
            Spoken::Responses => {
                for item in body["output"].as_array().into_iter().flatten() {
                    for part in item["content"].as_array().into_iter().flatten() {
                        self.text.push_str(part["text"].as_str().unwrap_or_default());
                    }
                    if item["type"] == "function_call" {
                        self.arguments.push(text(&item["arguments"]));
                    }
                }
                self.has_ended = body["status"] == "completed";
                self.note_usage(&body["usage"], "input_tokens", "output_tokens");
            }
        }
    }

    fn note_usage(&mut self, usage: &Value, input: &str, output: &str) {
        if let (Some(input), Some(output)) = (usage[input].as_u64(), usage[output].as_u64()) {
            self.usage = Some((input, output));
        }
    }
}

/// The words of an error, if it has any.
fn said(error: &Value) -> Option<String> {
    error["message"].as_str().filter(|words| !words.is_empty()).map(str::to_owned)
}

/// A body without its chunks, and whether the last of them has come.
fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { return (body, false) };
        let size =
            std::str::from_utf8(&rest[..line]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(size) = size else { return (body, false) };
        rest = &rest[line + 2..];
        if size == 0 {
            return (body, rest.starts_with(b"\r\n"));
        }
        body.extend_from_slice(&rest[..size.min(rest.len())]);
        let Some(behind) = rest.get(size + 2..) else { return (body, false) };
        rest = behind;
    }
}
