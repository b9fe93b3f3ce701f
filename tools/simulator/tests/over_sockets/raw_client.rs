//! A client that sees every byte. It is lenient where the simulator is to be wrong, and reads what there is.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Node, NodeOptions, Options, Simulator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest wait for anything that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing must come to be called silence.
pub(crate) const SILENCE: Duration = Duration::from_millis(300);

pub(crate) struct RawClient {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    File,
    Reset,
    Silence,
}

/// An answer, its body freed of chunks as far as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body was ended as its head promised.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// What stands behind `data:` in each whole event; a character cut in two at the end is in none.
    pub(crate) fn events(&self) -> Vec<&str> {
        let whole = self.body.utf8_chunks().next().map_or("", |chunk| chunk.valid());
        let events = whole.split_inclusive("\n\n");
        events.filter_map(|event| event.strip_suffix("\n\n")?.strip_prefix("data: ")).collect()
    }

    /// The text of all content deltas.
    pub(crate) fn streamed_text(&self) -> String {
        let chunks = self.events().into_iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
        chunks
            .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["content"].as_str()?.to_owned()))
            .collect()
    }
}

impl RawClient {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), buffer: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn post(&mut self, path: &str, body: &Value) {
        self.send(post(path, "", body)).await;
    }

    /// Reads so many bytes.
    pub(crate) async fn read_exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            self.read_some(PATIENCE).await.expect("more bytes were expected");
        }
        self.buffer.drain(..count).collect()
    }

    /// Reads one answer and leaves what follows it.
    pub(crate) async fn answer(&mut self) -> Answer {
        loop {
            if let Some((answer, used)) = parse(&self.buffer, false).filter(|(answer, _)| answer.is_whole) {
                self.buffer.drain(..used);
                return answer;
            }
            if let Err(end) = self.read_some(PATIENCE).await {
                let text = String::from_utf8_lossy(&self.buffer).into_owned();
                return parse(&self.buffer, true)
                    .map(|(answer, _)| answer)
                    .unwrap_or_else(|| panic!("{end:?}: {text}"));
            }
        }
    }

    /// Reads until the peer ends it, or is silent for as long as given.
    pub(crate) async fn read_to_end(&mut self, patience: Duration) -> (Vec<u8>, End) {
        loop {
            if let Err(end) = self.read_some(patience).await {
                return (std::mem::take(&mut self.buffer), end);
            }
        }
    }

    async fn read_some(&mut self, patience: Duration) -> Result<(), End> {
        match timeout(patience, self.stream.read_buf(&mut self.buffer)).await {
            Err(_) => Err(End::Silence),
            Ok(Ok(0)) => Err(End::File),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionReset => Err(End::Reset),
            Ok(Err(error)) => panic!("{error}"),
        }
    }
}

/// The answer at the front of the bytes and how many it took.
pub(crate) fn parse(bytes: &[u8], is_at_end: bool) -> Option<(Answer, usize)> {
    let head_length = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..head_length].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().unwrap();
    let mut answer = Answer { status, head, body: Vec::new(), is_whole: false };
    let rest = &bytes[head_length..];
    if answer.header("transfer-encoding").is_some() {
        let (body, used) = dechunked(rest);
        answer.is_whole = used.is_some();
        answer.body = body;
        return Some((answer, head_length + used.unwrap_or(rest.len())));
    }
    let length: Option<usize> = answer.header("content-length").map(|length| length.parse().unwrap());
    let used = length.unwrap_or(rest.len()).min(rest.len());
    answer.is_whole = length.map_or(is_at_end, |length| rest.len() >= length);
    answer.body = rest[..used].to_vec();
    Some((answer, head_length + used))
}

/// The content of chunks as far as it came, and the bytes used if the last chunk was among them.
fn dechunked(bytes: &[u8]) -> (Vec<u8>, Option<usize>) {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(line) = bytes[at..].windows(2).position(|two| two == b"\r\n") else { return (body, None) };
        let size = std::str::from_utf8(&bytes[at..at + line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        at += line + 2;
        let here = size.min(bytes.len() - at);
        body.extend_from_slice(&bytes[at..at + here]);
        at += here + 2;
        if size == 0 {
            return (body, (at <= bytes.len()).then_some(at));
        }
        if at >= bytes.len() {
            return (body, None);
        }
    }
}

/// A POST request; `headers` are whole lines.
pub(crate) fn post(path: &str, headers: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nhost: simulator\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The body of a chat.
pub(crate) fn chat(message: &str, is_streaming: bool) -> Value {
    json!({
        "model": "gpt-4o",
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": message }],
        "stream": is_streaming,
        "stream_options": if is_streaming { json!({ "include_usage": true }) } else { Value::Null },
    })
}

/// A simulator with one node called `eu`, and that node.
pub(crate) async fn one_node() -> (Simulator, Arc<Node>) {
    one_node_with(NodeOptions::new("eu")).await
}

pub(crate) async fn one_node_with(node: NodeOptions) -> (Simulator, Arc<Node>) {
    let simulator = simulator::start(Options { nodes: vec![node], control: None, seed: 7 }).await.unwrap();
    let node = Arc::clone(&simulator.nodes()[0]);
    (simulator, node)
}

/// Sends one POST on a connection of its own.
pub(crate) async fn ask(node: &Node, path: &str, body: &Value) -> Answer {
    let mut client = RawClient::connect(node.address()).await;
    client.post(path, body).await;
    client.answer().await
}
