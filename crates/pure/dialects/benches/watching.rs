//! What it costs to look at bytes that pass by: `cargo bench -p dialects`. Sizes are those of the gateway's own bench.

use dialects::framing::sse::SseParser;
use dialects::openai_chat::RequestScan;
use dialects::watch::StreamWatch;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

/// As hyper hands a large body over.
const PIECE_BYTES: usize = 16 * 1024;

fn main() {
    divan::main();
}

/// A conversation about code: many short strings, full of escapes.
fn chat_body(bytes: usize) -> String {
    let mut body = String::from("{\"model\":\"gpt-4o-mini\",\"temperature\":0.7,\"messages\":[");
    let turns = [
        r#"{"role":"user","content":"Why does this fail?\n```rust\nfn main() {\n    println!(\"{}\", \"a\\b\");\n}\n```\nIt says: \"expected `;`\"."},"#,
        r#"{"role":"assistant","content":"Because the string is not closed.\n\n1. Look at the line above.\n2. Add the quote.\nThen it works as you wrote it, and nothing else has to change."},"#,
    ];
    for turn in turns.iter().cycle() {
        if body.len() + turn.len() > bytes {
            break;
        }
        body.push_str(turn);
    }
    body.push_str(r#"{"role":"user","content":"ok"}],"stream":true}"#);
    body
}

/// A few long texts without an escape.
fn plain_body(bytes: usize) -> String {
    let text = "Once upon a time there was a gateway that nobody noticed. ".repeat(bytes / 58);
    format!("{{\"model\":\"gpt-4o-mini\",\"messages\":[{{\"role\":\"user\",\"content\":\"{text}\"}}]}}")
}

fn chat_stream(events: usize) -> String {
    let event = concat!(
        r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini","#,
        r#""choices":[{"index":0,"delta":{"content":" a \"word\""},"finish_reason":null}]}"#,
        "\n\n"
    );
    event.repeat(events)
}

fn scan(bencher: Bencher<'_, '_>, body: &str) {
    bencher.counter(BytesCount::new(body.len())).bench(|| {
        let mut scan = RequestScan::of(dialects::Dialect::OpenAiChat);
        for piece in body.as_bytes().chunks(PIECE_BYTES) {
            scan.feed(black_box(piece)).expect("the body is sound");
        }
        scan.finish().expect("the body is whole")
    });
}

#[divan::bench(args = [1 << 10, 128 << 10, 1 << 20])]
fn request_of_short_strings(bencher: Bencher<'_, '_>, bytes: usize) {
    scan(bencher, &chat_body(bytes));
}

#[divan::bench(args = [1 << 20])]
fn request_of_long_strings(bencher: Bencher<'_, '_>, bytes: usize) {
    scan(bencher, &plain_body(bytes));
}

#[divan::bench(args = [1, 30])]
fn events_cut_out(bencher: Bencher<'_, '_>, events_a_chunk: usize) {
    let chunk = chat_stream(events_a_chunk);
    let mut parser = SseParser::default();
    bencher.counter(BytesCount::new(chunk.len())).bench_local(|| {
        let mut bytes = 0;
        parser.feed(black_box(chunk.as_bytes()), |event| bytes += event.data.len());
        bytes
    });
}

#[divan::bench(args = [1, 30])]
fn stream_watched(bencher: Bencher<'_, '_>, events_a_chunk: usize) {
    let chunk = chat_stream(events_a_chunk);
    let mut watch = StreamWatch::default();
    bencher.counter(BytesCount::new(chunk.len())).bench_local(|| {
        watch.feed(black_box(chunk.as_bytes()));
        watch.events()
    });
}
