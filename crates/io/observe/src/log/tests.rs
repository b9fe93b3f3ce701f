//! The log as a whole: lines, queue, writing thread. The sink is a gate that the test opens.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use domain::{CallId, Currency, Kind, ModelUsage, Money, Phase, ServiceTier, Timestamp, Usage};
use serde_json::{Value, json};

use super::buffer::{BATCH_BYTES, FAILURE_BYTES_MAX};
use super::sink::Output;
use super::{CostLine, Format, Level, Log, LogOptions, LogThread, RequestLine, SegmentLine, Sink};

const NOW: Timestamp = Timestamp(1_795_219_199_123);

/// Keeps what is written, but takes nothing while shut.
#[derive(Clone, Default)]
struct Gate {
    state: Arc<(Mutex<GateState>, Condvar)>,
}

#[derive(Default)]
struct GateState {
    is_shut: bool,
    is_waited_at: bool,
    written: Vec<u8>,
}

impl Gate {
    fn shut() -> Self {
        let gate = Self::default();
        gate.state.0.lock().unwrap().is_shut = true;
        gate
    }

    fn open(&self) {
        self.state.0.lock().unwrap().is_shut = false;
        self.state.1.notify_all();
    }

    /// Until the writing thread stands before the shut gate.
    fn wait_until_waited_at(&self) {
        let state = self.state.0.lock().unwrap();
        drop(self.state.1.wait_while(state, |state| !state.is_waited_at).unwrap());
    }

    fn text(&self) -> String {
        String::from_utf8(self.state.0.lock().unwrap().written.clone()).unwrap()
    }
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (state, changed) = &*self.state;
        let mut state = state.lock().unwrap();
        state.is_waited_at = true;
        changed.notify_all();
        let mut state = changed.wait_while(state, |state| state.is_shut).unwrap();
        state.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn options(format: Format) -> LogOptions {
    LogOptions { format, sink: Sink::Stdout, queue_batches_max: 2, now: || NOW }
}

fn log_on(gate: &Gate, format: Format) -> (Log, LogThread) {
    Log::start_on(Output::on(gate.clone()), &options(format)).unwrap()
}

fn success() -> RequestLine<'static> {
    RequestLine {
        at: NOW,
        call_id: CallId(0x1234),
        request_id: "req-1",
        key: Some("key_7"),
        caller: Some([10, 1, 2, 3].into()),
        method: "POST",
        path: "/v1/chat/completions",
        model: "gpt-4o-mini",
        provider: "openai",
        upstream_model: "gpt-4o-mini",
        status: 200,
        kind: None,
        took: Duration::from_micros(812_345),
        added: Duration::from_micros(120),
        first_byte: Some(Duration::from_micros(95_001)),
        attempts: 1,
        is_streaming: true,
        is_replay: false,
        cache: "",
        bytes_in: 1024,
        bytes_out: 20_480,
        usage: Some(Usage { input: 200, cached_input: 12, output: 19, reasoning: 10, ..Usage::default() }),
        cost: None,
        is_unpriced: false,
        usage_by_model: &[],
        segments: &[],
        hedged: "",
        late_provider: "",
        hedge_provider: "",
        limit: "",
        warnings: "",
    }
}

fn failure() -> RequestLine<'static> {
    let kind = Kind::UpstreamTimeout(Phase::FirstByte);
    RequestLine { status: 504, kind: Some(kind), usage: None, first_byte: None, attempts: 2, ..success() }
}

/// What the given lines look like.
fn written(format: Format, lines: &[RequestLine<'_>]) -> String {
    let gate = Gate::default();
    let (log, thread) = log_on(&gate, format);
    let mut buffer = log.buffer();
    lines.iter().for_each(|line| buffer.line(line));
    drop(buffer);
    thread.stop();
    assert_eq!((log.counts().written(), log.dropped()), (lines.len() as u64, 0));
    gate.text()
}

fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn tokens_that_several_models_used_are_told_by_model_too() {
    let part = |model: Option<&str>, output| {
        let usage = Usage { input: 5, output, ..Usage::default() };
        ModelUsage { model: model.map(Into::into), usage }
    };
    let parts = [part(None, 7), part(Some("wise \"one\""), 2)];
    let usage = Some(Usage { input: 10, output: 9, unexplained: 3, ..Usage::default() });
    let line = RequestLine { usage, usage_by_model: &parts, ..success() };
    let told = &parsed(&written(Format::Json, &[line]))[0];
    let tokens = |output: u64| json!({"input": 5, "cached_input": 0, "output": output, "reasoning": 0});
    let with_model = |model: &str, output: u64| {
        let mut tokens = tokens(output);
        tokens["model"] = model.into();
        tokens
    };
    assert_eq!(told["tokens_by_model"], json!([with_model("gpt-4o-mini", 7), with_model("wise \"one\"", 2)]));
    assert_eq!(told["tokens"]["unexplained"], 3);
}

#[test]
fn what_is_paid_beside_tokens_is_told_where_there_is_any() {
    let tokens = |usage| {
        parsed(&written(Format::Json, &[RequestLine { usage: Some(usage), ..success() }]))[0]["tokens"]
            .clone()
    };
    let flex = ServiceTier::named("flex").unwrap();
    let usage = Usage {
        images: 2,
        searches: 1,
        audio_ms: 1500,
        image_output: 9,
        service_tier: flex,
        ..Usage::default()
    };
    let expected = json!({"input": 0, "cached_input": 0, "output": 0, "reasoning": 0, "image_output": 9,
        "images": 2, "searches": 1, "audio_ms": 1500, "service_tier": "flex"});
    assert_eq!(tokens(usage), expected);
    assert!(tokens(Usage::default()).get("service_tier").is_none());
}

#[test]
fn a_cost_is_told_exactly_and_one_that_nobody_knows_is_null() {
    let (price, list) = (Money::from_nano(1), Money::from_nano(1_500_000_000));
    let cost = Some(CostLine { price, list, currency: Currency::CNY, version: 7 });
    let told = |line| parsed(&written(Format::Json, &[line]))[0].get("cost").cloned();
    let expected = json!({"price": "0.000000001", "list": "1.5", "currency": "CNY", "price_version": 7});
    assert_eq!(told(RequestLine { cost, ..success() }), Some(expected));
    assert_eq!(told(RequestLine { is_unpriced: true, ..success() }), Some(Value::Null));
    assert_eq!(told(success()), None);
}

#[test]
fn who_gave_which_part_of_an_answer_is_told() {
    let usage = Usage { input: 5, output: 2, is_estimated: true, ..Usage::default() };
    let part = |provider, usage| SegmentLine { provider, model: "m \"1\"", usage };
    let segments = [part("eu", usage), part("us", Usage { is_estimated: false, ..usage })];
    let told = &parsed(&written(Format::Json, &[RequestLine { segments: &segments, ..success() }]))[0];
    let counted = json!({"input": 5, "cached_input": 0, "output": 2, "reasoning": 0});
    let mut estimated = counted.clone();
    estimated["estimated"] = true.into();
    let expected = json!([
        {"provider": "eu", "upstream_model": "m \"1\"", "tokens": estimated},
        {"provider": "us", "upstream_model": "m \"1\"", "tokens": counted},
    ]);
    assert_eq!(told["segments"], expected);
    assert!(parsed(&written(Format::Json, &[success()]))[0].get("segments").is_none());
}

#[test]
fn a_success_is_written_whole() {
    let expected = serde_json::json!({
        "at": "2026-11-20T23:59:59.123Z", "level": "info", "message": "request",
        "call_id": "00000000000000000000000000001234", "request_id": "req-1", "key": "key_7",
        "caller": "10.1.2.3", "method": "POST", "path": "/v1/chat/completions", "model": "gpt-4o-mini",
        "provider": "openai", "upstream_model": "gpt-4o-mini", "status": 200, "took_ms": 812.345,
        "added_ms": 0.12, "first_byte_ms": 95.001, "attempts": 1, "is_streaming": true, "bytes_in": 1024,
        "bytes_out": 20480, "tokens": {"input": 200, "cached_input": 12, "output": 19, "reasoning": 10},
    });
    assert_eq!(parsed(&written(Format::Json, &[success()])), [expected]);
}

#[test]
fn a_failure_says_why_and_leaves_out_what_there_was_not() {
    let bare =
        RequestLine { key: None, caller: None, model: "", provider: "", upstream_model: "", ..failure() };
    let expected = serde_json::json!({
        "at": "2026-11-20T23:59:59.123Z", "level": "error", "message": "request",
        "call_id": "00000000000000000000000000001234", "request_id": "req-1", "method": "POST",
        "path": "/v1/chat/completions", "status": 504, "kind": "timeout", "phase": "first_byte",
        "took_ms": 812.345, "added_ms": 0.12, "attempts": 2, "is_streaming": true, "bytes_in": 1024,
        "bytes_out": 20480,
    });
    assert_eq!(parsed(&written(Format::Json, &[bare])), [expected]);
}

#[test]
fn what_callers_send_breaks_no_line_and_grows_no_line() {
    let nasty = "\",\"level\":\"x\n\r\0\u{1b}[31m\\ é😀\u{2028}";
    let long = "é😀".repeat(100_000);
    for text in [nasty, long.as_str()] {
        let line = RequestLine {
            request_id: text,
            key: Some(text),
            method: text,
            path: text,
            model: text,
            provider: text,
            upstream_model: text,
            ..success()
        };
        let json = written(Format::Json, &[line, success()]);
        let lines = parsed(&json);
        assert_eq!(lines.len(), 2);
        for field in ["request_id", "key", "method", "path", "model", "provider", "upstream_model"] {
            assert!(text.starts_with(lines[0][field].as_str().unwrap()), "{field}");
        }
        assert_eq!(lines[0]["level"], "info");
        assert!(json.lines().all(|line| line.len() < 4096));

        let pretty = written(Format::Pretty, &[line, success()]);
        assert_eq!(pretty.lines().count(), 2);
        assert!(!pretty.contains('\u{1b}'));
    }
}

#[test]
fn a_query_is_never_logged() {
    for path in ["/v1/models?key=secret", "/v1/models#secret", "/v1/models?"] {
        for format in [Format::Json, Format::Pretty] {
            let text = written(format, &[RequestLine { path, ..success() }]);
            assert!(text.contains("/v1/models") && !text.contains("secret") && !text.contains('?'), "{text}");
        }
    }
}

#[test]
fn people_get_a_short_line() {
    let renamed = RequestLine { upstream_model: "gpt-4o-mini-2024", ..failure() };
    let refused = RequestLine {
        status: 401,
        kind: Some(Kind::Unauthenticated),
        model: "",
        provider: "",
        attempts: 0,
        ..renamed
    };
    assert_eq!(
        written(Format::Pretty, &[success(), renamed, refused]),
        "23:59:59.123 200 POST /v1/chat/completions gpt-4o-mini -> openai 812 ms (+0.12 ms) 212+29 tokens\n\
         23:59:59.123 504 POST /v1/chat/completions gpt-4o-mini -> openai/gpt-4o-mini-2024 812 ms (+0.12 ms) \
         2 attempts timeout call 00000000000000000000000000001234\n\
         23:59:59.123 401 POST /v1/chat/completions 812 ms (+0.12 ms) invalid_api_key \
         call 00000000000000000000000000001234\n"
    );
}

#[test]
fn events_tell_their_fields_in_both_formats() {
    let check = |format, expected: &str| {
        let gate = Gate::default();
        let (log, thread) = log_on(&gate, format);
        log.event(Level::Info, "ready", &[]);
        log.event(Level::Warn, "provider \"x\"\nfailed", &[("provider", &"open ai"), ("count", &7)]);
        thread.stop();
        log.event(Level::Error, "too late", &[]);
        assert_eq!((log.counts().written(), log.dropped()), (2, 1));
        assert_eq!(gate.text(), expected);
    };
    check(
        Format::Json,
        "{\"at\":\"2026-11-20T23:59:59.123Z\",\"level\":\"info\",\"message\":\"ready\"}\n\
         {\"at\":\"2026-11-20T23:59:59.123Z\",\"level\":\"warn\",\"message\":\"provider \\\"x\\\"\\nfailed\",\
         \"fields\":{\"provider\":\"open ai\",\"count\":\"7\"}}\n",
    );
    check(
        Format::Pretty,
        "23:59:59.123 info ready\n\
         23:59:59.123 warn provider \"x\"\\nfailed provider=\"open ai\" count=7\n",
    );
}

#[test]
fn when_the_sink_is_blocked_successes_go_first_and_every_line_is_accounted_for() {
    const LINES: u64 = 10_000;
    const EVERY: u64 = 100;
    let gate = Gate::shut();
    let (log, thread) = log_on(&gate, Format::Json);
    let mut buffer = log.buffer();
    for number in 0..LINES {
        buffer.line(&if number % EVERY == 0 { failure() } else { success() });
    }
    log.event(Level::Error, "the disk is slow", &[]);
    let dropped = log.dropped();
    assert!(dropped > LINES / 2, "{dropped}");
    gate.open();
    drop(buffer);
    thread.stop();

    let lines = parsed(&gate.text());
    let count = |status: u64| lines.iter().filter(|line| line["status"] == status).count() as u64;
    assert_eq!(count(504), LINES / EVERY);
    assert_eq!(count(200) + count(504) + log.dropped(), LINES);
    assert_eq!(lines.iter().filter(|line| line["message"] == "the disk is slow").count(), 1);
    assert_eq!(log.counts().written(), lines.len() as u64);
    assert_eq!(log.dropped(), dropped, "nothing is lost once the sink takes lines again");
}

#[test]
fn failures_are_kept_within_a_bound() {
    const LINES: u64 = 5_000;
    let gate = Gate::shut();
    let (log, thread) = log_on(&gate, Format::Json);
    let mut buffer = log.buffer();
    buffer.line(&failure());
    buffer.flush();
    gate.wait_until_waited_at();
    for _ in 1..LINES {
        buffer.line(&failure());
    }
    let dropped = log.dropped();
    assert!(dropped > 0);
    gate.open();
    drop(buffer);
    thread.stop();
    let text = gate.text();
    assert_eq!(parsed(&text).len() as u64 + dropped, LINES);
    // One line at the gate, two batches in the queue, and what the buffer kept.
    let kept_bytes_min = 2 * BATCH_BYTES + FAILURE_BYTES_MAX - 1024;
    assert!((kept_bytes_min..kept_bytes_min + 4 * 1024).contains(&text.len()), "{}", text.len());
}

#[test]
fn a_full_queue_costs_nothing_while_the_batch_is_small() {
    let gate = Gate::shut();
    let (log, thread) = log_on(&gate, Format::Json);
    let mut buffer = log.buffer();
    for number in 0..20 {
        buffer.line(&success());
        buffer.flush();
        if number == 0 {
            gate.wait_until_waited_at();
        }
    }
    assert!(!buffer.is_empty());
    assert_eq!(log.dropped(), 0);
    gate.open();
    drop(buffer);
    thread.stop();
    assert_eq!((parsed(&gate.text()).len(), log.dropped()), (20, 0));
}

#[test]
fn after_the_end_lines_are_counted_as_lost() {
    let gate = Gate::default();
    let (log, thread) = log_on(&gate, Format::Json);
    let mut buffer = log.buffer();
    buffer.line(&success());
    thread.stop();
    buffer.line(&success());
    drop(buffer);
    assert_eq!((gate.text(), log.counts().written(), log.dropped()), (String::new(), 0, 2));
}

#[test]
fn a_file_is_appended_to_and_opened_again_after_a_rotation() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("requests.log");
    std::fs::write(&path, "before\n").unwrap();
    let options = LogOptions { sink: Sink::File(path.clone()), ..options(Format::Pretty) };
    let (log, thread) = Log::start(&options).unwrap();
    let rotated = directory.path().join("requests.log.1");
    std::fs::rename(&path, &rotated).unwrap();
    log.reopen();
    log.event(Level::Info, "after", &[]);
    thread.stop();
    assert_eq!(std::fs::read_to_string(rotated).unwrap(), "before\n");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "23:59:59.123 info after\n");
}

#[test]
fn a_sink_that_cannot_be_opened_is_an_error_at_the_start() {
    let sink = Sink::File("/nowhere/at/all".into());
    assert!(Log::start(&LogOptions { sink, ..options(Format::Json) }).is_err());
}
