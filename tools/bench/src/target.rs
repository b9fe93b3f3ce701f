//! Whom to measure, and the requests it gets: address, key, model, and bodies of a wanted size.

/// One read takes this much, so that a large body costs few system calls.
pub(crate) const READ_BUFFER_BYTES: usize = 256 * 1024;
/// `max_tokens` = delay in ms times this, plus the number of events: how a stream's shape travels.
pub(crate) const EVENTS_PER_DELAY_MS: usize = 10_000;
pub(crate) const MODEL_DEFAULT: &str = "gpt-4o-mini";
pub(crate) const KEY_DEFAULT: &str = "sk-bench";

/// The longest message of a generated body.
const MESSAGE_BYTES_MAX: usize = 4_096;
/// Code with escapes, as agents send: a body of plain letters would flatter a scanner.
const CODE: &str = "    if let Some(value) = self.cache.get(&key) {\\n        \
    return Ok(value.clone()); // see \\\"lookup\\\"\\n    }\\n";

/// In whose dialect requests are written. The upstream speaks chat only: any other is the gateway's to translate.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Surface {
    #[default]
    Chat,
    Messages,
    Responses,
}

impl Surface {
    /// The surface of this name; chat for any other.
    fn named(name: &str) -> Surface {
        match name {
            "messages" => Surface::Messages,
            "responses" => Surface::Responses,
            _ => Surface::Chat,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Surface::Chat => "chat/completions",
            Surface::Messages => "messages",
            Surface::Responses => "responses",
        }
    }

    /// The members that hold the turns, and the cap of tokens.
    fn members(self) -> (&'static str, &'static str) {
        match self {
            Surface::Chat | Surface::Messages => ("messages", "max_tokens"),
            Surface::Responses => ("input", "max_output_tokens"),
        }
    }
}

/// A gateway, nginx, or the upstream itself.
#[derive(Clone, Default)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) address: String,
    base: String,
    surface: Surface,
    key: String,
    /// The root of the process tree whose cost is counted; 0 for none.
    pub(crate) pid: u32,
    model: String,
    headers: Vec<(String, String)>,
}

impl Target {
    /// Reads `name=…;url=…;key=…;pid=…;model=…;surface=…;header=name: value`; unknown parts are skipped.
    pub(crate) fn parse(text: &str) -> Target {
        let mut target = Target { model: MODEL_DEFAULT.into(), key: KEY_DEFAULT.into(), ..Target::default() };
        for (name, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            match name.trim() {
                "name" => target.name = value.into(),
                "key" => target.key = value.into(),
                "pid" => target.pid = value.parse().unwrap_or(0),
                "model" => target.model = value.into(),
                "surface" => target.surface = Surface::named(value),
                "header" => target.add_header(value),
                "url" => target.set_url(value),
                _ => {}
            }
        }
        target
    }

    /// Adds a header given as `name: value`.
    pub(crate) fn add_header(&mut self, text: &str) {
        if let Some((name, value)) = text.split_once(':') {
            self.headers.push((name.trim().into(), value.trim().into()));
        }
    }

    fn set_url(&mut self, url: &str) {
        let rest = url.trim_start_matches("http://").trim_end_matches('/');
        let (host, base) = rest.split_once('/').unwrap_or((rest, ""));
        self.address = host.replace("localhost", "127.0.0.1");
        self.base = if base.is_empty() { "/".into() } else { format!("/{base}/") };
    }

    /// A request with a body of about `bytes` bytes; `stream` gives the shape of a streamed answer.
    pub(crate) fn request(&self, bytes: usize, stream: Option<usize>) -> Vec<u8> {
        let Target { base, address, key, surface, .. } = self;
        let path = surface.path();
        let body = body(*surface, &self.model, bytes, stream);
        let more: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST {base}{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nAccept: */*\r\nUser-Agent: gwbench/1\r\n{more}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// A chat body of about `bytes` bytes: many messages of code when it is large.
pub(crate) fn chat_body(model: &str, bytes: usize, stream: Option<usize>) -> String {
    body(Surface::Chat, model, bytes, stream)
}

fn body(surface: Surface, model: &str, bytes: usize, stream: Option<usize>) -> String {
    let (turns, cap) = surface.members();
    let tail = match stream {
        Some(max_tokens) => format!(",\"stream\":true,\"{cap}\":{max_tokens}}}"),
        None => format!(",\"{cap}\":256}}"),
    };
    let mut body = format!(
        "{{\"model\":\"{model}\",\"temperature\":0.7,\"{turns}\":\
         [{{\"role\":\"system\",\"content\":\"You are a careful assistant.\"}}"
    );
    for role in ["user", "assistant"].iter().cycle() {
        let room = bytes.saturating_sub(body.len() + tail.len() + 2);
        // The last word is the user's: not all models go on with an answer that has begun.
        let role = if room <= 2 * MESSAGE_BYTES_MAX { "user" } else { role };
        let open = format!(",{{\"role\":\"{role}\",\"content\":\"");
        if room < open.len() + 3 {
            break;
        }
        body.push_str(&open);
        let content_bytes = (room - open.len() - 3).min(MESSAGE_BYTES_MAX);
        body.push_str(&CODE.repeat(content_bytes / CODE.len()));
        body.push_str(&"x".repeat(content_bytes % CODE.len()));
        body.push_str("\"}");
    }
    body.push(']');
    body.push_str(&tail);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_wanted_size() {
        for bytes in [1024, 131_072, 1_048_576] {
            let made = chat_body(MODEL_DEFAULT, bytes, None).len();
            assert!(made <= bytes && made + 64 > bytes, "wanted {bytes}, made {made}");
            let body = chat_body(MODEL_DEFAULT, bytes, None);
            assert!(body.rfind("\"user\"") > body.rfind("\"assistant\""), "the user has the last word");
        }
    }

    #[test]
    fn a_target_is_read_from_its_text() {
        let target = Target::parse("name=ours;url=http://localhost:4000/v1/;key=k;pid=7;header=a: b:c");
        assert_eq!(
            (target.name.as_str(), target.address.as_str(), target.pid),
            ("ours", "127.0.0.1:4000", 7)
        );
        let request = String::from_utf8(target.request(1024, Some(50_200))).expect("requests are text");
        assert!(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
        assert!(
            request.contains("\r\na: b:c\r\n") && request.ends_with("\"stream\":true,\"max_tokens\":50200}")
        );
    }

    #[test]
    fn a_surface_has_its_path_and_its_names() {
        for (surface, line, tail) in [
            ("chat", "POST /chat/completions ", "\"max_tokens\":256}"),
            ("messages", "POST /messages ", "\"max_tokens\":256}"),
            ("responses", "POST /responses ", "\"max_output_tokens\":256}"),
        ] {
            let target = Target::parse(&format!("surface={surface};url=http://127.0.0.1:1"));
            let request = String::from_utf8(target.request(1024, None)).expect("requests are text");
            assert!(request.starts_with(line) && request.ends_with(tail), "{request}");
        }
    }
}
